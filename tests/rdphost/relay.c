/* SPDX-License-Identifier: BSD-2-Clause */

#include "relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "ndr.h"

#define STATUS_DEVICE_NOT_CONNECTED 0xc000009du

struct client {
	int fd;			/* -1: free */
	uint32_t request;	/* 0: it waits for nothing */
	uint32_t code;		/* of the request */
	bool has_context;
	struct rdpesc_id context;
};

struct relay {
	struct relay_calls calls;
	char *path;
	int fd;
	struct client clients[RELAY_CLIENTS_MAX];
	struct relay_count count;
};

static enum sg_err
listen_at(int *out, const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	auto_fd fd = -1;

	if (strlen(path) >= sizeof(at.sun_path))
		return sg_fail(SG_EARG, "%s: too long for a socket", path);
	memcpy(at.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return sg_fail(SG_EIO, "socket: %s", strerror(errno));
	(void)unlink(path);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    chmod(path, 0600) != 0 || listen(fd, RELAY_CLIENTS_MAX) != 0)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	*out = fd;
	fd = -1;
	return SG_OK;
}

enum sg_err
relay_new(struct relay **out, const char *path, const struct relay_calls *calls)
{
	auto_free(relay) r = calloc(1, sizeof(*r));

	if (r == NULL)
		return sg_fail(SG_ENOMEM, "no memory for the relay");
	r->calls = *calls;
	r->fd = -1;
	for (size_t i = 0; i < RELAY_CLIENTS_MAX; i++)
		r->clients[i].fd = -1;
	SG_TRY(str_dup(&r->path, path));
	SG_TRY(listen_at(&r->fd, path));
	*out = r;
	r = NULL;
	return SG_OK;
}

void
relay_free(struct relay *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < RELAY_CLIENTS_MAX; i++)
		fd_close(&r->clients[i].fd);
	if (r->fd >= 0)
		(void)unlink(r->path);
	fd_close(&r->fd);
	free(r->path);
	free(r);
}

struct relay_count
relay_counted(const struct relay *r)
{
	return r->count;
}

size_t
relay_fds(const struct relay *r, struct pollfd *fds)
{
	size_t n = 0;

	fds[n++] = (struct pollfd) { .fd = r->fd, .events = POLLIN };
	for (size_t i = 0; i < RELAY_CLIENTS_MAX; i++)
		if (r->clients[i].fd >= 0)
			fds[n++] = (struct pollfd) { .fd = r->clients[i].fd,
				.events = POLLIN };
	return n;
}

/* A context that a program left behind, as the resource manager of a real
 * host gives it up when a process ends. */
static void
give_up(struct relay *r, struct client *c)
{
	static const uint32_t codes[] = { RDPESC_CANCEL,
		RDPESC_RELEASE_CONTEXT };

	for (size_t i = 0; i < 2; i++) {
		auto_done(buf) body = { 0 };
		uint32_t request = 0;

		/* Without a channel the client has released it. */
		if (rdpesc_context(&body, &c->context) == SG_OK &&
		    r->calls.ask(r->calls.arg, codes[i], buf_bytes(&body),
		    &request) == SG_OK)
			r->calls.forget(r->calls.arg, request);
	}
}

static void
leave(struct relay *r, struct client *c)
{
	if (c->request != 0)
		r->calls.forget(r->calls.arg, c->request);
	if (c->has_context)
		give_up(r, c);
	fd_close(&c->fd);
	*c = (struct client) { .fd = -1 };
}

static void
answer(struct relay *r, struct client *c, uint32_t status, struct bytes body)
{
	auto_done(buf) packet = { 0 };

	if (buf_add_le32(&packet, status) != SG_OK ||
	    buf_add_bytes(&packet, body) != SG_OK || packet.n > LINK_MAX ||
	    send(c->fd, packet.p, packet.n, MSG_NOSIGNAL | MSG_DONTWAIT) !=
	    (ssize_t)packet.n)
		leave(r, c);
}

/* Keeps count, and which context the connection stands for. */
static void
look(struct relay *r, struct client *c, uint32_t code, struct bytes body)
{
	uint32_t rc = 0;

	if (code == RDPESC_ESTABLISH_CONTEXT &&
	    rdpesc_read_established(body, &rc, &c->context) == SG_OK &&
	    rc == 0) {
		c->has_context = true;
		r->count.contexts++;
	}
	if (code == RDPESC_RELEASE_CONTEXT)
		c->has_context = false;
	if (rc != 0)
		r->count.refused++;
}

void
relay_reply(struct relay *r, uint32_t request, uint32_t status,
    struct bytes body)
{
	for (size_t i = 0; i < RELAY_CLIENTS_MAX; i++) {
		struct client *c = &r->clients[i];

		if (c->fd < 0 || c->request != request)
			continue;
		c->request = 0;
		if (status == 0)
			look(r, c, c->code, body);
		answer(r, c, status, body);
		return;
	}
}

static void
take(struct relay *r, struct client *c, struct bytes packet)
{
	struct reader in = reader_of(packet);
	uint32_t code = read_le32(&in);

	/* A second call before the first has its reply breaks the rules. */
	if (in.failed || c->request != 0 || rdpesc_name(code) == NULL) {
		leave(r, c);
		return;
	}
	r->count.calls++;
	if (code == RDPESC_TRANSMIT)
		r->count.apdus++;
	c->code = code;
	if (r->calls.ask(r->calls.arg, code, in.left, &c->request) != SG_OK) {
		c->request = 0;
		answer(r, c, STATUS_DEVICE_NOT_CONNECTED, (struct bytes) { 0 });
	}
}

static void
receive(struct relay *r, struct client *c)
{
	auto_done(buf) b = { 0 };
	uint8_t *at;
	ssize_t n;

	if (buf_extend(&b, LINK_MAX, &at) != SG_OK) {
		leave(r, c);
		return;
	}
	n = recv(c->fd, at, LINK_MAX, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		leave(r, c);
	else
		take(r, c, bytes_of(at, (size_t)n));
}

static void
welcome(struct relay *r)
{
	int fd = accept4(r->fd, NULL, NULL, SOCK_CLOEXEC);

	for (size_t i = 0; fd >= 0 && i < RELAY_CLIENTS_MAX; i++) {
		if (r->clients[i].fd >= 0)
			continue;
		r->clients[i] = (struct client) { .fd = fd };
		return;
	}
	fd_close(&fd);
}

void
relay_serve(struct relay *r)
{
	for (size_t i = 0; i < RELAY_CLIENTS_MAX; i++)
		if (r->clients[i].fd >= 0)
			receive(r, &r->clients[i]);
	welcome(r);
}
