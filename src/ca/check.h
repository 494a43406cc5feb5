/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_CHECK_H
#define SG_CA_CHECK_H

/* Between issue.c and check.c. */

#include "ca/issue.h"

/* Fills what the template, the identity and the request say.  When it fails,
 * *status is the denial's number, or 0 when it is no denial. */
enum sg_err ca_check(struct cert_content *c, uint32_t *status,
    const struct ca_issuer *i, const struct ca_order *o);

/* A renewal of what was approved once need not be again (MS-WCCE
 * 3.2.2.6.2.1.4.3). */
bool ca_approved_before(const struct ca_order *o);

#endif
