/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_RESPONDER_H
#define SG_CA_RESPONDER_H

/* An OCSP responder for one CA: bytes in, bytes out, what the ledger says at
 * that moment. */

#include "ca/issue.h"
#include "ca/ledger.h"
#include "pki/ocsp.h"

#define RESPONDER_DAYS 14	/* of a responder's certificate, as Windows */

/*
 * A certificate that lets key answer for the CA (RFC 6960 4.2.2.2): good for
 * OCSP signing and nothing else, and not to be looked up itself
 * (id-pkix-ocsp-nocheck), which is why it does not live long.
 */
enum sg_err responder_cert(struct cert **out, const struct ca_issuer *i,
    struct signer key, int64_t now, unsigned days);

/* What was answered, by certificate, and what was refused. */
struct responder_counts {
	unsigned long good, revoked, unknown;
	unsigned long malformed, internal, try_later, unauthorized;
};

/* Borrows everything. */
struct responder_config {
	const struct cert *ca;
	const struct cert *cert;	/* the CA's own, or by responder_cert() */
	struct signer signer;		/* its key */
	struct ca_ledger ledger;
	unsigned good_seconds;		/* how long caches may keep answers */
	int64_t archive_cutoff;		/* 0: not said */
	struct responder_counts *counts;	/* added to; or NULL */
};

struct responder;
void responder_free(struct responder *r);
SG_AUTO_FREE(responder)
/* SG_EVERIFY when the certificate may not answer for the CA. */
enum sg_err responder_new(struct responder **out,
    const struct responder_config *c);

/*
 * Appends the answer, whatever the request is: one of OCSP's refusals if need
 * be.  *expires is until when it may be kept, 0 for not at all.  Fails only
 * when memory runs out.
 */
enum sg_err responder_answer(struct responder *r, struct bytes request,
    int64_t now, struct buf *out, int64_t *expires);
/* The same of several, one for each key of a CA: the first that the request
 * asks answers it. */
enum sg_err responders_answer(struct responder *const *all, size_t n,
    struct bytes request, int64_t now, struct buf *out, int64_t *expires);

#endif
