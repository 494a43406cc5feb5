/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/secret.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum sg_err
secret_init(struct secret *s, size_t cap)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t n = (cap + page) / page * page;
	void *p;

	p = mmap(NULL, n, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return sg_fail(SG_ENOMEM, "no memory for a secret");
	/* Locked as it is touched, so that a large empty one costs nothing. */
	(void)mlock2(p, n, MLOCK_ONFAULT);
	(void)madvise(p, n, MADV_DONTDUMP);
	(void)madvise(p, n, MADV_WIPEONFORK);
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
		(void)munmap(s->p, s->mapped);
	}
	*s = (struct secret) { 0 };
}
