/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

#define RETRY_MS	200	/* between two attempts to connect */
#define EVENTS_AT_ONCE	16

struct ask {
	struct ask *next;
	struct secret frame;
	uint32_t sequence;
	const struct verb_info *verb;
	bool again;		/* may be sent once more */
	int64_t until;		/* then it has no answer */
	int64_t gone_until;	/* then neither, if nobody listens */
	pool_done *done;
	void *arg;
};

struct wire {
	int fd;			/* -1: closed */
	struct ask *ask;	/* what it waits for */
	size_t sent;
	uint8_t head[MESSAGE_LENGTH_SIZE];
	size_t head_n;
	struct secret in;
	int in_fd;		/* came along, or -1 */
};

struct pool {
	struct pool_config config;
	struct sockaddr_un address;
	socklen_t address_n;
	int epoll_fd;
	struct wire wires[POOL_CONNECTIONS_MAX];
	struct ask *first;	/* they wait for a wire */
	unsigned waiting;
	uint32_t sequence;
	int64_t retry_at;	/* nobody listened; 0: somebody does */
	unsigned long asked;
	unsigned long unanswered;
};

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* unix(7): an abstract name has no NUL at its end, but one in front. */
static enum sg_err
address_make(struct pool *p, const char *path)
{
	size_t n = strlen(path);

	p->address = (struct sockaddr_un) { .sun_family = AF_UNIX };
	if (n == 0 || n >= sizeof(p->address.sun_path))
		return sg_fail(SG_EARG, "'%s' cannot be a socket's path",
		    path);
	memcpy(p->address.sun_path, path, n);
	p->address_n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    n + 1);
	if (path[0] == '@') {
		p->address.sun_path[0] = '\0';
		p->address_n--;
	}
	return SG_OK;
}

