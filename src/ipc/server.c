/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/file.h"
#include "ipc/server_impl.h"

#define EVENTS_AT_ONCE 32
#define TICK_MS 1000

time_t
server_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

uint64_t
server_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

enum sg_err
server_watch(struct server *s, int op, int fd, uint32_t events, void *what)
{
	struct epoll_event ev = { .events = events, .data.ptr = what };

	if (epoll_ctl(s->epoll_fd, op, fd, &ev) != 0)
		return sg_fail(SG_EIO, "epoll: %s", strerror(errno));
	return SG_OK;
}

enum sg_err
server_new(struct server **out, int fd, const struct verb_table *verbs,
    const struct server_calls *calls, const struct server_quota *quota)
{
	auto_free(server) s = calloc(1, sizeof(*s));
	const struct worker_calls work = { job_run, job_group, job_flush,
		job_rest, s };

	if (s == NULL) {
		(void)close(fd);
		return sg_fail(SG_ENOMEM, "out of memory");
	}
	s->listen_fd = fd;
	s->epoll_fd = -1;
	s->calls = *calls;
	s->table = verbs;
	s->verbs = calloc(verbs->count, sizeof(*s->verbs));
	if (s->verbs == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	s->quota = quota != NULL ? *quota
	    : (struct server_quota) SERVER_QUOTA_DEFAULT;
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll_fd < 0)
		return sg_fail(SG_EIO, "epoll: %s", strerror(errno));
	SG_TRY(listener_check(fd));
	SG_TRY(server_watch(s, EPOLL_CTL_ADD, fd, EPOLLIN, &s->listen_fd));
	SG_TRY(worker_init(&s->worker, &work));
	s->made = s->working = true;
	SG_TRY(server_watch(s, EPOLL_CTL_ADD, s->worker.done_fd, EPOLLIN,
	    &s->worker));
	*out = s;
	s = NULL;
	return SG_OK;
}

struct server_load
server_load(struct server *s)
{
	return (struct server_load) { queue_count(&s->worker.queue),
		worker_busy_s(&s->worker) };
}

struct server_stats
server_stats(const struct server *s)
{
	struct server_stats stats = { .verbs = s->verbs,
		.connections = s->count, .strangers = s->strangers };

	for (const struct user *u = s->users; u != NULL; u = u->next)
		stats.users++;
	memcpy(stats.refused, s->refused, sizeof(stats.refused));
	return stats;
}

/* What the connection holds in memory, instead of what it held before; false
 * when its user has too much now. */
static bool
charge(const struct server *s, struct connection *c, size_t n)
{
	struct user *u = c->process->user;

	u->bytes = u->bytes - c->charged + n;
	c->charged = n;
	return u->bytes <= s->quota.bytes;
}

static void
connection_free(struct server *s, struct connection *c)
{
	(void)close(c->fd);
	fd_close(&c->out_fd);
	secret_done(&c->in);
	secret_done(&c->out);
	s->count--;
	if (c->job != NULL)
		job_leave(s, c->job);
	if (c->process != NULL) {
		(void)charge(s, c, 0);
		process_leave(s, c->process);
	}
	free(c);
}

/* True when a connection went. */
static bool
sweep(struct server *s, bool all)
{
	struct connection **at = &s->connections;
	bool any = false;

	while (*at != NULL) {
		struct connection *c = *at;

		if (!all && !c->doomed) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		connection_free(s, c);
		any = true;
	}
	return any;
}

/* A refusal that nobody asked for, as the answer to request 0, and the end of
 * the connection.  A client that reads it knows why. */
