/* SPDX-License-Identifier: BSD-2-Clause */

/* GetCACert and GetNextCACert, and the choice among what they give. */

#include "proto/scep_http.h"
#include "scep_world.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct fuzz_world *w = fuzz_world();
	auto_done(certs) all = { 0 }, next = { 0 };
	auto_done(scep_choice) c = { 0 };
	auto_done(scep_choice) first = { 0 };

	SG_IGNORE(scep_next_read(&next, bytes_of(p, n), w->ca));
	if (scep_ca_read(&all, bytes_of(p, n)) != SG_OK)
		return 0;
	SG_IGNORE(scep_choose(&c, &all, w->ca, 1750000000));
	SG_IGNORE(scep_choose(&first, &all, all.v[0], 1750000000));
	return 0;
}
