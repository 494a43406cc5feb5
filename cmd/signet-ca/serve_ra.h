/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_SERVE_RA_H
#define SIGNET_CA_SERVE_RA_H

/* What the signer does as the registration authority: SCEP's messages. */

#include "ca/challenges.h"
#include "ca/scep.h"
#include "ipc/desk.h"
#include "serve_issuing.h"

/* Since the server started. */
struct ra_totals {
	unsigned long success, failure, pending;
	unsigned long closed;	/* of failures: what did not open, or had no
				 * good challenge */
	unsigned long unreadable;	/* and not answered */
};

/* Not to be moved. */
struct serve_ra {
	struct issuing *issuing;
	struct session *session;
	struct ra_totals *totals;
	struct challenge_book book;
	struct template_cache *templates;
	struct ca_scep *scep;	/* NULL: there is no RA, or it is not wanted */
	bool allowed;
};
void serve_ra_done(struct serve_ra *r);
/* The session still has the passphrase.  Both outlive it, and so do the
 * totals. */
enum sg_err serve_ra_init(struct serve_ra *r, struct session *s,
    struct issuing *i, struct ra_totals *totals, bool wanted);
/* [scep] over-http of serve.conf: otherwise all of it is SG_ENOENT.  A server
 * that was started without has to be started again, if the key wants a
 * passphrase. */
void serve_ra_allow(struct serve_ra *r, bool allowed);

/* A pkiMessage and its answer, appended, which is handed out after
 * issuing_flush() only; *hold: not at once. */
enum sg_err serve_ra_answer(struct buf *out, bool *hold, struct serve_ra *r,
    struct bytes message);
/* What is said without a message. */
enum sg_err serve_ra_body(struct buf *out, enum desk_scep_body *kind,
    const struct serve_ra *r, enum desk_scep_ask what);

/* When its certificate ends, 0 without one; when there is work to do, and the
 * work. */
int64_t serve_ra_ends(const struct serve_ra *r);
int64_t serve_ra_due(const struct serve_ra *r);
enum sg_err serve_ra_work(struct serve_ra *r);

#endif