static void
refuse(const struct server *s, struct connection *c, enum sg_err e)
{
	auto_done(secret) out = { 0 };
	struct message m = { .verb = s->table->verbs, .error = e,
		.note = bytes_str(sg_note(e)) };

	c->doomed = true;
	if (c->out.p == NULL && message_write_reply(&m, &out) == SG_OK &&
	    send(c->fd, out.p, out.n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
}

static enum sg_err
connection_allowed(struct server *s, const struct ucred *cred)
{
	const struct user *u = user_find(s, cred->uid);

	if (s->calls.admits != NULL &&
	    !s->calls.admits(s->calls.arg, cred->uid))
		return stranger_refuse(s, cred);
	if (s->count > s->quota.total)
		return limit_refuse(s, LIMIT_TOTAL, SG_ELIMIT, cred,
		    "there are too many connections");
	if (u != NULL && u->connections >= s->quota.connections)
		return limit_refuse(s, LIMIT_CONNECTIONS, SG_ELIMIT, cred,
		    "you have too many connections");
	return SG_OK;
}

static enum sg_err
connection_admit(struct server *s, struct connection *c)
{
	struct ucred cred;
	socklen_t n = sizeof(cred);

	if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) != 0)
		return sg_fail(SG_EIO, "SO_PEERCRED: %s", strerror(errno));
	SG_TRY(connection_allowed(s, &cred));
	SG_TRY(process_enter(s, &cred, &c->process));
	return server_watch(s, EPOLL_CTL_ADD, c->fd, EPOLLIN, c);
}

static void
accept_one(struct server *s)
{
	struct connection *c = calloc(1, sizeof(*c));
	int fd = accept4(s->listen_fd, NULL, NULL,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);
	enum sg_err e;

	if (fd < 0 || c == NULL) {
		/* Who waits would wake us for ever: listen again when a
		 * connection ended, or at the next tick. */
		if (fd < 0 && (errno == EMFILE || errno == ENFILE))
			s->full = server_watch(s, EPOLL_CTL_MOD, s->listen_fd,
			    0, &s->listen_fd) == SG_OK;
		if (fd >= 0)
			(void)close(fd);
		free(c);
		return;
	}
	c->fd = fd;
	c->out_fd = -1;
	c->next = s->connections;
	s->connections = c;
	s->count++;
	if ((e = connection_admit(s, c)) != SG_OK)
		refuse(s, c, e);
}

/* recv() that insists on the sender being the process that connected: a
 * forked child that inherited the socket is somebody else. */
static ssize_t
receive_checked(struct connection *c, void *p, size_t n)
{
	union {
		char room[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { p, n };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control) };
	const struct peer *peer = &c->process->peer;
	struct cmsghdr *cm;
	struct ucred cred = { 0 };
	ssize_t m = recvmsg(c->fd, &msg, MSG_CMSG_CLOEXEC);

	if (m <= 0)
		return m;
	cm = CMSG_FIRSTHDR(&msg);
	if (cm != NULL && cm->cmsg_level == SOL_SOCKET &&
	    cm->cmsg_type == SCM_CREDENTIALS)
		memcpy(&cred, CMSG_DATA(cm), sizeof(cred));
	if (cred.pid == peer->pid && cred.uid == peer->uid &&
	    (msg.msg_flags & MSG_CTRUNC) == 0)
		return m;
	errno = EPERM;
	return -1;
}

/* The length is known: room for a frame, if its user may have it. */
static void
frame_begin(struct server *s, struct connection *c)
{
	const struct peer *p = &c->process->peer;
	const struct ucred who = { p->pid, p->uid, 0 };
	size_t length = 0;

	c->doomed = message_length(s->table, c->head, &length) != SG_OK;
	if (c->doomed)
		return;
	if (charge(s, c, length)) {
		c->doomed = secret_init(&c->in, length) != SG_OK;
		return;
	}
	refuse(s, c, limit_refuse(s, LIMIT_BYTES, SG_ELIMIT, &who,
	    "your unfinished requests take too much room"));
}

