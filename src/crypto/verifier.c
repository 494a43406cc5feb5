/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/verifier.h"

#include <stdlib.h>

#include "crypto/ossl.h"
#include "crypto/pkey_spki.h"

struct verifier {
	struct pkey *p256;	/* NULL until the first; its point changes */
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

enum sg_err
verifier_check(struct verifier *v, struct bytes spki, enum sign_scheme scheme,
    enum digest hash, struct bytes digest, struct bytes signature)
{
	auto_free(pkey) k = NULL;

	if (spki_is_p256(spki)) {
		SG_TRY(point_set(v, spki));
		return pkey_verify(v->p256, scheme, hash, digest, signature);
	}
	SG_TRY(pkey_from_spki(&k, spki));
	SG_TRY(pkey_sound(k));
	return pkey_verify(k, scheme, hash, digest, signature);
}
