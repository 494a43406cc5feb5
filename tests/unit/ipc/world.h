/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_IPC_WORLD_H
#define SG_TEST_IPC_WORLD_H

/* A server in a process of its own, whose requests wait until the test lets
 * them through. */

#include "../test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

struct world {
	char folder[32];
	char path[64];
	pid_t pid;
	int stop;		/* closing it stops the server */
	int let;		/* a byte lets a request through */
	int begun;		/* a byte says that one has begun */
};

/* What the server's process does with its ends; it does not return. */
typedef void world_serve(const char *path, int stop, int let, int begun);

static inline int
world_begin(void **state, world_serve *serve)
{
	struct world *w = calloc(1, sizeof(*w));
	int stop[2], let[2], begun[2];

	if (w == NULL || pipe(stop) != 0 || pipe(let) != 0 ||
	    pipe(begun) != 0)
		return 1;
	(void)signal(SIGPIPE, SIG_IGN);
	strcpy(w->folder, "/tmp/signet-test-XXXXXX");
	if (mkdtemp(w->folder) == NULL)
		return 1;
	(void)snprintf(w->path, sizeof(w->path), "%s/socket", w->folder);
	if ((w->pid = fork()) == 0) {
		(void)close(stop[1]);
		(void)close(let[1]);
		(void)close(begun[0]);
		serve(w->path, stop[0], let[0], begun[1]);
	}
	(void)close(stop[0]);
	(void)close(let[0]);
	(void)close(begun[1]);
	w->stop = stop[1];
	w->let = let[1];
	w->begun = begun[0];
	while (access(w->path, F_OK) != 0)
		(void)usleep(1000);
	*state = w;
	return 0;
}

static inline void
world_stop(struct world *w)
{
	if (w->stop >= 0)
		(void)close(w->stop);
	w->stop = -1;
}

/* 0 when the server ended well, unless a test has waited for it. */
static inline int
world_end(void **state)
{
	struct world *w = *state;
	int status = w->pid == 0 ? 0 : 1;

	world_stop(w);
	if (w->let >= 0)
		(void)close(w->let);
	if (w->pid > 0)
		(void)waitpid(w->pid, &status, 0);
	(void)close(w->begun);
	(void)unlink(w->path);
	(void)rmdir(w->folder);
	free(w);
	return status;
}

#endif
