/* SPDX-License-Identifier: BSD-2-Clause */

/* BER: what comes out stays as it is, and is not longer than a length's form
 * can make it. */

#include <stdlib.h>

#include "fuzz.h"
#include "pki/ber.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_done(buf) once = { 0 }, twice = { 0 };

	if (ber_to_der(&once, bytes_of(p, n)) != SG_OK)
		return 0;
	if (ber_to_der(&twice, buf_bytes(&once)) != SG_OK ||
	    !bytes_eq(buf_bytes(&once), buf_bytes(&twice)) || once.n > 2 * n)
		abort();
	return 0;
}
