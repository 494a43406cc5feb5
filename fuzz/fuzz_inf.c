/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * certreq's policy files: the INF text, what it describes, and the law that a
 * description which was written reads back.
 */

#include <stdlib.h>

#include "fuzz.h"
#include "proto/certreq.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_done(inf) f = { 0 };
	auto_done(inf) again = { 0 };
	auto_done(certreq) r = { 0 };
	auto_done(certreq) same = { 0 };
	auto_done(buf) out = { 0 };

	if (inf_parse(&f, bytes_of(p, n), "fuzz") != SG_OK ||
	    certreq_read(&r, &f, "fuzz") != SG_OK ||
	    certreq_write(&r, &out) != SG_OK)
		return 0;
	if (inf_parse(&again, buf_bytes(&out), "again") != SG_OK ||
	    certreq_read(&same, &again, "again") != SG_OK)
		abort();
	return 0;
}
