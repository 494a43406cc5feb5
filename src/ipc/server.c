/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 64
#define EVENTS_AT_ONCE 32
#define TICK_MS 1000

struct connection {
	int fd;
	struct peer *peer;
	uint8_t head[MESSAGE_LENGTH_SIZE];
	size_t head_n;
	struct secret in;	/* the frame as it comes */
	struct secret out;	/* the reply as it goes */
	size_t out_sent;
	time_t since;		/* of a half frame, monotonic; 0: none */
	bool doomed;
	struct connection *next;
};

struct server {
	int listen_fd;
	int epoll_fd;
	struct server_calls calls;
	struct connection *connections;
	struct peer *peers;
	unsigned count;
	bool full;		/* no descriptors: not listening for now */
};

static time_t
now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* The kernel tells events apart by the address stored with them. */
static enum sg_err
watch(struct server *s, int op, int fd, uint32_t events, void *what)
{
	struct epoll_event ev = { .events = events, .data.ptr = what };

	if (epoll_ctl(s->epoll_fd, op, fd, &ev) != 0)
		return sg_fail(SG_EIO, "epoll: %s", strerror(errno));
	return SG_OK;
}

static enum sg_err
address(const char *path, struct sockaddr_un *out)
{
	*out = (struct sockaddr_un) { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(out->sun_path))
		return sg_fail(SG_EARG, "the socket path '%s' is too long",
		    path);
	strcpy(out->sun_path, path);
	return SG_OK;
}

/* Binds and listens under another name first, so that whoever sees the socket
 * can connect to it. */
static enum sg_err
listen_at(int fd, const char *path)
{
	auto_str fresh = NULL;
	struct sockaddr_un sun;
	const int one = 1;

	SG_TRY(str_printf(&fresh, "%s.new", path));
	SG_TRY(address(fresh, &sun));
	(void)unlink(fresh);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0 ||
	    chmod(fresh, 0666) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)) != 0 ||
	    listen(fd, BACKLOG) != 0 || rename(fresh, path) != 0)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	return SG_OK;
}

enum sg_err
server_listen(const char *path, int *out)
{
	struct sockaddr_un sun;
	enum sg_err e;
	int fd;

	SG_TRY(address(path, &sun));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return sg_fail(SG_EIO, "socket: %s", strerror(errno));
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		e = sg_fail(SG_EBUSY, "somebody listens at %s already", path);
	else
		e = listen_at(fd, path);
	if (e != SG_OK) {
		(void)close(fd);
		return e;
	}
	*out = fd;
	return SG_OK;
}

/* Accepted sockets inherit SO_PASSCRED, so that no message can come without
 * its sender's credentials; set later, it would miss the first ones. */
static enum sg_err
listener_check(int fd)
{
	int on = 0, flags = fcntl(fd, F_GETFL);
	socklen_t n = sizeof(on);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, &n) != 0)
		return sg_fail(SG_EIO, "listening socket: %s",
		    strerror(errno));
	if (on == 0)
		return sg_fail(SG_EARG, "the listening socket does not pass "
		    "credentials (systemd: PassCredentials=yes)");
	return SG_OK;
}

enum sg_err
server_new(struct server **out, int fd, const struct server_calls *calls)
{
	auto_free(server) s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)close(fd);
		return sg_fail(SG_ENOMEM, "out of memory");
	}
	s->listen_fd = fd;
	s->calls = *calls;
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll_fd < 0)
		return sg_fail(SG_EIO, "epoll: %s", strerror(errno));
	SG_TRY(listener_check(fd));
	SG_TRY(watch(s, EPOLL_CTL_ADD, fd, EPOLLIN, &s->listen_fd));
	*out = s;
	s = NULL;
	return SG_OK;
}

static void
peer_release(struct server *s, struct peer *p)
{
	if (--p->connections > 0)
		return;
	for (struct peer **at = &s->peers; *at != NULL; at = &(*at)->next) {
		if (*at == p) {
			*at = p->next;
			break;
		}
	}
	s->calls.gone(s->calls.arg, p);
	(void)close(p->pidfd);
	free(p);
}

