/* SPDX-License-Identifier: BSD-2-Clause */

/* Frames between web and signer, both ways, by desk.def. */

#include "fuzz.h"
#include "ipc/desk.h"

/* What was read must be written back as it was. */
static void
round_trip(struct bytes x, bool reply)
{
	struct secret out = { 0 };
	struct message m;
	enum sg_err e = reply ? message_read_reply(&desk_verbs, x, &m)
			      : message_read_request(&desk_verbs, x, &m);

	if (e != SG_OK)
		return;
	e = reply ? message_write_reply(&m, &out)
		  : message_write_request(&m, &out);
	if (e != SG_OK || out.n < MESSAGE_LENGTH_SIZE ||
	    !bytes_eq(x, bytes_of(out.p + MESSAGE_LENGTH_SIZE,
	    out.n - MESSAGE_LENGTH_SIZE)))
		__builtin_trap();
	if (reply && message_brings_fd(&m) &&
	    m.verb->number != DESK_FILE)
		__builtin_trap();
	secret_done(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct bytes x = bytes_of(p, n);
	size_t length;

	if (n >= MESSAGE_LENGTH_SIZE &&
	    message_length(&desk_verbs, p, &length) == SG_OK &&
	    length > desk_verbs.frame_max)
		__builtin_trap();
	if (n > desk_verbs.frame_max)
		return 0;
	round_trip(x, false);
	/* A reply with an odd error number is read as an internal one. */
	if (n > 8 && p[6] == 0 && p[7] < SG_ERR_COUNT)
		round_trip(x, true);
	return 0;
}
