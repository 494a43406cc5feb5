/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Preloaded: the program that $LAB_STAY names stops itself at its very end, so
 * that its memory can be looked at.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void
stay(void)
{
	(void)raise(SIGSTOP);
}

__attribute__((constructor)) static void
begin(void)
{
	const char *name = getenv("LAB_STAY");

	/* What is registered first runs last. */
	if (name != NULL && strcmp(name, program_invocation_short_name) == 0)
		(void)atexit(stay);
}
