/* SPDX-License-Identifier: BSD-2-Clause */

/* A key's record, as clients send one of a card's key. */

#include "fuzz.h"
#include "ipc/objects_wire.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_done(key_object) k = { 0 };
	auto_done(buf) again = { 0 };
	struct reader r = reader_of(bytes_of(p, n));

	if (key_object_read(&r, &k) != SG_OK || !reader_end(&r))
		return 0;
	if (key_object_write(&again, &k) != SG_OK ||
	    !bytes_eq(buf_bytes(&again), bytes_of(p, n)))
		__builtin_trap();
	return 0;
}
