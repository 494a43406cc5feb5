/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_EXT_OSSL_H
#define SG_PKI_EXT_OSSL_H

/* pki/ext.h for OpenSSL's lists; inside of src/pki only. */

#include "pki/asn1.h"
#include "pki/ext.h"

/* x is initialised by this; list may be NULL. */
enum sg_err ext_list_read(struct extensions *x,
    const STACK_OF(X509_EXTENSION) *list);
/* The same of the contents of a SEQUENCE OF Extension in strict DER; SG_ENOENT
 * for other encodings, which OpenSSL may still know how to read. */
enum sg_err ext_der_read(struct extensions *x, struct bytes list);
void ext_list_free(STACK_OF(X509_EXTENSION) **list);

#endif
