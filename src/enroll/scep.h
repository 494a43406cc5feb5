/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_ENROLL_SCEP_H
#define SG_ENROLL_SCEP_H

/*
 * Enrollment by SCEP (RFC 8894) as seen by the client: what to do next, and
 * what comes of it.  It neither sends nor waits nor asks; its owner does, and
 * tells it the outcome:
 *
 *	for (;;)
 *		switch (scep_run_next(r)) {
 *		case SCEP_EXCHANGE:	scep_run_ask(), fetch(), scep_run_take()
 *		case SCEP_REQUEST:	keys are wanted: scep_run_request()
 *		case SCEP_WAIT:		wait, then scep_run_waited()
 *		case SCEP_ISSUED: case SCEP_UNDECIDED: the end
 *		}
 *
 * What has to survive an interruption is in the enrollment; save it whenever a
 * function here returned SG_OK and before what it asks to be sent is sent.
 */

#include "enroll/enrollment.h"
#include "net/fetch.h"

enum scep_step {
	SCEP_EXCHANGE = 1,	/* one HTTP request */
	SCEP_REQUEST,		/* the CA is known to be the right one: keys */
	SCEP_WAIT,		/* scep_run_seconds(), then ask again */
	SCEP_ISSUED,		/* e->issued, the new certificate first */
	SCEP_UNDECIDED,		/* asked as often as the profile says */
};

/* Keys of a request.  Borrowed, and used until the run ends. */
struct scep_keys {
	struct signer subject;		/* to be certified; may be absent when a
					 * run is resumed */
	const char *provider;		/* its key storage provider's name */
	const struct cert *old;		/* a renewal's, or NULL */
	struct signer old_signer;	/* its key */
};

struct scep_run {
	struct enrollment *e;		/* borrowed */
	const struct certs *anchors;	/* borrowed: roots trusted already */
	enum scep_step next;
	enum scep_stage {
		SCEP_AT_CAPS = 1, SCEP_AT_CA, SCEP_AT_REQUEST, SCEP_AT_MESSAGE
	} at;
	struct scep_choice choice;
	struct scep_keys keys;
	struct pkey *transport;
	struct cert *signer_cert;
	struct buf url;			/* of the exchange, a string */
	struct scep_fault {
		bool refused;		/* the CA said no, for good */
	} fault;
};
void scep_run_done(struct scep_run *r);

/*
 * The first request of an enrollment, or a renewal: e has its profile, and the
 * number of the URL that is to be used.  SG_EARG when the profile lacks what a
 * request needs.
 */
enum sg_err scep_run_begin(struct scep_run *out, struct enrollment *e,
    const struct certs *anchors);
/* Goes on with one that is SENT (sends the same message again) or PENDING. */
enum sg_err scep_run_resume(struct scep_run *out, struct enrollment *e,
    const struct scep_keys *keys, int64_t now);

enum scep_step scep_run_next(const struct scep_run *r);

/* What to send; views into r and e. */
enum sg_err scep_run_ask(struct scep_run *r, struct fetch_ask *out);
/*
 * The answer, or NULL when there was none (only then does a caller that has
 * other URLs go on to the next one).  GetCACaps may fail, the rest may not:
 * SG_EIO and its like for HTTP; SG_EVERIFY when the CA is not one that is
 * known, when the answer is not its own, or when the certificate is not for
 * the key; SG_EPERM when the CA refused, with its reason (r->fault.refused);
 * SG_EUNSUPPORTED when the server does nothing better than 3DES and SHA-1 and
 * the profile does not allow that.
 */
enum sg_err scep_run_take(struct scep_run *r, const struct fetch_answer *a,
    int64_t now);

/* Makes the request; e->key and e->key_fresh are set by the caller.  The
 * challenge may be empty. */
enum sg_err scep_run_request(struct scep_run *r, const struct scep_keys *keys,
    const struct secret *challenge, int64_t now);

unsigned scep_run_seconds(const struct scep_run *r);
enum sg_err scep_run_waited(struct scep_run *r);

/* --- its parts --- */

/* What to put into the request for a profile, without key or challenge; out is
 * initialised by this.  SG_EARG when the profile names nobody. */
enum sg_err scep_content(struct csr_content *out,
    const struct scep_profile *p);

/*
 * Which certificate makes the CA one that is known: one of those given whose
 * fingerprint the profile names, or, when it names none, an anchor that has
 * issued one of them or is one.  *given gets the anchor when it lacks it.
 * SG_EVERIFY says what was found and what to compare.
 */
enum sg_err scep_anchor(const struct cert **out, struct certs *given,
    const struct scep_profile *p, const struct certs *anchors, int64_t now);

/* The server's reason, in words, of its own. */
enum sg_err scep_reason(char **out, const struct scep_answer *a);

#endif
