/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "verb.h"

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
