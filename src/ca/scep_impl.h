/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_SCEP_IMPL_H
#define SG_CA_SCEP_IMPL_H

/*
 * Inside of ca/scep.h:
 * scep.c		what a message is, and its answer
 * scep_enroll.c	PKCSReq: by a challenge
 * scep_renew.c		RenewalReq: by the old certificate
 * scep_get.c		GetCert, GetCRL, GetCACert, GetNextCACert
 */

#include "ca/certs.h"
#include "ca/scep.h"
#include "ca/transactions.h"

struct ca_scep {
	struct ca_scep_config c;
	struct ca_ras ras;
	struct scep_ra open[CA_RA_KEPT_MAX];	/* of ras, for the opener */
	struct scep_opener opener;
	struct buf stand_in;		/* a request that is nobody's, DER */
};

/* A message on its way. */
struct scep_turn {
	struct ca_scep *x;
	const struct ca_kept *kept;
	int64_t now;
	struct scep_request *r;
	const struct scep_ra *ra;	/* whom it is sealed to, else the
					 * current one */
	struct scep_content content;
	struct ca_record old;		/* the signer's certificate, if it is */
	bool renews;			/* one of ours and good now */
	struct ca_transaction tx;
	struct ca_outcome outcome;	/* of an enrolment */
	struct ca_scep_result *result;
	struct buf *out;
};

/* --- answers; each appends one --- */

enum sg_err scep_refuse(struct scep_turn *t, enum scep_fail fail,
    const char *why);
/* The same with the note of an error. */
enum sg_err scep_refuse_note(struct scep_turn *t, enum scep_fail fail,
    enum sg_err why);
/* The one answer. */
enum sg_err scep_uniform(struct scep_turn *t);
/* What an outcome means: certificate, wait, or why not. */
enum sg_err scep_outcome(struct scep_turn *t, const struct ca_outcome *r);
/* Success with one certificate, alone or with that which issued it. */
enum sg_err scep_certificate(struct scep_turn *t, const struct cert *c,
    bool issuer);
enum sg_err scep_list(struct scep_turn *t, struct bytes crl);
/* That of request number id, and its answer. */
enum sg_err scep_known(struct scep_turn *t, int64_t id);

/* --- what is asked; each appends the answer --- */

enum sg_err scep_enroll(struct scep_turn *t);
enum sg_err scep_renew(struct scep_turn *t);
enum sg_err scep_get_cert(struct scep_turn *t);
enum sg_err scep_get_crl(struct scep_turn *t);

/* The signer's certificate into t->old; SG_EVERIFY unless it is of this CA, is
 * valid, and may be renewed. */
enum sg_err scep_find_old(struct scep_turn *t);
/* Opens the message into t->content.  *open is false when it does not, and was
 * answered. */
enum sg_err scep_open(struct scep_turn *t, bool *open);
/* Was the same asked in this transaction before?  Then it was answered.
 * Otherwise t->tx holds what is to be kept. */
enum sg_err scep_replayed(struct scep_turn *t, bool *answered);
/* Is what became of request number id still of use? */
enum sg_err scep_still_good(bool *out, const struct scep_turn *t, int64_t id);
/* Submits it, and keeps the transaction; the outcome goes to t->outcome. */
enum sg_err scep_submit(struct scep_turn *t, const struct ca_order *o);
/* The time that a request with a good challenge would take. */
void scep_pretend(struct scep_turn *t);

#endif
