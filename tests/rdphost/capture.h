/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_RDPHOST_CAPTURE_H
#define SG_RDPHOST_CAPTURE_H

/*
 * FreeRDP's server (3.10) keeps the PIN of delegated credentials and drops
 * what names the card.  So the host looks at them itself: this file's
 * krb5_k_decrypt_iov() stands before libkrb5's for everything in the process.
 */

#include "delegated.h"

/* What the client of this process delegated, or NULL.  A failure to read it
 * is in *e, with its note. */
struct delegated *captured(enum sg_err *e);

#endif
