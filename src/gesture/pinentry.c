/* SPDX-License-Identifier: BSD-2-Clause */
#include "gesture/pinentry.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "gesture/assuan.h"
#include "gesture/terminal.h"

/* pinentry gives up by itself; this is for one that does not. */
#define ANSWER_MS	((PROMPT_SECONDS + 30) * 1000)
#define END_TRIES	50
#define END_STEP_NS	20000000L

static enum sg_err
send_line(struct pinentry *p, const char *command, const char *text)
{
	auto_done(buf) b = { 0 };
	struct bytes left;

	SG_TRY(assuan_command(&b, command, text));
	left = buf_bytes(&b);
	while (left.n > 0) {
		ssize_t n = send(p->fd, left.p, left.n, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sg_fail(SG_EIO, "pinentry went away");
		left.p += n;
		left.n -= (size_t)n;
	}
	return SG_OK;
}

static enum sg_err
wait_readable(struct pinentry *p)
{
	struct pollfd fds = { .fd = p->fd, .events = POLLIN };
	int n;

	do
		n = poll(&fds, 1, ANSWER_MS);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return sg_fail(SG_ETIMEOUT, "pinentry did not answer");
	return SG_OK;
}

static enum sg_err
receive_line(struct pinentry *p, struct assuan_line *out)
{
	enum sg_err e;

	SG_TRY(wait_readable(p));
	e = file_read_secret_line(&p->line, p->fd);
	if (e == SG_ENOENT)
		return sg_fail(SG_EIO, "pinentry ended without an answer");
	SG_TRY(e);
	return assuan_parse(out, secret_bytes(&p->line));
}

static enum sg_err
refused(const struct assuan_line *l)
{
	switch (ASSUAN_CODE(l->code)) {
	case ASSUAN_CANCELED:
	case ASSUAN_FULLY_CANCELED:
	case ASSUAN_NOT_CONFIRMED:
		return sg_fail(SG_ECANCEL, "cancelled");
	case ASSUAN_TIMEOUT:
		return sg_fail(SG_ETIMEOUT, "nobody answered");
	default:
		return sg_fail(SG_EIO, "pinentry cannot ask: %.*s (%lu)",
		    (int)l->rest.n, (const char *)l->rest.p, l->code);
	}
}

/* Reads up to OK or ERR; data goes to out, which may be NULL. */
static enum sg_err
read_answer(struct pinentry *p, struct secret *out)
{
	for (;;) {
		struct assuan_line l;

		SG_TRY(sg_while(receive_line(p, &l), "reading from pinentry"));
		if (l.kind == ASSUAN_OK)
			return SG_OK;
		if (l.kind == ASSUAN_ERR)
			return refused(&l);
		if (l.kind == ASSUAN_INQUIRE)
			return sg_fail(SG_EIO, "pinentry asks back");
		if (l.kind == ASSUAN_DATA && out != NULL)
			SG_TRY(assuan_unescape(out, l.rest));
	}
}

static enum sg_err
command(struct pinentry *p, const char *verb, const char *text)
{
	SG_TRY(send_line(p, verb, text));
	return read_answer(p, NULL);
}

/* What some pinentry does not know is no reason to give up; what it cannot be
 * told is. */
static enum sg_err
option(struct pinentry *p, const char *name, const char *value)
{
	auto_str text = NULL;
	struct assuan_line l;

	if (value == NULL || *value == '\0')
		return SG_OK;
	SG_TRY(str_printf(&text, "%s=%s", name, value));
	SG_TRY(send_line(p, "OPTION", text));
	do
		SG_TRY(receive_line(p, &l));
	while (l.kind != ASSUAN_OK && l.kind != ASSUAN_ERR);
	return SG_OK;
}

static const char *
locale_name(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *s = getenv(names[i]);

		if (s != NULL && *s != '\0')
			return s;
	}
	return NULL;
}

static enum sg_err
introduce(struct pinentry *p)
{
	auto_str tty = NULL;
	auto_str seconds = NULL;

	SG_TRY(read_answer(p, NULL));
	SG_TRY(terminal_name(&tty));
	SG_TRY(option(p, "ttyname", tty));
	SG_TRY(option(p, "ttytype", getenv("TERM")));
	SG_TRY(option(p, "lc-ctype", locale_name()));
	SG_TRY(option(p, "display", getenv("DISPLAY")));
	SG_TRY(str_printf(&seconds, "%d", PROMPT_SECONDS));
	return command(p, "SETTIMEOUT", seconds);
}

static enum sg_err
start(struct pinentry *p, const char *program, int theirs)
{
	char name[] = "pinentry";
	char *argv[] = { name, NULL };
	posix_spawn_file_actions_t acts;
	int rc;

	if (posix_spawn_file_actions_init(&acts) != 0)
		return sg_fail(SG_ENOMEM, "out of memory");
	rc = posix_spawn_file_actions_adddup2(&acts, theirs, STDIN_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&acts, theirs,
		    STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawnp(&p->pid, program, &acts, NULL, argv,
		    environ);
	(void)posix_spawn_file_actions_destroy(&acts);
	if (rc != 0) {
		p->pid = -1;
		return sg_fail(SG_EIO, "%s cannot be started: %s", program,
		    strerror(rc));
	}
	return SG_OK;
}

enum sg_err
pinentry_open(struct pinentry *p, const char *program)
{
	int pair[2];
	enum sg_err e;

	/* A socket, not pipes: writing to a dead one can be told not to
	 * raise SIGPIPE. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return sg_fail(SG_EIO, "socketpair: %s", strerror(errno));
	p->fd = pair[0];
	e = start(p, program, pair[1]);
	(void)close(pair[1]);
	if (e == SG_OK)
		e = secret_init(&p->line, ASSUAN_LINE_MAX);
	if (e == SG_OK)
		e = sg_while(introduce(p), "%s", program);
	if (e != SG_OK)
		pinentry_done(p);
	return e;
}

static void
await_end(pid_t pid)
{
	const struct timespec step = { .tv_nsec = END_STEP_NS };

	for (int i = 0; i < END_TRIES; i++) {
		if (waitpid(pid, NULL, WNOHANG) != 0)
			return;
		(void)nanosleep(&step, NULL);
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

void
pinentry_done(struct pinentry *p)
{
	/* It ends at the end of its input too, so a failure is no matter, and
	 * the note of an earlier one must survive. */
	if (p->fd >= 0) {
		(void)send(p->fd, "BYE\n", 4, MSG_NOSIGNAL);
		(void)close(p->fd);
	}
	if (p->pid > 0)
		await_end(p->pid);
	secret_done(&p->line);
	*p = (struct pinentry)PINENTRY_INIT;
}

enum sg_err
pinentry_ask(struct pinentry *p, const struct prompt_ask *ask,
    const char *label, const char *error, struct secret *out)
{
	auto_str prompt = NULL;

	SG_TRY(str_printf(&prompt, "%s:", label));
	SG_TRY(command(p, "SETTITLE", ask->title));
	SG_TRY(command(p, "SETDESC", ask->text));
	SG_TRY(command(p, "SETPROMPT", prompt));
	if (error != NULL)
		SG_TRY(command(p, "SETERROR", error));
	SG_TRY(send_line(p, "GETPIN", NULL));
	secret_clear(out);
	return read_answer(p, out);
}

enum sg_err
pinentry_confirm(struct pinentry *p, const char *question)
{
	SG_TRY(command(p, "SETDESC", question));
	return command(p, "CONFIRM", NULL);
}
