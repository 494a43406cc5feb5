/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Whatever is freed in this process is wiped first, in every library: tss2 and
 * OpenSSL copy authorisation values and session keys while they work, and give
 * the memory back as it is.  The C library finds these two before its own.
 */

#include <malloc.h>
#include <stddef.h>
#include <string.h>

/* glibc's own, under the names that it keeps for those who replace them. */
extern void *__libc_malloc(size_t n);	/* NOLINT(bugprone-reserved-identifier) */
extern void __libc_free(void *p);	/* NOLINT(bugprone-reserved-identifier) */

#define EXPORTED __attribute__((visibility("default")))

EXPORTED void
free(void *p)
{
	if (p == NULL)
		return;
	explicit_bzero(p, malloc_usable_size(p));
	__libc_free(p);
}

/* Never in place: the old block's end would escape. */
EXPORTED void *
realloc(void *p, size_t n)
{
	size_t old = p != NULL ? malloc_usable_size(p) : 0;
	void *fresh;

	if (p != NULL && n == 0) {
		free(p);
		return NULL;
	}
	if ((fresh = __libc_malloc(n)) == NULL)
		return NULL;
	if (old > 0)
		memcpy(fresh, p, old < n ? old : n);
	free(p);
	return fresh;
}
