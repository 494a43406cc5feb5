/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/file.h"
#include "caller.h"
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ca/publish.h"
#include "ca/store.h"
#include "pki/crl_summary.h"

#define WAIT_MS		60000
#define STEP_MS		50

/*
 * Root may start today what the owner starts tomorrow.  The folder is the
 * owner's, and so is what stands there: only an empty file without another
 * name is given to him.
 */
static enum sg_err
lock_give(int fd, const char *path, const char *dir)
{
	struct stat st, folder;

	if (geteuid() != 0)
		return SG_OK;
	if (fstat(fd, &st) != 0 || stat(dir, &folder) != 0)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	if (st.st_uid == folder.st_uid)
		return SG_OK;
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || st.st_size != 0)
		return sg_fail(SG_EPERM, "%s: not a lock of signet-ca", path);
	if (fchown(fd, folder.st_uid, folder.st_gid) != 0)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	return SG_OK;
}

static enum sg_err
lock_open(int *out, const char *dir)
{
	auto_str path = NULL;
	auto_fd fd = -1;

	SG_TRY(ca_store_there(dir));
	SG_TRY(str_printf(&path, "%s/serve.lock", dir));
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return sg_fail(errno == EACCES || errno == ELOOP ? SG_EPERM
		    : SG_EIO, "%s: %s", path, strerror(errno));
	SG_TRY(lock_give(fd, path, dir));
	*out = fd;
	fd = -1;
	return SG_OK;
}

enum sg_err
serve_lock(int *fd, const char *dir)
{
	struct flock l = { .l_type = F_WRLCK };
	int s = -1;

	SG_TRY(lock_open(&s, dir));
	if (fcntl(s, F_SETLK, &l) != 0) {
		(void)close(s);
		return sg_fail(SG_EBUSY, "a server for %s runs already", dir);
	}
	*fd = s;
	return SG_OK;
}

/* The kernel says who holds the lock, so there is no number of a process that
 * is gone. */
static enum sg_err
server_find(pid_t *out, const char *dir)
{
	struct flock l = { .l_type = F_WRLCK };
	auto_fd fd = -1;

	SG_TRY(lock_open(&fd, dir));
	if (fcntl(fd, F_GETLK, &l) != 0)
		return sg_fail(SG_EIO, "serve.lock: %s", strerror(errno));
	if (l.l_type == F_UNLCK || l.l_pid <= 0)
		return sg_fail(SG_ENOENT, "no server runs for %s "
		    "('signet-ca serve')", dir);
	*out = l.l_pid;
	return SG_OK;
}

static enum sg_err
number_published(uint64_t *out, const char *path)
{
	struct crl_summary s;

	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	SG_TRY(sg_while(crl_summary_read(&s, fd), "%s", path));
	*out = s.number;
	return SG_OK;
}

/* The list of the current key, which is made last. */
static enum sg_err
list_path(char **out, const char *dir)
{
	auto_free(ca_store) s = NULL;
	auto_str file = NULL;

	SG_TRY(ca_store_open(&s, dir));
	SG_TRY(ca_store_ready(s, CA_ISSUING));
	SG_TRY(ca_list_file(&file, CA_LIST_BASE,
	    ca_current(&s->gen[CA_ISSUING])->version.key));
	return str_printf(out, "%s/issuing/%s", dir, file);
}

static enum sg_err
server_tell(pid_t server)
{
	auto_done(caller) caller = { 0 };

	caller_act(&caller);
	if (kill(server, SIGHUP) != 0)
		return sg_fail(SG_EPERM, "the server cannot be asked: %s",
		    strerror(errno));
	return SG_OK;
}

enum sg_err
serve_publish(const char *dir)
{
	auto_str path = NULL;
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000 };
	uint64_t before, now = 0;
	pid_t server = 0;

	SG_TRY(server_find(&server, dir));
	SG_TRY(list_path(&path, dir));
	SG_TRY(number_published(&before, path));
	SG_TRY(server_tell(server));
	for (int ms = 0; ms < WAIT_MS; ms += STEP_MS) {
		SG_TRY(number_published(&now, path));
		if (now > before) {
			(void)printf("CRL %llu\n", (unsigned long long)now);
			return SG_OK;
		}
		(void)nanosleep(&step, NULL);
	}
	return sg_fail(SG_ETIMEOUT, "the server has made no new list; its log "
	    "says why");
}
