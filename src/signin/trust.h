/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_SIGNIN_TRUST_H
#define SG_SIGNIN_TRUST_H

/* A container's CA certificates as the PEM files that others read. */

#include "ipc/objects.h"
#include "signin/private_folder.h"

struct trust {
	char *anchors;		/* paths; NULL when there are none */
	char *pool;
	char *both;		/* and those of $SSL_CERT_FILE */
};
void trust_done(struct trust *t);

/*
 * Writes them into the folder.  The file of both is for OpenSSL, which reads
 * it in place of $SSL_CERT_FILE, so that one's contents go along; the machine's
 * own certificates come from a folder and stay in force.  A root that is
 * stored as an intermediate is left out.
 */
enum sg_err trust_write(struct trust *t, const struct private_folder *f,
    const struct objects *o);

#endif
