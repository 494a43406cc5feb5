/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_ENROLL_SCEP_REQUEST_H
#define SG_ENROLL_SCEP_REQUEST_H

/* Inside of enroll/scep.h: the request, who signs it, its number. */

#include "base/text.h"
#include "enroll/scep.h"

/* Two PKCS#10: the one that is sealed to the CA, and the same without the
 * challenge, which is kept. */
enum sg_err scep_csr_build(struct buf *sealed, struct buf *kept,
    const struct scep_profile *p, const struct scep_keys *keys,
    const struct secret *challenge);

/*
 * The certificate whose key signs the message and opens the answer: the old one
 * for a renewal; a self-signed one of the key that is to be certified; or, when
 * that cannot decrypt, of a transport key made for it.  SG_EUNSUPPORTED when
 * the old one's cannot.
 */
enum sg_err scep_signer_choose(struct cert **cert, struct pkey **transport,
    const struct scep_keys *keys, struct bytes csr, int64_t now);

enum sg_err scep_transaction_new(char **out, bool key_fresh,
    struct signer subject);

#endif
