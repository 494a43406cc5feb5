/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/digest.h"
#include "net/http_reply.h"
#include "net/neighbour.h"

#define SWEEP_MS 250	/* between two looks for clients that are too slow */

const struct http_limits http_limits_usual = {
	.connections = 256,
	.per_address = 64,
	.header_max = 16384,
	.request_seconds = 10,
	.answer_seconds = 300,
};

/* What a client may wait for. */
enum stage {
	FRESH,		/* connected, and has asked nothing yet */
	READING,	/* has sent the headers of a request */
	ANSWERING,
	RESTING,	/* has an answer, and may ask again */
};

struct client {
	struct client *next, *prev;
	struct http_server *server;
	int fd;
	enum stage stage;
	int64_t since_ms;	/* in this stage */
	char peer[INET6_ADDRSTRLEN];
	struct neighbour whose;
};

/* A request while it arrives, and while it has no answer. */
struct http_later {
	const struct http_route *route;
	enum http_method method;
	const char *word;	/* the method's; libmicrohttpd's, as path */
	const char *path;
	int64_t since_us;
	struct buf body;
	bool too_large;
	struct MHD_Connection *connection;
	struct http_server *server;
	bool waits;		/* suspended, until http_answer() */
	bool ready;		/* answer and e are what it waited for */
	struct http_answer answer;
	enum sg_err e;
};

struct http_server {
	struct http_config config;
	struct MHD_Daemon *daemon;
	struct client *clients;
	int64_t swept_ms;
	bool draining;
	bool answered;		/* by http_answer(), and not sent yet */
};

static int64_t
monotonic_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t
monotonic_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
stage_set(struct client *c, enum stage stage)
{
	c->stage = stage;
	c->since_ms = monotonic_ms();
}

static void
peer_print(struct client *c, const struct sockaddr *a)
{
	const void *p = NULL;

	if (a != NULL && a->sa_family == AF_INET)
		p = &((const struct sockaddr_in *)(const void *)a)->sin_addr;
	else if (a != NULL && a->sa_family == AF_INET6)
		p = &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
	if (p == NULL || inet_ntop(a->sa_family, p, c->peer,
	    sizeof(c->peer)) == NULL)
		c->peer[0] = '\0';
}

