/* SPDX-License-Identifier: BSD-2-Clause */
#include "signin/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

/* A child that passed signals on does not end is killed after so long. */
#define PATIENCE_MS	5000
#define EXIT_NO_PROGRAM	127

static const int passed_on[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

/* All that must be undone, in one place. */
struct run {
	int input[2];
	int output[2];
	int failure[2];		/* errno of a failed exec */
	int signals;
	sigset_t old;
	bool masked;
	pid_t pid;		/* 0 when it is reaped */
	bool dying;		/* a signal was passed on */
	int status;
	char line[CHILD_LINE_MAX];
	size_t n;
};

static void
run_done(struct run *r)
{
	if (r->pid > 0) {
		(void)kill(r->pid, SIGKILL);
		(void)waitpid(r->pid, NULL, 0);
	}
	for (int i = 0; i < 2; i++) {
		fd_close(&r->input[i]);
		fd_close(&r->output[i]);
		fd_close(&r->failure[i]);
	}
	fd_close(&r->signals);
	if (r->masked)
		(void)sigprocmask(SIG_SETMASK, &r->old, NULL);
}

static enum sg_err
fail_errno(const char *what)
{
	return sg_fail(SG_EIO, "%s: %s", what, strerror(errno));
}

static enum sg_err
input_open(struct run *r, struct secret *input)
{
	if (input == NULL)
		return SG_OK;
	/* The whole of it must fit, for nobody reads yet. */
	if (input->n > CHILD_INPUT_MAX)
		return sg_fail(SG_ELIMIT,
		    "the input of a program is longer than %d bytes",
		    CHILD_INPUT_MAX);
	if (pipe2(r->input, O_CLOEXEC) != 0)
		return fail_errno("a pipe");
	SG_TRY(file_write_fd(r->input[1], secret_bytes(input), "a pipe"));
	secret_clear(input);
	fd_close(&r->input[1]);
	return SG_OK;
}

static enum sg_err
signals_open(struct run *r)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(*passed_on); i++)
		(void)sigaddset(&set, passed_on[i]);
	if (sigprocmask(SIG_BLOCK, &set, &r->old) != 0)
		return fail_errno("signals");
	r->masked = true;
	r->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return r->signals < 0 ? fail_errno("signals") : SG_OK;
}

/* Between fork and exec: only what signal-safety(7) allows. */
static _Noreturn void
become(const struct run *r, const struct child *c, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), e;

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* The parent may have died before that took effect. */
	if (getppid() != parent || null < 0)
		_exit(EXIT_NO_PROGRAM);
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(r->output[1], STDOUT_FILENO);
	(void)dup2(r->output[1], STDERR_FILENO);
	if (r->input[0] >= 0)
		(void)dup2(r->input[0], CHILD_INPUT_FD);
	/* A --pin-fd and the like are not for it. */
	(void)close_range(r->input[0] >= 0 ? CHILD_INPUT_FD + 1 :
	    CHILD_INPUT_FD, ~0U, CLOSE_RANGE_CLOEXEC);
	(void)sigprocmask(SIG_SETMASK, &r->old, NULL);
	(void)execvpe(c->program, c->argv, c->environment);
	e = errno;
	if (write(r->failure[1], &e, sizeof(e)) < 0)
		_exit(EXIT_NO_PROGRAM);
	_exit(EXIT_NO_PROGRAM);
}

/* Away from the descriptors that the child's ends are put on. */
static enum sg_err
lift(int *fd)
{
	int high;

	if (*fd < 0 || *fd > CHILD_INPUT_FD)
		return SG_OK;
	high = fcntl(*fd, F_DUPFD_CLOEXEC, CHILD_INPUT_FD + 1);
	if (high < 0)
		return fail_errno("a descriptor");
	fd_close(fd);
	*fd = high;
	return SG_OK;
}

