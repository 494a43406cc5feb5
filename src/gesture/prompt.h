/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_GESTURE_PROMPT_H
#define SG_GESTURE_PROMPT_H

/*
 * Asking a person for a PIN: from a descriptor, by pinentry (Assuan), or on
 * the terminal, in this order of preference.
 */

#include "base/secret.h"

struct prompt {
	int fd;			/* a line is read from here, nobody asked; or
				 * -1 */
	const char *program;	/* pinentry's path, or NULL: look for one */
};

struct prompt_ask {
	const char *title;	/* "Signet" */
	const char *text;	/* why the PIN is asked, one or two lines */
	const char *label;	/* "PIN" */
	const char *error;	/* what was wrong the last time, or NULL */
	const char *repeat;	/* label of a second entry that must match, or
				 * NULL */
};

/* True when a person can be asked: pinentry with a display, or a terminal. */
bool prompt_possible(const struct prompt *p);

/*
 * Replaces out (with room for at least 127 bytes) by what was entered.
 * SG_ECANCEL; SG_ETIMEOUT after two minutes; SG_EIO with a note that says how
 * to be asked (--pin-fd, pinentry) when nobody can be.  With fd each call
 * reads one line, repeat reads none.
 */
enum sg_err prompt_pin(const struct prompt *p, const struct prompt_ask *ask,
    struct secret *out);

/* A yes-or-no question; SG_ECANCEL for no. */
enum sg_err prompt_confirm(const struct prompt *p, const char *question);

#endif
