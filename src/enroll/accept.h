/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_ENROLL_ACCEPT_H
#define SG_ENROLL_ACCEPT_H

/*
 * Taking what a CA issued: which key it is for, whether the chain is whole,
 * and whether it is what was asked for.
 */

#include "ipc/client.h"
#include "pki/csr.h"
#include "pki/chain.h"

/* What was found out; everything but the lists is borrowed from the given
 * certificates and the objects. */
struct accept {
	const struct cert *leaf;
	const struct key_object *key;
	const struct request_object *request;	/* NULL: none waits */
	struct certs path;		/* copies, from the leaf to the root */
	bool root_known;		/* the root is an anchor already */
	struct texts notes;		/* sentences about small differences */
	struct texts objections;	/* sentences: reasons to refuse it */
};
void accept_done(struct accept *a);

/*
 * Finds the one certificate that is for a key of the container, preferably for
 * one whose request waits, and its path to a root that is given or is an
 * anchor already.  Compares it with the request.  Pure.
 *
 * SG_ENOENT when none is for a key of this container; SG_EARG when several
 * are; SG_EVERIFY when no path holds at that time, with the reason.
 */
enum sg_err accept_check(struct accept *out, const struct certs *given,
    const struct objects *have, int64_t now);

/* The root of the path. */
const struct cert *accept_root(const struct accept *a);

/*
 * Stores all of it in one step: the certificate with its provider record under
 * the label (NULL: its UPN or name, made unique), what lies between as
 * intermediates, the root as an anchor; ends the request.  Whether objections
 * and an unknown root are acceptable is for the caller to decide before.
 */
enum sg_err accept_install(struct client *c, const struct accept *a,
    const struct objects *have, const char *label);

/* Whether accept_install needs a login: for a key behind the gesture, for an
 * anchor, and to change what is stored already. */
bool accept_wants_login(const struct accept *a, const struct objects *have);

/* The label that accept_install would choose; in memory of its own. */
enum sg_err accept_label(char **out, const struct cert *leaf,
    const struct objects *have);

#endif