static void
client_add(struct http_server *s, struct MHD_Connection *m, void **context)
{
	const union MHD_ConnectionInfo *fd, *address;
	struct client *c = calloc(1, sizeof(*c));

	*context = c;
	if (c == NULL)
		return;		/* its requests are refused */
	fd = MHD_get_connection_info(m, MHD_CONNECTION_INFO_CONNECTION_FD);
	address = MHD_get_connection_info(m,
	    MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	c->server = s;
	c->fd = fd->connect_fd;
	peer_print(c, address != NULL ? address->client_addr : NULL);
	c->whose = neighbour_of(address != NULL ? address->client_addr
						: NULL);
	stage_set(c, FRESH);
	c->next = s->clients;
	if (c->next != NULL)
		c->next->prev = c;
	s->clients = c;
}

static void
client_remove(struct http_server *s, struct client *c)
{
	if (c == NULL)
		return;
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		s->clients = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	free(c);
}

static void
connection_changed(void *arg, struct MHD_Connection *m, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		client_add(arg, m, context);
	else
		client_remove(arg, *context);
}

static struct client *
client_of(struct MHD_Connection *m)
{
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(m,
	    MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return i != NULL ? i->socket_context : NULL;
}

static void
answer_drop(struct http_answer *a)
{
	if (a->fd >= 0)
		(void)close(a->fd);
	a->fd = -1;
	buf_done(&a->body);
}

static void
inbox_free(struct http_later *b)
{
	if (b == NULL)
		return;
	answer_drop(&b->answer);
	buf_done(&b->body);
	free(b);
}

static void
request_completed(void *arg, struct MHD_Connection *m, void **box,
    enum MHD_RequestTerminationCode how)
{
	struct client *c = client_of(m);

	(void)arg;
	(void)how;
	inbox_free(*box);
	*box = NULL;
	if (c != NULL)
		stage_set(c, RESTING);
}

static const struct http_route *
route_find(const struct http_server *s, const char *path)
{
	for (const struct http_route *r = s->config.routes;
	    r->handler != NULL; r++) {
		size_t n = strlen(r->path);

		if (strcmp(r->path, path) == 0 || (r->path[n - 1] == '/' &&
		    strncmp(r->path, path, n) == 0))
			return r;
	}
	return NULL;
}

static const char *
allowed(const struct http_route *r)
{
	if (r->methods == HTTP_POST)
		return "POST";
	return (r->methods & HTTP_POST) != 0 ? "GET, HEAD, POST"
					     : "GET, HEAD";
}

/* Without parameters ("; charset=..."). */
static bool
type_among(const char *given, const char *wanted)
{
	size_t given_n = given != NULL ? strcspn(given, "; \t") : 0, n;

	for (; *wanted != '\0'; wanted += n + (wanted[n] == ' ')) {
		n = strcspn(wanted, " ");
		if (n == given_n && strncasecmp(given, wanted, n) == 0)
			return true;
	}
	return false;
}

/* Headers by which others may think that a request ends elsewhere. */
struct framing {
	unsigned lengths;
	unsigned codings;
	unsigned hosts;
	bool spaces;	/* in a name */
};

static enum MHD_Result
framing_look(void *arg, enum MHD_ValueKind kind, const char *name,
    const char *value)
{
	struct framing *f = arg;

	(void)kind;
	(void)value;
	f->lengths += strcasecmp(name, "Content-Length") == 0;
	f->codings += strcasecmp(name, "Transfer-Encoding") == 0;
	f->hosts += strcasecmp(name, "Host") == 0;
	f->spaces = f->spaces || strpbrk(name, " \t\v\f\r") !=
	    NULL;
	return MHD_YES;
}

/* libmicrohttpd takes what RFC 9112 (5.1, 6.1, 6.3) and RFC 9110 (7.2) have
 * servers refuse: with a proxy in front, one request could hide another. */
static bool
doubtful(struct MHD_Connection *m)
{
	struct framing f = { 0 };

	(void)MHD_get_connection_values(m, MHD_HEADER_KIND, framing_look, &f);
	return f.lengths + f.codings > 1 || f.hosts > 1 || f.spaces;
}

/* What speaks against a request before its body has come; 0: nothing. */
static unsigned
verdict(const struct http_later *b, struct MHD_Connection *m)
{
	const char *type = MHD_lookup_connection_value(m, MHD_HEADER_KIND,
	    "Content-Type");
	const char *length = MHD_lookup_connection_value(m, MHD_HEADER_KIND,
	    "Content-Length");
	long long n = 0;

	if (doubtful(m))
		return MHD_HTTP_BAD_REQUEST;
	if (b->route == NULL)
		return MHD_HTTP_NOT_FOUND;
	if ((b->route->methods & b->method) == 0)
		return MHD_HTTP_METHOD_NOT_ALLOWED;
	if (b->method != HTTP_POST)
		return 0;
	if (b->route->body_type != NULL &&
	    !type_among(type, b->route->body_type))
		return MHD_HTTP_UNSUPPORTED_MEDIA_TYPE;
	if (length != NULL && (number_parse(&n, length, 0, INT64_MAX,
	    "length") != SG_OK || (uint64_t)n > b->route->body_max))
		return MHD_HTTP_CONTENT_TOO_LARGE;
	return 0;
}

static void
tell(const struct http_server *s, const struct client *c,
    const struct http_later *b, unsigned status)
{
	const struct http_event e = { b->route, b->word, b->path, c->peer,
		status, (uint64_t)(monotonic_us() - b->since_us) };

	if (s->config.seen != NULL)
		s->config.seen(s->config.ctx, &e);
}

static enum MHD_Result
refuse(struct http_server *s, struct MHD_Connection *m, struct client *c,
    const struct http_later *b, unsigned status)
{
	stage_set(c, ANSWERING);
	tell(s, c, b, status);
	return http_refuse(m, status, status == MHD_HTTP_METHOD_NOT_ALLOWED
	    ? allowed(b->route) : NULL,
	    s->draining || status == MHD_HTTP_BAD_REQUEST);
}

static enum MHD_Result
request_begin(struct http_server *s, struct MHD_Connection *m,
    const char *path, const char *method, void **box)
{
	struct client *c = client_of(m);
	struct http_later *b = calloc(1, sizeof(*b));
	unsigned status;

	*box = b;
	if (b == NULL || c == NULL)
		return MHD_NO;
	stage_set(c, READING);
	b->answer.fd = -1;
	b->word = method;
	b->path = path;
	b->since_us = monotonic_us();
	b->connection = m;
	b->server = s;
	b->route = route_find(s, path);
	if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
		b->method = HTTP_GET;
	else if (strcmp(method, "POST") == 0)
		b->method = HTTP_POST;
	status = verdict(b, m);
	return status == 0 ? MHD_YES : refuse(s, m, c, b, status);
}

/* A body without a length may become too large on the way. */
static void
body_add(struct http_later *b, const char *p, size_t n)
{
	size_t max = b->method == HTTP_POST ? b->route->body_max : 0;

	if (b->too_large || n > max - b->body.n ||
	    buf_add(&b->body, p, n) != SG_OK)
		b->too_large = true;
}

/* What the handler made of it, now or later. */
static enum MHD_Result
reply(struct http_server *s, struct client *c, struct http_later *b)
{
	struct MHD_Connection *m = b->connection;
	unsigned status = 0;
	enum MHD_Result ok;

	if (b->e == SG_OK) {
		stage_set(c, ANSWERING);
		ok = http_reply(m, &b->answer, s->config.clock(),
		    s->draining, &status);
		tell(s, c, b, status);
		return ok;
	}
	answer_drop(&b->answer);
	return refuse(s, m, c, b, b->e == SG_ENOENT ? MHD_HTTP_NOT_FOUND :
	    b->e == SG_EBUSY || b->e == SG_ETIMEOUT
	    ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_INTERNAL_SERVER_ERROR);
}

static enum MHD_Result
request_end(struct http_server *s, struct MHD_Connection *m,
    struct http_later *b)
{
	struct client *c = client_of(m);
	struct http_request q = { b->method, b->path,
		b->path + strlen(b->route->path), buf_bytes(&b->body),
		c->peer, b };

	if (b->too_large)
		return refuse(s, m, c, b, MHD_HTTP_CONTENT_TOO_LARGE);
	b->answer = (struct http_answer) { .status = MHD_HTTP_OK, .fd = -1 };
	b->e = b->route->handler(s->config.ctx, &q, &b->answer);
	if (!b->waits)
		return reply(s, c, b);
	stage_set(c, ANSWERING);
	return MHD_YES;
}

const char *
http_query(const struct http_request *q, const char *name)
{
	return MHD_lookup_connection_value(q->later->connection,
	    MHD_GET_ARGUMENT_KIND, name);
}

/* libmicrohttpd calls request() again when it is resumed. */
struct http_later *
http_wait(const struct http_request *q)
{
	q->later->waits = true;
	MHD_suspend_connection(q->later->connection);
	return q->later;
}

void
http_answer(struct http_later *l, enum sg_err e, struct http_answer *a)
{
	l->answer = *a;
	*a = (struct http_answer) { .fd = -1 };
	l->e = e;
	l->waits = false;
	l->ready = true;
	l->server->answered = true;
	MHD_resume_connection(l->connection);
}

static enum MHD_Result
request(void *arg, struct MHD_Connection *m, const char *path,
    const char *method, const char *version, const char *data, size_t *n,
    void **box)
{
	struct http_server *s = arg;

	(void)version;
	if (*box == NULL)
		return request_begin(s, m, path, method, box);
	if (((struct http_later *)*box)->ready)
		return reply(s, client_of(m), *box);
	if (*n > 0) {
		body_add(*box, data, *n);
		*n = 0;
		return MHD_YES;
	}
	return request_end(s, m, *box);
}

/* libmicrohttpd's own limit counts whole addresses, of which an IPv6 host has
 * more than anybody can serve. */
static enum MHD_Result
admit(void *arg, const struct sockaddr *a, socklen_t n)
{
	const struct http_server *s = arg;
	struct neighbour whose = neighbour_of(a);
	unsigned there = 0;

	(void)n;
	for (const struct client *c = s->clients; c != NULL; c = c->next)
		there += neighbour_same(&c->whose, &whose);
	return there < s->config.limits.per_address ? MHD_YES : MHD_NO;
}

static enum sg_err
daemon_start(struct http_server *s, int listener)
{
	const struct http_limits *l = &s->config.limits;

	s->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_PEDANTIC_CHECKS |
	    MHD_ALLOW_SUSPEND_RESUME, 0, admit, s, request, s,
	    MHD_OPTION_LISTEN_SOCKET, listener,
	    MHD_OPTION_CONNECTION_LIMIT, l->connections,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, l->header_max,
	    MHD_OPTION_NOTIFY_CONNECTION, connection_changed, s,
	    MHD_OPTION_NOTIFY_COMPLETED, request_completed, s,
	    MHD_OPTION_END);
	if (s->daemon == NULL) {
		(void)close(listener);
		return sg_fail(SG_EIO, "the HTTP server does not start");
	}
	return SG_OK;
}

enum sg_err
http_start(struct http_server **out, int listener,
    const struct http_config *c)
{
	auto_free(http_server) s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)close(listener);
		return sg_fail(SG_ENOMEM, "out of memory");
	}
	s->config = *c;
	SG_TRY(daemon_start(s, listener));
	*out = s;
	s = NULL;
	return SG_OK;
}

