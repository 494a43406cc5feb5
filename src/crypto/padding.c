/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/reader.h"
#include "crypto/padding.h"

#include <limits.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <string.h>

#define PKCS1_OVERHEAD	11	/* 00 bt, eight bytes, 00 */
#define BLOCK_MAX	1024	/* RSA-8192 */
#define ECDSA_HALF_MAX	66	/* P-521 */

static const uint8_t info_sha1[] = { 0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b,
	0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14 };
static const uint8_t info_sha256[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09,
	0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
	0x20 };
static const uint8_t info_sha384[] = { 0x30, 0x41, 0x30, 0x0d, 0x06, 0x09,
	0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04,
	0x30 };
static const uint8_t info_sha512[] = { 0x30, 0x51, 0x30, 0x0d, 0x06, 0x09,
	0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04,
	0x40 };

static struct bytes
info_of(enum digest hash)
{
	switch (hash) {
	case DIGEST_SHA1:
		return bytes_of(info_sha1, sizeof(info_sha1));
	case DIGEST_SHA256:
		return bytes_of(info_sha256, sizeof(info_sha256));
	case DIGEST_SHA384:
		return bytes_of(info_sha384, sizeof(info_sha384));
	case DIGEST_SHA512:
		return bytes_of(info_sha512, sizeof(info_sha512));
	}
	return (struct bytes) { 0 };
}

static enum sg_err
digest_check(enum digest hash, struct bytes digest)
{
	if (info_of(hash).n == 0)
		return sg_fail(SG_EUNSUPPORTED, "an unknown digest");
	if (digest.n != digest_size(hash))
		return sg_fail(SG_EARG, "a digest of %zu bytes, expected %zu",
		    digest.n, digest_size(hash));
	return SG_OK;
}

enum sg_err
padding_digest_info(enum digest hash, struct bytes digest, struct buf *out)
{
	SG_TRY(digest_check(hash, digest));
	SG_TRY(buf_add_bytes(out, info_of(hash)));
	return buf_add_bytes(out, digest);
}

enum sg_err
padding_pkcs1(struct bytes t, size_t k, struct buf *out)
{
	uint8_t *em;

	if (k < PKCS1_OVERHEAD || t.n > k - PKCS1_OVERHEAD)
		return sg_fail(SG_ELIMIT, "%zu bytes do not fit into the key",
		    t.n);
	SG_TRY(buf_extend(out, k, &em));
	em[1] = 1;
	memset(em + 2, 0xff, k - t.n - 3);
	if (t.n > 0)
		memcpy(em + k - t.n, t.p, t.n);
	return SG_OK;
}