enum sg_err
pool_new(struct pool **out, const struct pool_config *c)
{
	auto_free(pool) p = calloc(1, sizeof(*p));

	if (p == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	p->config = *c;
	p->config.path = NULL;
	for (size_t i = 0; i < POOL_CONNECTIONS_MAX; i++)
		p->wires[i].fd = p->wires[i].in_fd = -1;
	SG_TRY(address_make(p, c->path));
	if ((p->epoll_fd = epoll_create1(EPOLL_CLOEXEC)) < 0)
		return sg_fail(SG_EIO, "epoll: %s", strerror(errno));
	*out = p;
	p = NULL;
	return SG_OK;
}

static void
ask_free(struct ask *a)
{
	secret_done(&a->frame);
	free(a);
}

static void
ask_end(struct pool *p, struct ask *a, enum sg_err e,
    const struct message *reply, int *fd)
{
	int none = -1;

	if (reply == NULL)
		p->unanswered++;
	a->done(a->arg, e, reply, fd != NULL ? fd : &none);
	ask_free(a);
}

/* What came half is forgotten; whoever waits for it is not. */
static void
wire_close(struct wire *w)
{
	fd_close(&w->fd);
	fd_close(&w->in_fd);
	secret_done(&w->in);
	w->head_n = 0;
	w->sent = 0;
}

/* The connection ended before the answer came.  What was sent may have been
 * done: it is sent again once, and only if that does no harm. */
static void
wire_lost(struct pool *p, struct wire *w)
{
	struct ask *a = w->ask;
	bool whole = a != NULL && w->sent == a->frame.n;

	w->ask = NULL;
	wire_close(w);
	if (a == NULL)
		return;
	if (whole && !a->again) {
		ask_end(p, a, sg_fail(SG_EIO, "the %s has hung up",
		    p->config.verbs->server), NULL, NULL);
		return;
	}
	if (whole)
		a->again = false;
	/* Whoever takes connections and drops them is not asked at once. */
	p->retry_at = now_ms() + RETRY_MS;
	a->next = p->first;
	p->first = a;
	p->waiting++;
}

void
pool_free(struct pool *p)
{
	struct ask *a;

	if (p == NULL)
		return;
	for (size_t i = 0; i < POOL_CONNECTIONS_MAX; i++) {
		a = p->wires[i].ask;
		wire_close(&p->wires[i]);
		if (a != NULL)
			ask_end(p, a, SG_EIO, NULL, NULL);
	}
	while ((a = p->first) != NULL) {
		p->first = a->next;
		ask_end(p, a, SG_EIO, NULL, NULL);
	}
	if (p->epoll_fd > 0)
		(void)close(p->epoll_fd);
	free(p);
}

static enum sg_err
ask_write(struct ask *a, const struct field *f)
{
	struct message m = { .verb = a->verb, .sequence = a->sequence };

	for (size_t i = 0; a->verb->request[i] != '\0'; i++)
		m.f[i] = f[i];
	return message_write_request(&m, &a->frame);
}

enum sg_err
pool_ask(struct pool *p, const struct verb_info *verb, const struct field *f,
    bool again, pool_done *done, void *arg)
{
	int64_t now = now_ms();
	struct ask **at = &p->first;
	struct ask *a;
	enum sg_err e;

	if (p->waiting >= p->config.waiting)
		return sg_fail(SG_EBUSY, "too many requests wait for the %s",
		    p->config.verbs->server);
	if ((a = calloc(1, sizeof(*a))) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	/* 0 is the server's own word. */
	p->sequence = p->sequence == UINT32_MAX ? 1 : p->sequence + 1;
	*a = (struct ask) { .sequence = p->sequence, .verb = verb,
		.again = again, .until = now + p->config.answer_ms,
		.gone_until = now + p->config.gone_ms, .done = done,
		.arg = arg };
	if ((e = ask_write(a, f)) != SG_OK) {
		ask_free(a);
		return e;
	}
	while (*at != NULL)
		at = &(*at)->next;
	*at = a;
	p->waiting++;
	p->asked++;
	return SG_OK;
}

static bool
wire_watch(struct pool *p, struct wire *w, int op, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	return epoll_ctl(p->epoll_fd, op, w->fd, &ev) == 0;
}

static bool
wire_open(struct pool *p, struct wire *w)
{
	w->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (w->fd >= 0 && connect(w->fd, (struct sockaddr *)&p->address,
	    p->address_n) == 0 && wire_watch(p, w, EPOLL_CTL_ADD, EPOLLIN)) {
		p->retry_at = 0;
		return true;
	}
	fd_close(&w->fd);
	p->retry_at = now_ms() + RETRY_MS;
	return false;
}

/* False when the connection is no good. */
static bool
wire_send(struct pool *p, struct wire *w)
{
	const struct secret *x = &w->ask->frame;
	bool blocked = false;

	while (w->sent < x->n && !blocked) {
		ssize_t n = send(w->fd, x->p + w->sent, x->n - w->sent,
		    MSG_NOSIGNAL);

		if (n > 0)
			w->sent += (size_t)n;
		else if (errno == EAGAIN)
			blocked = true;
		else if (errno != EINTR)
			return false;
	}
	return wire_watch(p, w, EPOLL_CTL_MOD,
	    blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

/* recv() that takes a descriptor along, one for a reply. */
static ssize_t
receive(struct wire *w, void *to, size_t n)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { to, n };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control) };
	ssize_t m = recvmsg(w->fd, &msg, MSG_CMSG_CLOEXEC);
	struct cmsghdr *cm = m > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	bool second = w->in_fd >= 0;

	if (cm != NULL && cm->cmsg_level == SOL_SOCKET &&
	    cm->cmsg_type == SCM_RIGHTS &&
	    cm->cmsg_len == CMSG_LEN(sizeof(int))) {
		fd_close(&w->in_fd);
		memcpy(&w->in_fd, CMSG_DATA(cm), sizeof(int));
		if (!second)
			cm = NULL;
	}
	if (m > 0 && (cm != NULL || (msg.msg_flags & MSG_CTRUNC) != 0)) {
		errno = EPROTO;
		return -1;
	}
	return m;
}

/* The reply, if it is the one that is waited for. */
static bool
reply_read(const struct pool *p, const struct wire *w, struct message *out)
{
	return message_read_reply(p->config.verbs, secret_bytes(&w->in),
	    out) == SG_OK && out->verb == w->ask->verb &&
	    out->sequence == w->ask->sequence &&
	    message_brings_fd(out) == (w->in_fd >= 0);
}

/* True when more may come at once. */
static bool
reply_take(struct pool *p, struct wire *w)
{
	struct ask *a = w->ask;
	struct message m;

	sg_note_clear();
	if (!reply_read(p, w, &m)) {
		wire_lost(p, w);
		return false;
	}
	if (m.error != SG_OK)
		SG_IGNORE(sg_fail(m.error, "%.*s", (int)m.note.n,
		    m.note.n > 0 ? (const char *)m.note.p : ""));
	w->ask = NULL;
	p->retry_at = 0;
	ask_end(p, a, m.error, &m, &w->in_fd);
	fd_close(&w->in_fd);
	secret_done(&w->in);
	w->head_n = 0;
	w->sent = 0;
	return true;
}

static bool
head_take(struct pool *p, struct wire *w)
{
	size_t n = 0;

	if (w->head_n < sizeof(w->head))
		return true;
	return w->ask != NULL &&
	    message_length(p->config.verbs, w->head, &n) == SG_OK &&
	    n > 0 && secret_init(&w->in, n) == SG_OK;
}

static void
wire_receive(struct pool *p, struct wire *w)
{
	bool more = true;

	while (more) {
		bool head = w->head_n < sizeof(w->head);
		ssize_t n = receive(w, head ? w->head + w->head_n
		    : w->in.p + w->in.n, head ? sizeof(w->head) - w->head_n
		    : w->in.cap - w->in.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n > 0 && head)
			w->head_n += (size_t)n;
		else if (n > 0)
			w->in.n += (size_t)n;
		if (n <= 0 || (head && !head_take(p, w))) {
			wire_lost(p, w);
			return;
		}
		if (!head && w->in.n == w->in.cap)
			more = reply_take(p, w);
	}
}

static void
wire_event(struct pool *p, struct wire *w, uint32_t events)
{
	if (w->fd < 0)
		return;
	if ((events & EPOLLOUT) != 0 && w->ask != NULL && !wire_send(p, w))
		wire_lost(p, w);
	else if ((events & ~(uint32_t)EPOLLOUT) != 0)
		wire_receive(p, w);
}

/* An open one that rests, or one that can be opened. */
static struct wire *
wire_free(struct pool *p)
{
	struct wire *closed = NULL;

	for (unsigned i = 0; i < p->config.connections; i++) {
		struct wire *w = &p->wires[i];

		if (w->ask == NULL && w->fd >= 0)
			return w;
		if (w->fd < 0 && closed == NULL)
			closed = w;
	}
	if (closed == NULL || now_ms() < p->retry_at ||
	    !wire_open(p, closed))
		return NULL;
	return closed;
}

static void
send_waiting(struct pool *p)
{
	struct wire *w;

	while (p->first != NULL && (w = wire_free(p)) != NULL) {
		w->ask = p->first;
		p->first = w->ask->next;
		p->waiting--;
		if (!wire_send(p, w))
			wire_lost(p, w);
	}
}

static int64_t
deadline(const struct pool *p, const struct ask *a)
{
	return p->retry_at != 0 && a->gone_until < a->until ? a->gone_until
							     : a->until;
}

/* Those whose time is up; a late answer would come to a closed connection. */
static void
expire(struct pool *p)
{
	struct ask **at = &p->first;
	int64_t now = now_ms();

	for (unsigned i = 0; i < p->config.connections; i++) {
		struct wire *w = &p->wires[i];
		struct ask *a = w->ask;

		if (a == NULL || now < a->until)
			continue;
		w->ask = NULL;
		wire_close(w);
		ask_end(p, a, sg_fail(SG_ETIMEOUT, "the %s does not answer",
		    p->config.verbs->server), NULL, NULL);
	}
	while (*at != NULL) {
		struct ask *a = *at;

		if (now < deadline(p, a)) {
			at = &a->next;
			continue;
		}
		*at = a->next;
		p->waiting--;
		ask_end(p, a, sg_fail(SG_ETIMEOUT, "the %s cannot be reached",
		    p->config.verbs->server), NULL, NULL);
	}
}

int
pool_fd(const struct pool *p)
{
	return p->epoll_fd;
}

int
pool_wait_ms(const struct pool *p)
{
	int64_t first = INT64_MAX, now = now_ms();

	for (unsigned i = 0; i < p->config.connections; i++)
		if (p->wires[i].ask != NULL && p->wires[i].ask->until < first)
			first = p->wires[i].ask->until;
	for (const struct ask *a = p->first; a != NULL; a = a->next)
		if (deadline(p, a) < first)
			first = deadline(p, a);
	if (p->first != NULL && p->retry_at != 0 && p->retry_at < first)
		first = p->retry_at;
	if (first == INT64_MAX)
		return -1;
	return first <= now ? 0 : (int)(first - now);
}

void
pool_turn(struct pool *p)
{
	struct epoll_event ev[EVENTS_AT_ONCE];
	int n = epoll_wait(p->epoll_fd, ev, EVENTS_AT_ONCE, 0);

	for (int i = 0; i < n; i++)
		wire_event(p, ev[i].data.ptr, ev[i].events);
	expire(p);
	send_waiting(p);
}

struct pool_stats
pool_stats(const struct pool *p)
{
	struct pool_stats s = { .waiting = p->waiting, .asked = p->asked,
		.unanswered = p->unanswered };

	for (unsigned i = 0; i < p->config.connections; i++)
		s.asking += p->wires[i].ask != NULL;
	return s;
}
