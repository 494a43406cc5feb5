/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/signed.h"

#include <string.h>
#include <strings.h>

#include "pki/ms.h"
#include "pki/signed_oid.h"

/* The next value is an OID that is known; -1. */
static int
get_oid(struct reader *r, const struct bytes *known, int n)
{
	struct bytes oid = der_get(r, DER_OID);

	for (int i = 0; i < n && !r->failed; i++)
		if (bytes_eq(oid, known[i]))
			return i;
	return -1;
}

/* AlgorithmIdentifier; the parameters are NULL or absent. */
static enum sg_err
get_hash(enum digest *out, struct reader *r, unsigned allow)
{
	static const enum digest hashes[] = { DIGEST_SHA256, DIGEST_SHA384,
		DIGEST_SHA512, DIGEST_SHA1 };
	struct reader in = reader_of(der_get(r, DER_SEQUENCE));
	int i = get_oid(&in, signed_hashes, SIGNED_HASHES);

	*out = (enum digest)0;
	if (in.failed)
		return sg_fail(SG_EFORMAT, "an algorithm is malformed");
	if (i >= 0 && (hashes[i] != DIGEST_SHA1 || (allow & SIGNED_SHA1)))
		*out = hashes[i];
	else if (allow & SIGNED_UNKNOWN)
		return SG_OK;
	else
		return sg_fail(SG_EUNSUPPORTED,
		    "only the digests SHA-256, SHA-384 and SHA-512 count");
	if (in.left.n > 0 && der_get(&in, DER_NULL).n > 0)
		reader_fail(&in);
	return reader_end(&in) ? SG_OK
	    : sg_fail(SG_EFORMAT, "a digest has odd parameters");
}

/* MaskGenAlgorithm: MGF1 with the same digest. */
static enum sg_err
get_mgf(enum digest *out, struct reader *r)
{
	struct reader in = reader_of(der_get(r, DER_SEQUENCE));

	if (get_oid(&in, &signed_mgf1, 1) < 0)
		return sg_fail(SG_EUNSUPPORTED, "PSS without MGF1");
	SG_TRY(get_hash(out, &in, 0));
	return reader_end(&in) ? SG_OK
			       : sg_fail(SG_EFORMAT, "MGF1 is malformed");
}

/* RSASSA-PSS-params (RFC 4055 3.1); what is left out means SHA-1. */
static enum sg_err
check_pss(struct reader *r, enum digest hash)
{
	struct reader p = reader_of(der_get(r, DER_SEQUENCE)), v;
	enum digest h, mgf;
	uint64_t salt;

	v = reader_of(der_get(&p, DER_EXPLICIT(0)));
	SG_TRY(sg_while(get_hash(&h, &v, 0), "PSS"));
	v = reader_of(der_get(&p, DER_EXPLICIT(1)));
	SG_TRY(sg_while(get_mgf(&mgf, &v), "PSS"));
	v = reader_of(der_get(&p, DER_EXPLICIT(2)));
	salt = der_get_u64(&v);
	if (v.failed || !reader_end(&p))
		return sg_fail(SG_EFORMAT, "PSS has odd parameters");
	if (h != hash || mgf != hash || salt != digest_size(hash))
		return sg_fail(SG_EUNSUPPORTED,
		    "PSS with several digests, or another length of salt");
	return SG_OK;
}

/* Of the kinds that name their digest, which must be the signer's. */
static enum sg_err
named_algorithm(struct signed_by *s, struct bytes der)
{
	const struct sig_alg *a = sig_alg_find(der);

	if (a == NULL || a->hash != s->hash)
		return sg_fail(SG_EUNSUPPORTED, a == NULL
		    ? "this kind of signature is not accepted"
		    : "a signer names two digests");
	s->scheme = a->scheme;
	return SG_OK;
}

