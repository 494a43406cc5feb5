/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_GESTURE_PINENTRY_H
#define SG_GESTURE_PINENTRY_H

/* A pinentry program as a child process. */

#include <sys/types.h>

#include "gesture/prompt.h"

struct pinentry {
	pid_t pid;
	int fd;
	struct secret line;	/* the last response */
};
#define PINENTRY_INIT { .pid = -1, .fd = -1 }

/*
 * Starts program (a path, or a name that is looked up in PATH) and tells it
 * where the person is: terminal, its type, the locale, the display.  SG_EIO
 * when it cannot be started or does not speak Assuan.
 */
enum sg_err pinentry_open(struct pinentry *p, const char *program);
/* Ends it, if need be by a signal. */
void pinentry_done(struct pinentry *p);

/* One entry under label; error may be NULL.  Errors as prompt_pin; SG_EIO also
 * when pinentry says that it cannot ask. */
enum sg_err pinentry_ask(struct pinentry *p, const struct prompt_ask *ask,
    const char *label, const char *error, struct secret *out);
enum sg_err pinentry_confirm(struct pinentry *p, const char *question);

#endif
