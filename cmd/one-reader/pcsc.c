/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * PC/SC with one reader, or none: a library in the place of libpcsclite, for
 * the RDP client of signet rdp.  FreeRDP keeps readers that are not redirected
 * out of the list that it gives to the host, and connects to whichever one the
 * host names.  Here only the one that SIGNET_READER names can be connected to.
 */

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <winscard.h>

#include "paths.h"

#define API __attribute__((visibility("default")))

/* Asks for readers that come and go, and names none. */
#define NOTIFICATION "\\\\?PnP?\\Notification"

#define CALLS(X) \
	X(SCardEstablishContext) X(SCardReleaseContext) \
	X(SCardIsValidContext) X(SCardConnect) X(SCardReconnect) \
	X(SCardDisconnect) X(SCardBeginTransaction) X(SCardEndTransaction) \
	X(SCardStatus) X(SCardGetStatusChange) X(SCardControl) \
	X(SCardTransmit) X(SCardListReaderGroups) X(SCardListReaders) \
	X(SCardFreeMemory) X(SCardCancel) X(SCardGetAttrib) X(SCardSetAttrib)

/* libpcsclite's own, all of them or none. */
static struct {
#define MEMBER(name) __typeof__(&name) name;
	CALLS(MEMBER)
} real;
static const char *(*real_words)(const LONG);
static bool loaded;
static const char *allowed;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
load(void)
{
	void *lib = dlopen(SIGNET_PCSC_LIBRARY, RTLD_NOW | RTLD_LOCAL);

	allowed = secure_getenv("SIGNET_READER");
	if (lib == NULL)
		return;
	loaded = true;
#define FIND(name) \
	*(void **)&real.name = dlsym(lib, #name); \
	loaded = loaded && real.name != NULL;
	CALLS(FIND)
	*(void **)&real_words = dlsym(lib, "pcsc_stringify_error");
}

static bool
ready(void)
{
	(void)pthread_once(&once, load);
	return loaded;
}

static bool
may(const char *reader)
{
	return reader != NULL && allowed != NULL &&
	    strcmp(reader, allowed) == 0;
}

API const SCARD_IO_REQUEST g_rgSCardT0Pci = { SCARD_PROTOCOL_T0,
	sizeof(SCARD_IO_REQUEST) };
API const SCARD_IO_REQUEST g_rgSCardT1Pci = { SCARD_PROTOCOL_T1,
	sizeof(SCARD_IO_REQUEST) };
API const SCARD_IO_REQUEST g_rgSCardRawPci = { SCARD_PROTOCOL_RAW,
	sizeof(SCARD_IO_REQUEST) };

API const char *
pcsc_stringify_error(const LONG e)
{
	return ready() && real_words != NULL ? real_words(e) : "unknown";
}

/* --- what names a reader --- */

API LONG
SCardConnect(SCARDCONTEXT context, LPCSTR reader, DWORD share,
    DWORD protocols, LPSCARDHANDLE card, LPDWORD protocol)
{
	if (!ready())
		return SCARD_E_NO_SERVICE;
	if (!may(reader))
		return SCARD_E_UNKNOWN_READER;
	return real.SCardConnect(context, reader, share, protocols, card,
	    protocol);
}

API LONG
SCardGetStatusChange(SCARDCONTEXT context, DWORD timeout,
    SCARD_READERSTATE *states, DWORD n)
{
	if (!ready())
		return SCARD_E_NO_SERVICE;
	for (DWORD i = 0; states != NULL && i < n; i++)
		if (!may(states[i].szReader) && (states[i].szReader == NULL ||
		    strcmp(states[i].szReader, NOTIFICATION) != 0))
			return SCARD_E_UNKNOWN_READER;
	return real.SCardGetStatusChange(context, timeout, states, n);
}

/* --- what does not: FreeRDP filters the list --- */

#define PASS(name, parameters, arguments)               \
	API LONG                                        \
	name parameters                                 \
	{                                               \
		if (!ready())                           \
			return SCARD_E_NO_SERVICE;      \
		return real.name arguments;             \
	}

PASS(SCardEstablishContext, (DWORD scope, LPCVOID a, LPCVOID b,
    LPSCARDCONTEXT context), (scope, a, b, context))
PASS(SCardReleaseContext, (SCARDCONTEXT context), (context))
PASS(SCardIsValidContext, (SCARDCONTEXT context), (context))
PASS(SCardReconnect, (SCARDHANDLE card, DWORD share, DWORD protocols,
    DWORD how, LPDWORD protocol), (card, share, protocols, how, protocol))
PASS(SCardDisconnect, (SCARDHANDLE card, DWORD how), (card, how))
PASS(SCardBeginTransaction, (SCARDHANDLE card), (card))
PASS(SCardEndTransaction, (SCARDHANDLE card, DWORD how), (card, how))
PASS(SCardStatus, (SCARDHANDLE card, LPSTR names, LPDWORD names_n,
    LPDWORD state, LPDWORD protocol, LPBYTE atr, LPDWORD atr_n),
    (card, names, names_n, state, protocol, atr, atr_n))
PASS(SCardControl, (SCARDHANDLE card, DWORD code, LPCVOID in, DWORD in_n,
    LPVOID out, DWORD out_room, LPDWORD out_n),
    (card, code, in, in_n, out, out_room, out_n))
PASS(SCardTransmit, (SCARDHANDLE card, const SCARD_IO_REQUEST *how,
    LPCBYTE in, DWORD in_n, SCARD_IO_REQUEST *replied, LPBYTE out,
    LPDWORD out_n), (card, how, in, in_n, replied, out, out_n))
PASS(SCardListReaderGroups, (SCARDCONTEXT context, LPSTR groups, LPDWORD n),
    (context, groups, n))
PASS(SCardListReaders, (SCARDCONTEXT context, LPCSTR groups, LPSTR names,
    LPDWORD n), (context, groups, names, n))
PASS(SCardFreeMemory, (SCARDCONTEXT context, LPCVOID p), (context, p))
PASS(SCardCancel, (SCARDCONTEXT context), (context))
PASS(SCardGetAttrib, (SCARDHANDLE card, DWORD id, LPBYTE value, LPDWORD n),
    (card, id, value, n))
PASS(SCardSetAttrib, (SCARDHANDLE card, DWORD id, LPCBYTE value, DWORD n),
    (card, id, value, n))
