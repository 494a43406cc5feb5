/* SPDX-License-Identifier: BSD-2-Clause */

/* Container files.  The checksum is made good, so that the fuzzer gets past
 * it; the corpus has files with a right one behind them cut off. */

#include <string.h>

#include "container/container.h"
#include "fuzz.h"

#define VERSION_AT	9	/* its low byte */
#define OLD_VERSION	1

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_done(buf) b = { 0 };
	auto_done(buf) again = { 0 };
	struct container c = { 0 };
	uint8_t sum[SHA256_LEN];

	SG_IGNORE(container_read(bytes_of(p, n), "fuzz", &c));
	container_done(&c);
	if (n > CONTAINER_FILE_MAX || sha256(bytes_of(p, n), sum) != SG_OK ||
	    buf_add(&b, p, n) != SG_OK ||
	    buf_add(&b, sum, sizeof(sum)) != SG_OK)
		return 0;
	if (container_read(buf_bytes(&b), "fuzz", &c) != SG_OK)
		return 0;
	if (container_write(&c, &again) != SG_OK)
		__builtin_trap();
	container_done(&c);
	/* What an older version wrote is written anew. */
	if (p[VERSION_AT] == OLD_VERSION) {
		buf_done(&b);
		if (container_read(buf_bytes(&again), "fuzz", &c) != SG_OK ||
		    container_write(&c, &b) != SG_OK)
			__builtin_trap();
		container_done(&c);
	}
	if (!bytes_eq(buf_bytes(&b), buf_bytes(&again)))
		__builtin_trap();
	return 0;
}
