/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TPM_TCTI_H
#define SG_TPM_TCTI_H

/*
 * A transport over another one.  It counts what is really sent, whoever in
 * tss2 sends it, and it is the one place that sees the connection break.
 */

#include <tss2/tss2_tcti.h>

#include "base/bytes.h"

struct tcti {
	TSS2_TCTI_CONTEXT_COMMON_V2 common;	/* first: tss2 casts to it */
	TSS2_TCTI_CONTEXT *inner;
	unsigned long sent;
	long pause_ms;		/* before a busy TPM is asked again */
	bool broken;
};

/* conf as for Tss2_TctiLdr_Initialize; SG_ETPM when it cannot be reached. */
enum sg_err tcti_init(struct tcti *t, const char *conf);
void tcti_done(struct tcti *t);

static inline TSS2_TCTI_CONTEXT *
tcti_context(struct tcti *t)
{
	return (TSS2_TCTI_CONTEXT *)t;
}

#endif
