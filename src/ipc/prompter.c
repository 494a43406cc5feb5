/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/prompter.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "paths.h"

#define PROMPT_PROGRAM SIGNET_LIBEXEC_DIR "/signet-prompt"

/* The helper has this one descriptor of the host's, no handler and no mask of
 * its; it works in silence. */
static int
actions_fill(posix_spawn_file_actions_t *a, posix_spawnattr_t *attr, int fd)
{
	sigset_t none, all;
	int e;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	e = posix_spawn_file_actions_adddup2(a, fd, HANDOVER_FD);
	for (int i = 0; i < 3 && e == 0; i++)
		e = posix_spawn_file_actions_addopen(a, i, "/dev/null",
		    O_RDWR, 0);
	if (e == 0)
		e = posix_spawn_file_actions_addclosefrom_np(a,
		    HANDOVER_FD + 1);
	if (e == 0)
		e = posix_spawnattr_setsigmask(attr, &none);
	if (e == 0)
		e = posix_spawnattr_setsigdefault(attr, &all);
	if (e == 0)
		e = posix_spawnattr_setflags(attr,
		    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return e;
}

/*
 * In a setuid host the variables come from whoever started it.  It may have
 * made its rights its real ones by now; then nothing tells the helper not to
 * believe them, as secure_getenv() tells us.
 */
static int
helper_spawn(pid_t *pid, const char *path,
    const posix_spawn_file_actions_t *a, const posix_spawnattr_t *attr)
{
	char name[] = "signet-prompt", safe_path[] = "PATH=/usr/bin:/bin";
	char *argv[] = { name, NULL }, *bare[] = { safe_path, NULL };

	return posix_spawn(pid, path, a, attr, argv,
	    getauxval(AT_SECURE) != 0 ? bare : environ);
}

/*
 * The helper forks at once and its first process ends: the host's child is
 * gone before the host could stumble over it.  If the host ignores SIGCHLD or
 * reaps every child, there is nothing left to wait for, and that is fine.
 */
static int
helper_start(int fd)
{
	const char *path = secure_getenv("SIGNET_PROMPT");
	posix_spawn_file_actions_t a;
	posix_spawnattr_t attr;
	pid_t pid;
	int e;

	if (path == NULL || *path == '\0')
		path = PROMPT_PROGRAM;
	if ((e = posix_spawn_file_actions_init(&a)) != 0)
		return e;
	if ((e = posix_spawnattr_init(&attr)) == 0) {
		e = actions_fill(&a, &attr, fd);
		if (e == 0)
			e = helper_spawn(&pid, path, &a, &attr);
		(void)posix_spawnattr_destroy(&attr);
	}
	(void)posix_spawn_file_actions_destroy(&a);
	if (e != 0)
		return e;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	return 0;
}

static void
program_name(char *out, size_t n)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	const char *slash;

	path[len > 0 ? len : 0] = '\0';
	slash = strrchr(path, '/');
	(void)snprintf(out, n, "%s",
	    slash != NULL ? slash + 1 : program_invocation_short_name);
}

static enum sg_err
ticket_send(int fd, const uint8_t ticket[CLIENT_TICKET_LEN],
    const char *program)
{
	auto_done(buf) b = { 0 };
	struct handover h = { .pid = (uint32_t)getpid() };
	enum sg_err e;
	ssize_t n;

	memcpy(h.ticket, ticket, sizeof(h.ticket));
	if (program != NULL)
		(void)snprintf(h.program, sizeof(h.program), "%s", program);
	else
		program_name(h.program, sizeof(h.program));
	e = handover_write(&h, &b);
	wipe(&h, sizeof(h));
	SG_TRY(e);
	do
		n = send(fd, b.p, b.n, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)b.n ? SG_OK
		: sg_fail(SG_EIO, "signet-prompt does not listen");
}

static enum sg_err
answer_wait(enum handover_result *out, int fd)
{
	uint8_t answer;
	ssize_t n;

	do
		n = recv(fd, &answer, 1, 0);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		return sg_fail(SG_EIO, "signet-prompt ended without an"
		    " answer");
	*out = (enum handover_result)answer;
	return SG_OK;
}

enum sg_err
prompter_run(enum handover_result *out,
    const uint8_t ticket[CLIENT_TICKET_LEN], const char *program)
{
	int sv[2], e;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) != 0)
		return sg_fail(SG_EIO, "a pair of sockets: %s",
		    strerror(errno));
	auto_fd ours = sv[0];
	{
		auto_fd theirs = sv[1];

		if ((e = helper_start(theirs)) != 0)
			return sg_fail(SG_EIO, "signet-prompt does not start:"
			    " %s", strerror(e));
	}
	/* Their end is closed here, so that the helper's death is seen. */
	SG_TRY(ticket_send(ours, ticket, program));
	return answer_wait(out, ours);
}
