/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

/* Longer than any line: five texts and numbers. */
#define TAIL_MAX	(5 * CA_AUDIT_TEXT_MAX)
/* Records that are repeated in an empty file. */
#define REPEAT		100
#define WRITE_STEP	65536

void
ca_mirror_done(struct ca_mirror *m)
{
	if (m->fd >= 0)
		(void)close(m->fd);
	free(m->path);
	*m = (struct ca_mirror) { .fd = -1 };
}

static enum sg_err
fail(const struct ca_mirror *m)
{
	return sg_fail(SG_EIO, "%s: %s", m->path, strerror(errno));
}

enum sg_err
ca_mirror_open(struct ca_mirror *m, const char *path)
{
	*m = (struct ca_mirror) { .fd = -1 };
	SG_TRY(str_dup(&m->path, path));
	m->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	return m->fd < 0 ? fail(m) : SG_OK;
}

/* The end of the file as text. */
static enum sg_err
tail(struct buf *out, const struct ca_mirror *m)
{
	struct stat st;
	uint8_t *at;
	off_t from;
	ssize_t n;

	if (fstat(m->fd, &st) != 0)
		return fail(m);
	from = st.st_size > TAIL_MAX ? st.st_size - TAIL_MAX : 0;
	SG_TRY(buf_extend(out, (size_t)(st.st_size - from), &at));
	n = pread(m->fd, at, out->n, from);
	if (n < 0)
		return fail(m);
	out->n = (size_t)n;
	return buf_terminate(out);
}

/* "... seq=12 hash=0123" at the end of a line. */
static enum sg_err
line_head(struct ca_audit_head *out, const char *line)
{
	const char *seq = NULL, *at = line;
	auto_done(buf) hash = { 0 };
	char hex[2 * SHA256_LEN + 1];
	int end = 0;

	while ((at = strstr(at, " seq=")) != NULL)
		seq = at++;
	if (seq == NULL || sscanf(seq, " seq=%" SCNd64 " hash=%64[0-9a-f]%n",
	    &out->seq, hex, &end) != 2 || seq[end] != '\0' ||
	    hex_decode(&hash, hex) != SG_OK || hash.n != SHA256_LEN)
		return sg_fail(SG_EFORMAT, "the last line is no record's");
	memcpy(out->hash, hash.p, SHA256_LEN);
	return SG_OK;
}

/* A crash of the machine may have cut the last line short, so it is the last
 * one with an end that counts. */
enum sg_err
ca_mirror_head(struct ca_audit_head *out, const struct ca_mirror *m)
{
	auto_done(buf) text = { 0 };
	struct ca_audit_head h = { 0 };
	char *end, *line;

	SG_TRY(tail(&text, m));
	if ((end = strrchr((char *)text.p, '\n')) != NULL) {
		*end = '\0';
		line = strrchr((char *)text.p, '\n');
		SG_TRY(sg_while(line_head(&h, line != NULL ? line
		    : (char *)text.p), "%s", m->path));
	}
	*out = h;
	return SG_OK;
}

struct writing {
	const struct ca_mirror *m;
	struct buf text;
};

static enum sg_err
flush(struct writing *w)
{
	struct bytes x = buf_bytes(&w->text);

	w->text.n = 0;
	return file_write_fd(w->m->fd, x, w->m->path);
}

static enum sg_err
write_line(void *arg, const struct ca_audit *r)
{
	struct writing *w = arg;
	auto_str hex = NULL;
	uint8_t hash[SHA256_LEN];
	time_t t = (time_t)r->at;
	char when[32] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm) != NULL)
		(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	SG_TRY(ca_audit_hash(r, hash));
	SG_TRY(hex_encode(&hex, bytes_of(hash, sizeof(hash))));
	SG_TRY(buf_printf(&w->text, "%s %s who=\"%s\" %s result=\"%s\" "
	    "seq=%" PRId64 " hash=%s\n", when, r->what, r->who, r->detail,
	    r->result, r->seq, hex));
	return w->text.n >= WRITE_STEP ? flush(w) : SG_OK;
}

static enum sg_err
write_missing(const struct ca_mirror *m, struct db *db)
{
	struct writing w = { .m = m };
	struct ca_audit_head noted, last;
	enum sg_err e;

	SG_TRY(ca_mirror_head(&noted, m));
	SG_TRY(ca_audit_last(&last, db));
	if (noted.seq == 0 && last.seq > REPEAT)
		noted.seq = last.seq - REPEAT;
	if (noted.seq >= last.seq)
		return SG_OK;
	e = ca_audit_list(db, noted.seq, 0, write_line, &w);
	if (e == SG_OK)
		e = flush(&w);
	buf_done(&w.text);
	return e;
}

enum sg_err
ca_mirror_update(const struct ca_mirror *m, struct db *db)
{
	enum sg_err e;

	while (flock(m->fd, LOCK_EX) != 0)
		if (errno != EINTR)
			return fail(m);
	e = write_missing(m, db);
	(void)flock(m->fd, LOCK_UN);
	return e;
}
