/* SPDX-License-Identifier: BSD-2-Clause */
#include "tpm/free_key.h"

#include "tpm/loaded.h"

enum sg_err
tpm_free_key_make(struct tpm *t, const uint8_t srk_name[TPM_NAME_LEN],
    enum tpm_key_type type, struct tpm_key *out)
{
	auto_done(tpm_key) k = { 0 };

	if (type != TPM_KEY_RSA2048 && type != TPM_KEY_P256)
		return sg_fail(SG_EUNSUPPORTED, "TPM key type %d", (int)type);
	SG_TRY(tpm_ready(t, srk_name));
	SG_TRY(key_create(t, type, NULL, NULL, &k));
	tpm_key_done(out);
	*out = k;
	k = (struct tpm_key) { 0 };
	return SG_OK;
}

enum sg_err
tpm_free_key_spki(const struct tpm_key *k, struct buf *out)
{
	return key_public_spki(k, NULL, out);
}

enum sg_err
tpm_free_key_use(struct tpm *t, const uint8_t srk_name[TPM_NAME_LEN],
    const struct tpm_key *k, struct bytes in, struct buf *out)
{
	struct loaded_key *place;
	struct key_public pub;

	SG_TRY(tpm_ready(t, srk_name));
	SG_TRY(key_public_parse(k, NULL, &pub));
	SG_TRY(key_input_check(&pub, in));
	SG_TRY(key_ready(t, k, &pub, &place));
	/* The key's empty password, in the connection's salted session: what
	 * is decrypted is not read on the bus. */
	return key_operate(t, place, t->session, &pub, in, out);
}
