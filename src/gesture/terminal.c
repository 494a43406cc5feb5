/* SPDX-License-Identifier: BSD-2-Clause */
#include "gesture/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

#define TERMINAL "/dev/tty"
#define NAME_MAX_BYTES 256

/*
 * Signals are held back while the echo is off and let through once the
 * terminal is as it was, so no handler and no global state is needed.
 */
struct line {
	int tty;
	int signals;
	sigset_t held;
	sigset_t before;
	struct termios saved;
	time_t deadline;
};

struct manner {
	bool echo;
	int seconds;	/* until it gives up */
};

static enum sg_err
tty_open(int *out)
{
	int fd = open(TERMINAL, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return sg_fail(SG_EIO, "there is no terminal to ask on");
	*out = fd;
	return SG_OK;
}

bool
terminal_present(void)
{
	auto_fd fd = open(TERMINAL, O_RDWR | O_CLOEXEC);

	return fd >= 0;
}

enum sg_err
terminal_name(char **out)
{
	static const int usual[] = { STDIN_FILENO, STDOUT_FILENO,
		STDERR_FILENO };
	char name[NAME_MAX_BYTES];

	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if (ttyname_r(usual[i], name, sizeof(name)) == 0)
			return str_dup(out, name);
	if (terminal_present())
		return str_dup(out, TERMINAL);
	*out = NULL;
	return SG_OK;
}

static enum sg_err
say(int tty, const char *text)
{
	return file_write_fd(tty, bytes_str(text), "the terminal");
}

enum sg_err
terminal_say(const char *text)
{
	auto_fd tty = -1;

	SG_TRY(tty_open(&tty));
	SG_TRY(say(tty, text));
	return say(tty, "\n");
}

static time_t
now(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static void
hold_signals(struct line *l)
{
	static const int all[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };

	(void)sigemptyset(&l->held);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		(void)sigaddset(&l->held, all[i]);
	(void)sigprocmask(SIG_BLOCK, &l->held, &l->before);
	l->signals = signalfd(-1, &l->held, SFD_CLOEXEC | SFD_NONBLOCK);
}

static enum sg_err
line_begin(struct line *l, int tty, const struct manner *m)
{
	struct termios quiet;

	l->tty = tty;
	l->deadline = now() + m->seconds;
	if (tcgetattr(tty, &l->saved) != 0)
		return sg_fail(SG_EIO, "the terminal: %s", strerror(errno));
	quiet = l->saved;
	quiet.c_lflag |= ICANON | ISIG;
	if (!m->echo)
		quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
	quiet.c_lflag |= ECHONL;
	hold_signals(l);
	/* Flushing drops what was typed before the question stood there. */
	if (tcsetattr(tty, TCSAFLUSH, &quiet) != 0) {
		enum sg_err e = sg_fail(SG_EIO, "the terminal: %s",
		    strerror(errno));

		(void)sigprocmask(SIG_SETMASK, &l->before, NULL);
		(void)close(l->signals);
		return e;
	}
	return SG_OK;
}

static void
line_end(struct line *l)
{
	/* An error leaves nothing better to do. */
	(void)tcsetattr(l->tty, TCSAFLUSH, &l->saved);
	(void)close(l->signals);
	(void)sigprocmask(SIG_SETMASK, &l->before, NULL);
}

static enum sg_err
await_key(const struct line *l)
{
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = l->tty, .events = POLLIN },
			{ .fd = l->signals, .events = POLLIN },
		};
		time_t left = l->deadline - now();

		if (left <= 0 ||
		    poll(fds, 2, (int)left * 1000) == 0)
			return sg_fail(SG_ETIMEOUT, "nobody answered");
		if (fds[1].revents != 0)
			return sg_fail(SG_ECANCEL, "interrupted");
		if (fds[0].revents != 0)
			return SG_OK;
	}
}

static enum sg_err
read_keys(const struct line *l, struct secret *out)
{
	uint8_t c = 0;
	enum sg_err e = SG_OK;

	secret_clear(out);
	while (e == SG_OK && (e = await_key(l)) == SG_OK) {
		ssize_t n = read(l->tty, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 1 && c == '\n')
			break;
		e = n == 1 ? secret_add(out, &c, 1)
			   : sg_fail(SG_ECANCEL, "cancelled");
	}
	wipe(&c, 1);
	return e;
}

/* Reads one line; a signal that only stopped the process asks again. */
static enum sg_err
ask(const char *question, const struct manner *m, struct secret *out)
{
	auto_fd tty = -1;
	struct line l;
	enum sg_err e;
	sigset_t pending;
	bool stopped;

	SG_TRY(tty_open(&tty));
	do {
		SG_TRY(say(tty, question));
		SG_TRY(line_begin(&l, tty, m));
		e = read_keys(&l, out);
		(void)sigpending(&pending);
		stopped = e == SG_ECANCEL &&
		    sigismember(&pending, SIGTSTP) == 1;
		line_end(&l);
		if (e != SG_OK)
			SG_IGNORE(say(tty, "\n"));
	} while (stopped);
	return e;
}

enum sg_err
terminal_ask(const char *label, struct secret *out)
{
	static const struct manner secretly = { false, PROMPT_SECONDS };
	auto_str question = NULL;

	SG_TRY(str_printf(&question, "%s: ", label));
	return ask(question, &secretly, out);
}

enum sg_err
terminal_line(const char *question, struct secret *out)
{
	static const struct manner openly = { true, LINE_SECONDS };

	return ask(question, &openly, out);
}

enum sg_err
terminal_confirm(const char *question)
{
	static const struct manner openly = { true, PROMPT_SECONDS };
	auto_done(secret) answer = { 0 };
	auto_str text = NULL;

	SG_TRY(str_printf(&text, "%s [y/N] ", question));
	SG_TRY(secret_init(&answer, 255));
	SG_TRY(ask(text, &openly, &answer));
	if (answer.n == 0 || (answer.p[0] != 'y' && answer.p[0] != 'Y'))
		return sg_fail(SG_ECANCEL, "cancelled: nothing was changed");
	return SG_OK;
}
