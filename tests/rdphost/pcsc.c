/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * libpcsclite.so.1 for the host's own programs: the same functions, answered
 * by the card that the RDP client redirected.  It finds the host by
 * $RDPHOST_CARD.
 */

#define PCSC_API __attribute__((visibility("default")))
#include <PCSC/winscard.h>
#include <PCSC/wintypes.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/file.h"
#include "link.h"
#include "ndr.h"

#define CONTEXTS_MAX	16
#define CARDS_MAX	16
#define FIRST_CONTEXT	0x5100
#define FIRST_CARD	0x5200
/* Control codes and the raw protocol are other numbers on Windows. */
#define CODE_BASE_HERE	0x42000000u
#define CODE_BASE_THERE	0x00310000u
#define RAW_THERE	0x00010000u

PCSC_API const SCARD_IO_REQUEST g_rgSCardT0Pci = {
	SCARD_PROTOCOL_T0, sizeof(SCARD_IO_REQUEST) };
PCSC_API const SCARD_IO_REQUEST g_rgSCardT1Pci = {
	SCARD_PROTOCOL_T1, sizeof(SCARD_IO_REQUEST) };
PCSC_API const SCARD_IO_REQUEST g_rgSCardRawPci = {
	SCARD_PROTOCOL_RAW, sizeof(SCARD_IO_REQUEST) };

struct context {
	bool used;
	int fd;
	struct rdpesc_id id;
	pthread_mutex_t turn;	/* one request at a time */
};
struct card {
	bool used;
	struct context *context;
	struct rdpesc_card id;
};

static struct context contexts[CONTEXTS_MAX];
static struct card cards[CARDS_MAX];
static pthread_mutex_t tables = PTHREAD_MUTEX_INITIALIZER;

static struct context *
context_of(SCARDCONTEXT number)
{
	long i = number - FIRST_CONTEXT;

	if (i < 0 || i >= CONTEXTS_MAX || !contexts[i].used)
		return NULL;
	return &contexts[i];
}

static struct card *
card_of(SCARDHANDLE number)
{
	long i = number - FIRST_CARD;

	if (i < 0 || i >= CARDS_MAX || !cards[i].used)
		return NULL;
	return &cards[i];
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

/* What the resource manager there said, or that nobody understands it. */
static LONG
said(enum sg_err e, const uint32_t *rc)
{
	return e == SG_OK ? (LONG)*rc : SCARD_F_COMM_ERROR;
}

static LONG
ask(struct context *c, uint32_t code, const struct buf *call,
    struct buf *packet, struct bytes *in)
{
	LONG rc;

	(void)pthread_mutex_lock(&c->turn);
	rc = exchange(c->fd, code, call, packet, in);
	(void)pthread_mutex_unlock(&c->turn);
	return rc;
}

/* A call of which only the code comes back. */
static LONG
ask_long(struct context *c, uint32_t code, const struct buf *call)
{
	auto_done(buf) packet = { 0 };
	struct bytes in = { 0 };
	uint32_t code_there = 0;
	LONG rc = ask(c, code, call, &packet, &in);

	if (rc != SCARD_S_SUCCESS)
		return rc;
	return said(rdpesc_read_long(in, &code_there), &code_there);
}

static uint32_t
protocol_there(DWORD here)
{
	uint32_t p = (uint32_t)here & ~(uint32_t)SCARD_PROTOCOL_RAW;

	return here & SCARD_PROTOCOL_RAW ? p | RAW_THERE : p;
}

static DWORD
protocol_here(uint32_t there)
{
	return there & RAW_THERE ? (there & ~RAW_THERE) | SCARD_PROTOCOL_RAW
	    : there;
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
		rc = said(rdpesc_read_established(in, &code, &id), &code);
	if (rc != SCARD_S_SUCCESS)
		return rc;
	(void)pthread_mutex_lock(&tables);
	rc = context_keep(fd, &id, out);
	(void)pthread_mutex_unlock(&tables);
	if (rc == SCARD_S_SUCCESS)
		fd = -1;
	return rc;
}

LONG
SCardReleaseContext(SCARDCONTEXT number)
{
	auto_done(buf) call = { 0 };
	struct context *c = context_of(number);
	LONG rc;

	if (c == NULL)
		return SCARD_E_INVALID_HANDLE;
	if (rdpesc_context(&call, &c->id) != SG_OK)
		return SCARD_E_NO_MEMORY;
	rc = ask_long(c, RDPESC_RELEASE_CONTEXT, &call);
	(void)pthread_mutex_lock(&tables);
	for (int i = 0; i < CARDS_MAX; i++)
		if (cards[i].used && cards[i].context == c)
			cards[i].used = false;
	fd_close(&c->fd);
	c->used = false;
	(void)pthread_mutex_unlock(&tables);
	return rc;
}

LONG
SCardIsValidContext(SCARDCONTEXT number)
{
	auto_done(buf) call = { 0 };
	struct context *c = context_of(number);

	if (c == NULL)
		return SCARD_E_INVALID_HANDLE;
	if (rdpesc_context(&call, &c->id) != SG_OK)
		return SCARD_E_NO_MEMORY;
	return ask_long(c, RDPESC_IS_VALID_CONTEXT, &call);
}

/* Its own connection: the context's may be waiting for what is cancelled. */
LONG
SCardCancel(SCARDCONTEXT number)
{
	auto_done(buf) call = { 0 }, packet = { 0 };
	struct context *c = context_of(number);
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
	    : said(rdpesc_read_long(in, &code), &code);
}

/* Hands x to a caller who gave room, asks for the length (to NULL), or wants
 * memory (length SCARD_AUTOALLOCATE). */
static LONG
give(struct bytes x, void *to, LPDWORD length)
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
	struct context *c = context_of(number);
	struct bytes in = { 0 }, utf16 = { 0 };
	uint32_t code = 0;
	LONG rc;

	(void)groups;
	if (c == NULL)
		return SCARD_E_INVALID_HANDLE;
	if (rdpesc_list_readers(&call, &c->id) != SG_OK)
		return SCARD_E_NO_MEMORY;
	rc = ask(c, RDPESC_LIST_READERS, &call, &packet, &in);
	if (rc == SCARD_S_SUCCESS)
		rc = said(rdpesc_read_blob(in, &code, &utf16), &code);
	if (rc != SCARD_S_SUCCESS)
		return rc;
	if (rdpesc_names(&names, utf16) != SG_OK)
		return SCARD_F_COMM_ERROR;
	if (names.n <= 1)
		return SCARD_E_NO_READERS_AVAILABLE;
	return give(buf_bytes(&names), readers, length);
}

