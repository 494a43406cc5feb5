/* SPDX-License-Identifier: BSD-2-Clause */

/* An OCSP request, and what a responder makes of it up to the signature. */

#include <stdlib.h>

#include "fuzz.h"
#include "pki/ocsp.h"

/* Everything that a request points to is in it. */
static void
inside(struct bytes all, struct bytes x)
{
	if (x.n > 0 && (x.p < all.p || x.p + x.n > all.p + all.n))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct bytes all = bytes_of(p, n);
	struct ocsp_request q;

	if (ocsp_request_parse(&q, all) != SG_OK)
		return 0;
	if (q.count == 0 || q.count > OCSP_IDS_MAX ||
	    ocsp_preferred(&q, KEY_RSA) == NULL ||
	    ocsp_preferred(&q, KEY_EC) == NULL)
		abort();
	for (size_t i = 0; i < q.count; i++) {
		inside(all, q.id[i].der);
		inside(all, q.id[i].name_hash);
		inside(all, q.id[i].key_hash);
		inside(all, q.id[i].serial);
	}
	inside(all, q.nonce);
	return 0;
}
