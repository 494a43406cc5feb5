/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/enveloped.h"

#include "crypto/digest.h"
#include "crypto/transport.h"
#include "pki/der.h"
#include "pki/signed.h"
#include "pki/signed_oid.h"
#include "pki/view.h"

#define VERSION_MAX 4		/* RFC 5652 6.1 */
#define PIECES_TAG DER_EXPLICIT(0)

#define OID(...) { (const uint8_t[]) { __VA_ARGS__ }, \
	sizeof((const uint8_t[]) { __VA_ARGS__ }) }

/* id-envelopedData */
static const struct bytes message = OID(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	0x01, 0x07, 0x03);
static const struct {
	enum cipher cipher;
	struct bytes oid;
} ciphers[] = {
	{ CIPHER_AES128_CBC,
	    OID(0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02) },
	{ CIPHER_AES256_CBC,
	    OID(0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a) },
	{ CIPHER_DES3_CBC,
	    OID(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x03, 0x07) },
};
#define CIPHERS_LEN (sizeof(ciphers) / sizeof(ciphers[0]))

void
enveloped_done(struct enveloped *e)
{
	buf_done(&e->joined);
	*e = (struct enveloped) { 0 };
}

/* --- reading --- */

/* rsaEncryption; whatever else it is, it is not usual. */
static bool
is_rsa(struct reader *r)
{
	struct reader in = reader_of(der_get(r, DER_SEQUENCE));
	struct bytes oid = der_get(&in, DER_OID);

	if (in.failed)
		reader_fail(r);
	if (!bytes_eq(oid, signed_schemes[SIGNED_RSA]))
		return false;
	if (in.left.n > 0 && der_get(&in, DER_NULL).n > 0)
		reader_fail(&in);
	return reader_end(&in);
}

static void
get_transport(struct enveloped_to *to, struct reader *r)
{
	struct reader in = reader_of(der_get(r, DER_SEQUENCE));
	uint64_t version = der_get_u64(&in);

	if (der_next_is(&in, DER_CONTEXT(0)))
		to->key_id = der_get(&in, DER_CONTEXT(0));
	else
		to->name = issuer_serial_get(&in);
	to->usual = is_rsa(&in);
	to->key = der_get(&in, DER_OCTETS);
	if (!reader_end(&in) || version > VERSION_MAX || to->key.n == 0)
		reader_fail(r);
}

/* Those of other kinds have tags of their own. */
static enum sg_err
get_recipients(struct enveloped *e, struct reader *r)
{
	struct reader set = reader_of(der_get(r, DER_SET));

	for (size_t n = 0; !set.failed && set.left.n > 0; n++) {
		if (n == ENVELOPED_TO_MAX)
			return sg_fail(SG_ELIMIT, "more than %d recipients",
			    ENVELOPED_TO_MAX);
		if (der_next_is(&set, DER_SEQUENCE))
			get_transport(&e->to[e->count++], &set);
		else
			(void)der_get_whole(&set);
	}
	return r->failed || set.failed ? sg_fail(SG_EFORMAT,
	    "the recipients are malformed") : SG_OK;
}

/* The vector is the only parameter of the ciphers that are ours. */
static void
get_cipher(struct enveloped *e, struct reader *r)
{
	struct reader in = reader_of(der_get(r, DER_SEQUENCE));
	struct bytes oid = der_get(&in, DER_OID);

	for (size_t i = 0; i < CIPHERS_LEN; i++)
		if (bytes_eq(oid, ciphers[i].oid))
			e->cipher = ciphers[i].cipher;
	if (in.failed)
		reader_fail(r);
	if (e->cipher == 0)
		return;
	e->iv = der_get(&in, DER_OCTETS);
	if (!reader_end(&in) || e->iv.n != cipher_block_len(e->cipher))
		reader_fail(r);
}

