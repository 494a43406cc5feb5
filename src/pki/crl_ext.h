/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_CRL_EXT_H
#define SG_PKI_CRL_EXT_H

/* The extensions of lists, between crl_write.c, crl_summary.c and
 * crl_ext.c. */

#include "pki/crl_write.h"
#include "pki/der.h"

/* Contents of the extensions' OIDs. */
extern const struct bytes crl_oid_number;
extern const struct bytes crl_oid_delta;

/* Appends [0] with all that h asks for, in the order in which Windows' CAs
 * have them. */
enum sg_err crl_extensions(struct buf *out, const struct crl_head *h);

#endif
