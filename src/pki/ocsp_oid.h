/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_OCSP_OID_H
#define SG_PKI_OCSP_OID_H

/* Contents of the OIDs below 1.3.6.1.5.5.7.48.1, id-pkix-ocsp; between
 * ocsp_request.c and ocsp_answer.c. */

#include "base/bytes.h"

extern const struct bytes ocsp_oid_basic;
extern const struct bytes ocsp_oid_nonce;
extern const struct bytes ocsp_oid_response;	/* kinds of answers */
extern const struct bytes ocsp_oid_cutoff;
extern const struct bytes ocsp_oid_preferred;

#endif
