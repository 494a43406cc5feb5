/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_TRUST_ROOT_H
#define SIGNET_TRUST_ROOT_H

#include "pin_ask.h"
#include "pki/cert.h"

/* Asks whether a root certificate, shown with its fingerprint, is to be
 * trusted; trusted answers yes.  SG_ECANCEL for no. */
enum sg_err trust_root(const struct pin_options *o, const struct cert *root,
    bool trusted);

#endif
