/* SPDX-License-Identifier: BSD-2-Clause */

/* SDDL, with the law that what was read is printed and reads back. */

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "pki/access.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_done(sd) s = { 0 }, again = { 0 };
	auto_str text = NULL, *printed = NULL, *same = NULL;
	auto_done(texts) who = { 0 };

	if (str_from_bytes(&text, bytes_of(p, n)) != SG_OK ||
	    sddl_parse(&s, text) != SG_OK)
		return 0;
	if (sddl_print(&printed, &s) != SG_OK ||
	    sddl_parse(&again, printed) != SG_OK ||
	    sddl_print(&same, &again) != SG_OK || strcmp(printed, same) != 0 ||
	    access_trustees(&who, &s) != SG_OK)
		abort();
	for (int r = 0; r < ACCESS_RIGHTS; r++)
		(void)access_granted(&s, &who, (enum access_right)r);
	return 0;
}
