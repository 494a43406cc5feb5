/* SPDX-License-Identifier: BSD-2-Clause */
#include "tpm/tcti.h"

#include <time.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>
#include <tss2/tss2_tpm2_types.h>

/* "signet", as tss2 asks every transport for a number of its own. */
#define MAGIC 0x7369676e65740000ULL
/* tss2 sends a command again that a busy TPM refused, but at once and a few
 * times only. */
#define BUSY_FIRST_MS 25
#define BUSY_FACTOR 4
#define BUSY_LAST_MS 1000
/* Of a response: tag, size, code. */
#define CODE_AT 6
#define HEAD_LEN 10

static struct tcti *
ours(TSS2_TCTI_CONTEXT *c)
{
	return (struct tcti *)c;
}

/* A transport that fails once leaves command and response out of step. */
static TSS2_RC
seen(struct tcti *t, TSS2_RC rc)
{
	switch (rc) {
	case TSS2_RC_SUCCESS:
	case TSS2_TCTI_RC_TRY_AGAIN:
	case TSS2_TCTI_RC_NOT_IMPLEMENTED:
	case TSS2_TCTI_RC_INSUFFICIENT_BUFFER:
		break;
	default:
		t->broken = true;
	}
	return rc;
}

static bool
is_busy(const uint8_t *p, size_t n)
{
	uint32_t code;

	if (p == NULL || n != HEAD_LEN)
		return false;
	code = (uint32_t)p[CODE_AT] << 24 | (uint32_t)p[CODE_AT + 1] << 16 |
	    (uint32_t)p[CODE_AT + 2] << 8 | p[CODE_AT + 3];
	return code == TPM2_RC_RETRY || code == TPM2_RC_YIELDED ||
	    code == TPM2_RC_TESTING;
}

static void
wait_while_busy(struct tcti *t, bool busy)
{
	struct timespec pause = { 0 };

	if (!busy) {
		t->pause_ms = 0;
		return;
	}
	t->pause_ms = t->pause_ms == 0 ? BUSY_FIRST_MS
				       : t->pause_ms * BUSY_FACTOR;
	if (t->pause_ms > BUSY_LAST_MS)
		t->pause_ms = BUSY_LAST_MS;
	pause.tv_nsec = t->pause_ms * 1000000L;
	(void)nanosleep(&pause, NULL);
}

static TSS2_RC
transmit(TSS2_TCTI_CONTEXT *c, size_t n, const uint8_t *p)
{
	struct tcti *t = ours(c);

	t->sent++;
	return seen(t, Tss2_Tcti_Transmit(t->inner, n, p));
}

static TSS2_RC
receive(TSS2_TCTI_CONTEXT *c, size_t *n, uint8_t *p, int32_t timeout)
{
	struct tcti *t = ours(c);
	TSS2_RC rc = seen(t, Tss2_Tcti_Receive(t->inner, n, p, timeout));

	if (rc == TSS2_RC_SUCCESS)
		wait_while_busy(t, is_busy(p, *n));
	return rc;
}

static void
finalize(TSS2_TCTI_CONTEXT *c)
{
	tcti_done(ours(c));
}

static TSS2_RC
cancel(TSS2_TCTI_CONTEXT *c)
{
	return Tss2_Tcti_Cancel(ours(c)->inner);
}

static TSS2_RC
poll_handles(TSS2_TCTI_CONTEXT *c, TSS2_TCTI_POLL_HANDLE *handles, size_t *n)
{
	return Tss2_Tcti_GetPollHandles(ours(c)->inner, handles, n);
}

static TSS2_RC
set_locality(TSS2_TCTI_CONTEXT *c, uint8_t locality)
{
	return Tss2_Tcti_SetLocality(ours(c)->inner, locality);
}

static TSS2_RC
make_sticky(TSS2_TCTI_CONTEXT *c, TPM2_HANDLE *handle, uint8_t sticky)
{
	return Tss2_Tcti_MakeSticky(ours(c)->inner, handle, sticky);
}

enum sg_err
tcti_init(struct tcti *t, const char *conf)
{
	TSS2_TCTI_CONTEXT *inner = NULL;
	TSS2_RC rc;

	if ((rc = Tss2_TctiLdr_Initialize(conf, &inner)) != TSS2_RC_SUCCESS)
		return sg_fail(SG_ETPM,
		    "the TPM at '%s' cannot be reached (%s)", conf,
		    Tss2_RC_Decode(rc));
	*t = (struct tcti) {
		.common = {
			.v1 = {
				.magic = MAGIC,
				.version = 2,
				.transmit = transmit,
				.receive = receive,
				.finalize = finalize,
				.cancel = cancel,
				.getPollHandles = poll_handles,
				.setLocality = set_locality,
			},
			.makeSticky = make_sticky,
		},
		.inner = inner,
	};
	return SG_OK;
}

void
tcti_done(struct tcti *t)
{
	if (t->inner != NULL)
		Tss2_TctiLdr_Finalize(&t->inner);
}
