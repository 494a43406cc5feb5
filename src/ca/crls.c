/* SPDX-License-Identifier: BSD-2-Clause */

/* The numbers of lists. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "ca/publish.h"
#include "ca/revocations.h"
#include "pki/crl_summary.h"

enum sg_err
ca_crl_last_base(struct ca_crl_made *out, const struct ca_store *s,
    enum ca_level level)
{
	auto_free(db_stmt) st = NULL;
	bool row;

	SG_TRY(db_prepare(&st, s->db, "SELECT number, made, change FROM crls"
	    " WHERE level = $1 AND base IS NULL ORDER BY number DESC"
	    " LIMIT 1"));
	db_bind_int(st, 1, level);
	SG_TRY(db_step(&row, st));
	*out = (struct ca_crl_made) { 0 };
	if (row)
		*out = (struct ca_crl_made) {
			.number = (uint64_t)db_int(st, 0),
			.made = db_int(st, 1), .change = db_int(st, 2) };
	return SG_OK;
}

/* Raises *out to the number of a list that lies there. */
static enum sg_err
number_published(uint64_t *out, const struct ca_store *s,
    enum ca_level level, enum ca_list which)
{
	auto_str path = NULL;
	struct crl_summary last = { 0 };
	enum sg_err e;
	int fd;

	SG_TRY(str_printf(&path, "%s/%s/%s", s->dir,
	    level == CA_ROOT ? "root" : "issuing", ca_list_file(which)));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return SG_OK;
	if (fd < 0)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	e = sg_while(crl_summary_read(&last, fd), "%s", path);
	(void)close(fd);
	if (last.number > *out)
		*out = last.number;
	return e;
}

enum sg_err
ca_crl_number_next(uint64_t *out, const struct ca_store *s,
    enum ca_level level)
{
	auto_free(db_stmt) st = NULL;
	uint64_t last;
	bool row;

	SG_TRY(db_prepare(&st, s->db,
	    "SELECT max(number) FROM crls WHERE level = $1"));
	db_bind_int(st, 1, level);
	SG_TRY(db_step(&row, st));
	last = (uint64_t)db_int(st, 0);
	SG_TRY(number_published(&last, s, level, CA_LIST_BASE));
	SG_TRY(number_published(&last, s, level, CA_LIST_DELTA));
	*out = last + 1;
	return SG_OK;
}

static enum sg_err
made_add(const struct ca_store *s, enum ca_level level,
    const struct ca_crl_made *m)
{
	auto_free(db_stmt) st = NULL;

	SG_TRY(db_prepare(&st, s->db, "INSERT INTO crls (level, number, base,"
	    " made, change) VALUES ($1, $2, $3, $4, $5)"));
	db_bind_int(st, 1, level);
	db_bind_int(st, 2, (int64_t)m->number);
	if (m->base > 0)
		db_bind_int(st, 3, (int64_t)m->base);
	db_bind_int(st, 4, m->made);
	db_bind_int(st, 5, m->change);
	return db_run(st);
}

enum sg_err
ca_crl_note(const struct ca_store *s, enum ca_level level,
    const struct ca_crl_made *m, const struct ca_act *act)
{
	auto_done(db_tx) tx = { 0 };
	auto_str detail = NULL;
	enum sg_err e;

	SG_TRY(str_printf(&detail, "ca=%s number=%" PRIu64 "%s",
	    level == CA_ROOT ? "root" : "issuing", m->number,
	    m->base > 0 ? " delta" : ""));
	SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	if ((e = made_add(s, level, m)) == SG_EEXIST)
		return sg_fail(SG_EEXIST, "a list %" PRIu64
		    " was made meanwhile", m->number);
	SG_TRY(e);
	SG_TRY(ca_audit_add(s->db, &(struct ca_audit) { .at = act->at,
	    .who = act->who, .what = "crl", .detail = detail,
	    .result = "made" }));
	return db_commit(&tx);
}
