/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_MS_H
#define SG_PKI_MS_H

/* ASN.1 of Microsoft and Kerberos that OpenSSL does not know; inside of
 * src/pki only. */

#include "pki/asn1.h"

/* MS-WCCE 2.2.2.7.7.2, extension 1.3.6.1.4.1.311.21.7. */
typedef struct ms_template {
	ASN1_OBJECT *oid;
	ASN1_INTEGER *major;
	ASN1_INTEGER *minor;
} MS_TEMPLATE;
DECLARE_ASN1_FUNCTIONS(MS_TEMPLATE)

/* MS-WCCE 2.2.2.7.1, attribute 1.3.6.1.4.1.311.13.2.2. */
typedef struct ms_csp {
	ASN1_INTEGER *spec;
	ASN1_BMPSTRING *provider;
	ASN1_BIT_STRING *signature;
} MS_CSP;
DECLARE_ASN1_FUNCTIONS(MS_CSP)

/* MS-WCCE 2.2.2.7.10, attribute 1.3.6.1.4.1.311.13.2.1. */
typedef struct ms_pair {
	ASN1_BMPSTRING *name;
	ASN1_BMPSTRING *value;
} MS_PAIR;
DECLARE_ASN1_FUNCTIONS(MS_PAIR)

/* MS-WCCE 2.2.2.7.4, attribute 1.3.6.1.4.1.311.21.20. */
typedef struct ms_client {
	ASN1_INTEGER *id;
	ASN1_UTF8STRING *machine;
	ASN1_UTF8STRING *user;
	ASN1_UTF8STRING *process;
} MS_CLIENT;
DECLARE_ASN1_FUNCTIONS(MS_CLIENT)

/* RFC 4120 5.2.2. */
typedef struct krb_name {
	ASN1_INTEGER *type;
	STACK_OF(ASN1_GENERALSTRING) *parts;
} KRB_NAME;
DECLARE_ASN1_FUNCTIONS(KRB_NAME)

/* RFC 4556 3.2.2. */
typedef struct krb_principal {
	ASN1_GENERALSTRING *realm;
	KRB_NAME *name;
} KRB_PRINCIPAL;
DECLARE_ASN1_FUNCTIONS(KRB_PRINCIPAL)

SG_AUTO_OSSL(MS_TEMPLATE)
SG_AUTO_OSSL(MS_CSP)
SG_AUTO_OSSL(MS_PAIR)
SG_AUTO_OSSL(MS_CLIENT)
SG_AUTO_OSSL(KRB_PRINCIPAL)

/* A name and value as DER, and back in memory of their own; SG_EFORMAT. */
enum sg_err ms_pair_add(struct buf *out, const char *name, const char *value);
enum sg_err ms_pair_read(char **name, char **value, struct bytes der);

#endif
