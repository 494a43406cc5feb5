/* SPDX-License-Identifier: BSD-2-Clause */
#include "tpm/bound.h"

#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "crypto/padding.h"
#include "crypto/pkey.h"
#include "tpm/context.h"

#define BLOB_MAX	2048	/* RSA-4096 takes about 1,400 */
#define EXPONENT	65537
#define POINT_MAX	48

struct tpm_bound {
	struct tpm *t;
	ESYS_TR key;
	enum key_kind kind;
	size_t len;		/* bytes of a coordinate */
	struct secret auth;
	struct buf spki;
};

void
tpm_blobs_done(struct tpm_blobs *b)
{
	buf_done(&b->public);
	buf_done(&b->private);
}

/* --- making --- */

static enum sg_err
template(enum key_kind kind, unsigned bits, TPM2B_PUBLIC *out)
{
	TPM2B_PUBLIC p = { .publicArea = {
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM |
		    TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
		    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA |
		    TPMA_OBJECT_SIGN_ENCRYPT,
	} };

	if (kind == KEY_RSA && bits >= 2048 && bits <= 4096) {
		p.publicArea.type = TPM2_ALG_RSA;
		p.publicArea.parameters.rsaDetail = (TPMS_RSA_PARMS) {
			.symmetric.algorithm = TPM2_ALG_NULL,
			.scheme.scheme = TPM2_ALG_NULL,
			.keyBits = (TPMI_RSA_KEY_BITS)bits,
		};
	} else if (kind == KEY_EC && (bits == 256 || bits == 384)) {
		p.publicArea.type = TPM2_ALG_ECC;
		p.publicArea.parameters.eccDetail = (TPMS_ECC_PARMS) {
			.symmetric.algorithm = TPM2_ALG_NULL,
			.scheme.scheme = TPM2_ALG_NULL,
			.kdf.scheme = TPM2_ALG_NULL,
			.curveID = bits == 256 ? TPM2_ECC_NIST_P256
			    : TPM2_ECC_NIST_P384,
		};
	} else {
		return sg_fail(SG_EUNSUPPORTED, "a key of %u bits: expected "
		    "RSA with 2048 to 4096, or P-256 or P-384", bits);
	}
	*out = p;
	return SG_OK;
}

static enum sg_err
marshal(const TPM2B_PUBLIC *pub, const TPM2B_PRIVATE *priv,
    struct tpm_blobs *out)
{
	auto_done(tpm_blobs) b = { 0 };
	uint8_t *p;
	size_t n = 0;

	SG_TRY(buf_extend(&b.public, BLOB_MAX, &p));
	if (Tss2_MU_TPM2B_PUBLIC_Marshal(pub, p, BLOB_MAX, &n) !=
	    TSS2_RC_SUCCESS)
		return sg_fail(SG_ELIMIT, "a key's public area is too large");
	b.public.n = n;
	n = 0;
	SG_TRY(buf_extend(&b.private, BLOB_MAX, &p));
	if (Tss2_MU_TPM2B_PRIVATE_Marshal(priv, p, BLOB_MAX, &n) !=
	    TSS2_RC_SUCCESS)
		return sg_fail(SG_ELIMIT, "a key's private area is too large");
	b.private.n = n;
	*out = b;
	b = (struct tpm_blobs) { 0 };
	return SG_OK;
}

static enum sg_err
passphrase_check(const struct secret *p)
{
	if (p != NULL && p->n > TPM_BOUND_PASSPHRASE_MAX)
		return sg_fail(SG_EARG, "the passphrase of a key in the TPM "
		    "has at most %d bytes", TPM_BOUND_PASSPHRASE_MAX);
	return SG_OK;
}

/* Sensitive data as tss2 wants it, in locked memory. */
static enum sg_err
sensitive_of(const struct secret *passphrase, struct secret *out)
{
	TPM2B_SENSITIVE_CREATE *s;

	SG_TRY(secret_init(out, sizeof(*s)));
	out->n = sizeof(*s);
	s = (TPM2B_SENSITIVE_CREATE *)(void *)out->p;
	if (passphrase == NULL)
		return SG_OK;
	s->sensitive.userAuth.size = (UINT16)passphrase->n;
	memcpy(s->sensitive.userAuth.buffer, passphrase->p, passphrase->n);
	return SG_OK;
}

/* Of the connection's own storage root key: this key has no container that
 * would name another. */
static enum sg_err
ready(struct tpm *t)
{
	return tpm_ready(t, t->srk_name.d);
}

