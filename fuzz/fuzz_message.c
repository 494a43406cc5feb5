/* SPDX-License-Identifier: BSD-2-Clause */

/* Frames on the daemon's socket, both ways, and what lies inside them. */

#include "fuzz.h"
#include "ipc/objects_wire.h"
#include "ipc/verbs.h"

/* What was read must be written back as it was. */
static void
round_trip(struct bytes x, bool reply)
{
	struct secret out = { 0 };
	struct message m;
	enum sg_err e = reply ? message_read_reply(&daemon_verbs, x, &m)
			      : message_read_request(&daemon_verbs, x, &m);

	if (e != SG_OK)
		return;
	e = reply ? message_write_reply(&m, &out)
		  : message_write_request(&m, &out);
	if (e != SG_OK || out.n < MESSAGE_LENGTH_SIZE ||
	    !bytes_eq(x, bytes_of(out.p + MESSAGE_LENGTH_SIZE,
	    out.n - MESSAGE_LENGTH_SIZE)))
		__builtin_trap();
	secret_done(&out);
}

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
	round_trip(x, false);
	/* A reply with an odd error number is read as an internal one. */
	if (n > 8 && p[6] == 0 && p[7] < SG_ERR_COUNT)
		round_trip(x, true);
	SG_IGNORE(objects_read(&r, &o));
	objects_done(&o);
	r = reader_of(x);
	SG_IGNORE(cert_object_read(&r, &c));
	cert_object_done(&c);
	SG_IGNORE(status_read(x, &s));
	status_done(&s);
	return 0;
}