void
http_server_free(struct http_server *s)
{
	if (s == NULL)
		return;
	/* libmicrohttpd does not stop while a client is suspended. */
	if (s->answered)
		(void)MHD_run(s->daemon);
	if (s->daemon != NULL)
		MHD_stop_daemon(s->daemon);
	free(s);
}

int
http_fd(const struct http_server *s)
{
	return MHD_get_daemon_info(s->daemon,
	    MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

int
http_wait_ms(const struct http_server *s)
{
	unsigned MHD_LONG_LONG ms;

	if (s->answered)
		return 0;
	if (MHD_get_timeout(s->daemon, &ms) == MHD_YES && ms < SWEEP_MS)
		return (int)ms;
	return s->clients != NULL ? SWEEP_MS : -1;
}

/* Whoever sends or takes octet by octet stays as long as the limit says, and
 * no longer: libmicrohttpd's own timeout begins anew with every octet. */
static void
sweep(struct http_server *s)
{
	const struct http_limits *l = &s->config.limits;
	int64_t now = monotonic_ms();

	if (now - s->swept_ms < SWEEP_MS)
		return;
	s->swept_ms = now;
	for (struct client *c = s->clients; c != NULL; c = c->next) {
		unsigned seconds = c->stage == ANSWERING ? l->answer_seconds
							 : l->request_seconds;

		if (now - c->since_ms >= (int64_t)seconds * 1000)
			(void)shutdown(c->fd, SHUT_RDWR);
	}
}

enum sg_err
http_turn(struct http_server *s)
{
	/* The first run resumes, the second one sends. */
	for (int runs = s->answered ? 2 : 1; runs > 0; runs--)
		if (MHD_run(s->daemon) != MHD_YES)
			return sg_fail(SG_EIO, "the HTTP server has failed");
	s->answered = false;
	sweep(s);
	return SG_OK;
}

void
http_drain(struct http_server *s)
{
	int listener;

	if (s->draining)
		return;
	/* Those that wait at the door come in first. */
	(void)MHD_run(s->daemon);
	s->draining = true;
	listener = MHD_quiesce_daemon(s->daemon);
	if (listener >= 0)
		(void)close(listener);
}

unsigned
http_clients(const struct http_server *s)
{
	unsigned n = 0;

	for (const struct client *c = s->clients; c != NULL; c = c->next)
		n++;
	return n;
}

bool
http_idle(const struct http_server *s)
{
	for (const struct client *c = s->clients; c != NULL; c = c->next)
		if (c->stage != RESTING)
			return false;
	return true;
}

enum sg_err
http_etag(char out[HTTP_ETAG_MAX], struct bytes x)
{
	uint8_t digest[SHA256_LEN];
	auto_str hex = NULL;

	SG_TRY(sha256(x, digest));
	SG_TRY(hex_encode(&hex, bytes_of(digest, sizeof(digest))));
	memcpy(out, hex, sizeof(digest) * 2 + 1);
	return SG_OK;
}
