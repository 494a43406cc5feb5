/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "ipc/client_impl.h"
#include "ipc/objects_wire.h"
#include "paths.h"

/*
 * What signetd answers without the TPM comes in a moment, or it is stopped or
 * hangs: then nobody waits again for a while.  Making an RSA key may take a
 * slow TPM most of a minute, and others may be in front.
 */
#define LOOK_LIMIT_MS	2500
#define STATUS_LIMIT_MS	10000
#define WORK_LIMIT_MS	120000
#define SILENT_MS	10000

struct client {
	int fd;			/* -1: to be opened again */
	char *path;
	pid_t pid;
	uint32_t sequence;
	struct secret frame;	/* the last reply; views point into it */
	bool dead;
	struct client_limits limits;
	int64_t silent_until;	/* monotonic ms; 0: it answers */
};

static const char *
socket_default(void)
{
	const char *path = secure_getenv("SIGNET_SOCKET");

	return path != NULL && *path != '\0' ? path : SIGNET_SOCKET_PATH;
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Whatever comes of the request now, nobody waits for it: the connection ends,
 * so that signetd knows. */
static enum sg_err
silent(struct client *c)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
	c->silent_until = now_ms() + c->limits.silent_ms;
	return sg_fail(SG_ETIMEOUT, "signetd does not answer (is it stopped? "
	    "systemctl status signetd)");
}

static enum sg_err
unreachable(struct client *c)
{
	int why = errno;

	(void)close(c->fd);
	c->fd = -1;
	return sg_fail(SG_EIO, "signetd cannot be reached at %s: %s (is it "
	    "running? systemctl start signetd.socket)", c->path,
	    strerror(why));
}

/* Sending, and connecting when too many wait to be accepted, take no longer
 * than this. */
static enum sg_err
limit_sending(int fd, unsigned ms)
{
	const struct timeval limit = { ms / 1000, ms % 1000 * 1000 };

	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit,
	    sizeof(limit)) != 0)
		return sg_fail(SG_EIO, "no socket: %s", strerror(errno));
	return SG_OK;
}

