/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_VERB_H
#define SIGNET_VERB_H

/*
 * What a verb of the command line is.  Each has a file of its own that exports
 * one struct cli_verb; main.c lists them.  The texts here are what 'signet
 * help' prints.
 */

#include "base/err.h"

/* Exit codes, as signet(1) documents them. */
enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,		/* the command line makes no sense */
	CLI_PIN = 3,		/* wrong PIN or recovery code */
	CLI_BLOCKED = 4,	/* the container is blocked */
	CLI_CANCEL = 5,		/* cancelled, or nobody answered */
};

struct cli_verb {
	const char *name;
	const char *summary;	/* one line without full stop */
	const char *usage;	/* what follows "signet", a line per form, '\n'
				 * at the end of each; a line that begins with
				 * a blank continues a form */
	const char *text;	/* paragraphs and options, '\n' at the end */
	/* argv[0] is the verb's name; returns the exit code. */
	int (*run)(int argc, char **argv);
};

extern const struct cli_verb cli_setup;
extern const struct cli_verb cli_status;
extern const struct cli_verb cli_pin;
extern const struct cli_verb cli_lock;
extern const struct cli_verb cli_key;
extern const struct cli_verb cli_cert;
extern const struct cli_verb cli_request;
extern const struct cli_verb cli_card;
extern const struct cli_verb cli_enroll;
extern const struct cli_verb cli_rdp;
extern const struct cli_verb cli_inspect;
extern const struct cli_verb cli_audit;
extern const struct cli_verb cli_metrics;
extern const struct cli_verb cli_reset;
extern const struct cli_verb cli_help;

/* All of them in the order of 'signet help'; NULL at the end. */
const struct cli_verb *const *cli_verbs(void);
/* NULL when there is none of that name. */
const struct cli_verb *cli_verb_find(const char *name);

/*
 * Ends a verb: for an error writes "signet: <note>" to stderr.  Returns the
 * exit code for e.  SG_EARG is CLI_USAGE.
 */
int cli_end(enum sg_err e);

/* A verb of several forms ("key list"): a table of them, NULL name at its
 * end; argv[1] chooses, the form's argv[0] is its own name. */
struct cli_form {
	const char *name;
	enum sg_err (*run)(int argc, char **argv);
};
int cli_run_form(const struct cli_verb *v, const struct cli_form *forms,
    int argc, char **argv);

#endif
