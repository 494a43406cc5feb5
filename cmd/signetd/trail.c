/* SPDX-License-Identifier: BSD-2-Clause */
#include "trail.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/audit_line.h"
#include "base/file.h"
#include "base/log.h"

#define TRAIL_LINE_MAX 4096	/* base/log.c writes shorter ones */

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

/* Whole lines that begin before the byte end; what follows the last line end is
 * still being written. */
static enum sg_err
choose(struct bytes part, size_t end, uint32_t uid, struct buf *out)
{
	const uint8_t *last = part.p + end;

	while (part.n > 0 && part.p < last) {
		const uint8_t *stop = memchr(part.p, '\n', part.n);
		struct bytes line = part;

		if (stop == NULL)
			break;
		line.n = (size_t)(stop - part.p);
		part.p += line.n + 1;
		part.n -= line.n + 1;
		if (!shown(line, uid))
			continue;
		SG_TRY(buf_add_bytes(out, line));
		SG_TRY(buf_add_u8(out, '\n'));
	}
	return SG_OK;
}

/* Behind the line that the byte before the chunk belongs to. */
static struct bytes
from_first_line(struct bytes part)
{
	const uint8_t *stop = memchr(part.p, '\n', part.n);
	size_t skip = stop != NULL ? (size_t)(stop - part.p) + 1 : part.n;

	return bytes_of(part.p + skip, part.n - skip);
}

enum sg_err
trail_read(const char *path, uint32_t uid, uint64_t end, struct buf *out,
    uint64_t *start)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	auto_done(buf) part = { 0 };
	struct bytes lines;
	struct stat st;
	uint64_t from, before, behind;

	if (fd < 0 || fstat(fd, &st) != 0)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	if (end > (uint64_t)st.st_size)
		end = (uint64_t)st.st_size;
	from = end == 0 ? 0 : (end - 1) / TRAIL_CHUNK * TRAIL_CHUNK;
	/* One byte more in front tells whether a line begins there; the last
	 * line may go on behind the end. */
	before = from > 0 ? from - 1 : 0;
	behind = end + TRAIL_LINE_MAX;
	if (behind > (uint64_t)st.st_size)
		behind = (uint64_t)st.st_size;
	SG_TRY(read_part(fd, before, behind, &part));
	*start = from;
	lines = buf_bytes(&part);
	if (from > 0)
		lines = from_first_line(lines);
	if (lines.n == 0)
		return SG_OK;
	end -= before;
	return choose(lines, (size_t)end > part.n - lines.n
	    ? (size_t)end - (part.n - lines.n) : 0, uid, out);
}
