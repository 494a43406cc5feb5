/* SPDX-License-Identifier: BSD-2-Clause */
#include "gesture/prompt.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "gesture/pinentry.h"
#include "gesture/terminal.h"

#define USUAL_PROGRAM "pinentry"
#define REPEAT_TRIES 3
#define ENTRY_MAX 255

/* Reads one entry in whatever way asks. */
typedef enum sg_err entry_fn(void *ctx, const struct prompt_ask *ask,
    const char *label, const char *error, struct secret *out);

static bool
has_display(void)
{
	return getenv("DISPLAY") != NULL || getenv("WAYLAND_DISPLAY") != NULL;
}

/* A program that was named may have ways of its own to reach the person. */
static bool
pinentry_sensible(const struct prompt *p)
{
	if (p->program != NULL)
		return access(p->program, X_OK) == 0;
	return has_display() || terminal_present();
}

bool
prompt_possible(const struct prompt *p)
{
	return p->fd >= 0 || pinentry_sensible(p) || terminal_present();
}

static enum sg_err
entry_pinentry(void *ctx, const struct prompt_ask *ask, const char *label,
    const char *error, struct secret *out)
{
	return pinentry_ask(ctx, ask, label, error, out);
}

static enum sg_err
entry_terminal(void *ctx, const struct prompt_ask *ask, const char *label,
    const char *error, struct secret *out)
{
	(void)ctx;
	if (error != NULL)
		SG_TRY(terminal_say(error));
	if (label == ask->label)
		SG_TRY(terminal_say(ask->text));
	return terminal_ask(label, out);
}

/* One entry, or two that must match. */
static enum sg_err
ask_by(entry_fn *entry, void *ctx, const struct prompt_ask *ask,
    struct secret *out)
{
	auto_done(secret) again = { 0 };
	const char *error = ask->error;

	if (ask->repeat == NULL)
		return entry(ctx, ask, ask->label, error, out);
	SG_TRY(secret_init(&again, ENTRY_MAX));
	for (int i = 0; i < REPEAT_TRIES; i++) {
		SG_TRY(entry(ctx, ask, ask->label, error, out));
		SG_TRY(entry(ctx, ask, ask->repeat, NULL, &again));
		if (bytes_eq_secret(secret_bytes(out), secret_bytes(&again)))
			return SG_OK;
		error = "The two entries differ; please try again.";
	}
	secret_clear(out);
	return sg_fail(SG_EARG, "the two entries differ");
}

static enum sg_err
ask_pinentry(const struct prompt *p, const struct prompt_ask *ask,
    struct secret *out)
{
	auto_done(pinentry) pe = PINENTRY_INIT;

	SG_TRY(pinentry_open(&pe,
	    p->program != NULL ? p->program : USUAL_PROGRAM));
	return ask_by(entry_pinentry, &pe, ask, out);
}

static enum sg_err
nobody(enum sg_err e)
{
	return sg_fail(SG_EIO, "nobody can be asked for the PIN (%s): run this"
	    " on a terminal, set up pinentry, or use --pin-fd", sg_note(e));
}

enum sg_err
prompt_pin(const struct prompt *p, const struct prompt_ask *ask,
    struct secret *out)
{
	enum sg_err e = SG_EIO;

	if (p->fd >= 0)
		return file_read_secret_line(out, p->fd);
	if (p->program != NULL || pinentry_sensible(p))
		e = ask_pinentry(p, ask, out);
	else
		e = sg_fail(SG_EIO, "no terminal and no display");
	if (e != SG_EIO)
		return e;
	if (!terminal_present())
		return nobody(e);
	return ask_by(entry_terminal, NULL, ask, out);
}

enum sg_err
prompt_confirm(const struct prompt *p, const char *question)
{
	auto_done(pinentry) pe = PINENTRY_INIT;

	if (terminal_present())
		return terminal_confirm(question);
	if (!pinentry_sensible(p))
		return sg_fail(SG_EIO, "nobody can be asked: %s", question);
	SG_TRY(pinentry_open(&pe,
	    p->program != NULL ? p->program : USUAL_PROGRAM));
	return pinentry_confirm(&pe, question);
}
