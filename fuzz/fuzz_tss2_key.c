/* SPDX-License-Identifier: BSD-2-Clause */

/* A TPM key file: what is read is written and read again. */

#include <stdlib.h>

#include "fuzz.h"
#include "pki/tss2_key.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_done(tss2_key) a = { 0 };
	auto_done(tss2_key) b = { 0 };
	auto_done(buf) pem = { 0 };

	if (tss2_key_read(&a, bytes_of(p, n)) != SG_OK)
		return 0;
	if (tss2_key_write(&a, &pem) != SG_OK ||
	    tss2_key_read(&b, buf_bytes(&pem)) != SG_OK ||
	    a.parent != b.parent || a.empty_auth != b.empty_auth ||
	    !bytes_eq(buf_bytes(&a.public), buf_bytes(&b.public)) ||
	    !bytes_eq(buf_bytes(&a.private), buf_bytes(&b.private)))
		abort();
	return 0;
}
