/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_URLS_H
#define SG_CA_URLS_H

/*
 * The URLs of a configuration.  AD CS's words in them stand for what changes
 * when the CA is renewed:
 *
 *	%4 <CertificateName>	"" or "(1)": which of the CA's certificates
 *	%8 <CRLNameSuffix>	"" or "(1)": the list of which of its keys
 *
 * Before a hexadecimal digit %4 and %8 are a byte's percent sign, as in any
 * URL.
 */

#include "ca/version.h"

enum ca_url_word { CA_URL_CERT = 1, CA_URL_CRL };

/* SG_EARG for what is no URL, and for AD CS's other words. */
enum sg_err ca_url_check(const char *url);
/* Has it that word? */
bool ca_url_has(const char *url, enum ca_url_word w);
/* Appends each with its words replaced. */
enum sg_err ca_urls_expand(struct texts *out, const struct texts *urls,
    const struct ca_version *v);

#endif
