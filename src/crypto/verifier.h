/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CRYPTO_VERIFIER_H
#define SG_CRYPTO_VERIFIER_H

/*
 * Signatures by many keys, each of which is met once.  OpenSSL makes a curve
 * anew for each key of it, which takes a third of the verification's time;
 * here one key object is kept for P-256 and given other points, and of other
 * keys the last.
 */

#include "crypto/pkey.h"

struct verifier;
enum sg_err verifier_new(struct verifier **out);
void verifier_free(struct verifier *v);
SG_AUTO_FREE(verifier)

/* SG_EVERIFY when the signature does not hold or the key is not sound;
 * otherwise as pkey_from_spki() and pkey_verify(). */
enum sg_err verifier_check(struct verifier *v, struct bytes spki,
    enum sign_scheme scheme, enum digest hash, struct bytes digest,
    struct bytes signature);

/* A key of that SubjectPublicKeyInfo, for other things to be done with it;
 * quick when the last signature was by it.  Errors as above. */
enum sg_err verifier_key(struct pkey **out, struct verifier *v,
    struct bytes spki);

#endif
