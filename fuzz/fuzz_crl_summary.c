/* SPDX-License-Identifier: BSD-2-Clause */

/* The beginning and the end of a revocation list, as found in a file. */

#include <stdlib.h>

#include "fuzz.h"
#include "pki/crl_summary.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct crl_summary s;
	uint64_t at, len;

	if (crl_summary_head(&s, bytes_of(p, n), &at, &len) != SG_OK)
		return 0;
	if (len > CRL_HEAD_MAX)
		abort();
	if (at <= n && len <= n - at)
		SG_IGNORE(crl_summary_tail(&s, bytes_of(p + at, len)));
	return 0;
}
