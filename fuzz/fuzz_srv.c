/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "signin/realm.h"

/* Whatever a DNS server says, only host names come out of it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_done(kdc_names) k = { 0 };

	SG_IGNORE(kdc_names_from_srv(&k, bytes_of(data, size)));
	for (size_t i = 0; i < k.n; i++)
		assert(strpbrk(k.v[i], " \t\n\"{}[]=#:/") == NULL);
	return 0;
}
