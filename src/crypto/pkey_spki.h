/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CRYPTO_PKEY_SPKI_H
#define SG_CRYPTO_PKEY_SPKI_H

/* Between pkey_spki.c and its neighbours. */

#include "crypto/pkey.h"

/* A public key whose SubjectPublicKeyInfo is byte for byte what we would
 * write; SG_ENOENT when it is of another kind or form. */
enum sg_err pkey_from_usual_spki(struct pkey **out, struct bytes der);

#define P256_POINT 65	/* bytes of an uncompressed point */
/* Is it on P-256 and of that form?  Then its last bytes are the point. */
bool spki_is_p256(struct bytes der);
/* The modulus of an RSA key of that form; its exponent is 65537. */
bool spki_modulus(struct bytes *out, struct bytes der);

#endif
