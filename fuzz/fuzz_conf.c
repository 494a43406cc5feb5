/* SPDX-License-Identifier: BSD-2-Clause */

/* The configuration file parser. */

#include "base/conf.h"
#include "fuzz.h"

static enum sg_err
each(void *arg, const struct conf_line *line)
{
	bool b;

	(void)arg;
	return conf_bool(&b, line->value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	SG_IGNORE(conf_parse(bytes_of(p, n), "fuzz", each, NULL));
	return 0;
}
