/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/issue.h"

#include <stdlib.h>

#include "base/text.h"
#include "pki/asn1.h"
#include "pki/name.h"
#include "pki/sigalg.h"

#define EMPTY_SEQUENCE 2

void
cert_content_init(struct cert_content *c)
{
	*c = (struct cert_content) { 0 };
	extensions_init(&c->ext);
}

void
cert_content_done(struct cert_content *c)
{
	free(c->serial);
	buf_done(&c->issuer);
	buf_done(&c->subject);
	buf_done(&c->spki);
	extensions_done(&c->ext);
	cert_content_init(c);
}

enum sg_err
cert_serial_new(char **out)
{
	uint8_t raw[SERIAL_LEN];

	SG_TRY(random_fill(raw, sizeof(raw)));
	/* Positive, and always as long: the second bit is set. */
	raw[0] = (uint8_t)((raw[0] & 0x7f) | 0x40);
	return hex_encode(out, bytes_of(raw, sizeof(raw)));
}

static enum sg_err
put_serial(struct buf *b, const struct cert_content *c)
{
	auto_done(buf) raw = { 0 };

	if (hex_decode(&raw, c->serial) != SG_OK || raw.n == 0 ||
	    raw.n > SERIAL_MAX)
		return sg_fail(SG_EARG, "'%.80s' is not a serial number",
		    c->serial);
	return der_put_number(b, buf_bytes(&raw));
}

static enum sg_err
put_times(struct buf *b, const struct cert_content *c)
{
	size_t from = b->n;

	if (c->not_after <= c->not_before)
		return sg_fail(SG_EARG, "the certificate would never be valid");
	SG_TRY(der_put_time(b, c->not_before));
	SG_TRY(der_put_time(b, c->not_after));
	return der_wrap(b, from, DER_SEQUENCE);
}

/* What came as DER goes in as it is; it must be one value. */
static enum sg_err
put_der(struct buf *b, const struct buf *der, const char *what)
{
	struct reader r = reader_of(buf_bytes(der));

	if (!der_next_is(&r, DER_SEQUENCE) || der_get_whole(&r).n != der->n)
		return sg_fail(SG_EFORMAT, "%s: not the expected DER", what);
	return buf_add_bytes(b, buf_bytes(der));
}

static enum sg_err
put_extensions(struct buf *b, const struct cert_content *c)
{
	size_t from = b->n;

	SG_TRY(extensions_encode(b, &c->ext));
	if (b->n - from > EMPTY_SEQUENCE)
		return der_wrap(b, from, DER_EXPLICIT(3));
	b->n = from;
	return SG_OK;
}

/* TBSCertificate, RFC 5280 4.1; v3. */
static enum sg_err
put_body(struct buf *b, const struct cert_content *c, const struct sig_alg *alg)
{
	size_t from = b->n;
	enum key_kind kind;
	unsigned bits;

	SG_TRY(spki_kind(&kind, &bits, buf_bytes(&c->spki)));
	SG_TRY(der_put_u64(b, 2));
	SG_TRY(der_wrap(b, from, DER_EXPLICIT(0)));
	SG_TRY(put_serial(b, c));
	SG_TRY(buf_add_bytes(b, alg->der));
	SG_TRY(put_der(b, &c->issuer, "issuer"));
	SG_TRY(put_times(b, c));
	SG_TRY(put_der(b, &c->subject, "subject"));
	SG_TRY(put_der(b, &c->spki, "public key"));
	SG_TRY(put_extensions(b, c));
	return der_wrap(b, from, DER_SEQUENCE);
}

/* Signs what is in b, and checks that with the key if there is one. */
static enum sg_err
sign(struct buf *b, const struct sig_alg *alg, struct signer s,
    const struct pkey *check)
{
	auto_done(buf) signature = { 0 };
	uint8_t full[DIGEST_MAX];
	struct bytes digest = bytes_of(full, digest_size(alg->hash));

	SG_TRY(digest_of(alg->hash, buf_bytes(b), full));
	SG_TRY(sg_while(s.ops->sign(s.ctx, alg->scheme, alg->hash, digest,
	    &signature), "signing the certificate"));
	if (check != NULL)
		SG_TRY(pkey_verify(check, alg->scheme, alg->hash, digest,
		    buf_bytes(&signature)));
	SG_TRY(buf_add_bytes(b, alg->der));
	SG_TRY(sig_alg_put(b, buf_bytes(&signature)));
	return der_wrap(b, 0, DER_SEQUENCE);
}

static enum sg_err
build(struct buf *out, const struct cert_content *c, const struct sig_alg *alg,
    struct signer s, const struct pkey *check)
{
	auto_done(buf) b = { 0 };

	if (alg == NULL)
		return sg_fail(SG_EUNSUPPORTED, "no certificate is signed so");
	SG_TRY(put_body(&b, c, alg));
	SG_TRY(sign(&b, alg, s, check));
	return buf_add_bytes(out, buf_bytes(&b));
}

enum sg_err
cert_build(struct buf *out, const struct cert_content *c, enum digest hash,
    struct signer issuer)
{
	auto_done(buf) spki = { 0 };
	enum key_kind kind;
	unsigned bits;

	SG_TRY(issuer.ops->spki(issuer.ctx, &spki));
	SG_TRY(spki_kind(&kind, &bits, buf_bytes(&spki)));
	return build(out, c, sig_alg_of(kind, hash), issuer, NULL);
}

static enum sg_err
not_by(const char *subject, const char *issuer)
{
	return sg_fail(SG_EVERIFY, "the signature on %s is not by %s", subject,
	    issuer);
}

/* What the signature shows where the key is elsewhere. */
static enum sg_err
same_key(struct signer s, const struct cert *issuer)
{
	auto_done(buf) spki = { 0 };

	SG_TRY(s.ops->spki(s.ctx, &spki));
	return cert_fits(issuer, buf_bytes(&spki)) ? SG_OK
	    : not_by("a new certificate", issuer->subject);
}

enum sg_err
cert_issue(struct cert **out, const struct cert_content *c, enum digest hash,
    struct signer s, const struct cert *issuer)
{
	auto_free(pkey) k = NULL;
	auto_done(buf) der = { 0 };
	const struct pkey *check = issuer->key;
	enum sg_err e;

	if (check == NULL) {
		SG_TRY(cert_key(&k, issuer));
		check = k;
	}
	if (s.ops->here)
		SG_TRY(same_key(s, issuer));
	e = build(&der, c, sig_alg_of(pkey_kind(check), hash), s,
	    s.ops->here ? NULL : check);
	if (e == SG_EVERIFY)
		return not_by("a new certificate", issuer->subject);
	SG_TRY(e);
	return cert_parse(out, buf_bytes(&der));
}

enum sg_err
cert_signed_by(const struct cert *c, const struct cert *issuer)
{
	auto_ossl(X509) x = NULL;
	auto_free(pkey) k = NULL;

	if (!name_same(buf_bytes(&c->issuer_der),
	    buf_bytes(&issuer->subject_der)))
		return sg_fail(SG_EVERIFY,
		    "the certificate's issuer is %s, not %s", c->issuer,
		    issuer->subject);
	SG_TRY(cert_key(&k, issuer));
	SG_TRY(cert_x509(&x, c));
	if (X509_verify(x, k->evp) == 1)
		return SG_OK;
	ERR_clear_error();
	return not_by(c->subject, issuer->subject);
}
