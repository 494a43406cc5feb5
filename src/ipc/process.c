/* SPDX-License-Identifier: BSD-2-Clause */

/* Users and their processes, as long as the server or its worker knows them. */

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ipc/server_impl.h"

struct user *
user_find(const struct server *s, uid_t uid)
{
	for (struct user *u = s->users; u != NULL; u = u->next)
		if (u->uid == uid)
			return u;
	return NULL;
}

static struct user *
user_enter(struct server *s, uid_t uid)
{
	struct user *u = user_find(s, uid);

	if (u == NULL && (u = calloc(1, sizeof(*u))) != NULL) {
		u->uid = uid;
		u->next = s->users;
		s->users = u;
	}
	if (u != NULL)
		u->processes++;
	return u;
}

static void
user_leave(struct server *s, struct user *u)
{
	if (--u->processes > 0)
		return;
	for (struct user **at = &s->users; *at != NULL; at = &(*at)->next) {
		if (*at == u) {
			*at = u->next;
			break;
		}
	}
	free(u);
}

static bool
alive(const struct process *p)
{
	struct pollfd pfd = { p->pidfd, POLLIN, 0 };

	return poll(&pfd, 1, 0) == 0;
}

static void
read_program(struct peer *p)
{
	char path[64];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%ld/comm", (long)p->pid);
	strcpy(p->program, "?");
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return;
	n = read(fd, p->program, sizeof(p->program) - 1);
	(void)close(fd);
	p->program[n > 0 ? n : 0] = '\0';
	p->program[strcspn(p->program, "\n")] = '\0';
	/* A process names itself; it must not write audit lines. */
	for (char *at = p->program; *at != '\0'; at++)
		if (*at == '"' || *at == '\\' || *at == '=')
			*at = '?';
}

static enum sg_err
process_new(struct server *s, const struct ucred *cred, struct process **out)
{
	struct process *p = calloc(1, sizeof(*p));

	if (p == NULL || (p->user = user_enter(s, cred->uid)) == NULL) {
		free(p);
		return sg_fail(SG_ENOMEM, "out of memory");
	}
	p->peer.uid = cred->uid;
	p->peer.pid = cred->pid;
	p->pidfd = (int)syscall(SYS_pidfd_open, cred->pid, 0);
	p->next = s->processes;
	s->processes = p;
	if (cred->pid <= 0 || p->pidfd < 0) {
		process_free(s, p);
		return sg_fail(SG_EPERM, "process %ld cannot be watched",
		    (long)cred->pid);
	}
	read_program(&p->peer);
	if (server_watch(s, EPOLL_CTL_ADD, p->pidfd, EPOLLIN, p) != SG_OK) {
		process_free(s, p);
		return SG_EIO;
	}
	*out = p;
	return SG_OK;
}

static enum sg_err
process_find(struct server *s, const struct ucred *cred, struct process **out)
{
	for (struct process *p = s->processes; p != NULL; p = p->next) {
		if (p->peer.pid == cred->pid && p->peer.uid == cred->uid &&
		    alive(p)) {
			*out = p;
			return SG_OK;
		}
	}
	return process_new(s, cred, out);
}

enum sg_err
process_enter(struct server *s, const struct ucred *cred,
    struct process **out)
{
	struct process *p = NULL;

	SG_TRY(process_find(s, cred, &p));
	p->connections++;
	p->user->connections++;
	*out = p;
	return SG_OK;
}

/* From then on its farewell alone knows it. */
static void
process_unlink(struct server *s, const struct process *p)
{
	for (struct process **at = &s->processes; *at != NULL;
	    at = &(*at)->next) {
		if (*at == p) {
			*at = p->next;
			return;
		}
	}
}

void
process_free(struct server *s, struct process *p)
{
	process_unlink(s, p);
	if (p->pidfd >= 0)
		(void)close(p->pidfd);
	user_leave(s, p->user);
	free(p);
}

/*
 * The farewell goes behind everything that the process asked for, and the
 * keeper knows processes by their address: that must not be another's before
 * the farewell is done.  One of which nothing was begun is not known.
 */
void
process_leave(struct server *s, struct process *p)
{
	p->user->connections--;
	if (--p->connections > 0)
		return;
	if (p->begun == 0 || !s->working) {
		process_free(s, p);
		return;
	}
	process_unlink(s, p);
	(void)close(p->pidfd);
	p->pidfd = -1;
	p->farewell.process = p;
	queue_put(&s->worker.queue, &p->user->line, &p->farewell.turn,
	    QUEUE_LAST);
}

bool
is_process(const struct server *s, const void *what)
{
	for (const struct process *p = s->processes; p != NULL; p = p->next)
		if (p == what)
			return true;
	return false;
}
