/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_PLAN_H
#define SG_CA_PLAN_H

/* What all certificates of CAs have in common; for src/ca only. */

#include "ca/issue.h"
#include "pki/issue.h"

#define CA_DAY	((int64_t)86400)
#define CA_SKEW	((int64_t)600)	/* clocks differ */

/* Basic constraints and key usage. */
void ca_rights(struct extensions *x, int path_len);
/* The issuer's part, and no longer than the issuer itself. */
enum sg_err ca_under(struct cert_content *c, const struct ca_issuer *i);
/* Numbers and signs; what was made is read back. */
enum sg_err ca_sealed(struct cert **out, struct cert_content *c,
    struct signer s);

#endif
