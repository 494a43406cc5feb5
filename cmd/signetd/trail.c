/* SPDX-License-Identifier: BSD-2-Clause */
#include "trail.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/audit_line.h"
#include "base/log.h"

/* Above what anybody counts on to be stdin, a socket, ... */
#define TRAIL_FD 100

enum sg_err
trail_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	int kept;

	if (fd < 0)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	/* One number for ever: whoever writes at this moment writes to the old
	 * file or the new one. */
	kept = dup3(fd, TRAIL_FD, O_CLOEXEC);
	(void)close(fd);
	if (kept < 0)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	audit_set_fd(kept);
	return SG_OK;
}

static void
cleanup_fd(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

/* The bytes from start to end; fewer when the file became shorter. */
static enum sg_err
read_part(int fd, uint64_t start, uint64_t end, struct buf *out)
{
	uint8_t *at;
	size_t have = 0;
	ssize_t n;

	SG_TRY(buf_extend(out, (size_t)(end - start), &at));
	do {
		n = pread(fd, at + have, out->n - have,
		    (off_t)(start + have));
		if (n < 0)
			return sg_fail(SG_EIO, "the audit file: %s",
			    strerror(errno));
		have += (size_t)n;
	} while (n > 0 && have < out->n);
	out->n = have;
	return SG_OK;
}

/* Lines that cannot be read are nobody's. */
static bool
shown(struct bytes line, uint32_t uid)
{
	struct audit_line l;

	if (audit_line_parse(line, &l) != SG_OK)
		return false;
	return uid == TRAIL_EVERYBODY || audit_line_concerns(&l, uid);
}

/* Whole lines only; what follows the last line end is still being written. */
static enum sg_err
choose(struct bytes part, uint32_t uid, struct buf *out)
{
	while (part.n > 0) {
		const uint8_t *end = memchr(part.p, '\n', part.n);
		struct bytes line = part;

		if (end == NULL)
			break;
		line.n = (size_t)(end - part.p);
		part.p += line.n + 1;
		part.n -= line.n + 1;
		if (!shown(line, uid))
			continue;
		SG_TRY(buf_add_bytes(out, line));
		SG_TRY(buf_add_u8(out, '\n'));
	}
	return SG_OK;
}

enum sg_err
trail_read(const char *path, uint32_t uid, uint64_t end, struct buf *out,
    uint64_t *start)
{
	__attribute__((cleanup(cleanup_fd))) int fd =
	    open(path, O_RDONLY | O_CLOEXEC);
	auto_done(buf) part = { 0 };
	const uint8_t *first;
	struct stat st;
	uint64_t from;

	if (fd < 0 || fstat(fd, &st) != 0)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	if (end > (uint64_t)st.st_size)
		end = (uint64_t)st.st_size;
	from = end > TRAIL_CHUNK ? end - TRAIL_CHUNK : 0;
	SG_TRY(read_part(fd, from, end, &part));
	*start = from;
	if (from == 0)
		return choose(buf_bytes(&part), uid, out);
	/* The part begins in the middle of a line, which is for next time. */
	first = part.n == 0 ? NULL : memchr(part.p, '\n', part.n);
	if (first == NULL)
		return SG_OK;
	first++;
	*start = from + (uint64_t)(first - part.p);
	return choose(bytes_of(first, part.n - (size_t)(first - part.p)), uid,
	    out);
}