static enum sg_err
get_pieces(struct enveloped *e, struct reader *r)
{
	struct reader in = reader_of(der_get(r, PIECES_TAG));

	while (!in.failed && in.left.n > 0)
		SG_TRY(buf_add_bytes(&e->joined, der_get(&in, DER_OCTETS)));
	if (in.failed)
		reader_fail(r);
	e->sealed = buf_bytes(&e->joined);
	return SG_OK;
}

static enum sg_err
get_contents(struct enveloped *e, struct reader *r)
{
	struct reader in = reader_of(der_get(r, DER_SEQUENCE));
	struct bytes type = der_get(&in, DER_OID);

	if (!bytes_eq(type, signed_types[SIGNED_DATA - 1]))
		reader_fail(&in);
	get_cipher(e, &in);
	if (der_next_is(&in, PIECES_TAG))
		SG_TRY(get_pieces(e, &in));
	else
		e->sealed = der_get(&in, DER_CONTEXT(0));
	if (!reader_end(&in) || e->sealed.n == 0)
		return sg_fail(SG_EFORMAT,
		    "the sealed contents are malformed");
	return SG_OK;
}

static enum sg_err
get_enveloped(struct enveloped *e, struct reader *r)
{
	struct reader in = reader_of(der_get(r, DER_SEQUENCE));

	if (der_get_u64(&in) > VERSION_MAX)
		reader_fail(&in);
	if (der_next_is(&in, DER_EXPLICIT(0)))	/* the originator */
		(void)der_get(&in, DER_EXPLICIT(0));
	SG_TRY(get_recipients(e, &in));
	SG_TRY(get_contents(e, &in));
	if (der_next_is(&in, DER_EXPLICIT(1)))	/* attributes */
		(void)der_get(&in, DER_EXPLICIT(1));
	return reader_end(&in) ? SG_OK
	    : sg_fail(SG_EFORMAT, "bytes behind the sealed contents");
}

enum sg_err
enveloped_parse(struct enveloped *out, struct bytes der)
{
	auto_done(enveloped) e = { 0 };
	struct reader r = reader_of(der), in, v;

	in = reader_of(der_get(&r, DER_SEQUENCE));
	if (!bytes_eq(der_get(&in, DER_OID), message))
		return sg_fail(SG_EFORMAT, "not an EnvelopedData");
	v = reader_of(der_get(&in, DER_EXPLICIT(0)));
	if (!reader_end(&in) || !reader_end(&r))
		return sg_fail(SG_EFORMAT, "bytes around the EnvelopedData");
	SG_TRY(get_enveloped(&e, &v));
	if (!reader_end(&v))
		return sg_fail(SG_EFORMAT, "bytes behind the EnvelopedData");
	*out = e;
	e = (struct enveloped) { 0 };
	return SG_OK;
}

const struct enveloped_to *
enveloped_find(const struct enveloped *e, const struct cert *c)
{
	for (size_t i = 0; i < e->count; i++) {
		const struct enveloped_to *to = &e->to[i];

		if (to->key_id.n == 0 ? issuer_serial_is(&to->name, c)
		    : bytes_eq(to->key_id, buf_bytes(&c->ext.ski)) ||
		    bytes_eq(to->key_id, bytes_of(c->key_id, KEY_ID_LEN)))
			return to;
	}
	return NULL;
}

enum sg_err
enveloped_open(struct buf *plain, size_t *n, const struct enveloped *e,
    const struct enveloped_to *to, const struct cert *cert, struct signer s,
    const struct secret *reject)
{
	auto_done(key_view) k = { 0 };
	auto_done(secret) key = { 0 };

	if (e->cipher == 0 || !to->usual)
		return sg_fail(SG_EUNSUPPORTED, "the contents are sealed by "
		    "other algorithms than ours");
	SG_TRY(key_view_read(buf_bytes(&cert->spki), &k));
	if (k.kind != KEY_RSA)
		return sg_fail(SG_EUNSUPPORTED, "%s: not an RSA key",
		    cert->subject);
	if (e->sealed.n % cipher_block_len(e->cipher) != 0)
		return sg_fail(SG_EFORMAT, "sealed contents of %zu bytes",
		    e->sealed.n);
	SG_TRY(transport_open(&key, cipher_key_len(e->cipher), s,
	    buf_bytes(&k.modulus), to->key, reject));
	return cipher_open(plain, n, e->cipher, secret_bytes(&key), e->iv,
	    e->sealed);
}

