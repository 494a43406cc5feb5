/* SPDX-License-Identifier: BSD-2-Clause */

/* The functions for a card that is connected to. */

#include "pcsc_impl.h"

#include <stdio.h>
#include <string.h>

#define CARDS_MAX	16
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

struct card {
	bool used;
	struct context *context;
	struct rdpesc_card id;
};
static struct card cards[CARDS_MAX];

static struct card *
card_of(SCARDHANDLE number)
{
	long i = number - FIRST_CARD;

	if (i < 0 || i >= CARDS_MAX || !cards[i].used)
		return NULL;
	return &cards[i];
}

void
pcsc_forget_cards(const struct context *c)
{
	for (int i = 0; i < CARDS_MAX; i++)
		if (cards[i].context == c)
			cards[i].used = false;
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
	struct context *c = pcsc_context(number);
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
	rc = pcsc_ask(c, RDPESC_CONNECT, &call, &packet, &in);
	if (rc == SCARD_S_SUCCESS)
		rc = pcsc_said(rdpesc_read_connected(in, &code, &id, &protocol),
		    &code);
	if (rc != SCARD_S_SUCCESS)
		return rc;
	*active = protocol_here(protocol);
	(void)pthread_mutex_lock(&pcsc_tables);
	rc = card_keep(c, &id, out);
	(void)pthread_mutex_unlock(&pcsc_tables);
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
	rc = pcsc_ask(k->context, RDPESC_RECONNECT, &call, &packet, &in);
	if (rc == SCARD_S_SUCCESS)
		rc = pcsc_said(rdpesc_read_reconnected(in, &code, &protocol),
		    &code);
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
	return pcsc_ask_long(k->context, code, &call);
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
	return length == NULL ? SCARD_S_SUCCESS : pcsc_give(x, to, length);
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
	rc = pcsc_ask(k->context, RDPESC_STATUS, &call, &packet, &in);
	if (rc == SCARD_S_SUCCESS)
		rc = pcsc_said(rdpesc_read_status(in, &code, &s), &code);
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
	rc = pcsc_ask(k->context, RDPESC_TRANSMIT, &call, &packet, &in);
	if (rc == SCARD_S_SUCCESS)
		rc = pcsc_said(rdpesc_read_transmitted(in, &code, &x), &code);
	if (rc != SCARD_S_SUCCESS)
		return rc;
	if (answer_pci != NULL)
		*answer_pci = *pci;
	return pcsc_give(x, answer, answer_length);
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
	rc = pcsc_ask(k->context, RDPESC_CONTROL, &call, &packet, &in);
	if (rc == SCARD_S_SUCCESS)
		rc = pcsc_said(rdpesc_read_blob(in, &code, &x), &code);
	if (rc == SCARD_S_SUCCESS)
		rc = pcsc_give(x, out_data, &length);
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
	rc = pcsc_ask(k->context, RDPESC_GET_ATTRIB, &call, &packet, &in);
	if (rc == SCARD_S_SUCCESS)
		rc = pcsc_said(rdpesc_read_blob(in, &code, &x), &code);
	return rc != SCARD_S_SUCCESS ? rc : pcsc_give(x, value, length);
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
