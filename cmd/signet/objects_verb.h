/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_OBJECTS_VERB_H
#define SIGNET_OBJECTS_VERB_H

/* What keys, requests and certificates have in common: they are listed, and
 * deleted after a question. */

#include "keys.h"

typedef enum sg_err objects_fn(const struct objects *o);

/* "list [--json]": the caller's objects, by one of the two. */
enum sg_err objects_list(int argc, char **argv, objects_fn *json,
    objects_fn *text);

/* The same for what has a key, with the cards that are there; their
 * certificates are copied into the container first. */
typedef enum sg_err cards_fn(const struct objects *o,
    const struct cards *cards);
enum sg_err cards_list(int argc, char **argv, cards_fn *json,
    cards_fn *text);

/* "delete WHICH [--erase] [--yes]" */
struct deletion {
	const char *which;	/* points into argv */
	bool yes;
	bool erase;		/* for keys only */
	struct key_options keys;
	struct pin_options pin;
};
#define DELETION_INIT { .keys = KEY_OPTIONS_INIT, .pin = PIN_OPTIONS_INIT }
void deletion_done(struct deletion *d);

/* what names the argument ("one NAME"). */
enum sg_err deletion_parse(struct deletion *d, int argc, char **argv,
    const char *what);
/* Asks the question, unless --yes was given; SG_ECANCEL for no. */
enum sg_err deletion_confirm(const struct deletion *d, const char *question);

#endif
