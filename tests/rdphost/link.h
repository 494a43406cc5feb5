/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_RDPHOST_LINK_H
#define SG_RDPHOST_LINK_H

/*
 * Between the host and the programs of its own that use the redirected card: a
 * Unix socket of packets, in the place of the resource manager's.  A request
 * is a code of rdpesc.h and the call's body; its reply an NTSTATUS and the
 * return's body.  One request at a time; a context lives in the connection
 * that made it, and ends with it.
 */

#include "rdpesc.h"

#define LINK_ENVIRONMENT "RDPHOST_CARD"	/* the socket's path */
#define LINK_HEAD	4		/* bytes before the body */
#define LINK_MAX	(LINK_HEAD + RDPESC_BODY_MAX)

#endif