LONG
SCardListReaderGroups(SCARDCONTEXT number, LPSTR groups, LPDWORD length)
{
	static const char all[] = "SCard$DefaultReaders\0";

	if (context_of(number) == NULL)
		return SCARD_E_INVALID_HANDLE;
	return give(bytes_of(all, sizeof(all)), groups, length);
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
	struct context *c = context_of(number);
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
	rc = ask(c, RDPESC_GET_STATUS_CHANGE, &call, &packet, &in);
	if (rc == SCARD_S_SUCCESS)
		rc = said(rdpesc_read_status_change(in, &code, states, &count),
		    &code);
	if (rc != SCARD_S_SUCCESS)
		return rc;
	if (count != n)
		return SCARD_F_COMM_ERROR;
	for (DWORD i = 0; i < n; i++)
		state_here(&readers[i], &states[i]);
	return SCARD_S_SUCCESS;
}

static LONG
card_keep(struct context *c, const struct rdpesc_card *id, LPSCARDHANDLE out)
{
	for (int i = 0; i < CARDS_MAX; i++) {
		if (cards[i].used)
			continue;
		cards[i] = (struct card) { true, c, *id };
		*out = FIRST_CARD + i;
		return SCARD_S_SUCCESS;
	}
	return SCARD_E_NO_MEMORY;
}

LONG
SCardConnect(SCARDCONTEXT number, LPCSTR reader, DWORD share, DWORD protocols,
    LPSCARDHANDLE out, LPDWORD active)
{
	auto_done(buf) call = { 0 }, packet = { 0 };
	struct context *c = context_of(number);
	struct rdpesc_card id;
	struct bytes in = { 0 };
	uint32_t code = 0, protocol = 0;
	LONG rc;

	if (c == NULL)
		return SCARD_E_INVALID_HANDLE;
	if (reader == NULL || out == NULL || active == NULL)
		return SCARD_E_INVALID_PARAMETER;
	if (rdpesc_connect(&call, &c->id, reader, (uint32_t)share,
	    protocol_there(protocols)) != SG_OK)
		return SCARD_E_UNKNOWN_READER;
	rc = ask(c, RDPESC_CONNECT, &call, &packet, &in);
	if (rc == SCARD_S_SUCCESS)
		rc = said(rdpesc_read_connected(in, &code, &id, &protocol),
		    &code);
	if (rc != SCARD_S_SUCCESS)
		return rc;
	*active = protocol_here(protocol);
	(void)pthread_mutex_lock(&tables);
	rc = card_keep(c, &id, out);
	(void)pthread_mutex_unlock(&tables);
	return rc;
}

