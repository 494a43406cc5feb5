/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/handed.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#define FIRST 3		/* SD_LISTEN_FDS_START */

/* Names are separated by colons, and may be missing. */
static void
names_take(struct handed *h, const char *names)
{
	for (size_t i = 0; i < h->n && names != NULL; i++) {
		size_t n = strcspn(names, ":");

		(void)snprintf(h->name[i], HANDED_NAME_MAX, "%.*s", (int)n,
		    names);
		names = names[n] == ':' ? names + n + 1 : NULL;
	}
}

enum sg_err
handed_take(struct handed *out)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	struct handed h = { 0 };
	long long n = 0;

	*out = h;
	if (pid == NULL || fds == NULL || atol(pid) != (long)getpid())
		return SG_OK;
	SG_TRY(number_parse(&n, fds, 0, HANDED_MAX, "LISTEN_FDS"));
	for (; h.n < (size_t)n; h.n++) {
		h.fd[h.n] = FIRST + (int)h.n;
		if (fcntl(h.fd[h.n], F_SETFD, FD_CLOEXEC) != 0)
			return sg_fail(SG_EARG, "descriptor %d was not "
			    "handed over", h.fd[h.n]);
	}
	names_take(&h, getenv("LISTEN_FDNAMES"));
	*out = h;
	return SG_OK;
}

int
handed_find(struct handed *h, const char *name)
{
	for (size_t i = 0; i < h->n; i++) {
		int fd = h->fd[i];

		if (fd >= 0 && strcmp(h->name[i], name) == 0) {
			h->fd[i] = -1;
			return fd;
		}
	}
	return -1;
}

void
handed_done(struct handed *h)
{
	for (size_t i = 0; i < h->n; i++)
		fd_close(&h->fd[i]);
	h->n = 0;
}
