/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "signin/diagnose.h"

/* A host decides what stands in FreeRDP's log. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct diagnose_about about = { "host", "user", "realm", "cert" };
	struct diagnosis d = { 0 };
	auto_done(buf) line = { 0 };
	auto_done(buf) words = { 0 };

	if (buf_add(&line, data, size) != SG_OK ||
	    buf_terminate(&line) != SG_OK)
		return 0;
	for (char *s = (char *)line.p, *l; (l = strsep(&s, "\n")) != NULL;)
		diagnose_line(&d, l);
	diagnose_end(&d, size > 0 ? data[0] : 0);
	assert(d.cause < CAUSE_COUNT);
	SG_IGNORE(diagnose_words(&d, &about, &words));
	return 0;
}
