/* SPDX-License-Identifier: BSD-2-Clause */
#include "gesture/recovery.h"

#include <string.h>

#include "crypto/digest.h"

#define CHARS 28		/* of five bits, 140 in all */
#define GROUP 4
#define CHECK_BITS 12

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static enum sg_err
checksum(const uint8_t seed[RECOVERY_SEED_LEN], unsigned *out)
{
	static const char domain[] = "signet recovery code";
	auto_done(secret) in = { 0 };
	uint8_t hash[SHA256_LEN];

	SG_TRY(secret_init(&in, sizeof(domain) + RECOVERY_SEED_LEN));
	SG_TRY(secret_add(&in, domain, sizeof(domain)));
	SG_TRY(secret_add(&in, seed, RECOVERY_SEED_LEN));
	SG_TRY(sha256(secret_bytes(&in), hash));
	*out = (unsigned)hash[0] << 4 | hash[1] >> 4;
	return SG_OK;
}

/* Bits of seed and checksum, one after the other. */
static unsigned
bit_of(const uint8_t seed[RECOVERY_SEED_LEN], unsigned check, size_t i)
{
	if (i < 8 * RECOVERY_SEED_LEN)
		return (unsigned)seed[i / 8] >> (7 - i % 8) & 1u;
	return check >> (CHECK_BITS - 1 - (i - 8 * RECOVERY_SEED_LEN)) & 1u;
}

enum sg_err
recovery_code_new(struct secret *code)
{
	auto_done(secret) seed = { 0 };
	unsigned check;

	SG_TRY(secret_init(&seed, RECOVERY_SEED_LEN));
	SG_TRY(random_fill(seed.p, RECOVERY_SEED_LEN));
	SG_TRY(checksum(seed.p, &check));
	secret_done(code);
	SG_TRY(secret_init(code, RECOVERY_CODE_LEN));
	for (size_t k = 0; k < CHARS; k++) {
		unsigned v = 0;

		for (size_t i = 0; i < 5; i++)
			v = v << 1 | bit_of(seed.p, check, 5 * k + i);
		if (k > 0 && k % GROUP == 0)
			SG_TRY(secret_add(code, "-", 1));
		SG_TRY(secret_add(code, &alphabet[v], 1));
	}
	return SG_OK;
}

/* -1 for a separator, -2 for what no code holds. */
static int
char_value(uint8_t c)
{
	const char *at;

	if (c >= 'a' && c <= 'z')
		c = (uint8_t)(c - 'a' + 'A');
	if (c == 'O')
		c = '0';
	if (c == 'I' || c == 'L')
		c = '1';
	if (c == '-' || c == ' ' || c == '\t')
		return -1;
	at = c != 0 ? strchr(alphabet, c) : NULL;
	return at != NULL ? (int)(at - alphabet) : -2;
}

static enum sg_err
code_seed(const struct secret *code, struct secret *seed)
{
	unsigned check = 0, expected, chars = 0, bits = 0;

	SG_TRY(secret_init(seed, RECOVERY_SEED_LEN));
	for (size_t i = 0; i < code->n; i++) {
		int v = char_value(code->p[i]);

		if (v == -1)
			continue;
		if (v < 0 || ++chars > CHARS)
			return sg_fail(SG_EPIN, "that is no recovery code: "
			    "%s", v < 0 ? "it holds a character that codes "
			    "do not have" : "it is too long");
		for (int b = 4; b >= 0; b--, bits++) {
			unsigned bit = (unsigned)v >> b & 1u;

			if (bits >= 8 * RECOVERY_SEED_LEN)
				check = check << 1 | bit;
			else
				seed->p[bits / 8] = (uint8_t)((unsigned)
				    seed->p[bits / 8] << 1 | bit);
		}
	}
	if (chars < CHARS)
		return sg_fail(SG_EPIN, "that is no recovery code: it is "
		    "too short (seven groups of four)");
	seed->n = RECOVERY_SEED_LEN;
	SG_TRY(checksum(seed->p, &expected));
	if (check != expected)
		return sg_fail(SG_EPIN, "that is no recovery code: a "
		    "character is mistyped");
	return SG_OK;
}

enum sg_err
recovery_key(struct pkey **out, const struct secret *code)
{
	auto_done(secret) seed = { 0 };

	SG_TRY(code_seed(code, &seed));
	return pkey_derive_p256(out, &seed, "signet recovery key");
}

enum sg_err
recovery_secret(struct secret *out, const struct secret *code)
{
	static const char domain[] = "signet recovery secret";
	auto_done(secret) seed = { 0 };
	auto_done(secret) in = { 0 };

	_Static_assert(RECOVERY_SECRET_LEN == SHA256_LEN, "a digest");
	SG_TRY(code_seed(code, &seed));
	SG_TRY(secret_init(&in, sizeof(domain) + RECOVERY_SEED_LEN));
	SG_TRY(secret_add(&in, domain, sizeof(domain)));
	SG_TRY(secret_add(&in, seed.p, seed.n));
	secret_done(out);
	SG_TRY(secret_init(out, RECOVERY_SECRET_LEN));
	SG_TRY(sha256(secret_bytes(&in), out->p));
	out->n = RECOVERY_SECRET_LEN;
	return SG_OK;
}
