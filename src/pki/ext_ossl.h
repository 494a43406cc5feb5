/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_EXT_OSSL_H
#define SG_PKI_EXT_OSSL_H

/* pki/ext.h for OpenSSL's lists; inside of src/pki only. */

#include "pki/asn1.h"
#include "pki/ext.h"

/* Appends to *list, which is made when it is NULL. */
enum sg_err ext_list_add(STACK_OF(X509_EXTENSION) **list,
    const struct extensions *x);
/* x is initialised by this; list may be NULL. */
enum sg_err ext_list_read(struct extensions *x,
    const STACK_OF(X509_EXTENSION) *list);
void ext_list_free(STACK_OF(X509_EXTENSION) **list);

/* Appends one extension around the DER. */
enum sg_err ext_add_der(STACK_OF(X509_EXTENSION) **list, const char *oid,
    bool critical, struct bytes der);

#endif