/* RFC 4055 5: NULL, which many leave out; RFC 5758 3.2: nothing at all. */
static enum sg_err
check_parameters(struct reader *r, const struct signed_by *s)
{
	if (r->left.n > 0 && s->scheme == SIGN_ECDSA)
		reader_fail(r);
	if (r->left.n > 0 && der_get(r, DER_NULL).n > 0)
		reader_fail(r);
	return reader_end(r) ? SG_OK : sg_fail(SG_EFORMAT,
	    "a signature has parameters of another kind");
}

/* Those with SHA-1, where it counts: then it is the signer's digest. */
static enum sg_err
old_algorithm(struct signed_by *s, enum sign_scheme scheme)
{
	if (s->hash != DIGEST_SHA1)
		return sg_fail(SG_EUNSUPPORTED, "a signer names two digests");
	s->scheme = scheme;
	return SG_OK;
}

/* PKCS#1 v1.5 is called by the key's name, too (RFC 3370 3.2). */
static enum sg_err
get_algorithm(struct signed_by *s, struct reader *r)
{
	struct bytes der = der_get_whole(r);
	struct reader whole = reader_of(der), in;
	int i;

	in = reader_of(der_get(&whole, DER_SEQUENCE));
	i = get_oid(&in, signed_schemes, SIGNED_SCHEMES);
	if (in.failed)
		return sg_fail(SG_EFORMAT, "an algorithm is malformed");
	switch (i) {
	case SIGNED_PSS:
		s->scheme = SIGN_RSA_PSS;
		return check_pss(&in, s->hash);
	case SIGNED_RSA:
		s->scheme = SIGN_RSA_PKCS1;
		break;
	case SIGNED_NOBODY:
		s->nobody = true;
		break;
	case SIGNED_RSA_SHA1:
		SG_TRY(old_algorithm(s, SIGN_RSA_PKCS1));
		break;
	case SIGNED_ECDSA_SHA1:
		SG_TRY(old_algorithm(s, SIGN_ECDSA));
		break;
	default:
		SG_TRY(named_algorithm(s, der));
	}
	return check_parameters(&in, s);
}

/* The same, where what is not ours is left to whoever verifies. */
static enum sg_err
get_any_algorithm(struct signed_by *s, struct reader *r, unsigned allow)
{
	struct reader before = *r;
	enum sg_err e = s->hash != 0 ? get_algorithm(s, r) : SG_EUNSUPPORTED;

	if (e != SG_EUNSUPPORTED || (allow & SIGNED_UNKNOWN) == 0)
		return e;
	sg_note_clear();
	s->scheme = (enum sign_scheme)0;
	*r = before;
	(void)der_get(r, DER_SEQUENCE);
	return SG_OK;
}

/* The only value of an attribute. */
static struct bytes
only_value(struct reader *attr, uint8_t tag)
{
	struct reader set = reader_of(der_get(attr, SIGNED_SET));
	struct bytes x = der_get(&set, tag);

	if (!reader_end(&set) || attr->left.n > 0)
		reader_fail(attr);
	return x;
}

/* contentType or messageDigest, each once. */
static enum sg_err
take_attr(struct signed_by *s, struct bytes *type, struct reader *attr)
{
	struct bytes *to, x;
	int i = get_oid(attr, signed_attrs, SIGNED_ATTRS);

	if (i < 0)
		return attr->failed ? sg_fail(SG_EFORMAT,
		    "a signed attribute is malformed") : SG_OK;
	to = i == SIGNED_ATTR_TYPE ? type : &s->digest;
	x = only_value(attr, i == SIGNED_ATTR_TYPE ? DER_OID : DER_OCTETS);
	if (attr->failed || x.n == 0 || to->n > 0)
		return sg_fail(SG_EFORMAT, "the signed %s is not there once",
		    i == SIGNED_ATTR_TYPE ? "content type" : "digest");
	*to = x;
	return SG_OK;
}

