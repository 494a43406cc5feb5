/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/ledger_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "ca/publish.h"
#include "pki/crl_summary.h"

#define REVOKED_FILE_MAX 256

void
ca_ledger_files_done(struct ca_ledger_files *f)
{
	if (f->walk != NULL)
		(void)closedir(f->walk);
	f->walk = NULL;
	buf_done(&f->serial);
}

/* "1763758800 superseded\n" */
static enum sg_err
revoked_read(struct ca_standing *out, const struct ca_ledger_files *f,
    const char *serial)
{
	auto_str path = NULL;
	auto_done(buf) text = { 0 };
	char name[32];
	long long when;

	SG_TRY(str_printf(&path, "%s/revoked/%s", f->dir, serial));
	SG_TRY(file_read(&text, path, REVOKED_FILE_MAX));
	SG_TRY(buf_terminate(&text));
	if (sscanf((const char *)text.p, "%18lld %31[A-Za-z]", &when,
	    name) != 2)
		return sg_fail(SG_EFORMAT, "%s: not a revocation's record",
		    path);
	out->revoked = true;
	out->when = when;
	return sg_while(crl_reason_parse(&out->reason, name), "%s", path);
}

static enum sg_err
walk(void *ctx, int64_t since, int64_t *mark)
{
	struct ca_ledger_files *f = ctx;
	auto_str path = NULL;

	SG_TRY(str_printf(&path, "%s/revoked", f->dir));
	/* The root has issued nothing but the issuing CA. */
	if (f->level == CA_ISSUING && (f->walk = opendir(path)) == NULL)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	f->since = since;
	*mark = (int64_t)time(NULL);
	return SG_OK;
}

/* A crash leaves "SERIAL.new-XXXXXX" behind. */
static bool
is_serial(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n % 2 == 0 && strspn(name, "0123456789abcdef") == n;
}

static enum sg_err
next(void *ctx, struct crl_item *out, bool *more)
{
	struct ca_ledger_files *f = ctx;
	struct dirent *e;

	while (f->walk != NULL && (e = readdir(f->walk)) != NULL) {
		struct ca_standing at = { 0 };

		if (!is_serial(e->d_name))
			continue;
		SG_TRY(revoked_read(&at, f, e->d_name));
		if (at.when < f->since)
			continue;
		f->serial.n = 0;
		SG_TRY(hex_decode(&f->serial, e->d_name));
		*out = (struct crl_item) { buf_bytes(&f->serial), at.when,
			at.reason };
		*more = true;
		return SG_OK;
	}
	*more = false;
	return SG_OK;
}

static void
end(void *ctx)
{
	ca_ledger_files_done(ctx);
}

static enum sg_err
standing(void *ctx, struct bytes serial, struct ca_standing *out)
{
	const struct ca_ledger_files *f = ctx;
	auto_str hex = NULL, *path = NULL;
	enum sg_err e;

	SG_TRY(hex_encode(&hex, serial));
	SG_TRY(str_printf(&path, "%s/issued/%s.pem", f->dir, hex));
	if (access(path, F_OK) != 0)
		return sg_fail(SG_ENOENT,
		    "no certificate %s was issued here", hex);
	*out = (struct ca_standing) { 0 };
	e = revoked_read(out, f, hex);
	return e == SG_ENOENT ? SG_OK : e;
}

/* Zeroes when there is no such list yet. */
static enum sg_err
summary(struct crl_summary *out, const struct ca_ledger_files *f,
    enum ca_list which)
{
	auto_str path = NULL;
	enum sg_err e;
	int fd;

	*out = (struct crl_summary) { 0 };
	SG_TRY(str_printf(&path, "%s/%s/%s", f->dir,
	    f->level == CA_ROOT ? "root" : "issuing", ca_list_file(which)));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return SG_OK;
	if (fd < 0)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	e = sg_while(crl_summary_read(out, fd), "%s", path);
	(void)close(fd);
	return e;
}

/* The list's own date, which is a little earlier than it was made, is what
 * its deltas go back to. */
static enum sg_err
last_base(void *ctx, struct ca_list_made *out)
{
	struct crl_summary s;

	SG_TRY(summary(&s, ctx, CA_LIST_BASE));
	*out = (struct ca_list_made) { .number = s.number,
		.made = s.this_update, .mark = s.this_update };
	return SG_OK;
}

static enum sg_err
number_next(void *ctx, uint64_t *out)
{
	struct crl_summary base, delta;

	SG_TRY(summary(&base, ctx, CA_LIST_BASE));
	SG_TRY(summary(&delta, ctx, CA_LIST_DELTA));
	*out = (base.number > delta.number ? base.number : delta.number) + 1;
	return SG_OK;
}

/* The lists are their own record. */
static enum sg_err
note(void *ctx, const struct ca_list_made *m)
{
	(void)ctx;
	(void)m;
	return SG_OK;
}

struct ca_ledger
ca_ledger_of_files(struct ca_ledger_files *f)
{
	static const struct ca_ledger_ops ops = { walk, next, end, standing,
		last_base, number_next, note };

	return (struct ca_ledger) { &ops, f };
}
