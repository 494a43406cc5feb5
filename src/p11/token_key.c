/* SPDX-License-Identifier: BSD-2-Clause */

/* Keys in a token, and the signer made of one. */

#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/padding.h"
#include "crypto/pkey.h"
#include "p11/token_impl.h"

#define KEYS_SEEN	2	/* one is right, two are one too many */
#define ID_LEN		20
#define SIGNATURE_MAX	1024	/* RSA-8192 */

/* --- finding --- */

static enum sg_err
kind_of(const struct token *t, CK_OBJECT_HANDLE o, enum key_kind *out)
{
	auto_done(buf) type = { 0 };
	CK_KEY_TYPE kind = CK_UNAVAILABLE_INFORMATION;

	SG_TRY(token_attribute(t, o, CKA_KEY_TYPE, &type));
	if (type.n == sizeof(kind))
		memcpy(&kind, type.p, sizeof(kind));
	if (kind != CKK_RSA && kind != CKK_EC)
		return sg_fail(SG_EUNSUPPORTED, "token '%s': a key that is "
		    "neither RSA nor EC", t->label);
	*out = kind == CKK_RSA ? KEY_RSA : KEY_EC;
	return SG_OK;
}

static enum sg_err
key_of(struct token_key **out, struct token *t, CK_OBJECT_HANDLE private)
{
	auto_free(token_key) k = calloc(1, sizeof(*k));
	auto_free(pkey) public = NULL;

	if (k == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	k->t = t;
	k->private = private;
	SG_TRY(kind_of(t, private, &k->kind));
	SG_TRY(token_attribute(t, private, CKA_ID, &k->id));
	SG_TRY(token_spki(t, buf_bytes(&k->id), &k->spki));
	SG_TRY(pkey_from_spki(&public, buf_bytes(&k->spki)));
	k->digest_max = (pkey_bits(public) + 7) / 8;
	*out = k;
	k = NULL;
	return SG_OK;
}

enum sg_err
token_key_find_id(struct token_key **out, struct token *t, struct bytes id)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE want[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, (void *)(uintptr_t)id.p, id.n },
	};
	CK_OBJECT_HANDLE found[KEYS_SEEN];
	CK_ULONG n = 0;

	SG_TRY(token_search(t, want, 2, found, KEYS_SEEN, &n));
	if (n != 1)
		return sg_fail(SG_ENOENT, "token '%s' has %s", t->label,
		    n == 0 ? "no such private key" : "several such keys");
	return key_of(out, t, found[0]);
}

struct bytes
token_key_id(const struct token_key *k)
{
	return buf_bytes(&k->id);
}

#define ERASE_MAX 16	/* objects of one key */

enum sg_err
token_key_erase(struct token_key *k)
{
	const struct token *t = k->t;
	CK_ATTRIBUTE want = { CKA_ID, k->id.p, k->id.n };
	CK_OBJECT_HANDLE found[ERASE_MAX];
	CK_ULONG n = 0;

	SG_TRY(token_search(t, &want, 1, found, ERASE_MAX, &n));
	for (CK_ULONG i = 0; i < n; i++)
		SG_TRY(token_rv(t, t->module->C_DestroyObject(t->session,
		    found[i]), "erasing a key"));
	return SG_OK;
}

enum sg_err
token_key_find(struct token_key **out, struct token *t, const char *text)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE want[3] = { { CKA_CLASS, &class, sizeof(class) } };
	CK_OBJECT_HANDLE found[KEYS_SEEN];
	CK_ATTRIBUTE *a;
	CK_ULONG count = 1, n = 0;
	auto_uri uri = NULL;

	SG_TRY(uri_read(&uri, text));
	if ((a = p11_kit_uri_get_attribute(uri, CKA_LABEL)) != NULL)
		want[count++] = *a;
	if ((a = p11_kit_uri_get_attribute(uri, CKA_ID)) != NULL)
		want[count++] = *a;
	SG_TRY(token_search(t, want, count, found, KEYS_SEEN, &n));
	if (n == 0)
		return sg_fail(SG_ENOENT, "token '%s' has no private key that "
		    "fits '%s'%s", t->label, text, token_wants_pin(t) ?
		    ", or shows it only after its PIN" : "");
	if (n > 1)
		return sg_fail(SG_EARG, "token '%s' has several keys that fit "
		    "'%s': say which one (object=... or id=...)", t->label,
		    text);
	return key_of(out, t, found[0]);
}

void
token_key_free(struct token_key *k)
{
	if (k == NULL)
		return;
	buf_done(&k->id);
	buf_done(&k->spki);
	free(k);
}

/* --- making --- */

/* CKA_EC_PARAMS: the curve's OID, RFC 5480 2.1.1.1 */
static const uint8_t p256_params[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
	0x3d, 0x03, 0x01, 0x07 };