static enum sg_err
get_attrs(struct signed_by *s, struct reader *r, struct bytes content_type)
{
	struct bytes type = { 0 };
	struct reader in;

	if (!der_next_is(r, DER_EXPLICIT(0)))
		return sg_fail(SG_EFORMAT, "a signer signed no attributes");
	s->attrs = der_get(r, DER_EXPLICIT(0));
	in = reader_of(s->attrs);
	while (!in.failed && in.left.n > 0) {
		struct reader attr = reader_of(der_get(&in, DER_SEQUENCE));

		SG_TRY(take_attr(s, &type, &attr));
	}
	if (in.failed || s->digest.n == 0 ||
	    (s->hash != 0 && s->digest.n != digest_size(s->hash)))
		return sg_fail(SG_EFORMAT,
		    "the signed attributes hold no digest");
	if (!bytes_eq(type, content_type))
		return sg_fail(SG_EFORMAT,
		    "the signed content type is not the message's");
	return SG_OK;
}

static void
get_sid(struct signed_by *s, struct reader *r)
{
	struct reader in;
	bool negative;

	if (der_next_is(r, DER_CONTEXT(0))) {
		s->key_id = der_get(r, DER_CONTEXT(0));
		if (s->key_id.n == 0)
			reader_fail(r);
		return;
	}
	in = reader_of(der_get(r, DER_SEQUENCE));
	s->issuer = der_get_whole(&in);
	s->serial = der_get_integer(&in, &negative);
	if (!reader_end(&in) || negative)
		reader_fail(r);
}

static enum sg_err
get_signer(struct signed_by *s, struct reader *r, struct bytes content_type,
    unsigned allow)
{
	struct reader in = reader_of(der_get(r, DER_SEQUENCE));
	uint64_t version = der_get_u64(&in);

	*s = (struct signed_by) { 0 };
	get_sid(s, &in);
	/* RFC 5652 5.3: which of them tells how the signer is named. */
	if (in.failed || version != (s->key_id.n > 0 ? 3 : 1))
		return sg_fail(SG_EFORMAT, "a signer is malformed");
	SG_TRY(get_hash(&s->hash, &in, allow));
	SG_TRY(get_attrs(s, &in, content_type));
	SG_TRY(get_any_algorithm(s, &in, allow));
	s->signature = der_get(&in, DER_OCTETS);
	if (der_next_is(&in, DER_EXPLICIT(1)))	/* unsigned attributes */
		(void)der_get(&in, DER_EXPLICIT(1));
	if (!reader_end(&in) || s->signature.n == 0)
		return sg_fail(SG_EFORMAT, "a signer is malformed");
	return SG_OK;
}

static enum sg_err
get_content(struct signed_data *d, struct bytes *type, struct reader *r,
    unsigned allow)
{
	struct reader in = reader_of(der_get(r, DER_SEQUENCE)), v, peek;
	int i;

	peek = in;
	*type = der_get(&peek, DER_OID);
	i = get_oid(&in, signed_types, SIGNED_TYPES);
	if (in.failed)
		return sg_fail(SG_EFORMAT, "the content is malformed");
	if (i < 0)
		return sg_fail(SG_EUNSUPPORTED,
		    "the content is of a kind that is no request");
	d->type = (enum signed_type)(i + 1);
	if (in.left.n == 0)
		return allow & SIGNED_EMPTY ? SG_OK : sg_fail(SG_EFORMAT,
		    "what was signed is not in the message");
	v = reader_of(der_get(&in, DER_EXPLICIT(0)));
	d->content = der_get(&v, DER_OCTETS);
	if (!reader_end(&v) || !reader_end(&in) ||
	    (d->content.n == 0 && (allow & SIGNED_EMPTY) == 0))
		return sg_fail(SG_EFORMAT, "the content is malformed");
	return SG_OK;
}

static enum sg_err
get_signers(struct signed_data *d, struct reader *r, struct bytes type,
    unsigned allow)
{
	struct reader set = reader_of(der_get(r, SIGNED_SET));

	d->count = 0;
	while (!set.failed && set.left.n > 0) {
		if (d->count == SIGNED_BY_MAX)
			return sg_fail(SG_ELIMIT, "more than %d signers",
			    SIGNED_BY_MAX);
		SG_TRY(get_signer(&d->by[d->count], &set, type, allow));
		d->count++;
	}
	if (set.failed)
		return sg_fail(SG_EFORMAT, "the signers are malformed");
	return d->count > 0 || (allow & SIGNED_UNSIGNED) ? SG_OK
	    : sg_fail(SG_EFORMAT, "nobody signed it");
}

