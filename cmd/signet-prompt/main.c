/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The helper of signet-pkcs11.so that asks for the PIN: it gets a ticket over
 * descriptor HANDOVER_FD, brings the PIN to the daemon itself and answers with
 * one byte.  The PIN is never in the program that loaded the module.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gesture/prompt.h"
#include "ipc/handover.h"
#include "policy/config.h"

#define ASK_MAX		3	/* wrong PINs until the host is told */
#define EXIT_USAGE	64

static enum sg_err
message_receive(struct handover *out)
{
	uint8_t message[HANDOVER_MESSAGE_MAX];
	ssize_t n;
	enum sg_err e;

	do
		n = recv(HANDOVER_FD, message, sizeof(message), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return sg_fail(SG_EIO, "descriptor %d: %s", HANDOVER_FD,
		    strerror(errno));
	e = handover_read(bytes_of(message, (size_t)n), out);
	wipe(message, sizeof(message));
	return e;
}

/* The name comes from the program itself: show it, believe it no further. */
static void
name_tame(char *name)
{
	for (char *p = name; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	if (*name == '\0')
		(void)strcpy(name, "A program");
}

static enum sg_err
error_text(char **out, uint32_t tries_left)
{
	if (tries_left == 1)
		return str_printf(out, "Wrong PIN. One try is left.");
	return str_printf(out, "Wrong PIN. %u tries are left.", tries_left);
}

/* One question and the daemon's word on it. */
static enum sg_err
ask_once(struct client *c, const struct handover *h, const struct prompt *p,
    const struct prompt_ask *ask, uint32_t *tries_left)
{
	auto_done(secret) pin = { 0 };

	SG_TRY(secret_init(&pin, CLIENT_PIN_MAX + 1));
	SG_TRY(prompt_pin(p, ask, &pin));
	return client_login_finish(c, h->ticket, &pin, tries_left);
}

static enum sg_err
ask_until(struct client *c, const struct handover *h, const struct prompt *p,
    const char *text)
{
	auto_str error = NULL;
	uint32_t left = 0;
	enum sg_err e = SG_EPIN;

	for (int i = 0; i < ASK_MAX && e == SG_EPIN; i++) {
		const struct prompt_ask ask = { .title = "Signet",
			.text = text, .label = "PIN", .error = error };

		e = ask_once(c, h, p, &ask, &left);
		if (e != SG_EPIN)
			break;
		if (left == 0)
			return SG_EBLOCKED;
		str_auto_free(&error);
		error = NULL;
		SG_TRY(error_text(&error, left));
	}
	return e;
}

static enum sg_err
login(struct handover *h)
{
	auto_free(client) c = NULL;
	auto_done(config) config = { 0 };
	auto_str text = NULL;
	struct prompt p = { .fd = -1 };

	/* A broken file must not keep a person from signing in. */
	SG_IGNORE(config_load(&config));
	p.program = config.pinentry;
	name_tame(h->program);
	SG_TRY(str_printf(&text,
	    "%s (process %u) wants to use the keys of your Signet container.",
	    h->program, h->pid));
	SG_TRY(client_open(&c, NULL));
	return ask_until(c, h, &p, text);
}

static enum handover_result
result_of(enum sg_err e)
{
	if (e == SG_OK)
		return HANDOVER_OPEN;
	if (e == SG_ECANCEL)
		return HANDOVER_CANCELLED;
	if (e == SG_EPIN)
		return HANDOVER_WRONG;
	if (e == SG_EBLOCKED)
		return HANDOVER_BLOCKED;
	return HANDOVER_FAILED;
}

int
main(void)
{
	struct handover h;
	uint8_t answer;
	pid_t pid;

	/* See helper_start() in the module: its host shall never meet a child
	 * it did not make. */
	if ((pid = fork()) > 0)
		return 0;
	(void)prctl(PR_SET_DUMPABLE, 0);
	if (message_receive(&h) != SG_OK) {
		(void)fprintf(stderr, "signet-prompt: signet-pkcs11.so starts "
		    "this program; it does nothing by hand (%s)\n",
		    sg_note(SG_EIO));
		return EXIT_USAGE;
	}
	answer = (uint8_t)result_of(login(&h));
	wipe(&h, sizeof(h));
	return send(HANDOVER_FD, &answer, 1, MSG_NOSIGNAL) == 1 ? 0 : 1;
}
