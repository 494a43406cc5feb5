/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "pki/view.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_done(cert_view) c = { 0 };
	auto_done(key_view) k = { 0 };

	SG_IGNORE(key_view_read(bytes_of(data, size), &k));
	if (cert_view_read(bytes_of(data, size), &c) == SG_OK)
		SG_IGNORE(key_view_read(buf_bytes(&c.spki), &k));
	return 0;
}