/* --- writing --- */

static enum sg_err
put_recipient(struct buf *b, struct bytes key, const struct cert *to,
    const struct pkey *k)
{
	auto_done(buf) sealed = { 0 };
	size_t at = b->n, alg;

	SG_TRY(der_put_u64(b, 0));
	SG_TRY(issuer_serial_put(b, to));
	alg = b->n;
	SG_TRY(der_put(b, DER_OID, signed_schemes[SIGNED_RSA]));
	SG_TRY(der_put(b, DER_NULL, (struct bytes) { 0 }));
	SG_TRY(der_wrap(b, alg, DER_SEQUENCE));
	SG_TRY(transport_seal(&sealed, k, key));
	SG_TRY(der_put(b, DER_OCTETS, buf_bytes(&sealed)));
	SG_TRY(der_wrap(b, at, DER_SEQUENCE));
	return der_wrap(b, at, DER_SET);
}

static enum sg_err
put_cipher(struct buf *b, enum cipher cipher, struct bytes iv)
{
	size_t at = b->n;

	for (size_t i = 0; i < CIPHERS_LEN; i++)
		if (ciphers[i].cipher == cipher)
			SG_TRY(der_put(b, DER_OID, ciphers[i].oid));
	SG_TRY(der_put(b, DER_OCTETS, iv));
	return der_wrap(b, at, DER_SEQUENCE);
}

static enum sg_err
put_contents(struct buf *b, enum cipher cipher, struct bytes key,
    struct bytes plain)
{
	uint8_t raw[CIPHER_BLOCK_MAX];
	struct bytes iv = bytes_of(raw, cipher_block_len(cipher));
	size_t at = b->n, from;

	SG_TRY(random_fill(raw, iv.n));
	SG_TRY(der_put(b, DER_OID, signed_types[SIGNED_DATA - 1]));
	SG_TRY(put_cipher(b, cipher, iv));
	from = b->n;
	SG_TRY(cipher_seal(b, cipher, key, iv, plain));
	SG_TRY(der_wrap(b, from, DER_CONTEXT(0)));
	return der_wrap(b, at, DER_SEQUENCE);
}

enum sg_err
enveloped_write_key(struct buf *out, struct bytes plain, enum cipher cipher,
    const struct cert *to, const struct pkey *k)
{
	auto_done(buf) b = { 0 };
	auto_done(secret) key = { 0 };
	size_t body;

	if (cipher_key_len(cipher) == 0)
		return sg_fail(SG_EUNSUPPORTED, "an unknown cipher");
	SG_TRY(secret_init(&key, CIPHER_KEY_MAX));
	key.n = cipher_key_len(cipher);
	SG_TRY(random_fill(key.p, key.n));
	SG_TRY(der_put(&b, DER_OID, message));
	body = b.n;
	SG_TRY(der_put_u64(&b, 0));
	SG_TRY(put_recipient(&b, secret_bytes(&key), to, k));
	SG_TRY(put_contents(&b, cipher, secret_bytes(&key), plain));
	SG_TRY(der_wrap(&b, body, DER_SEQUENCE));
	SG_TRY(der_wrap(&b, body, DER_EXPLICIT(0)));
	SG_TRY(der_wrap(&b, 0, DER_SEQUENCE));
	return buf_add_bytes(out, buf_bytes(&b));
}

enum sg_err
enveloped_write(struct buf *out, struct bytes plain, enum cipher cipher,
    const struct cert *to)
{
	auto_free(pkey) k = NULL;

	SG_TRY(cert_key(&k, to));
	return enveloped_write_key(out, plain, cipher, to, k);
}
