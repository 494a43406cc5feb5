/* SPDX-License-Identifier: BSD-2-Clause */
#include "pcsc/reader.h"

#include <time.h>
#include <winscard.h>

static int64_t
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static enum sg_err
failed(LONG rv, const char *name)
{
	if (rv == SCARD_E_NO_SERVICE || rv == SCARD_E_SERVICE_STOPPED)
		return sg_fail(SG_EIO, "no smart card service runs here "
		    "(systemctl start pcscd.socket)");
	if (rv == SCARD_E_UNKNOWN_READER || rv == SCARD_E_NO_READERS_AVAILABLE)
		return sg_fail(SG_ENOENT, "the smart card service has no "
		    "reader '%s'", name);
	return sg_fail(SG_EIO, "the smart card service failed: 0x%08lX",
	    (unsigned long)rv & 0xffffffffUL);
}

static enum sg_err
ask(SCARDCONTEXT context, SCARD_READERSTATE *state, int64_t ms)
{
	LONG rv = SCardGetStatusChange(context, (DWORD)(ms > 0 ? ms : 0),
	    state, 1);

	if (rv != SCARD_S_SUCCESS && rv != SCARD_E_TIMEOUT)
		return failed(rv, state->szReader);
	if ((state->dwEventState & SCARD_STATE_UNKNOWN) != 0)
		return failed(SCARD_E_UNKNOWN_READER, state->szReader);
	return SG_OK;
}

/* The first call tells what there is, the others wait for a change. */
static enum sg_err
wait_card(SCARDCONTEXT context, SCARD_READERSTATE *state, unsigned ms)
{
	int64_t until = now_ms() + ms, left = ms;

	do {
		SG_TRY(ask(context, state, left));
		if ((state->dwEventState & SCARD_STATE_PRESENT) != 0)
			return SG_OK;
		state->dwCurrentState = state->dwEventState;
		left = until - now_ms();
	} while (left > 0);
	return sg_fail(SG_ETIMEOUT, "there is no card in the reader '%s' "
	    "(systemctl status signet-card)", state->szReader);
}

enum sg_err
reader_wait_card(const char *name, unsigned ms)
{
	SCARD_READERSTATE state = { .szReader = name,
		.dwCurrentState = SCARD_STATE_UNAWARE };
	SCARDCONTEXT context;
	LONG rv = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL,
	    &context);
	enum sg_err e;

	if (rv != SCARD_S_SUCCESS)
		return failed(rv, name);
	e = ms == 0 ? ask(context, &state, 0)
		    : wait_card(context, &state, ms);
	(void)SCardReleaseContext(context);
	return e;
}

enum sg_err
reader_find(const char *name)
{
	return reader_wait_card(name, 0);
}
