/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_ENROLL_RENEW_H
#define SG_ENROLL_RENEW_H

/* Renewal: a request that the old certificate's key signs, so that nobody else
 * need vouch for it. */

#include "ipc/objects.h"
#include "pki/csr.h"
#include "pki/signed.h"

/*
 * Appends the PKCS#10 for the key fresh, which may be the old one, with the
 * names, usages and template of the old certificate and that certificate in it;
 * and around it the SignedData by its key (MS-WCCE 3.1.1.4.3.2.1).  Both are
 * DER.  provider, the name of fresh's, is in the request.  SG_EVERIFY unless
 * `old' is the certificate's key.
 */
enum sg_err renewal_build(struct buf *request, struct buf *message,
    const struct cert *cert, struct signer old, struct signer fresh,
    const char *provider);

/* What such a request says: names, usages and template of the old certificate.
 * out is initialised by this. */
enum sg_err renewal_content(struct csr_content *out, const struct cert *old);

/* The only personal certificate there is.  SG_ENOENT; SG_EARG when there are
 * several. */
enum sg_err renewal_only(const struct cert_object **out,
    const struct objects *have);

#endif