enum sg_err
tpm_bound_make(struct tpm *t, enum key_kind kind, unsigned bits,
    const struct secret *passphrase, struct tpm_blobs *out)
{
	auto_done(secret) sensitive = { 0 };
	const TPM2B_DATA no_data = { 0 };
	const TPML_PCR_SELECTION no_pcr = { 0 };
	TPM2B_PUBLIC auto_esys *pub = NULL;
	TPM2B_PRIVATE auto_esys *priv = NULL;
	TPM2B_PUBLIC want;
	TSS2_RC rc;

	SG_TRY(template(kind, bits, &want));
	SG_TRY(passphrase_check(passphrase));
	SG_TRY(sensitive_of(passphrase, &sensitive));
	SG_TRY(ready(t));
	SG_TRY(tpm_session_mode(t, t->session, TPMA_SESSION_DECRYPT));
	rc = Esys_Create(t->esys, t->srk, t->session, ESYS_TR_NONE,
	    ESYS_TR_NONE, (const TPM2B_SENSITIVE_CREATE *)(const void *)
	    sensitive.p, &want, &no_data, &no_pcr, &priv, &pub, NULL, NULL,
	    NULL);
	if (rc_base(rc) == TPM2_RC_VALUE || rc_base(rc) == TPM2_RC_CURVE ||
	    rc_base(rc) == TPM2_RC_KEY_SIZE)
		return sg_fail(SG_EUNSUPPORTED, "this TPM makes no %s keys of "
		    "%u bits", kind == KEY_RSA ? "RSA" : "EC", bits);
	SG_TRY(tpm_rc(t, rc, "making a key"));
	return marshal(pub, priv, out);
}

/* --- loading --- */

static enum sg_err
unmarshal(const struct tpm_blobs *b, TPM2B_PUBLIC *pub, TPM2B_PRIVATE *priv)
{
	const TPMA_OBJECT mask = TPMA_OBJECT_SIGN_ENCRYPT |
	    TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_USERWITHAUTH;
	size_t at = 0, end = 0;

	if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(b->public.p, b->public.n, &at,
	    pub) != TSS2_RC_SUCCESS || at != b->public.n ||
	    Tss2_MU_TPM2B_PRIVATE_Unmarshal(b->private.p, b->private.n, &end,
	    priv) != TSS2_RC_SUCCESS || end != b->private.n)
		return sg_fail(SG_EFORMAT, "a TPM key's blobs are malformed");
	if ((pub->publicArea.objectAttributes & mask) !=
	    (TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_USERWITHAUTH))
		return sg_fail(SG_EFORMAT, "a TPM key that does not sign "
		    "with a passphrase");
	return SG_OK;
}

static enum sg_err
coordinate(const TPM2B_ECC_PARAMETER *v, size_t len, uint8_t *out)
{
	if (v->size > len)
		return sg_fail(SG_EFORMAT, "a coordinate of %u bytes",
		    v->size);
	memset(out, 0, len - v->size);
	memcpy(out + len - v->size, v->buffer, v->size);
	return SG_OK;
}

static enum sg_err
ec_public(const TPMT_PUBLIC *p, struct tpm_bound *k, struct pkey **out)
{
	uint8_t x[POINT_MAX], y[POINT_MAX];

	switch (p->parameters.eccDetail.curveID) {
	case TPM2_ECC_NIST_P256:
		k->len = 32;
		break;
	case TPM2_ECC_NIST_P384:
		k->len = 48;
		break;
	default:
		return sg_fail(SG_EUNSUPPORTED, "a TPM key on curve 0x%x",
		    p->parameters.eccDetail.curveID);
	}
	SG_TRY(coordinate(&p->unique.ecc.x, k->len, x));
	SG_TRY(coordinate(&p->unique.ecc.y, k->len, y));
	return pkey_from_point(out, bytes_of(x, k->len), bytes_of(y, k->len));
}

static enum sg_err
learn_public(const TPMT_PUBLIC *p, struct tpm_bound *k)
{
	auto_free(pkey) public = NULL;

	if (p->type == TPM2_ALG_RSA) {
		uint32_t e = p->parameters.rsaDetail.exponent;

		k->kind = KEY_RSA;
		SG_TRY(pkey_from_rsa(&public, bytes_of(p->unique.rsa.buffer,
		    p->unique.rsa.size), e == 0 ? EXPONENT : e));
	} else if (p->type == TPM2_ALG_ECC) {
		k->kind = KEY_EC;
		SG_TRY(ec_public(p, k, &public));
	} else {
		return sg_fail(SG_EUNSUPPORTED, "a TPM key that is neither "
		    "RSA nor EC");
	}
	return pkey_spki(public, &k->spki);
}

