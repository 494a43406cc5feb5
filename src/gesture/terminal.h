/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_GESTURE_TERMINAL_H
#define SG_GESTURE_TERMINAL_H

/* Asking on the controlling terminal. */

#include "gesture/prompt.h"

#define PROMPT_SECONDS 120	/* until a question gives up */
#define LINE_SECONDS 3600	/* the same of terminal_line() */

/* The process has a terminal that a question can be written to. */
bool terminal_present(void);
/* Its name for others, or NULL when there is none. */
enum sg_err terminal_name(char **out);

/* A message, for instance why the PIN is asked.  SG_EIO without a terminal. */
enum sg_err terminal_say(const char *text);

/*
 * Writes "label: " and reads a line without echo into out.  The terminal's
 * settings are restored before a signal that ends or stops the process takes
 * effect.  SG_ECANCEL at the end of input, SG_ETIMEOUT, SG_ELIMIT when the
 * line does not fit.
 */
enum sg_err terminal_ask(const char *label, struct secret *out);
/* The same for what is no secret, as it is typed; the question is written as it
 * is. */
enum sg_err terminal_line(const char *question, struct secret *out);
/* "question [y/N] "; SG_ECANCEL unless the answer begins with y. */
enum sg_err terminal_confirm(const char *question);

#endif
