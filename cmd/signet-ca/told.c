/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "verb.h"

void
root_print(const struct cert *c)
{
	(void)printf("SHA-256 of the root: ");
	for (size_t i = 0; i < sizeof(c->sha256); i++)
		(void)printf("%s%02X", i > 0 ? ":" : "", c->sha256[i]);
	(void)putchar('\n');
}

bool
person_reads(void)
{
	return isatty(STDOUT_FILENO);
}

void
told(const char *fmt, ...)
{
	va_list ap;

	if (!person_reads())
		return;
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)putchar('\n');
}
