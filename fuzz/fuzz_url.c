/* SPDX-License-Identifier: BSD-2-Clause */

/* URLs: what passes has a host and no line end. */

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "net/url.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_done(buf) b = { 0 };
	auto_str s = NULL;

	if (str_from_bytes(&s, bytes_of(p, n)) != SG_OK ||
	    url_check(s) != SG_OK)
		return 0;
	if (url_origin_len(s) > strlen(s) || strcspn(s, "\r\n ") < strlen(s))
		abort();
	if (url_with_query(&b, s, "x=1") != SG_OK ||
	    url_escape(&b, bytes_str(s)) != SG_OK)
		abort();
	return 0;
}
