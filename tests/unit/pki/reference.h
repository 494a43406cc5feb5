/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_PKI_REFERENCE_H
#define SG_TEST_PKI_REFERENCE_H

#include "pki/issue.h"

/* As extensions_encode() and cert_build(), by OpenSSL. */
enum sg_err reference_extensions(struct buf *out, const struct extensions *x);
enum sg_err reference_build(struct buf *out, const struct cert_content *c,
    enum digest hash, struct signer issuer);

#endif
