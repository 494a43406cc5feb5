/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Where the time of a program that uses a smart card goes: OpenSC loads this in
 * libpcsclite's place (provider_library in opensc.conf), and it passes every
 * call on.  When it is unloaded it appends a line to the file that
 * BENCH_PCSC_TIMES names; of each kind of call, how many and their
 * microseconds:
 *
 *	unchanged	SCardGetStatusChange() that had no change to tell
 *	key		commands that present a PIN, or use a key
 *	command		other commands to the card
 *	other		everything else
 */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* OpenSC looks them up here. */
#pragma GCC visibility push(default)
#include <winscard.h>
#pragma GCC visibility pop

#define LIBRARY		"libpcsclite.so.1"
#define INS_VERIFY	0x20
#define INS_AUTHENTICATE 0x87
#define CASE_1_OR_2	5	/* bytes of a command without data, at most */

enum kind { UNCHANGED, KEY, COMMAND, OTHER, KINDS };

static struct {
	unsigned n;
	double us;
} spent[KINDS];

static struct {
	__typeof__(SCardEstablishContext) *establish;
	__typeof__(SCardReleaseContext) *release;
	__typeof__(SCardListReaders) *list;
	__typeof__(SCardGetStatusChange) *change;
	__typeof__(SCardCancel) *cancel;
	__typeof__(SCardConnect) *connect;
	__typeof__(SCardReconnect) *reconnect;
	__typeof__(SCardDisconnect) *disconnect;
	__typeof__(SCardBeginTransaction) *begin;
	__typeof__(SCardEndTransaction) *end;
	__typeof__(SCardStatus) *status;
	__typeof__(SCardTransmit) *transmit;
	__typeof__(SCardControl) *control;
	__typeof__(SCardGetAttrib) *attribute;
} real;

/* ISO C has no cast from an object's address to a function's. */
static void
look_up(void *library, const char *name, void *out)
{
	void *f = dlsym(library, name);

	if (f == NULL) {
		(void)fprintf(stderr, "pcsc_times: %s lacks %s\n", LIBRARY,
		    name);
		exit(1);
	}
	memcpy(out, &f, sizeof(f));
}

__attribute__((constructor)) static void
load(void)
{
	void *l = dlopen(LIBRARY, RTLD_NOW);

	if (l == NULL) {
		(void)fprintf(stderr, "pcsc_times: no %s\n", LIBRARY);
		exit(1);
	}
	look_up(l, "SCardEstablishContext", &real.establish);
	look_up(l, "SCardReleaseContext", &real.release);
	look_up(l, "SCardListReaders", &real.list);
	look_up(l, "SCardGetStatusChange", &real.change);
	look_up(l, "SCardCancel", &real.cancel);
	look_up(l, "SCardConnect", &real.connect);
	look_up(l, "SCardReconnect", &real.reconnect);
	look_up(l, "SCardDisconnect", &real.disconnect);
	look_up(l, "SCardBeginTransaction", &real.begin);
	look_up(l, "SCardEndTransaction", &real.end);
	look_up(l, "SCardStatus", &real.status);
	look_up(l, "SCardTransmit", &real.transmit);
	look_up(l, "SCardControl", &real.control);
	look_up(l, "SCardGetAttrib", &real.attribute);
}

__attribute__((destructor)) static void
unload(void)
{
	const char *path = getenv("BENCH_PCSC_TIMES");
	FILE *f = path != NULL ? fopen(path, "a") : NULL;

	if (f == NULL)
		return;
	(void)fprintf(f, "unchanged=%u unchanged_us=%.0f key=%u key_us=%.0f "
	    "command=%u command_us=%.0f other=%u other_us=%.0f\n",
	    spent[UNCHANGED].n, spent[UNCHANGED].us, spent[KEY].n,
	    spent[KEY].us, spent[COMMAND].n, spent[COMMAND].us,
	    spent[OTHER].n, spent[OTHER].us);
	(void)fclose(f);
}

static double
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static LONG
took(enum kind kind, double start, LONG rc)
{
	spent[kind].n++;
	spent[kind].us += now_us() - start;
	return rc;
}

/* A call that goes to OTHER. */
#define PASS_ON(f, ...) do {						\
	const double start_ = now_us();					\
	LONG rc_ = real.f(__VA_ARGS__);					\
									\
	return took(OTHER, start_, rc_);				\
} while (0)

LONG
SCardEstablishContext(DWORD scope, LPCVOID a, LPCVOID b, LPSCARDCONTEXT out)
{
	PASS_ON(establish, scope, a, b, out);
}

LONG
SCardReleaseContext(SCARDCONTEXT c)
{
	PASS_ON(release, c);
}

LONG
SCardListReaders(SCARDCONTEXT c, LPCSTR groups, LPSTR names, LPDWORD n)
{
	PASS_ON(list, c, groups, names, n);
}

LONG
SCardCancel(SCARDCONTEXT c)
{
	PASS_ON(cancel, c);
}

LONG
SCardConnect(SCARDCONTEXT c, LPCSTR reader, DWORD share, DWORD protocols,
    LPSCARDHANDLE card, LPDWORD protocol)
{
	PASS_ON(connect, c, reader, share, protocols, card, protocol);
}

LONG
SCardReconnect(SCARDHANDLE card, DWORD share, DWORD protocols, DWORD how,
    LPDWORD protocol)
{
	PASS_ON(reconnect, card, share, protocols, how, protocol);
}

LONG
SCardDisconnect(SCARDHANDLE card, DWORD how)
{
	PASS_ON(disconnect, card, how);
}

LONG
SCardBeginTransaction(SCARDHANDLE card)
{
	PASS_ON(begin, card);
}

LONG
SCardEndTransaction(SCARDHANDLE card, DWORD how)
{
	PASS_ON(end, card, how);
}

LONG
SCardStatus(SCARDHANDLE card, LPSTR reader, LPDWORD n, LPDWORD state,
    LPDWORD protocol, LPBYTE atr, LPDWORD atr_n)
{
	PASS_ON(status, card, reader, n, state, protocol, atr, atr_n);
}

LONG
SCardControl(SCARDHANDLE card, DWORD code, LPCVOID in, DWORD in_n, LPVOID out,
    DWORD out_max, LPDWORD out_n)
{
	PASS_ON(control, card, code, in, in_n, out, out_max, out_n);
}

LONG
SCardGetAttrib(SCARDHANDLE card, DWORD which, LPBYTE out, LPDWORD n)
{
	PASS_ON(attribute, card, which, out, n);
}

LONG
SCardGetStatusChange(SCARDCONTEXT c, DWORD timeout_ms,
    SCARD_READERSTATE *states, DWORD n)
{
	const double start = now_us();
	LONG rc = real.change(c, timeout_ms, states, n);

	return took(rc == SCARD_E_TIMEOUT ? UNCHANGED : OTHER, start, rc);
}

/* A VERIFY without data only asks. */
static enum kind
kind_of(LPCBYTE apdu, DWORD n)
{
	if (n > CASE_1_OR_2 && (apdu[1] == INS_VERIFY ||
	    apdu[1] == INS_AUTHENTICATE))
		return KEY;
	return COMMAND;
}

LONG
SCardTransmit(SCARDHANDLE card, const SCARD_IO_REQUEST *send, LPCBYTE in,
    DWORD in_n, SCARD_IO_REQUEST *receive, LPBYTE out, LPDWORD out_n)
{
	const double start = now_us();
	LONG rc = real.transmit(card, send, in, in_n, receive, out, out_n);

	return took(kind_of(in, in_n), start, rc);
}