static enum sg_err
start(struct run *r, const struct child *c)
{
	pid_t parent = getpid();

	SG_TRY(input_open(r, c->input));
	if (pipe2(r->output, O_CLOEXEC) != 0 ||
	    pipe2(r->failure, O_CLOEXEC) != 0)
		return fail_errno("a pipe");
	SG_TRY(lift(&r->input[0]));
	SG_TRY(lift(&r->output[1]));
	SG_TRY(lift(&r->failure[1]));
	SG_TRY(signals_open(r));
	r->pid = fork();
	if (r->pid < 0)
		return fail_errno("fork");
	if (r->pid == 0)
		become(r, c, parent);
	fd_close(&r->input[0]);
	fd_close(&r->output[1]);
	fd_close(&r->failure[1]);
	(void)fcntl(r->output[0], F_SETFL, O_NONBLOCK);
	return SG_OK;
}

static enum sg_err
exec_check(struct run *r, const struct child *c)
{
	int e = 0;
	ssize_t n;

	do
		n = read(r->failure[0], &e, sizeof(e));
	while (n < 0 && errno == EINTR);
	if (n != sizeof(e))
		return SG_OK;
	/* A folder of $PATH that may not be searched hides nothing but its
	 * own programs. */
	if (e == ENOENT ||
	    (e == EACCES && strchr(c->program, '/') == NULL))
		return sg_fail(SG_ENOENT, "%s: there is no such program",
		    c->program);
	return sg_fail(SG_EIO, "%s: %s", c->program, strerror(e));
}

static void
line_end(struct run *r, const struct child *c)
{
	if (r->n == 0)
		return;
	r->line[r->n] = '\0';
	c->line(c->arg, r->line);
	wipe(r->line, sizeof(r->line));
	r->n = 0;
}

static void
line_add(struct run *r, const struct child *c, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n' || r->n == sizeof(r->line) - 1)
			line_end(r, c);
		if (p[i] != '\n' && p[i] != '\0')
			r->line[r->n++] = p[i];
	}
}

/* Reads what is there; false at the end. */
static bool
output_read(struct run *r, const struct child *c)
{
	char some[CHILD_LINE_MAX];
	ssize_t n;

	while ((n = read(r->output[0], some, sizeof(some))) > 0)
		line_add(r, c, some, (size_t)n);
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static void
reap(struct run *r)
{
	int st;

	if (waitpid(r->pid, &st, WNOHANG) != r->pid)
		return;
	r->pid = 0;
	r->status = WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

static void
signals_read(struct run *r)
{
	struct signalfd_siginfo info;

	while (read(r->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD) {
			reap(r);
			continue;
		}
		/* Who says it twice does not want to wait. */
		if (r->pid > 0)
			(void)kill(r->pid, r->dying ? SIGKILL :
			    (int)info.ssi_signo);
		r->dying = true;
	}
}

static enum sg_err
follow(struct run *r, const struct child *c)
{
	struct pollfd p[2] = {
		{ .fd = r->signals, .events = POLLIN },
		{ .fd = r->output[0], .events = POLLIN },
	};

	while (r->pid > 0) {
		int n = poll(p, 2, r->dying ? PATIENCE_MS : -1);

		if (n < 0 && errno != EINTR)
			return fail_errno("poll");
		if (n == 0)
			(void)kill(r->pid, SIGKILL);
		if (n > 0 && p[0].revents != 0)
			signals_read(r);
		if (n > 0 && p[1].revents != 0 && !output_read(r, c))
			p[1].fd = -1;
	}
	/* What it started may keep the pipe open: take what is there. */
	(void)output_read(r, c);
	line_end(r, c);
	return SG_OK;
}

enum sg_err
child_run(const struct child *c, int *status)
{
	__attribute__((cleanup(run_done))) struct run r = {
		.input = { -1, -1 }, .output = { -1, -1 },
		.failure = { -1, -1 }, .signals = -1,
	};

	SG_TRY(start(&r, c));
	SG_TRY(exec_check(&r, c));
	SG_TRY(follow(&r, c));
	if (r.dying)
		return sg_fail(SG_ECANCEL, "ended by a signal");
	*status = r.status;
	return SG_OK;
}