static void
connection_free(struct server *s, struct connection *c)
{
	(void)close(c->fd);
	secret_done(&c->in);
	secret_done(&c->out);
	s->count--;
	if (c->peer != NULL)
		peer_release(s, c->peer);
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

void
server_free(struct server *s)
{
	if (s == NULL)
		return;
	(void)sweep(s, true);
	if (s->epoll_fd >= 0)
		(void)close(s->epoll_fd);
	(void)close(s->listen_fd);
	free(s);
}

static bool
alive(const struct peer *p)
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
peer_new(struct server *s, const struct ucred *cred, struct peer **out)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	p->uid = cred->uid;
	p->pid = cred->pid;
	p->pidfd = (int)syscall(SYS_pidfd_open, cred->pid, 0);
	if (cred->pid <= 0 || p->pidfd < 0) {
		free(p);
		return sg_fail(SG_EPERM, "process %ld cannot be watched",
		    (long)cred->pid);
	}
	read_program(p);
	if (watch(s, EPOLL_CTL_ADD, p->pidfd, EPOLLIN, p) != SG_OK) {
		(void)close(p->pidfd);
		free(p);
		return SG_EIO;
	}
	p->next = s->peers;
	s->peers = p;
	*out = p;
	return SG_OK;
}

static enum sg_err
peer_find(struct server *s, const struct ucred *cred, struct peer **out)
{
	for (struct peer *p = s->peers; p != NULL; p = p->next) {
		if (p->pid == cred->pid && p->uid == cred->uid && alive(p)) {
			*out = p;
			return SG_OK;
		}
	}
	return peer_new(s, cred, out);
}

static unsigned
connections_of(const struct server *s, uid_t uid)
{
	unsigned n = 0;

	for (const struct peer *p = s->peers; p != NULL; p = p->next)
		if (p->uid == uid)
			n += p->connections;
	return n;
}

/* Bytes that a user's unfinished requests hold. */
static size_t
pending_of(const struct server *s, uid_t uid)
{
	size_t n = 0;

	for (const struct connection *c = s->connections; c != NULL;
	    c = c->next)
		if (c->peer != NULL && c->peer->uid == uid)
			n += c->in.cap;
	return n;
}

static enum sg_err
connection_admit(struct server *s, struct connection *c)
{
	struct ucred cred;
	socklen_t n = sizeof(cred);
	struct peer *p = NULL;

	if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) != 0)
		return sg_fail(SG_EIO, "SO_PEERCRED: %s", strerror(errno));
	if (s->count > SERVER_CONNECTIONS_MAX ||
	    connections_of(s, cred.uid) >= SERVER_PER_USER_MAX)
		return sg_fail(SG_ELIMIT, "user %u has too many connections",
		    cred.uid);
	SG_TRY(peer_find(s, &cred, &p));
	p->connections++;
	c->peer = p;
	return watch(s, EPOLL_CTL_ADD, c->fd, EPOLLIN, c);
}

static void
accept_one(struct server *s)
{
	struct connection *c = calloc(1, sizeof(*c));
	int fd = accept4(s->listen_fd, NULL, NULL,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0 || c == NULL) {
		/* Who waits would wake us for ever: listen again when a
		 * connection ended, or at the next tick. */
		if (fd < 0 && (errno == EMFILE || errno == ENFILE))
			s->full = watch(s, EPOLL_CTL_MOD, s->listen_fd, 0,
			    &s->listen_fd) == SG_OK;
		if (fd >= 0)
			(void)close(fd);
		free(c);
		return;
	}
	c->fd = fd;
	c->next = s->connections;
	s->connections = c;
	s->count++;
	c->doomed = connection_admit(s, c) != SG_OK;
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
	struct cmsghdr *cm;
	struct ucred cred = { 0 };
	ssize_t m = recvmsg(c->fd, &msg, MSG_CMSG_CLOEXEC);

	if (m <= 0)
		return m;
	cm = CMSG_FIRSTHDR(&msg);
	if (cm != NULL && cm->cmsg_level == SOL_SOCKET &&
	    cm->cmsg_type == SCM_CREDENTIALS)
		memcpy(&cred, CMSG_DATA(cm), sizeof(cred));
	if (cred.pid == c->peer->pid && cred.uid == c->peer->uid &&
	    (msg.msg_flags & MSG_CTRUNC) == 0)
		return m;
	errno = EPERM;
	return -1;
}

/* Answers what is in c->in; the reply is left in c->out. */
static enum sg_err
answer(struct server *s, struct connection *c)
{
	struct answer a = { 0 };
	struct message in, reply = { 0 };
	enum sg_err e;

	sg_note_clear();
	e = message_read_request(secret_bytes(&c->in), &in);
	if (in.verb == NULL)
		return e;
	if (e == SG_OK)
		e = s->calls.handle(s->calls.arg, c->peer, &in, &a);
	reply.verb = in.verb;
	reply.sequence = in.sequence;
	reply.error = e;
	reply.detail = a.detail;
	if (e != SG_OK)
		reply.note = bytes_str(sg_note(e));
	memcpy(reply.f, a.f, sizeof(reply.f));
	e = message_write_reply(&reply, &c->out);
	buf_done(&a.hold);
	secret_done(&a.secret);
	return e;
}

