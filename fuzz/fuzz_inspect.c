/* SPDX-License-Identifier: BSD-2-Clause */

/* Any file that 'signet inspect' may be given. */

#include "fuzz.h"
#include "pki/print.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_done(inspection) i = { 0 };

	SG_IGNORE(inspect(&i, bytes_of(p, n)));
	return 0;
}
