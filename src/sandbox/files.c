/* SPDX-License-Identifier: BSD-2-Clause */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's, at its longest so far; a shorter one is its beginning.  Older
 * headers do not have all of it. */
struct ruleset {
	uint64_t files;		/* since ABI 1 */
	uint64_t network;	/* since ABI 4 */
	uint64_t scoped;	/* since ABI 6 */
};

/* How many rights on files each ABI has, counted from bit 0. */
static const unsigned char rights[] = { 0, 13, 14, 15, 15, 16 };
#define RIGHTS_LEN	((int)sizeof(rights))
#define ABI_NETWORK	4
#define NETWORK_ALL	3	/* bind and connect of TCP */
#define ABI_SCOPED	6
#define SCOPED_SIGNAL	2

enum sg_err
sandbox_basics(unsigned descriptors)
{
	const struct rlimit none = { 0, 0 };
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return sg_fail(SG_EPERM, "sandbox: %s", strerror(errno));
	if (files.rlim_max > descriptors)
		files.rlim_max = descriptors;
	files.rlim_cur = files.rlim_max;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &none) != 0 ||
	    setrlimit(RLIMIT_NOFILE, &files) != 0)
		return sg_fail(SG_EPERM, "sandbox: %s", strerror(errno));
	return SG_OK;
}

/* False when the kernel has none, or it is switched off. */
static bool
landlock(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset r = { 0 };
	int fd;
	bool done;

	if (abi < 1)
		return false;
	r.files = ((uint64_t)1 << rights[abi < RIGHTS_LEN ? abi
	    : RIGHTS_LEN - 1]) - 1;
	if (abi >= ABI_NETWORK)
		r.network = NETWORK_ALL;
	if (abi >= ABI_SCOPED)
		r.scoped = SCOPED_SIGNAL;
	fd = (int)syscall(SYS_landlock_create_ruleset, &r, sizeof(r), 0);
	if (fd < 0)
		return false;
	/* A ruleset without rules allows nothing of what it names. */
	done = syscall(SYS_landlock_restrict_self, fd, 0) == 0;
	(void)close(fd);
	return done;
}

static enum sg_err
fail(const char *what)
{
	return sg_fail(errno == EPERM ? SG_EUNSUPPORTED : SG_EIO, "sandbox:"
	    " neither Landlock nor %s: %s", what, strerror(errno));
}

/* To a folder that has no name any more, so that nothing can be put there. */
static enum sg_err
nowhere(void)
{
	char path[] = "/tmp/signet-nowhere-XXXXXX";
	int fd;
	bool gone;

	if (mkdtemp(path) == NULL)
		return fail(path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	gone = rmdir(path) == 0 && fd >= 0 && fchdir(fd) == 0 &&
	    chroot(".") == 0;
	if (fd >= 0)
		(void)close(fd);
	return gone ? SG_OK : fail("chroot");
}

enum sg_err
sandbox_no_files(enum sandbox_files *how)
{
	*how = SANDBOX_LANDLOCK;
	if (landlock())
		return SG_OK;
	*how = SANDBOX_CHROOT;
	return nowhere();
}

enum sg_err
sandbox_files_beside(const char *folder, enum sandbox_files *how)
{
	*how = SANDBOX_LANDLOCK;
	if (landlock())
		return SG_OK;
	*how = SANDBOX_CHROOT;
	if (chdir(folder) != 0 || chroot(".") != 0)
		return fail(folder);
	return SG_OK;
}
