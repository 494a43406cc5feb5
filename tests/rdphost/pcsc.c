/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * libpcsclite.so.1 for the host's own programs: the same functions, answered
 * by the card that the RDP client redirected.  It finds the host by
 * $RDPHOST_CARD.
 */

#include "pcsc_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/file.h"
#include "ndr.h"

#define CONTEXTS_MAX	16
#define FIRST_CONTEXT	0x5100

static struct context contexts[CONTEXTS_MAX];
pthread_mutex_t pcsc_tables = PTHREAD_MUTEX_INITIALIZER;

struct context *
pcsc_context(SCARDCONTEXT number)
{
	long i = number - FIRST_CONTEXT;

	if (i < 0 || i >= CONTEXTS_MAX || !contexts[i].used)
		return NULL;
	return &contexts[i];
}

static int
link_open(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const char *path = getenv(LINK_ENVIRONMENT);
	auto_fd fd = -1;
	int result;

	if (path == NULL || strlen(path) >= sizeof(at.sun_path))
		return -1;
	memcpy(at.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		return -1;
	result = fd;
	fd = -1;
	return result;
}

/* Sends a call; *in is the return's body, in buf. */
static LONG
exchange(int fd, uint32_t code, const struct buf *call, struct buf *packet,
    struct bytes *in)
{
	struct reader r;
	uint8_t *at;
	ssize_t n;

	packet->n = 0;
	if (buf_add_le32(packet, code) != SG_OK ||
	    buf_add_bytes(packet, buf_bytes(call)) != SG_OK)
		return SCARD_E_NO_MEMORY;
	if (send(fd, packet->p, packet->n, MSG_NOSIGNAL) != (ssize_t)packet->n)
		return SCARD_E_NO_SERVICE;
	wipe(packet->p, packet->n);
	packet->n = 0;
	if (buf_extend(packet, LINK_MAX, &at) != SG_OK)
		return SCARD_E_NO_MEMORY;
	do
		n = recv(fd, at, LINK_MAX, 0);
	while (n < 0 && errno == EINTR);
	if (n < LINK_HEAD)
		return SCARD_E_NO_SERVICE;
	r = reader_of(bytes_of(at, (size_t)n));
	if (read_le32(&r) != 0)
		return SCARD_F_COMM_ERROR;
	*in = r.left;
	return SCARD_S_SUCCESS;
}

LONG
pcsc_said(enum sg_err e, const uint32_t *rc)
{
	return e == SG_OK ? (LONG)*rc : SCARD_F_COMM_ERROR;
}

LONG
pcsc_ask(struct context *c, uint32_t code, const struct buf *call,
    struct buf *packet, struct bytes *in)
{
	LONG rc;

	(void)pthread_mutex_lock(&c->turn);
	rc = exchange(c->fd, code, call, packet, in);
	(void)pthread_mutex_unlock(&c->turn);
	return rc;
}

LONG
pcsc_ask_long(struct context *c, uint32_t code, const struct buf *call)
{
	auto_done(buf) packet = { 0 };
	struct bytes in = { 0 };
	uint32_t code_there = 0;
	LONG rc = pcsc_ask(c, code, call, &packet, &in);

	if (rc != SCARD_S_SUCCESS)
		return rc;
	return pcsc_said(rdpesc_read_long(in, &code_there), &code_there);
}

/* A place in the table for a context that the connection just made. */
static LONG
context_keep(int fd, const struct rdpesc_id *id, LPSCARDCONTEXT out)
{
	for (int i = 0; i < CONTEXTS_MAX; i++) {
		if (contexts[i].used)
			continue;
		contexts[i] = (struct context) { true, fd, *id,
			PTHREAD_MUTEX_INITIALIZER };
		*out = FIRST_CONTEXT + i;
		return SCARD_S_SUCCESS;
	}
	return SCARD_E_NO_MEMORY;
}

LONG
SCardEstablishContext(DWORD scope, LPCVOID reserved1, LPCVOID reserved2,
    LPSCARDCONTEXT out)
{
	auto_done(buf) call = { 0 }, packet = { 0 };
	struct rdpesc_id id = { 0 };
	struct bytes in = { 0 };
	uint32_t code = 0;
	auto_fd fd = -1;
	LONG rc;

	(void)reserved1;
	(void)reserved2;
	if (out == NULL)
		return SCARD_E_INVALID_PARAMETER;
	fd = link_open();
	if (fd < 0)
		return SCARD_E_NO_SERVICE;
	if (rdpesc_establish(&call, (uint32_t)scope) != SG_OK)
		return SCARD_E_NO_MEMORY;
	rc = exchange(fd, RDPESC_ESTABLISH_CONTEXT, &call, &packet, &in);
	if (rc == SCARD_S_SUCCESS)
		rc = pcsc_said(rdpesc_read_established(in, &code, &id), &code);
	if (rc != SCARD_S_SUCCESS)
		return rc;
	(void)pthread_mutex_lock(&pcsc_tables);
	rc = context_keep(fd, &id, out);
	(void)pthread_mutex_unlock(&pcsc_tables);
	if (rc == SCARD_S_SUCCESS)
		fd = -1;
	return rc;
}

LONG
SCardReleaseContext(SCARDCONTEXT number)
{
	auto_done(buf) call = { 0 };
	struct context *c = pcsc_context(number);
	LONG rc;

	if (c == NULL)
		return SCARD_E_INVALID_HANDLE;
	if (rdpesc_context(&call, &c->id) != SG_OK)
		return SCARD_E_NO_MEMORY;
	rc = pcsc_ask_long(c, RDPESC_RELEASE_CONTEXT, &call);
	(void)pthread_mutex_lock(&pcsc_tables);
	pcsc_forget_cards(c);
	fd_close(&c->fd);
	c->used = false;
	(void)pthread_mutex_unlock(&pcsc_tables);
	return rc;
}

LONG
SCardIsValidContext(SCARDCONTEXT number)
{
	auto_done(buf) call = { 0 };
	struct context *c = pcsc_context(number);

	if (c == NULL)
		return SCARD_E_INVALID_HANDLE;
	if (rdpesc_context(&call, &c->id) != SG_OK)
		return SCARD_E_NO_MEMORY;
	return pcsc_ask_long(c, RDPESC_IS_VALID_CONTEXT, &call);
}

/* Its own connection: the context's may be waiting for what is cancelled. */
LONG
SCardCancel(SCARDCONTEXT number)
{
	auto_done(buf) call = { 0 }, packet = { 0 };
	struct context *c = pcsc_context(number);
	struct bytes in = { 0 };
	uint32_t code = 0;
	auto_fd fd = -1;
	LONG rc;

	if (c == NULL)
		return SCARD_E_INVALID_HANDLE;
	fd = link_open();
	if (fd < 0 || rdpesc_context(&call, &c->id) != SG_OK)
		return SCARD_E_NO_SERVICE;
	rc = exchange(fd, RDPESC_CANCEL, &call, &packet, &in);
	return rc != SCARD_S_SUCCESS ? rc
	    : pcsc_said(rdpesc_read_long(in, &code), &code);
}

LONG
pcsc_give(struct bytes x, void *to, LPDWORD length)
{
	DWORD room;

	if (length == NULL)
		return SCARD_E_INVALID_PARAMETER;
	room = *length;
	*length = x.n;
	if (to == NULL)
		return SCARD_S_SUCCESS;
	if (room == SCARD_AUTOALLOCATE) {
		void *p = malloc(x.n + 1);

		if (p == NULL)
			return SCARD_E_NO_MEMORY;
		if (x.n > 0)
			memcpy(p, x.p, x.n);
		*(void **)to = p;
		return SCARD_S_SUCCESS;
	}
	if (room < x.n)
		return SCARD_E_INSUFFICIENT_BUFFER;
	if (x.n > 0)
		memcpy(to, x.p, x.n);
	return SCARD_S_SUCCESS;
}

LONG
SCardFreeMemory(SCARDCONTEXT number, LPCVOID memory)
{
	(void)number;
	free((void *)(uintptr_t)memory);
	return SCARD_S_SUCCESS;
}

LONG
SCardListReaders(SCARDCONTEXT number, LPCSTR groups, LPSTR readers,
    LPDWORD length)
{
	auto_done(buf) call = { 0 }, packet = { 0 }, names = { 0 };
	struct context *c = pcsc_context(number);
	struct bytes in = { 0 }, utf16 = { 0 };
	uint32_t code = 0;
	LONG rc;

	(void)groups;
	if (c == NULL)
		return SCARD_E_INVALID_HANDLE;
	if (rdpesc_list_readers(&call, &c->id) != SG_OK)
		return SCARD_E_NO_MEMORY;
	rc = pcsc_ask(c, RDPESC_LIST_READERS, &call, &packet, &in);
	if (rc == SCARD_S_SUCCESS)
		rc = pcsc_said(rdpesc_read_blob(in, &code, &utf16), &code);
	if (rc != SCARD_S_SUCCESS)
		return rc;
	if (rdpesc_names(&names, utf16) != SG_OK)
		return SCARD_F_COMM_ERROR;
	if (names.n <= 1)
		return SCARD_E_NO_READERS_AVAILABLE;
	return pcsc_give(buf_bytes(&names), readers, length);
}

LONG
SCardListReaderGroups(SCARDCONTEXT number, LPSTR groups, LPDWORD length)
{
	static const char all[] = "SCard$DefaultReaders\0";

	if (pcsc_context(number) == NULL)
		return SCARD_E_INVALID_HANDLE;
	return pcsc_give(bytes_of(all, sizeof(all)), groups, length);
}

static bool
state_there(struct rdpesc_state *out, const SCARD_READERSTATE *s)
{
	memset(out, 0, sizeof(*out));
	if (s->szReader == NULL || strlen(s->szReader) > RDPESC_NAME_MAX)
		return false;
	memcpy(out->name, s->szReader, strlen(s->szReader));
	out->current = (uint32_t)s->dwCurrentState;
	out->event = (uint32_t)s->dwEventState;
	return true;
}

static void
state_here(SCARD_READERSTATE *out, const struct rdpesc_state *s)
{
	size_t n = s->atr_n < MAX_ATR_SIZE ? s->atr_n : MAX_ATR_SIZE;

	out->dwEventState = s->event;
	out->cbAtr = n;
	memcpy(out->rgbAtr, s->atr, n);
}

LONG
SCardGetStatusChange(SCARDCONTEXT number, DWORD timeout,
    SCARD_READERSTATE *readers, DWORD n)
{
	auto_done(buf) call = { 0 }, packet = { 0 };
	struct rdpesc_state states[RDPESC_READERS_MAX];
	struct context *c = pcsc_context(number);
	struct bytes in = { 0 };
	uint32_t code = 0, count = 0;
	LONG rc;

	if (c == NULL)
		return SCARD_E_INVALID_HANDLE;
	if (n > RDPESC_READERS_MAX || (n > 0 && readers == NULL))
		return SCARD_E_INVALID_PARAMETER;
	for (DWORD i = 0; i < n; i++)
		if (!state_there(&states[i], &readers[i]))
			return SCARD_E_UNKNOWN_READER;
	if (rdpesc_status_change(&call, &c->id, (uint32_t)timeout, states,
	    (uint32_t)n) != SG_OK)
		return SCARD_E_NO_MEMORY;
	rc = pcsc_ask(c, RDPESC_GET_STATUS_CHANGE, &call, &packet, &in);
	if (rc == SCARD_S_SUCCESS)
		rc = pcsc_said(rdpesc_read_status_change(in, &code, states,
		    &count), &code);
	if (rc != SCARD_S_SUCCESS)
		return rc;
	if (count != n)
		return SCARD_F_COMM_ERROR;
	for (DWORD i = 0; i < n; i++)
		state_here(&readers[i], &states[i]);
	return SCARD_S_SUCCESS;
}

