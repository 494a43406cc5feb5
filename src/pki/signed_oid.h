/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_SIGNED_OID_H
#define SG_PKI_SIGNED_OID_H

/* OIDs of SignedData, the contents of their DER; between signed*.c. */

#include "pki/sigalg.h"

#define SIGNED_SET 0x31

extern const struct bytes signed_message;	/* id-signedData */
#define SIGNED_TYPES	2	/* in the order of enum signed_type */
extern const struct bytes signed_types[SIGNED_TYPES];

#define SIGNED_HASHES	4	/* SHA-256, SHA-384, SHA-512, SHA-1 */
extern const struct bytes signed_hashes[SIGNED_HASHES];

enum { SIGNED_RSA, SIGNED_PSS, SIGNED_NOBODY, SIGNED_RSA_SHA1,
	SIGNED_ECDSA_SHA1, SIGNED_SCHEMES };
extern const struct bytes signed_schemes[SIGNED_SCHEMES];
extern const struct bytes signed_mgf1;

enum { SIGNED_ATTR_TYPE, SIGNED_ATTR_DIGEST, SIGNED_ATTRS };
extern const struct bytes signed_attrs[SIGNED_ATTRS];
extern const struct bytes signed_name_value;

#endif
