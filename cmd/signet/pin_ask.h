/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_PIN_ASK_H
#define SIGNET_PIN_ASK_H

/* Asking for PINs, with as many tries as make sense. */

#include "gesture/prompt.h"
#include "ipc/client.h"
#include "policy/config.h"

/* The options that every verb with a PIN has; see PIN_OPTIONS. */
struct pin_options {
	int pin_fd;		/* --pin-fd, or -1 */
	int new_pin_fd;		/* --new-pin-fd, or -1 */
	const char *pinentry;	/* --pinentry, or NULL */
	struct config config;
};
#define PIN_OPTIONS_INIT { .pin_fd = -1, .new_pin_fd = -1 }
/* Rows for an option table (options.h). */
#define PIN_OPTION_ROWS(o)                              \
	{ .name = "pin-fd", .fd = &(o)->pin_fd },       \
	{ .name = "pinentry", .text = &(o)->pinentry }

void pin_options_done(struct pin_options *o);
/* Reads the configuration; once, behind options_parse. */
enum sg_err pin_options_load(struct pin_options *o);

struct prompt pin_prompt(const struct pin_options *o);

/* A yes-or-no question; SG_ECANCEL for no.  The note names --yes when nobody
 * can be asked. */
enum sg_err pin_confirm(const struct pin_options *o, const char *question);

/*
 * Logs this process in: asks (why is one line), tells how many tries are left
 * after a wrong PIN and asks again while a person can answer; never uses the
 * last try without saying so.  From a descriptor there is one try.  pin, when
 * not NULL, is zero-initialised and receives the PIN that was right.
 */
enum sg_err pin_login(struct client *c, const struct pin_options *o,
    const char *why, struct secret *pin);

/* The same by signet-prompt, so that the PIN never enters this process; who
 * says who asks.  SG_EIO when nobody can be asked. */
enum sg_err pin_login_prompter(struct client *c, const char *who);

/* A new PIN, entered twice when a person is asked; out has room for
 * CLIENT_PIN_MAX bytes. */
enum sg_err pin_ask_new(struct client *c, const struct pin_options *o,
    const char *why, struct secret *out);

/* The recovery code, asked like a PIN; out has room for CLIENT_CODE_MAX. */
enum sg_err pin_ask_code(const struct pin_options *o, struct secret *out);

#endif
