/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_EXT_PLAIN_H
#define SG_PKI_EXT_PLAIN_H

/* Extensions' values in their plain form (pki/plain.h) into struct extensions;
 * SG_ENOENT, and nothing added, for all others.  Inside of src/pki only. */

#include "pki/ext.h"

enum sg_err ext_plain_san(struct extensions *x, struct bytes der);
enum sg_err ext_plain_sid(struct extensions *x, struct bytes der);
enum sg_err ext_plain_eku(struct texts *out, struct bytes der);
enum sg_err ext_plain_cdp(struct extensions *x, struct bytes der);
enum sg_err ext_plain_aia(struct extensions *x, struct bytes der);

#endif
