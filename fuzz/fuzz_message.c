/* SPDX-License-Identifier: BSD-2-Clause */

/* Frames on the daemon's socket, both ways, and what lies inside them. */

#include "frame.h"
#include "ipc/objects_wire.h"
#include "ipc/verbs.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct bytes x = bytes_of(p, n);
	struct reader r = reader_of(x);
	struct objects o = { 0 };
	struct cert_object c = { 0 };
	struct status s = { 0 };

	if (n > MESSAGE_FRAME_MAX)
		return 0;
	frame_round_trips(&daemon_verbs, x, NULL);
	SG_IGNORE(objects_read(&r, &o));
	objects_done(&o);
	r = reader_of(x);
	SG_IGNORE(cert_object_read(&r, &c));
	cert_object_done(&c);
	SG_IGNORE(status_read(x, &s));
	status_done(&s);
	return 0;
}