static enum sg_err
get_signed(struct signed_data *d, struct reader *r, unsigned allow)
{
	struct reader in = reader_of(der_get(r, DER_SEQUENCE));
	uint64_t version = der_get_u64(&in);
	struct bytes type;

	(void)der_get(&in, SIGNED_SET);		/* digests, said again below */
	if (in.failed || (version != 1 && version != 3))
		return sg_fail(SG_EFORMAT, "not a SignedData of version 1 or "
		    "3 in DER");
	SG_TRY(get_content(d, &type, &in, allow));
	if (der_next_is(&in, DER_EXPLICIT(0)))
		d->certs = der_get(&in, DER_EXPLICIT(0));
	if (der_next_is(&in, DER_EXPLICIT(1)))
		d->crls = der_get(&in, DER_EXPLICIT(1));
	SG_TRY(get_signers(d, &in, type, allow));
	return reader_end(&in) ? SG_OK
			       : sg_fail(SG_EFORMAT, "bytes behind the end");
}

bool
signed_looks(struct bytes der)
{
	struct reader r = reader_of(der), in;

	in = reader_of(der_get(&r, DER_SEQUENCE));
	return get_oid(&in, &signed_message, 1) == 0;
}

enum sg_err
signed_parse(struct signed_data *out, struct bytes der)
{
	if (der.n > SIGNED_MAX)
		return sg_fail(SG_ELIMIT, "a message of %zu bytes", der.n);
	return signed_parse_as(out, der, 0);
}

enum sg_err
signed_parse_as(struct signed_data *out, struct bytes der, unsigned allow)
{
	struct reader r = reader_of(der), in, v;
	struct signed_data d = { 0 };

	in = reader_of(der_get(&r, DER_SEQUENCE));
	if (get_oid(&in, &signed_message, 1) < 0)
		return sg_fail(SG_EFORMAT, "not a SignedData");
	v = reader_of(der_get(&in, DER_EXPLICIT(0)));
	if (!reader_end(&in) || !reader_end(&r))
		return sg_fail(SG_EFORMAT, "not a SignedData in DER");
	SG_TRY(get_signed(&d, &v, allow));
	if (!reader_end(&v))
		return sg_fail(SG_EFORMAT, "bytes behind the SignedData");
	*out = d;
	return SG_OK;
}

/* RFC 5652 5.4: it is the SET that is signed, not its tag in the message. */
static enum sg_err
attrs_digest(const struct signed_by *s, uint8_t out[DIGEST_MAX])
{
	auto_done(buf) set = { 0 };

	SG_TRY(der_put(&set, SIGNED_SET, s->attrs));
	return digest_of(s->hash, buf_bytes(&set), out);
}

/* What the signature must be of, if the content is what was signed. */
static enum sg_err
signed_digest(const struct signed_data *d, const struct signed_by *s,
    uint8_t out[DIGEST_MAX])
{
	if (s->hash == 0 || (s->scheme == 0 && !s->nobody))
		return sg_fail(SG_EUNSUPPORTED,
		    "this kind of signature is not accepted");
	SG_TRY(digest_of(s->hash, d->content, out));
	if (!bytes_eq(bytes_of(out, digest_size(s->hash)), s->digest))
		return sg_fail(SG_EVERIFY,
		    "the content is not what was signed");
	return attrs_digest(s, out);
}

static enum sg_err
kind_check(const struct signed_by *s, enum key_kind kind)
{
	if ((kind == KEY_EC) != (s->scheme == SIGN_ECDSA))
		return sg_fail(SG_EVERIFY,
		    "the signature is not of the signer's kind of key");
	return SG_OK;
}

