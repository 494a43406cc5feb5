/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/handover.h"

#include <string.h>

#include "base/reader.h"

enum sg_err
handover_write(const struct handover *h, struct buf *out)
{
	SG_TRY(buf_add(out, h->ticket, sizeof(h->ticket)));
	SG_TRY(buf_add_u32(out, h->pid));
	return buf_add_block(out, bytes_of(h->program,
	    strnlen(h->program, HANDOVER_PROGRAM_MAX)));
}

enum sg_err
handover_read(struct bytes message, struct handover *out)
{
	struct reader r = reader_of(message);
	struct handover h = { 0 };
	struct bytes name;

	read_copy(&r, h.ticket, sizeof(h.ticket));
	h.pid = read_u32(&r);
	name = read_block(&r, HANDOVER_PROGRAM_MAX);
	if (name.n > 0 && memchr(name.p, '\0', name.n) != NULL)
		reader_fail(&r);
	SG_TRY(reader_finish(&r, "handover"));
	if (name.n > 0)
		memcpy(h.program, name.p, name.n);
	*out = h;
	return SG_OK;
}
