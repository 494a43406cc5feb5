/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_STEP 65536

static enum sg_err
fail_errno(const char *path)
{
	int e = errno;

	if (e == ENOENT)
		return sg_fail(SG_ENOENT, "%s: no such file", path);
	if (e == EEXIST)
		return sg_fail(SG_EEXIST, "%s exists already", path);
	if (e == EACCES || e == EPERM)
		return sg_fail(SG_EPERM, "%s: %s", path, strerror(e));
	return sg_fail(SG_EIO, "%s: %s", path, strerror(e));
}

void
fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

enum sg_err
file_read_fd(struct buf *out, int fd, size_t max, const char *what)
{
	auto_done(buf) b = { 0 };

	for (;;) {
		uint8_t *at;
		ssize_t n;

		SG_TRY(buf_extend(&b, READ_STEP, &at));
		do
			n = read(fd, at, READ_STEP);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return fail_errno(what);
		b.n -= READ_STEP - (size_t)n;
		if (b.n > max)
			return sg_fail(SG_ELIMIT,
			    "%s is larger than %zu bytes", what, max);
		if (n == 0)
			break;
	}
	buf_done(out);
	*out = b;
	b = (struct buf) { 0 };
	return SG_OK;
}

enum sg_err
file_read(struct buf *out, const char *path, size_t max)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return fail_errno(path);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return sg_fail(SG_EIO, "%s is a folder, not a file", path);
	return file_read_fd(out, fd, max, path);
}

enum sg_err
file_read_secret_line(struct secret *out, int fd)
{
	uint8_t c = 0;
	ssize_t n = 0;
	bool any = false;
	enum sg_err e = SG_OK;

	secret_clear(out);
	while (e == SG_OK) {
		n = read(fd, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			e = sg_fail(SG_EIO, "file descriptor %d: %s", fd,
			    strerror(errno));
		if (n <= 0 || c == '\n')
			break;
		any = true;
		if (c != '\r')
			e = secret_add(out, &c, 1);
	}
	wipe(&c, 1);
	if (e == SG_OK && n == 0 && !any)
		e = sg_fail(SG_ENOENT, "file descriptor %d: nothing to read",
		    fd);
	return e;
}

enum sg_err
file_write_fd(int fd, struct bytes x, const char *what)
{
	while (x.n > 0) {
		ssize_t n = write(fd, x.p, x.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(what);
		x.p += n;
		x.n -= (size_t)n;
	}
	return SG_OK;
}

static enum sg_err
folder_sync_of(const char *path)
{
	auto_str copy = NULL;

	SG_TRY(str_dup(&copy, path));
	auto_fd fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return fail_errno(path);
	return SG_OK;
}

void
draft_done(struct draft *d)
{
	if (d->tmp == NULL)
		return;
	(void)close(d->fd);
	(void)unlink(d->tmp);
	free(d->tmp);
	free(d->path);
	*d = (struct draft) { 0 };
}

enum sg_err
draft_open(struct draft *out, const char *path)
{
	auto_str name = NULL, *copy = NULL;

	SG_TRY(str_dup(&copy, path));
	SG_TRY(str_printf(&name, "%s.new-XXXXXX", path));
	int fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		return fail_errno(path);
	*out = (struct draft) { fd, copy, name };
	copy = name = NULL;
	return SG_OK;
}

enum sg_err
draft_commit(struct draft *d, mode_t mode, enum draft_end end)
{
	int failed;

	if (fchmod(d->fd, mode) != 0 || fsync(d->fd) != 0)
		return fail_errno(d->path);
	/* link() refuses an existing name, rename() would replace it. */
	if (end == DRAFT_CREATES)
		failed = link(d->tmp, d->path);
	else
		failed = rename(d->tmp, d->path);
	if (failed != 0)
		return fail_errno(d->path);
	return folder_sync_of(d->path);
}

static enum sg_err
file_put(const char *path, struct bytes x, mode_t mode, enum draft_end end)
{
	auto_done(draft) d = { 0 };

	SG_TRY(draft_open(&d, path));
	SG_TRY(file_write_fd(d.fd, x, path));
	return draft_commit(&d, mode, end);
}

/* A device or a pipe is nothing that could be replaced: root would take
 * /dev/null away from everybody. */
static bool
is_written_to(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) &&
	    !S_ISDIR(st.st_mode);
}

static enum sg_err
write_to(const char *path, struct bytes x)
{
	auto_fd fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? fail_errno(path) : file_write_fd(fd, x, path);
}

enum sg_err
file_replace(const char *path, struct bytes x, mode_t mode)
{
	if (is_written_to(path))
		return write_to(path, x);
	return file_put(path, x, mode, DRAFT_REPLACES);
}

enum sg_err
file_create(const char *path, struct bytes x, mode_t mode)
{
	return file_put(path, x, mode, DRAFT_CREATES);
}

enum sg_err
file_remove(const char *path)
{
	if (unlink(path) != 0) {
		if (errno == ENOENT)
			return SG_OK;
		return fail_errno(path);
	}
	return folder_sync_of(path);
}

enum sg_err
folder_make(const char *path, mode_t mode)
{
	auto_str p = NULL;
	struct stat st;

	SG_TRY(str_dup(&p, path));
	for (char *s = p + 1; *s != '\0'; s++) {
		if (*s != '/')
			continue;
		*s = '\0';
		if (mkdir(p, 0755) != 0 && errno != EEXIST)
			return fail_errno(p);
		*s = '/';
	}
	if (mkdir(p, mode) == 0)
		return folder_sync_of(p);
	if (errno != EEXIST)
		return fail_errno(p);
	if (stat(p, &st) != 0 || !S_ISDIR(st.st_mode))
		return sg_fail(SG_EIO, "%s is not a folder", p);
	return SG_OK;
}
