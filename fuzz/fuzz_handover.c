/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include <stdlib.h>

#include "ipc/handover.h"

/* Whatever is read is written back the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_done(buf) b = { 0 };
	struct handover h;

	if (handover_read(bytes_of(data, size), &h) != SG_OK)
		return 0;
	if (handover_write(&h, &b) != SG_OK ||
	    !bytes_eq(buf_bytes(&b), bytes_of(data, size)))
		abort();
	return 0;
}