LONG
SCardReconnect(SCARDHANDLE number, DWORD share, DWORD protocols,
    DWORD initialization, LPDWORD active)
{
	auto_done(buf) call = { 0 }, packet = { 0 };
	struct card *k = card_of(number);
	struct bytes in = { 0 };
	uint32_t code = 0, protocol = 0;
	LONG rc;

	if (k == NULL)
		return SCARD_E_INVALID_HANDLE;
	if (active == NULL)
		return SCARD_E_INVALID_PARAMETER;
	if (rdpesc_reconnect(&call, &k->id, (uint32_t)share,
	    protocol_there(protocols), (uint32_t)initialization) != SG_OK)
		return SCARD_E_NO_MEMORY;
	rc = ask(k->context, RDPESC_RECONNECT, &call, &packet, &in);
	if (rc == SCARD_S_SUCCESS)
		rc = said(rdpesc_read_reconnected(in, &code, &protocol), &code);
	if (rc == SCARD_S_SUCCESS)
		*active = protocol_here(protocol);
	return rc;
}

static LONG
dispose(SCARDHANDLE number, uint32_t code, DWORD disposition)
{
	auto_done(buf) call = { 0 };
	struct card *k = card_of(number);

	if (k == NULL)
		return SCARD_E_INVALID_HANDLE;
	if (rdpesc_disposition(&call, &k->id, (uint32_t)disposition) != SG_OK)
		return SCARD_E_NO_MEMORY;
	return ask_long(k->context, code, &call);
}

LONG
SCardDisconnect(SCARDHANDLE number, DWORD disposition)
{
	LONG rc = dispose(number, RDPESC_DISCONNECT, disposition);
	struct card *k = card_of(number);

	if (k != NULL)
		k->used = false;
	return rc;
}

LONG
SCardBeginTransaction(SCARDHANDLE number)
{
	return dispose(number, RDPESC_BEGIN_TRANSACTION, SCARD_LEAVE_CARD);
}

LONG
SCardEndTransaction(SCARDHANDLE number, DWORD disposition)
{
	return dispose(number, RDPESC_END_TRANSACTION, disposition);
}

/* A number there, bits here. */
static DWORD
status_here(uint32_t there)
{
	static const DWORD bits[] = { SCARD_UNKNOWN, SCARD_ABSENT,
		SCARD_PRESENT, SCARD_PRESENT | SCARD_SWALLOWED,
		SCARD_PRESENT | SCARD_POWERED,
		SCARD_PRESENT | SCARD_POWERED | SCARD_NEGOTIABLE,
		SCARD_PRESENT | SCARD_POWERED | SCARD_SPECIFIC };

	return there < sizeof(bits) / sizeof(bits[0]) ? bits[there]
	    : SCARD_UNKNOWN;
}

/* Who passes no length wants neither name nor ATR. */
static LONG
give_wanted(struct bytes x, void *to, LPDWORD length)
{
	return length == NULL ? SCARD_S_SUCCESS : give(x, to, length);
}

LONG
SCardStatus(SCARDHANDLE number, LPSTR names, LPDWORD names_length,
    LPDWORD state, LPDWORD protocol, LPBYTE atr, LPDWORD atr_length)
{
	auto_done(buf) call = { 0 }, packet = { 0 }, text = { 0 };
	struct card *k = card_of(number);
	struct rdpesc_status s;
	struct bytes in = { 0 };
	uint32_t code = 0;
	LONG rc;

	if (k == NULL)
		return SCARD_E_INVALID_HANDLE;
	if (rdpesc_status(&call, &k->id) != SG_OK)
		return SCARD_E_NO_MEMORY;
	rc = ask(k->context, RDPESC_STATUS, &call, &packet, &in);
	if (rc == SCARD_S_SUCCESS)
		rc = said(rdpesc_read_status(in, &code, &s), &code);
	if (rc != SCARD_S_SUCCESS)
		return rc;
	if (rdpesc_names(&text, s.names) != SG_OK)
		return SCARD_F_COMM_ERROR;
	if (state != NULL)
		*state = status_here(s.state);
	if (protocol != NULL)
		*protocol = protocol_here(s.protocol);
	rc = give_wanted(buf_bytes(&text), names, names_length);
	return rc != SCARD_S_SUCCESS ? rc
	    : give_wanted(bytes_of(s.atr, s.atr_n), atr, atr_length);
}

