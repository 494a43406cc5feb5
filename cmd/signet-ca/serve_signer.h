/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_SERVE_SIGNER_H
#define SIGNET_CA_SERVE_SIGNER_H

/* What the signer does: keys, lists, OCSP.  It knows nothing of HTTP, nor of
 * who asks; serve_desk.h does. */

#include "ipc/desk.h"
#include "serve_issuing.h"
#include "serve_key.h"
#include "serve_ra.h"

/* What it says of itself. */
struct signing_state {
	/* The first of all keys', Unix seconds. */
	int64_t base_ends;	/* 0: one is missing */
	int64_t delta_ends;	/* likewise, or there are no deltas */
	int64_t responder_ends;
	int64_t ra_ends;	/* 0: there is none */
	bool writable;		/* the database, when last tried */
	bool failing;		/* what was due last could not be done */
	struct serve_totals totals;
	struct issuing_totals issued;
	struct ra_totals ra;
};

struct signing {
	struct session session;
	struct serve_key *keys;	/* that are still to answer, the current last */
	size_t key_count;
	struct issuing issuing;
	struct serve_ra ra;
	int64_t retry;		/* not before, after something failed */
	int64_t tried;		/* when the database was last written to */
	bool mirror;		/* audit.log may lack something */
	struct signing_state state;
};
void signing_done(struct signing *s);
/* Opens the CA and its keys, and makes the responders. */
enum sg_err signing_init(struct signing *s, const struct options *o);

/* Of the current key; for what the configuration says. */
const struct lists *signing_lists(const struct signing *s);

/* Does what is due: lists, the responder's next certificate.  What fails is
 * logged and tried again a little later. */
void signing_work(struct signing *s);
/* Reads serve.conf again, which stays as it was if there is a mistake in it,
 * and makes new lists. */
void signing_reload(struct signing *s);

/* A request and its answer, DER; *expires is until when it may be kept. */
enum sg_err signing_ocsp(struct signing *s, struct bytes request,
    struct buf *out, int64_t *expires);

/* A file to hand out: an open descriptor, or bytes when fd is -1. */
struct signing_file {
	int fd;
	struct buf bytes;
	int64_t modified;	/* Unix seconds, 0: not known */
	int64_t expires;	/* until when it may be kept */
	char tag[DESK_TAG_MAX + 1];	/* changes with the contents */
};
void signing_file_done(struct signing_file *f);
/* By one of the names in ca/published.h; SG_ENOENT. */
enum sg_err signing_file(struct signing_file *out, const struct signing *s,
    const char *name);

#endif
