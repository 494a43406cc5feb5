/* SPDX-License-Identifier: BSD-2-Clause */

/* A name's text: what is printed of it is parsed to the same DER. */

#include <stdlib.h>

#include "fuzz.h"
#include "pki/name.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_str text = NULL, *printed = NULL;
	auto_done(buf) first = { 0 }, second = { 0 };

	if (str_from_bytes(&text, bytes_of(p, n)) != SG_OK ||
	    name_parse(&first, text) != SG_OK)
		return 0;
	/* Escapes can make the text longer than we take. */
	if (name_print(&printed, buf_bytes(&first)) != SG_OK)
		abort();
	if (name_parse(&second, printed) == SG_OK &&
	    !name_same(buf_bytes(&first), buf_bytes(&second)))
		abort();
	return 0;
}
