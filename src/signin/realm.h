/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_SIGNIN_REALM_H
#define SG_SIGNIN_REALM_H

/* Whom a certificate signs in as, in which realm, and who its KDCs are. */

#include "base/bytes.h"

#define REALM_MAX	255	/* bytes; a realm is a DNS name here */
#define KDC_NAME_COUNT_MAX 32

/* A Kerberos principal of one component. */
struct principal {
	char *user;
	char *domain;	/* the suffix as it was written */
	char *realm;	/* the suffix in upper case */
};
void principal_done(struct principal *p);

/*
 * From a user principal name, "user@suffix" ([MS-PKCA] 3.1.5.2.1): the last
 * '@' separates, the realm is the suffix in upper case.  SG_EFORMAT unless the
 * suffix is a DNS name and the user has one to 255 printable characters.
 */
enum sg_err principal_parse(struct principal *out, const char *upn);

/* Names of KDCs, in lower case, each once. */
struct kdc_names {
	char *v[KDC_NAME_COUNT_MAX];
	size_t n;
};
void kdc_names_done(struct kdc_names *k);
/* SG_OK also for what is not a DNS name (an address, the URL of a KDC proxy):
 * that is left out, as are names beyond the limit.  s may end in ":port". */
enum sg_err kdc_names_add(struct kdc_names *k, const char *s);

/*
 * The host names that a KDC of the realm may have in its certificate.  With
 * chosen (a list with blanks or commas) only those.  Otherwise the realm's own
 * DNS name, which a domain controller's certificate carries under strict KDC
 * validation, and the kdc entries of the realm in krb5.conf; where there are
 * none and dns_lookup_kdc does not forbid it, the targets of its DNS SRV
 * records.  Appends; the network is asked only for the latter.
 */
enum sg_err kdc_names_find(struct kdc_names *k, const char *realm,
    const char *chosen);

/* Pure: the targets of the SRV records in a DNS answer (RFC 2782).
 * SG_EFORMAT when it is not one. */
enum sg_err kdc_names_from_srv(struct kdc_names *k, struct bytes answer);

#endif
