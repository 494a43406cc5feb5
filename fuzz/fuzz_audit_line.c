/* SPDX-License-Identifier: BSD-2-Clause */

/* A line of the audit file. */

#include "base/audit_line.h"
#include "fuzz.h"

/* Every view lies in the line. */
static void
check_inside(struct bytes line, struct bytes view)
{
	if (view.n > 0 && (view.p < line.p ||
	    view.p + view.n > line.p + line.n))
		__builtin_trap();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct bytes line = bytes_of(p, n);
	struct audit_line l;

	if (audit_line_parse(line, &l) != SG_OK)
		return 0;
	check_inside(line, l.what);
	for (size_t i = 0; i < l.count; i++) {
		check_inside(line, l.pairs[i].key);
		check_inside(line, l.pairs[i].value);
	}
	(void)audit_line_concerns(&l, 1000);
	return 0;
}
