/* SPDX-License-Identifier: BSD-2-Clause */

/* A key's public area, as a container file holds it.  The first byte is the
 * key's type. */

#include "fuzz.h"
#include "tpm/key.h"

/* The seeds were made for this vault. */
static const struct vault vault = {
	.pin_index = 0x01800001,
	.login_index = 0x01800002,
	.pin_limit = 5,
};

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_done(tpm_key) k = { 0 };
	auto_done(buf) spki = { 0 };

	if (n < 1)
		return 0;
	k.type = (enum tpm_key_type)p[0];
	if (buf_add(&k.public, p + 1, n - 1) != SG_OK)
		return 0;
	SG_IGNORE(tpm_key_spki(&k, &vault, &spki));
	return 0;
}