enum sg_err
signed_verify(const struct signed_data *d, const struct signed_by *s,
    const struct pkey *k)
{
	uint8_t full[DIGEST_MAX];
	struct bytes digest = bytes_of(full, digest_size(s->hash));

	SG_TRY(signed_digest(d, s, full));
	if (s->nobody)
		return bytes_eq(digest, s->signature) ? SG_OK
		    : sg_fail(SG_EVERIFY, "the signature of nobody does not "
		    "hold");
	SG_TRY(kind_check(s, pkey_kind(k)));
	return pkey_verify(k, s->scheme, s->hash, digest, s->signature);
}

enum sg_err
signed_prove(const struct signed_data *d, const struct signed_by *s,
    struct bytes spki, struct verifier *v)
{
	uint8_t full[DIGEST_MAX];
	struct bytes digest = bytes_of(full, digest_size(s->hash));
	enum key_kind kind;
	unsigned bits;

	if (s->nobody)
		return sg_fail(SG_EVERIFY, "nobody signed it");
	SG_TRY(signed_digest(d, s, full));
	SG_TRY(spki_kind(&kind, &bits, spki));
	SG_TRY(kind_check(s, kind));
	return verifier_check(v, spki, s->scheme, s->hash, digest,
	    s->signature);
}

enum sg_err
signed_attr(struct bytes *out, const struct signed_by *s, struct bytes oid)
{
	struct reader in = reader_of(s->attrs);
	struct bytes found = { 0 };

	while (!in.failed && in.left.n > 0) {
		struct reader attr = reader_of(der_get(&in, DER_SEQUENCE));
		struct reader set;

		if (!bytes_eq(der_get(&attr, DER_OID), oid))
			continue;
		set = reader_of(der_get(&attr, SIGNED_SET));
		if (found.n > 0)
			return sg_fail(SG_EFORMAT,
			    "a signed attribute is there twice");
		found = der_get_whole(&set);
		if (!reader_end(&set) || !reader_end(&attr) || found.n == 0)
			return sg_fail(SG_EFORMAT,
			    "a signed attribute has not one value");
	}
	if (found.n == 0)
		return SG_ENOENT;
	*out = found;
	return SG_OK;
}

/* Each value of one attribute. */
static enum sg_err
find_pair(char **out, struct reader *attr, const char *name)
{
	struct reader set = reader_of(der_get(attr, SIGNED_SET));

	while (!set.failed && set.left.n > 0) {
		auto_str n = NULL, *v = NULL;

		SG_TRY(ms_pair_read(&n, &v, der_get_whole(&set)));
		if (strcasecmp(n, name) != 0)
			continue;
		if (*out != NULL)
			return sg_fail(SG_EFORMAT, "'%s' is there twice",
			    name);
		*out = v;
		v = NULL;
	}
	return set.failed || attr->left.n > 0
	    ? sg_fail(SG_EFORMAT, "a name and value are malformed") : SG_OK;
}

enum sg_err
signed_pair(char **out, const struct signed_by *s, const char *name)
{
	struct reader in = reader_of(s->attrs);
	auto_str found = NULL;

	while (!in.failed && in.left.n > 0) {
		struct reader attr = reader_of(der_get(&in, DER_SEQUENCE));

		if (get_oid(&attr, &signed_name_value, 1) == 0)
			SG_TRY(sg_while(find_pair(&found, &attr, name),
			    "signed attributes"));
	}
	*out = found;
	found = NULL;
	return SG_OK;
}

enum sg_err
request_der(struct buf *der, struct bytes text)
{
	static const char *const labels[] = { "CERTIFICATE REQUEST",
		"NEW CERTIFICATE REQUEST", "CMS", "PKCS7",
		"PKCS #7 SIGNED DATA", NULL };

	return pem_or_der(der, text, labels, "certificate request");
}

enum sg_err
signed_pem(struct buf *out, struct bytes der)
{
	return pem_write(out, "CMS", der);
}
