/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_SUBMIT_H
#define SG_CA_SUBMIT_H

/*
 * The life of a request: submitted, issued or denied or pending, approved or
 * denied by an officer, renewed.  Every step is one transaction of request,
 * certificate and audit record; when a function returns, or the transaction
 * around it is committed, it is on the disk.  No certificate is handed out
 * before that.
 */

#include "ca/requests.h"
#include "ca/revocations.h"

struct ca_outcome {
	int64_t request;	/* its number */
	struct ca_verdict verdict;
	struct cert *cert;	/* NULL unless issued */
	uint8_t sha256[SHA256_LEN];	/* ca/enroll.h: of the PKCS#10, by which
					 * its owner asks again */
};
void ca_outcome_done(struct ca_outcome *o);

/* A renewal of a certificate that is revoked or held here is denied, and what
 * was signed with such a one.  An order that is good once gets the outcome that
 * it had before.  A denial is an outcome, not an error. */
enum sg_err ca_submit(struct ca_outcome *out, const struct ca_store *s,
    const struct ca_issuer *i, const struct ca_order *o);

/* Denies and keeps it without looking further; the note says why. */
enum sg_err ca_refuse(struct ca_outcome *out, const struct ca_store *s,
    const struct ca_order *o, uint32_t status, enum sg_err why);

/* What became of a request that is kept. */
enum sg_err ca_outcome_of(struct ca_outcome *out, const struct ca_store *s,
    const struct ca_request *q);

/* The officer's word on a pending request; t is the template that it names,
 * as it is now.  What the template no longer allows is denied.  SG_EEXIST when
 * the request is not pending. */
enum sg_err ca_approve(struct ca_outcome *out, const struct ca_store *s,
    const struct ca_issuer *i, const struct ca_request *r,
    const struct template *t, const struct ca_act *act);
/* why is added to the disposition message; NULL for nothing. */
enum sg_err ca_deny(const struct ca_store *s, int64_t request,
    const char *why, const struct ca_act *act);

#endif
