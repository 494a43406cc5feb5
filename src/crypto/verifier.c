/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/verifier.h"

#include <stdlib.h>

#include "crypto/ossl.h"
#include "crypto/pkey_spki.h"

struct verifier {
	struct pkey *p256;	/* NULL until the first; its point changes */
	struct pkey *last;	/* of the other kinds, found sound, or NULL */
};

enum sg_err
verifier_new(struct verifier **out)
{
	struct verifier *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	*out = v;
	return SG_OK;
}

void
verifier_free(struct verifier *v)
{
	if (v == NULL)
		return;
	pkey_free(v->p256);
	pkey_free(v->last);
	free(v);
}

static enum sg_err
point_set(struct verifier *v, struct bytes spki)
{
	if (v->p256 == NULL)
		return pkey_from_spki(&v->p256, spki);
	if (EVP_PKEY_set1_encoded_public_key(v->p256->evp,
	    spki.p + spki.n - P256_POINT, P256_POINT) == 1)
		return SG_OK;
	/* Whatever it holds now is nobody's key. */
	pkey_free(v->p256);
	v->p256 = NULL;
	return ossl_fail(SG_EFORMAT, "decoding a public key");
}

/* Who renews a certificate with its key signs with that twice. */
static enum sg_err
last_set(struct verifier *v, struct bytes spki)
{
	auto_free(pkey) k = NULL;

	if (v->last != NULL && bytes_eq(buf_bytes(&v->last->spki), spki))
		return SG_OK;
	SG_TRY(pkey_from_spki(&k, spki));
	SG_TRY(pkey_sound(k));
	pkey_free(v->last);
	v->last = k;
	k = NULL;
	return SG_OK;
}

enum sg_err
verifier_check(struct verifier *v, struct bytes spki, enum sign_scheme scheme,
    enum digest hash, struct bytes digest, struct bytes signature)
{
	bool p256 = spki_is_p256(spki);

	SG_TRY(p256 ? point_set(v, spki) : last_set(v, spki));
	return pkey_verify(p256 ? v->p256 : v->last, scheme, hash, digest,
	    signature);
}

enum sg_err
verifier_key(struct pkey **out, struct verifier *v, struct bytes spki)
{
	auto_free(pkey) k = NULL;

	if (spki_is_p256(spki))
		return pkey_from_spki(out, spki);
	SG_TRY(last_set(v, spki));
	SG_TRY(pkey_of_evp(&k, v->last->evp));
	SG_TRY(buf_set(&k->spki, spki));
	*out = k;
	k = NULL;
	return SG_OK;
}
