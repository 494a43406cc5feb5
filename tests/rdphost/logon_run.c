/* SPDX-License-Identifier: BSD-2-Clause */

#include "logon_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "link.h"

#define PIN_FD		3
#define ARGUMENTS_MAX	16

void
logon_run_done(struct logon_run *l)
{
	if (l->pid > 0) {
		(void)kill(l->pid, SIGKILL);
		(void)waitpid(l->pid, NULL, 0);
	}
	if (l->pid != 0)
		fd_close(&l->fd);
	buf_done(&l->output);
	*l = (struct logon_run) { 0 };
}

static void
add(const char **argv, size_t *n, const char *name, const char *value)
{
	if (value == NULL)
		return;
	argv[(*n)++] = name;
	argv[(*n)++] = value;
}

static void
become(const struct logon_setup *s, const struct delegated *d, int output,
    int pin)
{
	const char *argv[ARGUMENTS_MAX] = { s->program };
	size_t n = 1;

	add(argv, &n, "--reader", d->reader);
	add(argv, &n, "--container", d->container);
	if (d->user != NULL && d->domain != NULL) {
		add(argv, &n, "--user", d->user);
		add(argv, &n, "--domain", d->domain);
	}
	add(argv, &n, "--module", s->module);
	add(argv, &n, "--ccache", s->ccache);
	/* Where it lies already dup2() would leave it to be closed. */
	if (setenv(LINK_ENVIRONMENT, s->socket, 1) != 0 ||
	    dup2(output, STDOUT_FILENO) < 0 || (pin == PIN_FD ?
	    fcntl(pin, F_SETFD, 0) : dup2(pin, PIN_FD)) < 0)
		_exit(127);
	(void)execv(s->program, (char **)(uintptr_t)argv);
	_exit(127);
}

/* The pipe's buffer holds the longest PIN. */
static enum sg_err
pin_pipe(int fd[2], struct secret *pin)
{
	if (pipe2(fd, O_CLOEXEC) != 0)
		return sg_fail(SG_EIO, "pipe: %s", strerror(errno));
	SG_TRY(file_write_fd(fd[1], secret_bytes(pin), "the PIN's pipe"));
	secret_done(pin);
	fd_close(&fd[1]);
	return SG_OK;
}

enum sg_err
logon_start(struct logon_run *out, const struct logon_setup *s,
    struct delegated *d)
{
	int pin[2] = { -1, -1 }, output[2] = { -1, -1 };
	enum sg_err e = pin_pipe(pin, &d->pin);
	pid_t pid = -1;

	if (e == SG_OK && pipe2(output, O_CLOEXEC) != 0)
		e = sg_fail(SG_EIO, "pipe: %s", strerror(errno));
	if (e == SG_OK && (pid = fork()) < 0)
		e = sg_fail(SG_EIO, "fork: %s", strerror(errno));
	if (e == SG_OK && pid == 0)
		become(s, d, output[1], pin[0]);
	fd_close(&pin[0]);
	fd_close(&pin[1]);
	fd_close(&output[1]);
	if (e != SG_OK) {
		fd_close(&output[0]);
		return e;
	}
	*out = (struct logon_run) { .pid = pid, .fd = output[0] };
	return SG_OK;
}

static void
take_line(char *to, size_t room, const char *line, const char *key)
{
	size_t n = strlen(key), length = strcspn(line, "\n");

	if (strncmp(line, key, n) != 0)
		return;
	(void)snprintf(to, room, "%.*s", (int)(length - n), line + n);
}

void
logon_words(struct logon_result *out, const char *output)
{
	*out = (struct logon_result) { "broken",
		"the host's own program ended without a word" };
	for (const char *s = output; *s != 0; s += strcspn(s, "\n")) {
		s += *s == '\n';
		take_line(out->why, sizeof(out->why), s, "why=");
		take_line(out->outcome, sizeof(out->outcome), s, "outcome=");
	}
}

/* What it said, for the host's log. */
static void
finish(struct logon_run *l, struct logon_result *result)
{
	int status = 0;

	(void)waitpid(l->pid, &status, 0);
	l->pid = -1;
	if (buf_terminate(&l->output) != SG_OK)
		return;
	logon_words(result, (const char *)l->output.p);
	(void)fputs((const char *)l->output.p, stdout);
	/* A program that died has signed in nobody, whatever it said. */
	if (strcmp(result->outcome, "signed-in") == 0 &&
	    (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		logon_words(result, "");
	if (strcmp(result->outcome, "broken") == 0)
		printf("why=%s\noutcome=broken\n", result->why);
	(void)fflush(stdout);
}

bool
logon_serve(struct logon_run *l, struct logon_result *result)
{
	char some[1024];
	ssize_t n = read(l->fd, some, sizeof(some));

	if (n < 0 && errno == EINTR)
		return false;
	if (n > 0 && l->output.n + (size_t)n <= LOGON_OUTPUT_MAX &&
	    buf_add(&l->output, some, (size_t)n) == SG_OK)
		return false;
	finish(l, result);
	return true;
}