/* False when nothing more comes for now. */
static bool
read_some(struct server *s, struct connection *c)
{
	bool in_head = c->head_n < sizeof(c->head);
	uint8_t *at = in_head ? c->head + c->head_n : c->in.p + c->in.n;
	size_t want = in_head ? sizeof(c->head) - c->head_n
			      : c->in.cap - c->in.n;
	ssize_t n = receive_checked(c, at, want);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		c->doomed = true;
		return false;
	}
	if (!in_head) {
		c->in.n += (size_t)n;
		return true;
	}
	c->since = server_now();
	c->head_n += (size_t)n;
	if (c->head_n == sizeof(c->head))
		frame_begin(s, c);
	return !c->doomed;
}

static bool
frame_complete(const struct connection *c)
{
	return c->head_n == sizeof(c->head) && c->in.n == c->in.cap;
}

static void
wait_for(struct server *s, struct connection *c, uint32_t events)
{
	if (server_watch(s, EPOLL_CTL_MOD, c->fd, events, c) != SG_OK)
		c->doomed = true;
}

/* send() of what is left; a descriptor goes with the first byte. */
static ssize_t
send_some(struct connection *c)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { c->out.p + c->out_sent,
		c->out.n - c->out_sent };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cm;
	ssize_t n;

	if (c->out_fd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		cm = CMSG_FIRSTHDR(&msg);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cm), &c->out_fd, sizeof(int));
	}
	n = sendmsg(c->fd, &msg, MSG_NOSIGNAL);
	if (n > 0)
		fd_close(&c->out_fd);
	return n;
}

static void
write_some(struct server *s, struct connection *c)
{
	while (c->out_sent < c->out.n) {
		ssize_t n = send_some(c);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN && charge(s, c, c->out.n)) {
			wait_for(s, c, EPOLLOUT);
			return;
		}
		if (n < 0) {
			c->doomed = true;
			return;
		}
		c->out_sent += (size_t)n;
	}
	secret_done(&c->out);
	c->out_sent = 0;
	c->since = 0;
	(void)charge(s, c, 0);
	wait_for(s, c, EPOLLIN);
}

/* Takes the reply's frame and descriptor over. */
static void
reply_send(struct server *s, struct connection *c, struct job *j)
{
	c->out = j->out;
	c->out_fd = j->fd;
	j->out = (struct secret) { 0 };
	j->fd = -1;
	c->doomed = c->doomed || j->made != SG_OK;
	if (!c->doomed)
		write_some(s, c);
}

/* A whole frame has come. */
static void
request(struct server *s, struct connection *c)
{
	uint64_t since = server_us();
	struct message in;
	struct job j = { .fd = -1 };

	sg_note_clear();
	j.result = message_read_request(s->table, secret_bytes(&c->in), &in);
	c->head_n = 0;
	if (in.verb == NULL) {
		c->doomed = true;
		return;
	}
	if (j.result == SG_OK && in.verb->when != VERB_AT_ONCE) {
		j.result = job_put(s, c, &in);
		if (j.result == SG_OK) {
			/* Only its end is of interest until then. */
			c->since = 0;
			wait_for(s, c, 0);
			return;
		}
	}
	reply_make(s, &c->process->peer, &in, s->calls.at_once, &j);
	reply_count(s, in.verb, j.result, since);
	secret_done(&c->in);
	reply_send(s, c, &j);
}

static void
serve(struct server *s, struct connection *c)
{
	if (c->job != NULL) {
		c->doomed = true;
		return;
	}
	if (c->out.p != NULL) {
		write_some(s, c);
		return;
	}
	while (!c->doomed && !frame_complete(c))
		if (!read_some(s, c))
			return;
	if (!c->doomed)
		request(s, c);
}

/* What the worker has done goes to whoever waits for it. */
static void
finish(struct server *s, struct job *j)
{
	struct connection *c = j->from;

	if (j == &s->chore) {
		s->chore_waits = false;
		return;
	}
	if (j->in.verb == NULL) {
		process_free(s, j->process);
		return;
	}
	reply_count(s, j->in.verb, j->result, j->since);
	if (c != NULL) {
		c->job = NULL;
		c->since = server_now();
		reply_send(s, c, j);
	}
	job_free(j);
}

