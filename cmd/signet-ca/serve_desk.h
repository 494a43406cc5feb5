/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_SERVE_DESK_H
#define SIGNET_CA_SERVE_DESK_H

/* The signer's process: what desk.def lists, from its fields to serve_signer.h
 * and back, for one user. */

#include <sys/types.h>

#include "options.h"

struct desk_config {
	const struct options *options;
	int listener;		/* taken over */
	uid_t web;		/* who may ask, besides this process's user */
	int ready;		/* gets a byte and is closed, or -1 */
};

/* Opens the CA, and serves until SIGTERM. */
enum sg_err desk_serve(const struct desk_config *c);

#endif
