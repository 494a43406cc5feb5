/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_CSR_READ_H
#define SG_PKI_CSR_READ_H

/* Between csr.c and csr_read.c. */

#include "pki/asn1.h"
#include "pki/csr.h"

/* RFC 2986 4; X509_REQ would make a key object of the key.  enc keeps the
 * bytes that were received: it is they that are signed. */
typedef struct {
	ASN1_ENCODING enc;
	ASN1_INTEGER *version;
	X509_NAME *subject;
	PLAIN_SPKI *key;
	STACK_OF(X509_ATTRIBUTE) *attributes;
} CSR_INFO;
typedef struct {
	CSR_INFO *info;
	X509_ALGOR *algorithm;
	ASN1_BIT_STRING *signature;
} CSR;
DECLARE_ASN1_ITEM(CSR_INFO)
DECLARE_ASN1_ITEM(CSR)
static inline void
CSR_auto(CSR **p)
{
	ASN1_item_free((ASN1_VALUE *)*p, ASN1_ITEM_rptr(CSR));
}

/* By OpenSSL's templates; SG_EFORMAT. */
enum sg_err csr_asn1(CSR **out, struct bytes der);
/* Fills a fresh one.  SG_EFORMAT, SG_ELIMIT. */
enum sg_err csr_fill(struct csr *r, struct bytes der);

#endif
