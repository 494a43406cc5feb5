/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_FUZZ_FRAME_H
#define SG_FUZZ_FRAME_H

/* Frames by any table of verbs, without their length. */

#include "fuzz.h"
#include "ipc/message.h"

static inline void
frame_same(enum sg_err written, struct secret *out, struct bytes x)
{
	if (written != SG_OK || out->n < MESSAGE_LENGTH_SIZE ||
	    !bytes_eq(x, bytes_of(out->p + MESSAGE_LENGTH_SIZE,
	    out->n - MESSAGE_LENGTH_SIZE)))
		__builtin_trap();
	secret_done(out);
}

/* What can be read must be written back as it was; look, unless NULL, sees each
 * reply. */
static inline void
frame_round_trips(const struct verb_table *t, struct bytes x,
    void (*look)(const struct message *reply))
{
	struct secret out = { 0 };
	struct message m;

	if (message_read_request(t, x, &m) == SG_OK)
		frame_same(message_write_request(&m, &out), &out, x);
	/* A reply with an odd error number is read as an internal one. */
	if (x.n <= 8 || x.p[6] != 0 || x.p[7] >= SG_ERR_COUNT ||
	    message_read_reply(t, x, &m) != SG_OK)
		return;
	frame_same(message_write_reply(&m, &out), &out, x);
	if (look != NULL)
		look(&m);
}

#endif
