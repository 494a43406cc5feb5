/* SPDX-License-Identifier: BSD-2-Clause */

/* Frames between web and signer, both ways, by desk.def. */

#include "frame.h"
#include "ipc/desk.h"

static void
brings_a_list_only(const struct message *reply)
{
	if (message_brings_fd(reply) && reply->verb->number != DESK_FILE)
		__builtin_trap();
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
	frame_round_trips(&desk_verbs, x, brings_a_list_only);
	return 0;
}