LONG
SCardTransmit(SCARDHANDLE number, const SCARD_IO_REQUEST *pci, LPCBYTE apdu,
    DWORD apdu_length, SCARD_IO_REQUEST *answer_pci, LPBYTE answer,
    LPDWORD answer_length)
{
	auto_done(buf) call = { 0 }, packet = { 0 };
	struct card *k = card_of(number);
	struct bytes in = { 0 }, x = { 0 };
	uint32_t code = 0, room;
	LONG rc;

	if (k == NULL)
		return SCARD_E_INVALID_HANDLE;
	if (pci == NULL || apdu == NULL || answer == NULL ||
	    answer_length == NULL)
		return SCARD_E_INVALID_PARAMETER;
	room = *answer_length < RDPESC_SEND_MAX ? (uint32_t)*answer_length
	    : RDPESC_SEND_MAX;
	if (rdpesc_transmit(&call, &k->id, protocol_there(pci->dwProtocol),
	    bytes_of(apdu, apdu_length), room) != SG_OK)
		return SCARD_E_INVALID_PARAMETER;
	rc = ask(k->context, RDPESC_TRANSMIT, &call, &packet, &in);
	if (rc == SCARD_S_SUCCESS)
		rc = said(rdpesc_read_transmitted(in, &code, &x), &code);
	if (rc != SCARD_S_SUCCESS)
		return rc;
	if (answer_pci != NULL)
		*answer_pci = *pci;
	return give(x, answer, answer_length);
}

static uint32_t
code_there(DWORD here)
{
	uint32_t n = (uint32_t)here;

	return n >= CODE_BASE_HERE ? CODE_BASE_THERE | (n - CODE_BASE_HERE) << 2
	    : n;
}

LONG
SCardControl(SCARDHANDLE number, DWORD control, LPCVOID in_data,
    DWORD in_length, LPVOID out_data, DWORD room, LPDWORD returned)
{
	auto_done(buf) call = { 0 }, packet = { 0 };
	struct card *k = card_of(number);
	struct bytes in = { 0 }, x = { 0 };
	uint32_t code = 0;
	DWORD length = room < RDPESC_BLOB_MAX ? room : RDPESC_BLOB_MAX;
	LONG rc;

	if (k == NULL)
		return SCARD_E_INVALID_HANDLE;
	if (rdpesc_control(&call, &k->id, code_there(control),
	    bytes_of(in_data, in_length), (uint32_t)length) != SG_OK)
		return SCARD_E_INVALID_PARAMETER;
	rc = ask(k->context, RDPESC_CONTROL, &call, &packet, &in);
	if (rc == SCARD_S_SUCCESS)
		rc = said(rdpesc_read_blob(in, &code, &x), &code);
	if (rc == SCARD_S_SUCCESS)
		rc = give(x, out_data, &length);
	if (returned != NULL)
		*returned = rc == SCARD_S_SUCCESS ? length : 0;
	return rc;
}

LONG
SCardGetAttrib(SCARDHANDLE number, DWORD attribute, LPBYTE value,
    LPDWORD length)
{
	auto_done(buf) call = { 0 }, packet = { 0 };
	struct card *k = card_of(number);
	struct bytes in = { 0 }, x = { 0 };
	uint32_t code = 0;
	LONG rc;

	if (k == NULL)
		return SCARD_E_INVALID_HANDLE;
	if (rdpesc_get_attrib(&call, &k->id, (uint32_t)attribute,
	    RDPESC_BLOB_MAX) != SG_OK)
		return SCARD_E_NO_MEMORY;
	rc = ask(k->context, RDPESC_GET_ATTRIB, &call, &packet, &in);
	if (rc == SCARD_S_SUCCESS)
		rc = said(rdpesc_read_blob(in, &code, &x), &code);
	return rc != SCARD_S_SUCCESS ? rc : give(x, value, length);
}

LONG
SCardSetAttrib(SCARDHANDLE number, DWORD attribute, LPCBYTE value,
    DWORD length)
{
	(void)attribute;
	(void)value;
	(void)length;
	return card_of(number) == NULL ? SCARD_E_INVALID_HANDLE
	    : SCARD_E_UNSUPPORTED_FEATURE;
}

PCSC_API const char *pcsc_stringify_error(const LONG rc);
const char *
pcsc_stringify_error(const LONG rc)
{
	static _Thread_local char text[40];

	(void)snprintf(text, sizeof(text), "smart card error 0x%08lx",
	    (unsigned long)rc & 0xffffffffUL);
	return text;
}
