/* SPDX-License-Identifier: BSD-2-Clause */
#include "pin_ask.h"

#include <stdio.h>
#include <unistd.h>

#include "gesture/pin.h"
#include "ipc/prompter.h"

#define TITLE "Signet"

void
pin_options_done(struct pin_options *o)
{
	config_done(&o->config);
}

enum sg_err
pin_options_load(struct pin_options *o)
{
	return config_load(&o->config);
}

static struct prompt
prompt_of(const struct pin_options *o, int fd)
{
	return (struct prompt) {
		.fd = fd,
		.program = o->pinentry != NULL ? o->pinentry
					       : o->config.pinentry,
	};
}

struct prompt
pin_prompt(const struct pin_options *o)
{
	return prompt_of(o, o->pin_fd);
}

static struct prompt
pin_new_prompt(const struct pin_options *o)
{
	return prompt_of(o, o->new_pin_fd);
}

enum sg_err
pin_confirm(const struct pin_options *o, const char *question)
{
	struct prompt p = pin_prompt(o);
	enum sg_err e = prompt_confirm(&p, question);

	if (e != SG_EIO)
		return e;
	return sg_fail(e, "nobody can be asked: run this on a terminal, or"
	    " answer with --yes");
}

/* SG_OK when the caller's container can be opened, with the tries that are
 * left (0: not known); otherwise the note says what to do. */
static enum sg_err
container_ready(struct client *c, uint32_t *tries_left)
{
	auto_done(status) s = { 0 };

	SG_TRY(client_status(c, (uint32_t)geteuid(), &s));
	*tries_left = s.tries_known ? s.tries_limit - s.tries_used : 0;
	switch (s.state) {
	case CONTAINER_READY:
	case CONTAINER_OPEN:
		return SG_OK;
	case CONTAINER_NONE:
		return sg_fail(SG_ENOENT,
		    "you have no container yet: 'signet setup' makes one");
	case CONTAINER_BLOCKED:
		return sg_fail(SG_EBLOCKED, "the container is blocked after"
		    " too many wrong PINs: 'signet pin recover' opens it with"
		    " the recovery code");
	case CONTAINER_BROKEN:
		break;
	}
	return sg_fail(SG_EIO, "the container cannot be used: %s", s.trouble);
}

/* What stands in the prompt about tries, or NULL. */
static enum sg_err
warning(char **out, bool wrong, uint32_t left)
{
	*out = NULL;
	if (left == 1)
		return str_printf(out, "%sThis is the last try: one more wrong"
		    " PIN blocks the container.", wrong ? "Wrong PIN. " : "");
	if (wrong)
		return str_printf(out, "Wrong PIN; %u tries left.", left);
	return SG_OK;
}

static enum sg_err
wrong_pin(uint32_t left)
{
	return sg_fail(SG_EPIN, "wrong PIN; %u %s left", left,
	    left == 1 ? "try" : "tries");
}

/* Asks and tries until the PIN is right or the person gives up. */
static enum sg_err
login_loop(struct client *c, const struct prompt *p, const char *why,
    uint32_t left, struct secret *pin)
{
	bool wrong = false;

	for (;;) {
		auto_str error = NULL;
		struct prompt_ask ask = { TITLE, why, "PIN", NULL, NULL };
		enum sg_err e;

		SG_TRY(warning(&error, wrong, left));
		ask.error = error;
		SG_TRY(sg_while(prompt_pin(p, &ask, pin), "asking for the"
		    " PIN"));
		e = client_login(c, pin, &left);
		if (e != SG_EPIN)
			return e;
		if (p->fd >= 0)
			return wrong_pin(left);
		wrong = true;
	}
}

enum sg_err
pin_login(struct client *c, const struct pin_options *o, const char *why,
    struct secret *pin)
{
	auto_done(secret) entered = { 0 };
	struct prompt p = pin_prompt(o);
	uint32_t left = 0;

	SG_TRY(container_ready(c, &left));
	SG_TRY(secret_init(&entered, CLIENT_PIN_MAX));
	SG_TRY(login_loop(c, &p, why, left, &entered));
	if (pin != NULL) {
		*pin = entered;
		entered = (struct secret) { 0 };
	}
	return SG_OK;
}

static enum sg_err
prompter_outcome(enum handover_result result)
{
	switch (result) {
	case HANDOVER_OPEN:
		return SG_OK;
	case HANDOVER_CANCELLED:
		return sg_fail(SG_ECANCEL, "asking for the PIN was cancelled");
	case HANDOVER_WRONG:
		return sg_fail(SG_EPIN, "wrong PIN, several times");
	case HANDOVER_BLOCKED:
		return sg_fail(SG_EBLOCKED, "the container is blocked:"
		    " 'signet pin recover' opens it with the recovery code");
	case HANDOVER_FAILED:
		break;
	}
	return sg_fail(SG_EIO, "nobody can be asked for the PIN");
}

enum sg_err
pin_login_prompter(struct client *c, const char *who)
{
	uint8_t ticket[CLIENT_TICKET_LEN];
	enum handover_result result = HANDOVER_FAILED;
	uint32_t left = 0;
	enum sg_err e;

	SG_TRY(container_ready(c, &left));
	SG_TRY(client_login_begin(c, ticket));
	e = prompter_run(&result, ticket, who);
	wipe(ticket, sizeof(ticket));
	SG_TRY(e);
	return prompter_outcome(result);
}

enum sg_err
pin_ask_new(struct client *c, const struct pin_options *o, const char *why,
    struct secret *out)
{
	struct prompt p = pin_new_prompt(o);
	auto_done(status) s = { 0 };
	struct prompt_ask ask = { TITLE, why, "New PIN", NULL,
		"The same PIN again" };
	auto_str error = NULL;

	SG_TRY(client_status(c, (uint32_t)geteuid(), &s));
	for (;;) {
		enum sg_err e;

		SG_TRY(sg_while(prompt_pin(&p, &ask, out), "asking for a new"
		    " PIN"));
		/* The daemon decides; asking again is done here. */
		e = pin_check(out, s.pin_min);
		if (e != SG_EARG || p.fd >= 0)
			return e;
		str_auto_free(&error);
		error = NULL;
		SG_TRY(str_dup(&error, sg_note(e)));
		ask.error = error;
	}
}

enum sg_err
pin_ask_code(const struct pin_options *o, struct secret *out)
{
	struct prompt p = pin_prompt(o);
	struct prompt_ask ask = { TITLE, "The recovery code that setup showed"
		" (or that your administrator gave you).", "Recovery code",
		NULL, NULL };

	return sg_while(prompt_pin(&p, &ask, out),
	    "asking for the recovery code");
}
