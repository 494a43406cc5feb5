/* SPDX-License-Identifier: BSD-2-Clause */
#include <time.h>

#include "module.h"

#define WATCH_S 1	/* between two looks of a waiting thread */

/* Whether the slot has another token than when this was last asked; the first
 * look of all changes nothing. */
static bool
slot_changed(struct module *m)
{
	auto_done(status) s = { 0 };
	struct token_seen before = m->seen;
	bool there = daemon_look(m, &s) == SG_OK;

	m->seen = (struct token_seen) { true, there ? s.created : 0 };
	return before.known && before.container != m->seen.container;
}

/* Other threads go on meanwhile; false when one of them finalized. */
static bool
wait_a_while(struct module *m)
{
	unsigned long epoch = m->epoch;
	struct timespec until;
	int e = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += WATCH_S;
	while (e == 0 && m->epoch == epoch)
		e = pthread_cond_clockwait(&m->changed, &m->lock,
		    CLOCK_MONOTONIC, &until);
	return m->epoch == epoch;
}

/* The daemon has no word for "something changed", so it is asked. */
ck_rv_t
C_WaitForSlotEvent(ck_flags_t flags, ck_slot_id_t *slot, void *reserved)
{
	auto_module m = module_enter();

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if (slot == NULL || reserved != NULL)
		return CKR_ARGUMENTS_BAD;
	while (!slot_changed(m)) {
		if ((flags & CKF_DONT_BLOCK) != 0)
			return CKR_NO_EVENT;
		if (!wait_a_while(m))
			return CKR_CRYPTOKI_NOT_INITIALIZED;
	}
	*slot = MODULE_SLOT;
	return CKR_OK;
}
