/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_SERVE_SIGNER_H
#define SIGNET_CA_SERVE_SIGNER_H

/* The server's inner half: keys, lists, OCSP; it knows nothing of HTTP. */

#include "ca/responder.h"
#include "desk.h"
#include "lists.h"

struct signing {
	struct session session;
	struct lists lists;
	struct pkey *key;	/* of the OCSP responder; never leaves memory */
	struct cert *cert;
	struct responder *responder;
	int64_t retry;		/* not before, after something failed */
};
void signing_done(struct signing *s);
/* Opens the CA and its key, and makes the responder. */
enum sg_err signing_init(struct signing *s, const struct options *o);

/* When there is something to do next, Unix seconds. */
int64_t signing_due(const struct signing *s);
/* Does what is due: lists, the responder's next certificate.  What fails is
 * logged and tried again a little later. */
void signing_work(struct signing *s);
/* New lists now. */
void signing_publish(struct signing *s);

struct desk signing_desk(struct signing *s);

#endif
