/* SPDX-License-Identifier: BSD-2-Clause */

/* A request with the messages around it, and what their signers say. */

#include "fuzz.h"
#include "ca/evidence.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_done(evidence_message) m = { 0 };

	if (evidence_parse(&m, bytes_of(p, n)) != SG_OK)
		return 0;
	for (size_t i = 0; i < m.depth; i++) {
		const struct signed_data *d = &m.level[i].data;
		auto_free(pkey) k = NULL;

		if (pkey_from_spki(&k, buf_bytes(&m.csr->spki)) != SG_OK)
			return 0;
		for (size_t j = 0; j < d->count; j++)
			SG_IGNORE(signed_verify(d, &d->by[j], k));
	}
	return 0;
}
