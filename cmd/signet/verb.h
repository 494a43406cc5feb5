/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_VERB_H
#define SIGNET_VERB_H

/*
 * What a verb of the command line is.  Each has a file of its own that exports
 * one struct verb; main.c lists them.  The texts here are what 'signet help'
 * prints and what the manual page is written from.
 */

#include "base/err.h"

/* Exit codes, as signet(1) documents them. */
enum verb_exit {
	VERB_OK = 0,
	VERB_FAILED = 1,
	VERB_USAGE = 2,		/* the command line makes no sense */
	VERB_PIN = 3,		/* wrong PIN or recovery code */
	VERB_BLOCKED = 4,	/* the container is blocked */
	VERB_CANCEL = 5,	/* cancelled, or nobody answered */
};

struct verb {
	const char *name;
	const char *summary;	/* one line without full stop */
	const char *usage;	/* what follows "signet NAME", a line per form */
	const char *text;	/* paragraphs and options, '\n' at each end */
	/* argv[0] is the verb's name; returns the exit code. */
	int (*run)(int argc, char **argv);
};

extern const struct verb verb_setup;
extern const struct verb verb_status;
extern const struct verb verb_pin;
extern const struct verb verb_lock;
extern const struct verb verb_key;
extern const struct verb verb_cert;
extern const struct verb verb_request;
extern const struct verb verb_rdp;
extern const struct verb verb_inspect;
extern const struct verb verb_reset;
extern const struct verb verb_help;

/* All of them in the order of 'signet help'; NULL at the end. */
const struct verb *const *verb_all(void);
/* NULL when there is none of that name. */
const struct verb *verb_find(const char *name);

/*
 * Ends a verb: for an error writes "signet: <note>" to stderr; for SG_EARG
 * also where its usage is found.  Returns the exit code for e.
 */
int verb_end(const struct verb *v, enum sg_err e);

/* A verb of several forms ("key list"): a table of them, NULL name at its
 * end; argv[1] chooses, the form's argv[0] is its own name. */
struct verb_form {
	const char *name;
	enum sg_err (*run)(int argc, char **argv);
};
int verb_run_form(const struct verb *v, const struct verb_form *forms,
    int argc, char **argv);

#endif