static enum sg_err
open_socket(struct client *c)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	if (strlen(c->path) >= sizeof(sun.sun_path))
		return sg_fail(SG_EARG, "the socket path '%s' is too long",
		    c->path);
	strcpy(sun.sun_path, c->path);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return sg_fail(SG_EIO, "no socket: %s", strerror(errno));
	SG_TRY(limit_sending(c->fd, c->limits.look_ms));
	if (connect(c->fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return SG_OK;
	if (errno == EAGAIN)
		return silent(c);
	return unreachable(c);
}

enum sg_err
client_open(struct client **out, const char *path)
{
	auto_free(client) c = calloc(1, sizeof(*c));
	enum sg_err e;

	if (c == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	c->fd = -1;
	c->pid = getpid();
	c->limits = (struct client_limits) { LOOK_LIMIT_MS, STATUS_LIMIT_MS,
		WORK_LIMIT_MS, SILENT_MS };
	SG_TRY(str_dup(&c->path, path != NULL ? path : socket_default()));
	e = open_socket(c);
	/* Who opens one after the other would wait each time. */
	if (e != SG_ETIMEOUT)
		SG_TRY(e);
	*out = c;
	c = NULL;
	return SG_OK;
}

void
client_set_limits(struct client *c, const struct client_limits *limits)
{
	c->limits = *limits;
}

void
client_free(struct client *c)
{
	if (c == NULL)
		return;
	if (c->fd >= 0)
		(void)close(c->fd);
	secret_done(&c->frame);
	free(c->path);
	free(c);
}

static enum sg_err
lost(struct client *c, const char *why)
{
	c->dead = true;
	return sg_fail(SG_EIO, "the connection to signetd was lost: %s", why);
}

/* A server that refused the connection has said so before it closed it. */
static enum sg_err
send_all(struct client *c, struct bytes x)
{
	while (x.n > 0) {
		ssize_t n = send(c->fd, x.p, x.n, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return silent(c);
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return SG_OK;
		if (n < 0)
			return lost(c, strerror(errno));
		x.p += n;
		x.n -= (size_t)n;
	}
	return SG_OK;
}

/* Until the limit, which counts for the reply as a whole. */
static enum sg_err
receive(struct client *c, uint8_t *p, size_t n, int64_t until)
{
	while (n > 0) {
		struct pollfd pfd = { c->fd, POLLIN, 0 };
		int64_t left = until - now_ms();
		int ready = left <= 0 ? 0 : poll(&pfd, 1, (int)left);
		ssize_t m;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready == 0)
			return silent(c);
		m = recv(c->fd, p, n, 0);
		if (m < 0 && errno == EINTR)
			continue;
		if (m <= 0)
			return lost(c, m == 0 ? "it closed the connection"
					      : strerror(errno));
		p += m;
		n -= (size_t)m;
	}
	return SG_OK;
}

static enum sg_err
receive_frame(struct client *c, unsigned limit_ms)
{
	uint8_t head[MESSAGE_LENGTH_SIZE];
	int64_t until = now_ms() + limit_ms;
	size_t n;

	SG_TRY(receive(c, head, sizeof(head), until));
	if (message_length(&daemon_verbs, head, &n) != SG_OK)
		return lost(c, "it sent something else than a reply");
	secret_done(&c->frame);
	SG_TRY(secret_init(&c->frame, n));
	SG_TRY(receive(c, c->frame.p, n, until));
	c->frame.n = n;
	return SG_OK;
}

/* Neither a logout nor the end of what is bound to this process needs an
 * answer: the connection's end says the same. */
static unsigned
limit_of(const struct client *c, const struct verb_info *verb)
{
	if (verb->when == VERB_AT_ONCE || verb->number == VERB_LOGOUT ||
	    verb->number == VERB_SESSION_PIN_END)
		return c->limits.look_ms;
	return verb->number == VERB_STATUS ? c->limits.status_ms
					 : c->limits.work_ms;
}

/* Ready for a request, unless signetd was silent a moment ago. */
static enum sg_err
prepare(struct client *c)
{
	if (c->pid != getpid())
		return sg_fail(SG_EIO,
		    "this connection to signetd belongs to another process");
	if (c->dead)
		return lost(c, "it failed before");
	if (c->fd >= 0)
		return SG_OK;
	if (now_ms() < c->silent_until)
		return sg_fail(SG_ETIMEOUT, "signetd did not answer a moment "
		    "ago; not asked again yet");
	return open_socket(c);
}

/* The reply to m, which is what signetd must send next. */
static enum sg_err
check_reply(struct client *c, const struct message *m, struct message *reply)
{
	if (message_read_reply(&daemon_verbs, secret_bytes(&c->frame),
	    reply) != SG_OK)
		return lost(c, "its reply makes no sense");
	/* It does not want this connection, and closes it. */
	if (reply->sequence == 0 && reply->error != SG_OK)
		c->dead = true;
	else if (reply->verb != m->verb || reply->sequence != m->sequence)
		return lost(c, "its reply makes no sense");
	if (reply->error == SG_OK)
		return SG_OK;
	return sg_fail(reply->error, "%.*s", (int)reply->note.n,
	    reply->note.n > 0 ? (const char *)reply->note.p : "");
}

enum sg_err
client_call(struct client *c, enum verb verb, const struct field *f,
    size_t count, struct message *reply)
{
	auto_done(secret) out = { 0 };
	struct message m = { .verb = verb_find(verb), .sequence = 0 };

	SG_TRY(prepare(c));
	m.sequence = ++c->sequence;
	if (count > 0)
		memcpy(m.f, f, count * sizeof(*f));
	SG_TRY(message_write_request(&m, &out));
	SG_TRY(send_all(c, secret_bytes(&out)));
	SG_TRY(receive_frame(c, limit_of(c, m.verb)));
	return check_reply(c, &m, reply);
}

void
client_forget_reply(struct client *c)
{
	secret_clear(&c->frame);
}

enum sg_err
client_status(struct client *c, uint32_t uid, struct status *out)
{
	struct message m;

	SG_TRY(CALL(c, VERB_STATUS, &m, field_u(uid)));
	return status_read(m.f[0].b, out);
}

enum sg_err
client_glance(struct client *c, struct status *out)
{
	struct message m;

	SG_TRY(CALL_BARE(c, VERB_GLANCE, &m));
	return status_read(m.f[0].b, out);
}

enum sg_err
client_setup(struct client *c, const struct setup_ask *ask,
    struct secret *code, struct buf *escrow)
{
	struct message m;
	enum sg_err e;

	SG_TRY(CALL(c, VERB_SETUP, &m, field_b(secret_bytes(ask->pin)),
	    field_u((uint64_t)ask->type), field_s(ask->key_name),
	    field_u(ask->tries), field_b(ask->escrow),
	    field_u(ask->without_tpm)));
	e = secret_set(code, m.f[0].b.p, m.f[0].b.n);
	if (e == SG_OK)
		e = buf_set(escrow, m.f[1].b);
	client_forget_reply(c);
	return e;
}

enum sg_err
client_with_tries(enum sg_err e, const struct message *m,
    uint32_t *tries_left)
{
	if (e == SG_EPIN || e == SG_EBLOCKED)
		*tries_left = e == SG_EPIN ? m->detail : 0;
	return e;
}

enum sg_err
client_login(struct client *c, const struct secret *pin,
    uint32_t *tries_left)
{
	struct message m = { 0 };

	return client_with_tries(CALL(c, VERB_LOGIN, &m,
	    field_b(secret_bytes(pin))), &m, tries_left);
}

enum sg_err
client_login_begin(struct client *c, uint8_t ticket[CLIENT_TICKET_LEN])
{
	struct message m;

	SG_TRY(CALL_BARE(c, VERB_LOGIN_BEGIN, &m));
	if (m.f[0].b.n != CLIENT_TICKET_LEN)
		return lost(c, "its ticket has a wrong length");
	memcpy(ticket, m.f[0].b.p, CLIENT_TICKET_LEN);
	return SG_OK;
}

enum sg_err
client_login_finish(struct client *c,
    const uint8_t ticket[CLIENT_TICKET_LEN], const struct secret *pin,
    uint32_t *tries_left)
{
	struct message m = { 0 };

	return client_with_tries(CALL(c, VERB_LOGIN_FINISH, &m,
	    field_b(bytes_of(ticket, CLIENT_TICKET_LEN)),
	    field_b(secret_bytes(pin))), &m, tries_left);
}

enum sg_err
client_logout(struct client *c)
{
	struct message m;

	return CALL_BARE(c, VERB_LOGOUT, &m);
}

enum sg_err
client_lock(struct client *c)
{
	struct message m;

	return CALL_BARE(c, VERB_LOCK, &m);
}

enum sg_err
client_objects(struct client *c, struct objects *out)
{
	struct message m;
	struct reader r;

	SG_TRY(CALL_BARE(c, VERB_OBJECTS, &m));
	r = reader_of(m.f[0].b);
	return objects_read(&r, out);
}

enum sg_err
client_generation(struct client *c, uint64_t *out)
{
	struct message m;

	SG_TRY(CALL_BARE(c, VERB_GENERATION, &m));
	*out = m.f[0].u;
	return SG_OK;
}

enum sg_err
client_key_use(struct client *c, const char *key, struct bytes in,
    struct buf *out)
{
	struct message m;

	SG_TRY(CALL(c, VERB_KEY_USE, &m, field_s(key), field_b(in)));
	return buf_add_bytes(out, m.f[0].b);
}

enum sg_err
client_key_make(struct client *c, const char *name,
    enum object_key_type type, enum provider provider)
{
	struct message m;

	return CALL(c, VERB_KEY_MAKE, &m, field_s(name),
	    field_u((uint64_t)type), field_u((uint64_t)provider));
}

enum sg_err
client_key_record(struct client *c, const struct key_object *key)
{
	auto_done(buf) b = { 0 };
	struct message m;

	SG_TRY(key_object_write(&b, key));
	return CALL(c, VERB_KEY_RECORD, &m, field_b(buf_bytes(&b)));
}

enum sg_err
client_key_remove(struct client *c, const char *name)
{
	struct message m;

	return CALL(c, VERB_KEY_REMOVE, &m, field_s(name));
}

static enum sg_err
write_ask(struct buf *b, const struct cert_ask *ask)
{
	bool personal = ask->kind == CERT_PERSONAL;
	struct cert_object c = {
		.kind = ask->kind,
		.der = { (uint8_t *)(uintptr_t)ask->der.p, ask->der.n, 0 },
		.label = (char *)(uintptr_t)ask->label,
		.provider = (char *)(uintptr_t)(!personal ? ""
			: ask->provider != NULL ? ask->provider
						: PROVIDER_PASSPORT),
		.key = (char *)(uintptr_t)(personal ? ask->key : ""),
	};

	return cert_object_write(b, &c);
}

enum sg_err
client_certs_add(struct client *c, const struct cert_ask *asks,
    size_t count, const char *request_done)
{
	auto_done(buf) b = { 0 };
	struct message m;

	SG_TRY(buf_add_u16(&b, (uint16_t)count));
	for (size_t i = 0; i < count; i++)
		SG_TRY(write_ask(&b, &asks[i]));
	return CALL(c, VERB_CERTS_ADD, &m, field_b(buf_bytes(&b)),
	    field_s(request_done != NULL ? request_done : ""));
}

enum sg_err
client_cert_remove(struct client *c, struct bytes der)
{
	struct message m;

	return CALL(c, VERB_CERT_REMOVE, &m, field_b(der));
}

enum sg_err
client_request_add(struct client *c, const char *name, const char *key,
    struct bytes der)
{
	struct message m;

	return CALL(c, VERB_REQUEST_ADD, &m, field_s(name), field_s(key),
	    field_b(der));
}

enum sg_err
client_request_remove(struct client *c, const char *name)
{
	struct message m;

	return CALL(c, VERB_REQUEST_REMOVE, &m, field_s(name));
}

enum sg_err
client_pin_change(struct client *c, const struct secret *pin,
    const struct secret *fresh, uint32_t *tries_left)
{
	struct message m = { 0 };

	return client_with_tries(CALL(c, VERB_PIN_CHANGE, &m,
	    field_b(secret_bytes(pin)), field_b(secret_bytes(fresh))), &m,
	    tries_left);
}

enum sg_err
client_pin_recover(struct client *c, const struct secret *code,
    const struct secret *fresh)
{
	struct message m;

	return CALL(c, VERB_PIN_RECOVER, &m, field_b(secret_bytes(code)),
	    field_b(secret_bytes(fresh)));
}

enum sg_err
client_reset(struct client *c, uint32_t uid)
{
	struct message m;

	return CALL(c, VERB_RESET, &m, field_u(uid));
}

enum sg_err
client_audit(struct client *c, uint32_t uid, uint64_t end, struct buf *out,
    uint64_t *start)
{
	struct message m;

	SG_TRY(CALL(c, VERB_AUDIT, &m, field_u(uid), field_u(end)));
	SG_TRY(buf_set(out, m.f[0].b));
	*start = m.f[1].u;
	return SG_OK;
}

enum sg_err
client_metrics(struct client *c, struct buf *out)
{
	struct message m;

	SG_TRY(CALL_BARE(c, VERB_METRICS, &m));
	return buf_set(out, m.f[0].b);
}