/* False when nothing more comes for now. */
static bool
read_some(const struct server *s, struct connection *c)
{
	bool in_head = c->head_n < sizeof(c->head);
	uint8_t *at = in_head ? c->head + c->head_n : c->in.p + c->in.n;
	size_t want = in_head ? sizeof(c->head) - c->head_n
			      : c->in.cap - c->in.n;
	ssize_t n = receive_checked(c, at, want);
	size_t length;

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
	c->since = now();
	c->head_n += (size_t)n;
	if (c->head_n < sizeof(c->head))
		return true;
	c->doomed = message_length(c->head, &length) != SG_OK ||
	    pending_of(s, c->peer->uid) + length > SERVER_PENDING_MAX ||
	    secret_init(&c->in, length) != SG_OK;
	return !c->doomed;
}

static bool
frame_complete(const struct connection *c)
{
	return c->head_n == sizeof(c->head) && c->in.n == c->in.cap;
}

static void
write_some(struct server *s, struct connection *c)
{
	while (c->out_sent < c->out.n) {
		ssize_t n = send(c->fd, c->out.p + c->out_sent,
		    c->out.n - c->out_sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			c->doomed = watch(s, EPOLL_CTL_MOD, c->fd, EPOLLOUT,
			    c) != SG_OK;
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
	c->doomed = watch(s, EPOLL_CTL_MOD, c->fd, EPOLLIN, c) != SG_OK;
}

static void
serve(struct server *s, struct connection *c)
{
	if (c->out.p != NULL) {
		write_some(s, c);
		return;
	}
	while (!c->doomed && !frame_complete(c))
		if (!read_some(s, c))
			return;
	if (c->doomed)
		return;
	c->doomed = answer(s, c) != SG_OK;
	secret_done(&c->in);
	c->head_n = 0;
	if (!c->doomed)
		write_some(s, c);
}

static bool
is_peer(const struct server *s, const void *what)
{
	for (const struct peer *p = s->peers; p != NULL; p = p->next)
		if (p == what)
			return true;
	return false;
}

/* The process ended; a child may still hold its sockets. */
static void
doom_peer(struct server *s, const struct peer *p)
{
	for (struct connection *c = s->connections; c != NULL; c = c->next)
		if (c->peer == p)
			c->doomed = true;
}

static void
doom_half_frames(struct server *s)
{
	time_t t = now();

	for (struct connection *c = s->connections; c != NULL; c = c->next)
		if (c->since != 0 && t - c->since > SERVER_HALF_FRAME_S)
			c->doomed = true;
}

static void
listen_again(struct server *s)
{
	if (s->full)
		s->full = watch(s, EPOLL_CTL_MOD, s->listen_fd, EPOLLIN,
		    &s->listen_fd) != SG_OK;
}

static bool
dispatch(struct server *s, void *what, const int *stop)
{
	if (what == stop)
		return false;
	if (what == &s->listen_fd)
		accept_one(s);
	else if (is_peer(s, what))
		doom_peer(s, what);
	else if (!((struct connection *)what)->doomed)
		serve(s, what);
	return true;
}

enum sg_err
server_run(struct server *s, int stop_fd)
{
	struct epoll_event ev[EVENTS_AT_ONCE];
	time_t last = now();

	SG_TRY(watch(s, EPOLL_CTL_ADD, stop_fd, EPOLLIN, &stop_fd));
	for (;;) {
		int n = epoll_wait(s->epoll_fd, ev, EVENTS_AT_ONCE,
		    s->connections != NULL || s->full ? TICK_MS : -1);

		if (n < 0 && errno != EINTR)
			return sg_fail(SG_EIO, "epoll: %s", strerror(errno));
		for (int i = 0; i < n; i++)
			if (!dispatch(s, ev[i].data.ptr, &stop_fd))
				return SG_OK;
		if (now() != last) {
			last = now();
			doom_half_frames(s);
			s->calls.tick(s->calls.arg);
			listen_again(s);
		}
		/* Only now: an event of this round may name what goes. */
		if (sweep(s, false))
			listen_again(s);
	}
}
