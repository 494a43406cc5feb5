/* SPDX-License-Identifier: BSD-2-Clause */

/* SDDL, with the laws that what was read is printed, reads back, and comes
 * through the bytes unchanged. */

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "pki/access.h"

#define DOMAIN "S-1-5-21-1-2-3"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_done(sd) s = { 0 }, again = { 0 }, back = { 0 };
	auto_str text = NULL, *printed = NULL, *same = NULL, *through = NULL;
	auto_done(texts) who = { 0 };
	auto_done(buf) b = { 0 };

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
	/* SIDs of that domain turn into aliases, a list may be too long. */
	if (strstr(printed, DOMAIN "-") != NULL ||
	    sd_encode(&b, &s, DOMAIN) != SG_OK || b.n > SD_SIZE_MAX)
		return 0;
	if (sd_decode(&back, buf_bytes(&b), DOMAIN) != SG_OK ||
	    sddl_print(&through, &back) != SG_OK ||
	    strcmp(printed, through) != 0)
		abort();
	return 0;
}