/* RFC 8017 B.2.1: xors the mask of seed into x. */
static enum sg_err
mask(enum digest hash, struct bytes seed, uint8_t *x, size_t n)
{
	uint8_t d[DIGEST_MAX];
	size_t size = digest_size(hash);
	enum sg_err e = SG_OK;

	for (uint32_t i = 0; e == SG_OK && i * size < n; i++) {
		const uint8_t counter[4] = { (uint8_t)(i >> 24),
			(uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i };
		const struct bytes parts[] = { seed, { counter, 4 } };

		e = hashes_of(hash, parts, 2, d);
		for (size_t j = 0; e == SG_OK && j < size; j++)
			if (i * size + j < n)
				x[i * size + j] ^= d[j];
	}
	wipe(d, sizeof(d));
	return e;
}

enum sg_err
padding_pss(const struct pss *p, struct bytes digest, size_t k,
    struct buf *out)
{
	static const uint8_t zeros[8];
	const struct bytes parts[] = { { zeros, sizeof(zeros) }, digest,
		p->salt };
	auto_done(buf) em = { 0 };
	uint8_t hm[DIGEST_MAX], *db;
	size_t hlen = digest_size(p->hash), dblen;

	SG_TRY(digest_check(p->hash, digest));
	if (info_of(p->mgf).n == 0)
		return sg_fail(SG_EUNSUPPORTED, "an unknown mask digest");
	if (k > BLOCK_MAX || p->salt.n > k || hlen + p->salt.n + 2 > k)
		return sg_fail(SG_ELIMIT,
		    "a salt of %zu bytes does not fit into the key",
		    p->salt.n);
	dblen = k - hlen - 1;
	SG_TRY(hashes_of(p->hash, parts, 3, hm));
	SG_TRY(buf_extend(&em, dblen, &db));
	db[dblen - p->salt.n - 1] = 1;
	if (p->salt.n > 0)
		memcpy(db + dblen - p->salt.n, p->salt.p, p->salt.n);
	SG_TRY(mask(p->mgf, bytes_of(hm, hlen), db, dblen));
	db[0] &= 0x7f;
	SG_TRY(buf_add(&em, hm, hlen));
	SG_TRY(buf_add_u8(&em, 0xbc));
	return buf_add_bytes(out, buf_bytes(&em));
}

/* All ones when x is zero, nothing otherwise; no branch. */
static size_t
ct_zero(size_t x)
{
	size_t r = (size_t)0 - ((~x & (x - 1)) >> (sizeof(x) * 8 - 1));

	/* Keeps the optimizer from seeing a comparison in it. */
	__asm__ volatile("" : "+r"(r));
	return r;
}

static size_t
ct_pick(size_t m, size_t a, size_t b)
{
	return (m & a) | (~m & b);
}

static enum sg_err
bad_block(void)
{
	return sg_fail(SG_EVERIFY, "the message cannot be decrypted");
}

enum sg_err
padding_pkcs1_open(struct bytes block, struct buf *out)
{
	size_t looking = SIZE_MAX, sep = 0, good;

	if (block.n < PKCS1_OVERHEAD || block.n > BLOCK_MAX)
		return bad_block();
	good = ct_zero(block.p[0]) & ct_zero(block.p[1] ^ 2U);
	for (size_t i = 2; i < block.n; i++) {
		size_t zero = ct_zero(block.p[i]) & looking;

		sep = ct_pick(zero, i, sep);
		looking &= ~zero;
	}
	/* At least eight bytes of padding: the separator is at 10 or later;
	 * without one it is at 0 still. */
	for (size_t i = 0; i < PKCS1_OVERHEAD - 1; i++)
		good &= ~ct_zero(sep ^ i);
	if (good == 0)
		return bad_block();
	return buf_add(out, block.p + sep + 1, block.n - sep - 1);
}

void
padding_pkcs1_key(struct bytes block, struct bytes other, uint8_t *out)
{
	size_t good, sep;

	if (block.n < PKCS1_OVERHEAD || other.n > block.n - PKCS1_OVERHEAD) {
		memcpy(out, other.p, other.n);
		return;
	}
	sep = block.n - other.n - 1;
	good = ct_zero(block.p[0]) & ct_zero(block.p[1] ^ 2U) &
	    ct_zero(block.p[sep]);
	for (size_t i = 2; i < sep; i++)
		good &= ~ct_zero(block.p[i]);
	for (size_t i = 0; i < other.n; i++)
		out[i] = (uint8_t)ct_pick(good, block.p[sep + 1 + i],
		    other.p[i]);
}

/* All ones when a < b, both small. */
static size_t
ct_less(size_t a, size_t b)
{
	size_t r = (size_t)0 - ((a - b) >> (sizeof(a) * 8 - 1));

	__asm__ volatile("" : "+r"(r));
	return r;
}

size_t
padding_block_end(struct bytes plain, size_t block)
{
	size_t pad, good;

	if (plain.n < block || block == 0)
		return SIZE_MAX;
	pad = plain.p[plain.n - 1];
	good = ~ct_zero(pad) & ct_less(pad, block + 1);
	for (size_t i = 0; i < block; i++) {
		size_t mine = ct_less(i, pad);

		good &= ~mine | ct_zero(plain.p[plain.n - 1 - i] ^ pad);
	}
	return ct_pick(good, plain.n - pad, SIZE_MAX);
}

/* 7.1.2 step 3g over the unmasked DB; *at is where the message begins. */
static size_t
oaep_good(const uint8_t *db, size_t n, const uint8_t *lhash, size_t hlen,
    size_t *at)
{
	size_t good = SIZE_MAX, looking = SIZE_MAX, sep = 0;

	for (size_t i = 0; i < hlen; i++)
		good &= ct_zero((size_t)(db[i] ^ lhash[i]));
	for (size_t i = hlen; i < n; i++) {
		size_t one = ct_zero(db[i] ^ 1U) & looking;

		sep = ct_pick(one, i, sep);
		good &= one | ~looking | ct_zero(db[i]);
		looking &= ~one;
	}
	*at = sep + 1;
	return good & ~looking;
}

enum sg_err
padding_oaep_open(const struct oaep *o, struct bytes block, struct buf *out)
{
	auto_done(buf) em = { 0 };
	uint8_t lhash[DIGEST_MAX], *db;
	size_t hlen, dblen, at, good;

	if (info_of(o->hash).n == 0 || info_of(o->mgf).n == 0)
		return sg_fail(SG_EUNSUPPORTED, "an unknown digest");
	hlen = digest_size(o->hash);
	if (block.n < 2 * hlen + 2 || block.n > BLOCK_MAX)
		return bad_block();
	dblen = block.n - hlen - 1;
	SG_TRY(buf_add_bytes(&em, block));
	db = em.p + 1 + hlen;
	SG_TRY(hashes_of(o->hash, &o->label, 1, lhash));
	SG_TRY(mask(o->mgf, bytes_of(db, dblen), em.p + 1, hlen));
	SG_TRY(mask(o->mgf, bytes_of(em.p + 1, hlen), db, dblen));
	good = oaep_good(db, dblen, lhash, hlen, &at) & ct_zero(em.p[0]);
	if (good == 0)
		return bad_block();
	return buf_add(out, db + at, dblen - at);
}

enum sg_err
padding_ecdsa(struct bytes digest, struct buf *out)
{
	static const uint8_t zeros[ECDSA_BLOCK_LEN];

	if (digest.n == 0)
		return sg_fail(SG_ELIMIT, "an empty digest");
	if (digest.n > ECDSA_BLOCK_LEN)
		digest.n = ECDSA_BLOCK_LEN;
	SG_TRY(buf_add(out, zeros, ECDSA_BLOCK_LEN - digest.n));
	return buf_add_bytes(out, digest);
}

enum sg_err
padding_ecdsa_der(struct bytes rs, struct buf *out)
{
	const int half = rs.n < INT_MAX ? (int)rs.n / 2 : INT_MAX;
	ECDSA_SIG *sig;
	BIGNUM *r, *s;
	uint8_t *der = NULL;
	int n = -1;
	enum sg_err e;

	if (rs.n == 0 || rs.n % 2 != 0 || half > ECDSA_HALF_MAX)
		return sg_fail(SG_EFORMAT, "a signature of %zu bytes", rs.n);
	sig = ECDSA_SIG_new();
	r = BN_bin2bn(rs.p, half, NULL);
	s = BN_bin2bn(rs.p + half, half, NULL);
	if (sig != NULL && ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL;
		n = i2d_ECDSA_SIG(sig, &der);
	}
	e = n > 0 ? buf_add(out, der, (size_t)n)
		  : sg_fail(SG_ENOMEM, "out of memory");
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	BN_free(r);
	BN_free(s);
	return e;
}

#define DER_SEQUENCE	0x30
#define DER_INTEGER	0x02

/* X.690 8.1.3.4: no number here takes more than one byte of length. */
static struct bytes
der_value(struct reader *r, uint8_t tag)
{
	uint8_t n;

	if (read_u8(r) != tag)
		reader_fail(r);
	n = read_u8(r);
	if (n >= 0x80)
		reader_fail(r);
	return read_bytes(r, n);
}

static enum sg_err
raw_number(struct bytes x, size_t half, struct buf *out)
{
	uint8_t *at;

	while (x.n > 0 && x.p[0] == 0) {
		x.p++;
		x.n--;
	}
	if (x.n == 0 || x.n > half)
		return sg_fail(SG_EFORMAT, "a number of %zu bytes in a "
		    "signature", x.n);
	SG_TRY(buf_extend(out, half, &at));
	memset(at, 0, half);
	memcpy(at + half - x.n, x.p, x.n);
	return SG_OK;
}

enum sg_err
padding_ecdsa_raw(struct bytes der, size_t half, struct buf *out)
{
	auto_done(buf) rs = { 0 };
	struct reader all = reader_of(der), r;
	struct bytes a, b;

	r = reader_of(der_value(&all, DER_SEQUENCE));
	SG_TRY(reader_finish(&all, "a signature"));
	a = der_value(&r, DER_INTEGER);
	b = der_value(&r, DER_INTEGER);
	SG_TRY(reader_finish(&r, "a signature"));
	SG_TRY(raw_number(a, half, &rs));
	SG_TRY(raw_number(b, half, &rs));
	return buf_add_bytes(out, buf_bytes(&rs));
}
