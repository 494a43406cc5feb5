/* SPDX-License-Identifier: BSD-2-Clause */

/* GetCACaps and messages in URLs. */

#include "fuzz.h"
#include "proto/scep_http.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_done(buf) der = { 0 };
	unsigned caps;

	SG_IGNORE(scep_caps_read(&caps, bytes_of(p, n)));
	SG_IGNORE(scep_get_read(&der, bytes_of(p, n)));
	return 0;
}