static void
finish_all(struct server *s)
{
	struct turn *t;

	while ((t = worker_back(&s->worker)) != NULL)
		finish(s, (struct job *)t);
}

/* It was never begun: its connection ends without an answer, which tells the
 * client to ask again. */
static void
give_up(struct server *s, struct job *j)
{
	if (j == &s->chore)
		return;
	if (j->in.verb == NULL) {
		process_free(s, j->process);
		return;
	}
	if (j->from != NULL) {
		j->from->job = NULL;
		j->from->doomed = true;
	}
	job_free(j);
}

void
server_chore(struct server *s)
{
	if (s->chore_waits || !s->working)
		return;
	s->chore_waits = true;
	queue_put(&s->worker.queue, &s->chores, &s->chore.turn, QUEUE_LAST);
}

void
server_drain(struct server *s)
{
	struct turn *t;

	if (!s->working)
		return;
	worker_stop(&s->worker);
	s->working = false;
	finish_all(s);
	while ((t = queue_rest(&s->worker.queue)) != NULL)
		give_up(s, (struct job *)t);
}

void
server_free(struct server *s)
{
	if (s == NULL)
		return;
	server_drain(s);
	(void)sweep(s, true);
	if (s->made)
		worker_done(&s->worker);
	if (s->epoll_fd >= 0)
		(void)close(s->epoll_fd);
	(void)close(s->listen_fd);
	free(s->verbs);
	free(s);
}

/* The process ended; a child may still hold its sockets. */
static void
doom_process(struct server *s, const struct process *p)
{
	for (struct connection *c = s->connections; c != NULL; c = c->next)
		if (c->process == p)
			c->doomed = true;
}

static void
doom_half_frames(struct server *s)
{
	time_t t = server_now();

	for (struct connection *c = s->connections; c != NULL; c = c->next)
		if (c->since != 0 && t - c->since > SERVER_HALF_FRAME_S)
			c->doomed = true;
}

static void
listen_again(struct server *s)
{
	if (s->full)
		s->full = server_watch(s, EPOLL_CTL_MOD, s->listen_fd,
		    EPOLLIN, &s->listen_fd) != SG_OK;
}

/* False for the descriptor that stops the server. */
static bool
dispatch(struct server *s, void *what, const int *stop)
{
	if (what == stop)
		return false;
	if (what == &s->listen_fd)
		accept_one(s);
	else if (what == &s->worker)
		finish_all(s);
	else if (is_process(s, what))
		doom_process(s, what);
	else if (!((struct connection *)what)->doomed)
		serve(s, what);
	return true;
}

/* One round of events; *stopped when there is reason to return. */
static enum sg_err
wait_and_serve(struct server *s, const int *stop, bool *stopped)
{
	struct epoll_event ev[EVENTS_AT_ONCE];
	int n = epoll_wait(s->epoll_fd, ev, EVENTS_AT_ONCE,
	    s->connections != NULL || s->full ? TICK_MS : -1);

	if (n < 0 && errno != EINTR)
		return sg_fail(SG_EIO, "epoll: %s", strerror(errno));
	for (int i = 0; i < n; i++)
		if (!dispatch(s, ev[i].data.ptr, stop))
			*stopped = true;
	return SG_OK;
}

enum sg_err
server_run(struct server *s, int stop_fd)
{
	time_t last = server_now();
	bool stopped = false;
	enum sg_err e;

	SG_TRY(server_watch(s, EPOLL_CTL_ADD, stop_fd, EPOLLIN, &stop_fd));
	do {
		e = wait_and_serve(s, &stop_fd, &stopped);
		if (server_now() != last) {
			last = server_now();
			doom_half_frames(s);
			listen_again(s);
		}
		/* Only now: an event of this round may name what goes. */
		if (sweep(s, false))
			listen_again(s);
	} while (e == SG_OK && !stopped);
	if (epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, stop_fd, NULL) != 0)
		return sg_fail(SG_EIO, "epoll: %s", strerror(errno));
	return e;
}