static const uint8_t p384_params[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00,
	0x22 };

static enum sg_err
generate(struct token *t, const char *label, const uint8_t id[ID_LEN],
    CK_MECHANISM_TYPE how, CK_ATTRIBUTE size, CK_OBJECT_HANDLE *out)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_BYTE exponent[] = { 1, 0, 1 };
	CK_MECHANISM m = { how, NULL, 0 };
	void *name = (void *)(uintptr_t)label;
	void *ident = (void *)(uintptr_t)id;
	/* An EC key has no exponent: one attribute fewer. */
	CK_ATTRIBUTE public[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_VERIFY, &yes, sizeof(yes) },
		{ CKA_LABEL, name, strlen(label) },
		{ CKA_ID, ident, ID_LEN },
		size,
		{ CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent) },
	};
	CK_ATTRIBUTE private[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &yes, sizeof(yes) },
		{ CKA_EXTRACTABLE, &no, sizeof(no) },
		{ CKA_SIGN, &yes, sizeof(yes) },
		{ CKA_LABEL, name, strlen(label) },
		{ CKA_ID, ident, ID_LEN },
	};
	CK_OBJECT_HANDLE other;

	return token_rv(t, t->module->C_GenerateKeyPair(t->session, &m,
	    public, how == CKM_EC_KEY_PAIR_GEN ? 5 : 6, private, 7, &other,
	    out), "making a key");
}

static enum sg_err
label_of(const char *text, char **out)
{
	auto_uri uri = NULL;
	CK_ATTRIBUTE *a;

	SG_TRY(uri_read(&uri, text));
	a = p11_kit_uri_get_attribute(uri, CKA_LABEL);
	if (a == NULL || a->ulValueLen == 0)
		return sg_fail(SG_EARG, "'%s' does not say what to call the "
		    "key (object=NAME)", text);
	return str_from_bytes(out, bytes_of(a->pValue, a->ulValueLen));
}

static enum sg_err
label_free(struct token *t, const char *label)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE want[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
	};
	CK_OBJECT_HANDLE found;
	CK_ULONG n = 0;

	SG_TRY(token_search(t, want, 2, &found, 1, &n));
	return n == 0 ? SG_OK : sg_fail(SG_EEXIST, "token '%s' has a key '%s' "
	    "already", t->label, label);
}

enum sg_err
token_key_make_named(struct token_key **out, struct token *t,
    const char *label, enum key_kind kind, unsigned bits)
{
	CK_ULONG size = bits;
	CK_ATTRIBUTE what = { CKA_MODULUS_BITS, &size, sizeof(size) };
	CK_OBJECT_HANDLE private = CK_INVALID_HANDLE;
	bool rsa = kind == KEY_RSA;
	uint8_t id[ID_LEN];

	if (rsa ? bits < 2048 || bits > 8192 : bits != 256 && bits != 384)
		return sg_fail(SG_EUNSUPPORTED, "a key of %u bits: expected "
		    "RSA with 2048 to 8192, or P-256 or P-384", bits);
	if (!rsa && bits == 256)
		what = (CK_ATTRIBUTE) { CKA_EC_PARAMS,
			(void *)(uintptr_t)p256_params, sizeof(p256_params) };
	else if (!rsa)
		what = (CK_ATTRIBUTE) { CKA_EC_PARAMS,
			(void *)(uintptr_t)p384_params, sizeof(p384_params) };
	SG_TRY(label_free(t, label));
	SG_TRY(random_fill(id, sizeof(id)));
	SG_TRY(generate(t, label, id, rsa ? CKM_RSA_PKCS_KEY_PAIR_GEN
	    : CKM_EC_KEY_PAIR_GEN, what, &private));
	return key_of(out, t, private);
}

enum sg_err
token_key_make(struct token_key **out, struct token *t, const char *uri,
    enum key_kind kind, unsigned bits)
{
	auto_str label = NULL;

	SG_TRY(label_of(uri, &label));
	return token_key_make_named(out, t, label, kind, bits);
}

/* --- using --- */

static enum sg_err
sign_raw(struct token_key *k, CK_MECHANISM *m, struct bytes in,
    struct buf *out)
{
	CK_FUNCTION_LIST *f = k->t->module;
	CK_BYTE sig[SIGNATURE_MAX];
	CK_ULONG n = sizeof(sig);

	SG_TRY(token_rv(k->t, f->C_SignInit(k->t->session, m, k->private),
	    "signing"));
	SG_TRY(token_rv(k->t, f->C_Sign(k->t->session,
	    (CK_BYTE *)(uintptr_t)in.p, in.n, sig, &n), "signing"));
	return buf_add(out, sig, n);
}

