/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_TAKING_H
#define SIGNET_TAKING_H

/* What 'request accept' and 'cert import' have in common. */

#include "enroll/accept.h"
#include "keys.h"

struct taking {
	struct certs given;
	const char *label;	/* --label, or NULL */
	bool trust;		/* --trust-root */
	bool force;		/* --force */
	struct key_options keys;
	struct pin_options pin;
};
#define TAKING_INIT { .keys = KEY_OPTIONS_INIT, .pin = PIN_OPTIONS_INIT }
void taking_done(struct taking *t);

/* The options, and the certificates of all files. */
enum sg_err taking_parse(struct taking *t, int argc, char **argv);

/* Installs what was found good, after the questions that it raises. */
enum sg_err take(struct client *c, const struct taking *t,
    const struct accept *a, const struct objects *have);

#endif
