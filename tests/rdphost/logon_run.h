/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_RDPHOST_LOGON_RUN_H
#define SG_RDPHOST_LOGON_RUN_H

/* rdphost-logon as a child of the host, from its start to its last line. */

#include <sys/types.h>

#include "delegated.h"

#define LOGON_OUTPUT_MAX	16384
#define LOGON_WORD_MAX		32
#define LOGON_WHY_MAX		160

struct logon_setup {
	const char *program;
	const char *socket;	/* the relay's */
	const char *module;	/* PKCS#11 */
	const char *ccache;
};

struct logon_run {
	pid_t pid;		/* 0: none */
	int fd;			/* its output */
	struct buf output;
};

struct logon_result {
	char outcome[LOGON_WORD_MAX];	/* "signed-in" or a refusal's word */
	char why[LOGON_WHY_MAX];	/* a sentence */
};

/* Starts it with what was delegated; takes the PIN, which d has no more. */
enum sg_err logon_start(struct logon_run *out, const struct logon_setup *s,
    struct delegated *d);
/* Reads what has come; true at the end, when *result is set. */
bool logon_serve(struct logon_run *l, struct logon_result *result);
void logon_run_done(struct logon_run *l);

/* Pure: the words of the last outcome= and why= lines. */
void logon_words(struct logon_result *out, const char *output);

#endif
