/* SPDX-License-Identifier: BSD-2-Clause */

/* Security descriptors' bytes, with the law that what was read can be printed,
 * read and written again to the same. */

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "pki/sddl.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_done(sd) s = { 0 }, again = { 0 }, text_read = { 0 };
	auto_str text = NULL, *same = NULL;
	auto_done(buf) b = { 0 };

	if (sd_decode(&s, bytes_of(p, n), NULL) != SG_OK)
		return 0;
	if (sddl_print(&text, &s) != SG_OK)
		abort();
	if (strlen(text) <= SDDL_TEXT_MAX &&
	    sddl_parse(&text_read, text) != SG_OK)
		abort();
	if (sd_encode(&b, &s, NULL) != SG_OK || b.n > SD_SIZE_MAX)
		return 0;
	if (sd_decode(&again, buf_bytes(&b), NULL) != SG_OK ||
	    sddl_print(&same, &again) != SG_OK || strcmp(text, same) != 0)
		abort();
	return 0;
}
