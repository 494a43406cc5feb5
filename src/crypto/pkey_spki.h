/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CRYPTO_PKEY_SPKI_H
#define SG_CRYPTO_PKEY_SPKI_H

/* Between pkey.c and pkey_spki.c. */

#include "crypto/pkey.h"

/* A public key whose SubjectPublicKeyInfo is byte for byte what we would
 * write; SG_ENOENT when it is of another kind or form. */
enum sg_err pkey_from_usual_spki(struct pkey **out, struct bytes der);

#endif
