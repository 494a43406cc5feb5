/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/secret.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * Wiped pages that wait for the next secret: to map, lock, protect and unmap
 * one takes five system calls, and every frame is a secret.  Without them where
 * a sanitizer shall see what is used after secret_done().
 */
#if defined(__SANITIZE_ADDRESS__)
#define SPARE_MAX 0
#else
#define SPARE_MAX 8
#endif
static void *_Atomic spare[SPARE_MAX + 1];

static size_t
page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static void *
spare_take(void)
{
	void *p = NULL;

	for (int i = 0; i < SPARE_MAX && p == NULL; i++)
		p = atomic_exchange(&spare[i], NULL);
	/* A forked child has the page, but not the lock. */
	if (p != NULL)
		(void)mlock2(p, page_size(), MLOCK_ONFAULT);
	return p;
}

static bool
spare_keep(void *p)
{
	void *none = NULL;

	for (int i = 0; i < SPARE_MAX; i++, none = NULL)
		if (atomic_compare_exchange_strong(&spare[i], &none, p))
			return true;
	return false;
}

/* A host program may unload the library that holds these. */
__attribute__((destructor)) static void
spare_free(void)
{
	void *p;

	while ((p = spare_take()) != NULL)
		(void)munmap(p, page_size());
}

static void *
map(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	/* Locked as it is touched, so that a large empty one costs nothing. */
	(void)mlock2(p, n, MLOCK_ONFAULT);
	(void)madvise(p, n, MADV_DONTDUMP);
	(void)madvise(p, n, MADV_WIPEONFORK);
	return p;
}

enum sg_err
secret_init(struct secret *s, size_t cap)
{
	size_t page = page_size();
	size_t n = (cap + page) / page * page;
	void *p = n == page ? spare_take() : NULL;

	if (p == NULL)
		p = map(n);
	if (p == NULL)
		return sg_fail(SG_ENOMEM, "no memory for a secret");
	*s = (struct secret) { p, 0, cap, n };
	return SG_OK;
}

enum sg_err
secret_set(struct secret *s, const void *p, size_t n)
{
	struct secret fresh;

	SG_TRY(secret_init(&fresh, n));
	if (n > 0)
		memcpy(fresh.p, p, n);
	fresh.n = n;
	secret_done(s);
	*s = fresh;
	return SG_OK;
}

enum sg_err
secret_add(struct secret *s, const void *p, size_t n)
{
	if (n > s->cap - s->n)
		return sg_fail(SG_ELIMIT, "a secret is longer than %zu bytes",
		    s->cap);
	if (n > 0)
		memcpy(s->p + s->n, p, n);
	s->n += n;
	return SG_OK;
}

void
secret_clear(struct secret *s)
{
	wipe(s->p, s->mapped);
	s->n = 0;
}

void
secret_done(struct secret *s)
{
	if (s->p != NULL) {
		wipe(s->p, s->mapped);
		if (s->mapped != page_size() || !spare_keep(s->p))
			(void)munmap(s->p, s->mapped);
	}
	*s = (struct secret) { 0 };
}
