/* SPDX-License-Identifier: BSD-2-Clause */
#include "tpm/sealed.h"

#include "tpm/loaded.h"

enum sg_err
tpm_seal(struct tpm *t, const struct vault *v, const struct secret *plain,
    struct tpm_key *out)
{
	auto_done(tpm_key) k = { 0 };
	struct tree tree;

	if (plain->n == 0 || plain->n > TPM_SEALED_MAX)
		return sg_fail(SG_ELIMIT, "1 to %d bytes can be sealed",
		    TPM_SEALED_MAX);
	SG_TRY(tpm_ready(t, v->srk_name));
	SG_TRY(tree_of(v, &tree));
	SG_TRY(key_create(t, TPM_KEY_SEALED, &tree.key, plain, &k));
	tpm_key_done(out);
	*out = k;
	k = (struct tpm_key) { 0 };
	return SG_OK;
}

enum sg_err
tpm_sealed_check(const struct tpm_key *k, const struct vault *v)
{
	struct key_public pub;
	struct tree tree;

	if (k->type != TPM_KEY_SEALED)
		return sg_fail(SG_EFORMAT, "nothing that was sealed");
	SG_TRY(tree_of(v, &tree));
	return key_public_parse(k, &tree.key, &pub);
}

static enum sg_err
unseal(struct tpm *t, const struct loaded_key *k, struct secret *out)
{
	TPM2B_SENSITIVE_DATA auto_esys *data = NULL;
	enum sg_err e;

	/* It must not be read on the bus. */
	SG_TRY(tpm_session_mode(t, t->policy, TPMA_SESSION_ENCRYPT));
	SG_TRY(tpm_rc(t, Esys_Unseal(t->esys, k->key, t->policy, ESYS_TR_NONE,
	    ESYS_TR_NONE, &data), "unsealing"));
	if (data->size == 0 || data->size > TPM_SEALED_MAX)
		e = sg_fail(SG_ETPM, "the TPM unseals %u bytes", data->size);
	else
		e = secret_set(out, data->buffer, data->size);
	wipe(data, sizeof(*data));
	return e;
}

enum sg_err
tpm_unseal(struct tpm *t, const struct vault *v, const struct secret *login,
    const struct tpm_key *k, struct secret *out)
{
	auto_done(secret) plain = { 0 };
	struct loaded_key *place;
	struct key_public pub;
	struct tree tree;
	enum sg_err e;

	SG_TRY(tpm_ready(t, v->srk_name));
	SG_TRY(tree_of(v, &tree));
	SG_TRY(key_public_parse(k, &tree.key, &pub));
	SG_TRY(key_ready(t, k, &pub, &place));
	e = key_arm(t, v, login, place);
	if (e == SG_OK)
		e = unseal(t, place, &plain);
	if (e != SG_OK) {
		key_broken(t, place);
		return e;
	}
	secret_done(out);
	*out = plain;
	plain = (struct secret) { 0 };
	return SG_OK;
}
