/* SPDX-License-Identifier: BSD-2-Clause */

/* A revocation list. */

#include "fuzz.h"
#include "pki/print.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_free(crl) l = NULL;
	auto_done(fields) f = { 0 };

	if (crl_parse(&l, bytes_of(p, n)) == SG_OK)
		SG_IGNORE(crl_fields(&f, l));
	return 0;
}
