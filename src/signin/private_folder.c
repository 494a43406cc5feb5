/* SPDX-License-Identifier: BSD-2-Clause */
#include "signin/private_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define FOLDER_PREFIX	"rdp-"
#define FOLDER_FLAGS	(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static bool
only_ours(const struct stat *st)
{
	return S_ISDIR(st->st_mode) && st->st_uid == geteuid() &&
	    (st->st_mode & 077) == 0;
}

static enum sg_err
base_path(char **out)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (run != NULL && *run == '/' && stat(run, &st) == 0 &&
	    only_ours(&st))
		return str_printf(out, "%s/signet", run);
	return str_printf(out, "/tmp/signet-%u", (unsigned)geteuid());
}

static enum sg_err
base_open(char **path, int *fd)
{
	auto_str p = NULL;
	struct stat st;

	SG_TRY(base_path(&p));
	if (mkdir(p, 0700) != 0 && errno != EEXIST)
		return sg_fail(SG_EIO, "%s: %s", p, strerror(errno));
	auto_fd f = open(p, FOLDER_FLAGS);
	if (f < 0)
		return sg_fail(SG_EPERM, "%s: %s", p, strerror(errno));
	if (fstat(f, &st) != 0 || !only_ours(&st))
		return sg_fail(SG_EPERM, "%s belongs to or is open to another "
		    "user; have it removed", p);
	*fd = f;
	f = -1;
	*path = p;
	p = NULL;
	return SG_OK;
}

/* A ticket cache must not stay readable in freed blocks. */
static void
file_erase(int folder, const char *name)
{
	static const char zeros[4096];
	struct stat st;
	auto_fd fd = openat(folder, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC |
	    O_NONBLOCK);

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		size_t left = (size_t)st.st_size;

		while (left > 0) {
			ssize_t n = write(fd, zeros, left < sizeof(zeros) ?
			    left : sizeof(zeros));

			if (n <= 0)
				break;
			left -= (size_t)n;
		}
		(void)fdatasync(fd);
	}
	(void)unlinkat(folder, name, 0);
}

static void
folder_erase(int base, int folder, const char *name)
{
	DIR *d = fdopendir(openat(folder, ".", FOLDER_FLAGS));

	if (d == NULL)
		return;
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			file_erase(folder, e->d_name);
	(void)closedir(d);
	(void)unlinkat(base, name, AT_REMOVEDIR);
}

/* Folders whose lock is free have no process any more. */
static void
sweep(int base)
{
	DIR *d = fdopendir(openat(base, ".", FOLDER_FLAGS));

	if (d == NULL)
		return;
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		if (strncmp(e->d_name, FOLDER_PREFIX,
		    strlen(FOLDER_PREFIX)) != 0)
			continue;
		auto_fd fd = openat(base, e->d_name, FOLDER_FLAGS);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			folder_erase(base, fd, e->d_name);
	}
	(void)closedir(d);
}

enum sg_err
private_folder_init(struct private_folder *f)
{
	auto_str base = NULL;
	auto_str path = NULL;
	auto_fd b = -1;
	auto_fd fd = -1;

	SG_TRY(base_open(&base, &b));
	/* Until the new folder has its lock, nobody else may sweep. */
	if (flock(b, LOCK_EX) != 0)
		return sg_fail(SG_EIO, "%s: %s", base, strerror(errno));
	sweep(b);
	SG_TRY(str_printf(&path, "%s/" FOLDER_PREFIX "XXXXXX", base));
	if (mkdtemp(path) == NULL)
		return sg_fail(SG_EIO, "%s: %s", base, strerror(errno));
	fd = open(path, FOLDER_FLAGS);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	*f = (struct private_folder) { path, base, fd };
	path = base = NULL;
	fd = -1;
	return SG_OK;
}

void
private_folder_done(struct private_folder *f)
{
	if (f->path != NULL) {
		auto_fd base = open(f->base, FOLDER_FLAGS);

		folder_erase(base, f->fd, strrchr(f->path, '/') + 1);
		(void)close(f->fd);
	}
	free(f->path);
	free(f->base);
	*f = (struct private_folder) { .fd = -1 };
}

enum sg_err
private_folder_path(const struct private_folder *f, const char *name,
    char **out)
{
	return str_printf(out, "%s/%s", f->path, name);
}

enum sg_err
private_folder_write(const struct private_folder *f, const char *name,
    struct bytes x, char **path)
{
	auto_str p = NULL;

	SG_TRY(private_folder_path(f, name, &p));
	SG_TRY(file_create(p, x, 0600));
	*path = p;
	p = NULL;
	return SG_OK;
}