static enum sg_err
sign_pss(struct token_key *k, enum digest hash, struct bytes digest,
    struct buf *out)
{
	CK_RSA_PKCS_PSS_PARAMS p = { .sLen = digest_size(hash) };
	CK_MECHANISM m = { CKM_RSA_PKCS_PSS, &p, sizeof(p) };

	switch (hash) {
	case DIGEST_SHA1:
		p.hashAlg = CKM_SHA_1;
		p.mgf = CKG_MGF1_SHA1;
		break;
	case DIGEST_SHA256:
		p.hashAlg = CKM_SHA256;
		p.mgf = CKG_MGF1_SHA256;
		break;
	case DIGEST_SHA384:
		p.hashAlg = CKM_SHA384;
		p.mgf = CKG_MGF1_SHA384;
		break;
	case DIGEST_SHA512:
		p.hashAlg = CKM_SHA512;
		p.mgf = CKG_MGF1_SHA512;
		break;
	}
	return sign_raw(k, &m, digest, out);
}

static enum sg_err
key_sign(void *ctx, enum sign_scheme scheme, enum digest hash,
    struct bytes digest, struct buf *out)
{
	struct token_key *k = ctx;
	auto_done(buf) made = { 0 };
	CK_MECHANISM m = { CKM_RSA_PKCS, NULL, 0 };

	if ((k->kind == KEY_EC) != (scheme == SIGN_ECDSA))
		return sg_fail(SG_EUNSUPPORTED, "token '%s': the key cannot "
		    "make that kind of signature", k->t->label);
	if (scheme == SIGN_RSA_PSS)
		return sign_pss(k, hash, digest, out);
	if (scheme == SIGN_RSA_PKCS1) {
		SG_TRY(padding_digest_info(hash, digest, &made));
		return sign_raw(k, &m, buf_bytes(&made), out);
	}
	/* FIPS 186-5 6.4.1: the leftmost bits; not every token cuts. */
	if (digest.n > k->digest_max)
		digest.n = k->digest_max;
	m.mechanism = CKM_ECDSA;
	SG_TRY(sign_raw(k, &m, digest, &made));
	return padding_ecdsa_der(buf_bytes(&made), out);
}

/* Only the bare operation is asked of the token: its way with a bad padding
 * may tell what was bad. */
static enum sg_err
decrypt_raw(struct token_key *k, struct bytes in, struct buf *out)
{
	CK_FUNCTION_LIST *f = k->t->module;
	CK_MECHANISM m = { CKM_RSA_X_509, NULL, 0 };
	CK_ULONG n = in.n;
	auto_done(buf) block = { 0 };
	uint8_t *p;

	SG_TRY(buf_extend(&block, in.n, &p));
	SG_TRY(token_rv(k->t, f->C_DecryptInit(k->t->session, &m, k->private),
	    "decrypting"));
	SG_TRY(token_rv(k->t, f->C_Decrypt(k->t->session,
	    (CK_BYTE *)(uintptr_t)in.p, in.n, p, &n), "decrypting"));
	if (n != in.n)
		return sg_fail(SG_EIO, "token '%s': a block of %lu bytes",
		    k->t->label, n);
	return buf_add_bytes(out, buf_bytes(&block));
}

static enum sg_err
key_decrypt(void *ctx, enum decrypt_scheme scheme, struct bytes in,
    struct buf *out)
{
	struct token_key *k = ctx;
	struct oaep oaep = { DIGEST_SHA1, DIGEST_SHA1, { 0 } };
	auto_done(buf) block = { 0 };

	if (k->kind != KEY_RSA || in.n > SIGNATURE_MAX)
		return sg_fail(SG_EUNSUPPORTED, "token '%s': the key cannot "
		    "decrypt that", k->t->label);
	SG_TRY(decrypt_raw(k, in, &block));
	switch (scheme) {
	case DECRYPT_RSA_RAW:
		return buf_add_bytes(out, buf_bytes(&block));
	case DECRYPT_RSA_PKCS1:
		return padding_pkcs1_open(buf_bytes(&block), out);
	case DECRYPT_RSA_OAEP_SHA256:
		oaep.hash = oaep.mgf = DIGEST_SHA256;
		break;
	case DECRYPT_RSA_OAEP_SHA1:
		break;
	}
	return padding_oaep_open(&oaep, buf_bytes(&block), out);
}

static enum sg_err
key_spki(void *ctx, struct buf *out)
{
	struct token_key *k = ctx;

	return buf_add_bytes(out, buf_bytes(&k->spki));
}

struct signer
token_key_signer(struct token_key *k)
{
	static const struct signer_ops ops = { key_sign, key_decrypt,
		key_spki, false };

	return (struct signer) { &ops, k };
}
