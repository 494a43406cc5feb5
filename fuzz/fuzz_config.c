/* SPDX-License-Identifier: BSD-2-Clause */

/* signet.conf, and the search for a host in what it says. */

#include "fuzz.h"
#include "policy/config.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_done(config) c = { 0 };

	SG_IGNORE(config_parse(&c, bytes_of(p, n), "fuzz"));
	(void)config_host_find(&c, "rdp.corp.example");
	return 0;
}
