/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_SIGNIN_CHILD_H
#define SG_SIGNIN_CHILD_H

/*
 * A program of somebody else's, run to its end.  It dies with us; signals that
 * end a program are passed on to it.
 */

#include "base/secret.h"

#define CHILD_LINE_MAX	4096	/* bytes of a line; longer ones are split */
#define CHILD_INPUT_FD	3	/* where it finds input */
#define CHILD_INPUT_MAX	65536	/* bytes, what a pipe takes at once */

typedef void child_line(void *arg, const char *line);

struct child {
	const char *program;		/* a path, or looked for in PATH */
	char *const *argv;
	char *const *environment;
	struct secret *input;		/* on CHILD_INPUT_FD, or NULL; wiped
					 * when it is written */
	child_line *line;		/* each line of its output */
	void *arg;
};

/*
 * *status: its exit code, or 128 and the number of the signal that ended it.
 * Its standard input is empty.  SG_ENOENT when there is no such program;
 * SG_ELIMIT when input is too long; SG_ECANCEL when a signal was passed on.
 */
enum sg_err child_run(const struct child *c, int *status);

#endif
