/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/account.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

struct answer {
	bool found;
	uint32_t uid;
};

_Noreturn static void
look_up(const char *name, int to)
{
	const struct passwd *p = getpwnam(name);
	struct answer a = { 0 };

	if (p != NULL)
		a = (struct answer) { true, p->pw_uid };
	_exit(write(to, &a, sizeof(a)) == sizeof(a) ? 0 : 1);
}

/* The whole answer, or the child's end. */
static bool
hear(int from, struct answer *out)
{
	ssize_t n;

	do {
		n = read(from, out, sizeof(*out));
	} while (n < 0 && errno == EINTR);
	return n == sizeof(*out);
}

enum sg_err
account_find(const char *name, bool *found, uint32_t *uid)
{
	struct answer a = { 0 };
	int ends[2];
	pid_t child;
	bool heard;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return sg_fail(SG_EIO, "user '%s': %s", name,
		    strerror(errno));
	child = fork();
	if (child == 0)
		look_up(name, ends[1]);
	fd_close(&ends[1]);
	heard = child > 0 && hear(ends[0], &a);
	fd_close(&ends[0]);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	if (!heard)
		return sg_fail(SG_EIO, "user '%s': %s", name, child < 0
		    ? "no process to look it up" : "the lookup failed");
	*found = a.found;
	if (a.found)
		*uid = a.uid;
	return SG_OK;
}