enum sg_err
tpm_bound_load(struct tpm_bound **out, struct tpm *t,
    const struct tpm_blobs *blobs, const struct secret *passphrase)
{
	auto_free(tpm_bound) k = calloc(1, sizeof(*k));
	TPM2B_PUBLIC pub = { 0 };
	TPM2B_PRIVATE priv = { 0 };
	TSS2_RC rc;

	if (k == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	k->t = t;
	k->key = ESYS_TR_NONE;
	SG_TRY(passphrase_check(passphrase));
	SG_TRY(unmarshal(blobs, &pub, &priv));
	SG_TRY(learn_public(&pub.publicArea, k));
	SG_TRY(auth_value(passphrase != NULL ? passphrase
	    : &(struct secret) { 0 }, &k->auth));
	SG_TRY(ready(t));
	SG_TRY(tpm_session_mode(t, t->session, 0));
	rc = Esys_Load(t->esys, t->srk, t->session, ESYS_TR_NONE,
	    ESYS_TR_NONE, &priv, &pub, &k->key);
	if (rc_base(rc) == TPM2_RC_INTEGRITY)
		return sg_fail(SG_ENOENT, "the key was made by another TPM, "
		    "or this one was cleared since");
	SG_TRY(tpm_rc(t, rc, "loading a key"));
	*out = k;
	k = NULL;
	return SG_OK;
}

void
tpm_bound_free(struct tpm_bound *k)
{
	if (k == NULL)
		return;
	if (k->key != ESYS_TR_NONE && !tpm_gone(k->t))
		(void)Esys_FlushContext(k->t->esys, k->key);
	secret_done(&k->auth);
	buf_done(&k->spki);
	free(k);
}

/* --- signing --- */

static TPMI_ALG_HASH
hash_of(enum digest hash)
{
	switch (hash) {
	case DIGEST_SHA1: return TPM2_ALG_SHA1;
	case DIGEST_SHA256: return TPM2_ALG_SHA256;
	case DIGEST_SHA384: return TPM2_ALG_SHA384;
	case DIGEST_SHA512: return TPM2_ALG_SHA512;
	}
	return TPM2_ALG_NULL;
}

static enum sg_err
ecdsa_add(const struct tpm_bound *k, const TPMS_SIGNATURE_ECC *sig,
    struct buf *out)
{
	uint8_t rs[2 * POINT_MAX];

	SG_TRY(coordinate(&sig->signatureR, k->len, rs));
	SG_TRY(coordinate(&sig->signatureS, k->len, rs + k->len));
	return padding_ecdsa_der(bytes_of(rs, 2 * k->len), out);
}

static enum sg_err
sign(void *ctx, enum sign_scheme scheme, enum digest hash,
    struct bytes digest, struct buf *out)
{
	struct tpm_bound *k = ctx;
	struct handle auth = { k->t, k->key, HANDLE_BORROWED };
	const TPMT_TK_HASHCHECK none = { .tag = TPM2_ST_HASHCHECK,
		.hierarchy = TPM2_RH_NULL };
	TPMT_SIG_SCHEME how = { .scheme = k->kind == KEY_RSA
	    ? TPM2_ALG_RSASSA : TPM2_ALG_ECDSA };
	TPMT_SIGNATURE auto_esys *sig = NULL;
	TPM2B_DIGEST d = { .size = (UINT16)digest.n };
	TSS2_RC rc;

	if (scheme != (k->kind == KEY_RSA ? SIGN_RSA_PKCS1 : SIGN_ECDSA) ||
	    digest.n != digest_size(hash))
		return sg_fail(SG_EUNSUPPORTED, "a key in the TPM signs with "
		    "PKCS#1 v1.5 or ECDSA");
	how.details.any.hashAlg = hash_of(hash);
	memcpy(d.buffer, digest.p, digest.n);
	SG_TRY(tpm_session_mode(k->t, k->t->session, 0));
	SG_TRY(tpm_rc(k->t, Esys_TR_SetAuth(k->t->esys, k->key,
	    auth_of(&k->auth)), "a key's passphrase"));
	rc = Esys_Sign(k->t->esys, k->key, k->t->session, ESYS_TR_NONE,
	    ESYS_TR_NONE, &d, &how, &none, &sig);
	handle_done(&auth);
	if (rc_base(rc) == TPM2_RC_BAD_AUTH)
		return sg_fail(SG_EPIN, "wrong passphrase");
	SG_TRY(tpm_rc(k->t, rc, "signing"));
	if (k->kind == KEY_EC)
		return ecdsa_add(k, &sig->signature.ecdsa, out);
	return buf_add(out, sig->signature.rsassa.sig.buffer,
	    sig->signature.rsassa.sig.size);
}

static enum sg_err
spki(void *ctx, struct buf *out)
{
	struct tpm_bound *k = ctx;

	return buf_add_bytes(out, buf_bytes(&k->spki));
}

struct signer
tpm_bound_signer(struct tpm_bound *k)
{
	static const struct signer_ops ops = { sign, NULL, spki,
		false };

	return (struct signer) { &ops, k };
}
