/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_CMC_H
#define SG_PKI_CMC_H

/* PKIData (RFC 5272 3.2.1) as Windows asks for certificates with it: one
 * PKCS#10, and names and values beside it (MS-WCCE 2.2.2.6.3). */

#include "base/bytes.h"

/* Views of what was read. */
struct cmc {
	struct bytes request;	/* PKCS#10, DER */
	struct bytes reg_info;	/* "Name1=Value1&Name2=Value2", or empty */
};

/* SG_EFORMAT for what is malformed, for none or several requests, and for one
 * that is no PKCS#10.  Other controls are passed over. */
enum sg_err cmc_parse(struct cmc *out, struct bytes der);

/* The value of a name in the regInfo, %XX decoded, in memory of its own; NULL
 * when it is not there.  Names are compared without case; SG_EFORMAT for twice
 * the same, and for values that are no plain text. */
enum sg_err cmc_pair(char **out, const struct cmc *c, const char *name);

#endif
