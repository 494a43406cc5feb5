/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The usual public keys, read without OpenSSL's decoders: those look through
 * all they know for each key, which takes as long as several signatures.
 */

#include "crypto/pkey_spki.h"

#include <string.h>

/* AlgorithmIdentifier and what is around it, up to the point's coordinates
 * (RFC 5480 2, RFC 5912). */
static const uint8_t p256[] = { 0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48,
	0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 3, 0x42,
	0, 4 };
static const uint8_t p384[] = { 0x30, 0x76, 0x30, 0x10, 6, 7, 0x2a, 0x86, 0x48,
	0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0, 0x22, 3, 0x62, 0, 4 };
static const struct {
	struct bytes head;
	size_t coordinate;
} curves[] = {
	{ { p256, sizeof(p256) }, 32 },
	{ { p384, sizeof(p384) }, 48 },
};

/* rsaEncryption (RFC 3279 2.3.1), and the exponent that everybody has. */
static const uint8_t rsa[] = { 0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7,
	0x0d, 1, 1, 1, 5, 0 };
static const uint8_t exponent[] = { 2, 3, 1, 0, 1 };
#define RSA_HEAD	33	/* bytes before the modulus */
#define RSA_E		65537u

/* Tag and a length of two bytes. */
static enum sg_err
long_head(struct buf *out, uint8_t tag, size_t n)
{
	SG_TRY(buf_add_u8(out, tag));
	SG_TRY(buf_add_u8(out, 0x82));
	return buf_add_u16(out, (uint16_t)n);
}

/* What stands before a modulus of n bytes whose first bit is set. */
static enum sg_err
rsa_head(struct buf *out, size_t n)
{
	size_t integer = n + 1, sequence = 4 + integer + sizeof(exponent);
	size_t bits = 4 + sequence + 1;

	SG_TRY(long_head(out, 0x30, sizeof(rsa) + 4 + bits));
	SG_TRY(buf_add(out, rsa, sizeof(rsa)));
	SG_TRY(long_head(out, 3, bits));
	SG_TRY(buf_add_u8(out, 0));
	SG_TRY(long_head(out, 0x30, sequence));
	SG_TRY(long_head(out, 2, integer));
	return buf_add_u8(out, 0);
}

static bool
begins(struct bytes x, struct bytes head)
{
	return x.n >= head.n && memcmp(x.p, head.p, head.n) == 0;
}

/* A key of the usual form, in pieces. */
struct usual {
	enum key_kind kind;
	unsigned bits;
	struct bytes n;		/* RSA: the modulus */
	struct bytes x, y;	/* EC */
};

static bool
read_ec(struct usual *out, struct bytes der)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		size_t n = curves[i].coordinate;
		const uint8_t *point = der.p + curves[i].head.n;

		if (der.n != curves[i].head.n + 2 * n ||
		    !begins(der, curves[i].head))
			continue;
		*out = (struct usual) { .kind = KEY_EC,
			.bits = (unsigned)(8 * n), .x = bytes_of(point, n),
			.y = bytes_of(point + n, n) };
		return true;
	}
	return false;
}

/* Odd, and with its first bit set. */
static bool
modulus_good(const uint8_t *n, size_t len)
{
	return (n[0] & 0x80) != 0 && (n[len - 1] & 1) != 0;
}

static enum sg_err
read_rsa(struct usual *out, struct bytes der)
{
	static const size_t moduli[] = { 256, 384, 512 };
	auto_done(buf) head = { 0 };
	const uint8_t *n = der.p + RSA_HEAD;
	size_t i = 0, count = sizeof(moduli) / sizeof(moduli[0]);

	while (i < count &&
	    der.n != RSA_HEAD + moduli[i] + sizeof(exponent))
		i++;
	if (i == count)
		return SG_ENOENT;
	SG_TRY(rsa_head(&head, moduli[i]));
	if (!begins(der, buf_bytes(&head)) || !modulus_good(n, moduli[i]) ||
	    memcmp(n + moduli[i], exponent, sizeof(exponent)) != 0)
		return SG_ENOENT;
	*out = (struct usual) { .kind = KEY_RSA,
		.bits = (unsigned)(8 * moduli[i]),
		.n = bytes_of(n, moduli[i]) };
	return SG_OK;
}

static enum sg_err
usual_read(struct usual *out, struct bytes der)
{
	return read_ec(out, der) ? SG_OK : read_rsa(out, der);
}

enum sg_err
pkey_from_usual_spki(struct pkey **out, struct bytes der)
{
	struct usual u;

	SG_TRY(usual_read(&u, der));
	return u.kind == KEY_EC ? pkey_from_point(out, u.x, u.y)
	    : pkey_from_rsa(out, u.n, RSA_E);
}

enum sg_err
spki_kind(enum key_kind *kind, unsigned *bits, struct bytes der)
{
	auto_free(pkey) k = NULL;
	struct usual u;
	enum sg_err e;

	if ((e = usual_read(&u, der)) == SG_OK) {
		*kind = u.kind;
		*bits = u.bits;
		return SG_OK;
	}
	if (e != SG_ENOENT)
		return e;
	SG_TRY(pkey_from_spki(&k, der));
	*kind = pkey_kind(k);
	*bits = pkey_bits(k);
	return SG_OK;
}

bool
spki_modulus(struct bytes *out, struct bytes der)
{
	struct usual u;

	if (usual_read(&u, der) != SG_OK || u.kind != KEY_RSA)
		return false;
	*out = u.n;
	return true;
}

bool
spki_is_p256(struct bytes der)
{
	return der.n == sizeof(p256) + 64 &&
	    begins(der, bytes_of(p256, sizeof(p256)));
}
