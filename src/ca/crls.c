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
    enum ca_level level, unsigned key)
{
	auto_free(db_stmt) st = NULL;
	bool row;

	SG_TRY(db_prepare(&st, s->db, "SELECT number, made, change FROM crls"
	    " WHERE level = $1 AND ca_key = $2 AND base IS NULL"
	    " ORDER BY number DESC LIMIT 1"));
	db_bind_int(st, 1, level);
	db_bind_int(st, 2, key);
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
    enum ca_level level, enum ca_list which, unsigned key)
{
	auto_str path = NULL, *file = NULL;
	struct crl_summary last = { 0 };
	enum sg_err e;
	int fd;

	SG_TRY(ca_list_file(&file, which, key));
	SG_TRY(str_printf(&path, "%s/%s/%s", s->dir, ca_level_name(level),
	    file));
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
	for (unsigned key = 0; key < s->gen[level].n; key++) {
		SG_TRY(number_published(&last, s, level, CA_LIST_BASE, key));
		SG_TRY(number_published(&last, s, level, CA_LIST_DELTA, key));
	}
	*out = last + 1;
	return SG_OK;
}

static enum sg_err
made_add(const struct ca_store *s, enum ca_level level, unsigned key,
    const struct ca_crl_made *m)
{
	auto_free(db_stmt) st = NULL;

	SG_TRY(db_prepare(&st, s->db, "INSERT INTO crls (level, number, base,"
	    " made, change, ca_key) VALUES ($1, $2, $3, $4, $5, $6)"));
	db_bind_int(st, 1, level);
	db_bind_int(st, 2, (int64_t)m->number);
	if (m->base > 0)
		db_bind_int(st, 3, (int64_t)m->base);
	db_bind_int(st, 4, m->made);
	db_bind_int(st, 5, m->change);
	db_bind_int(st, 6, key);
	return db_run(st);
}

enum sg_err
ca_crl_note(const struct ca_store *s, enum ca_level level, unsigned key,
    const struct ca_crl_made *m, const struct ca_act *act)
{
	char suffix[CA_SUFFIX_MAX];
	auto_done(db_tx) tx = { 0 };
	auto_str detail = NULL;
	enum sg_err e;

	ca_suffix(suffix, key);
	SG_TRY(str_printf(&detail, "ca=%s%s number=%" PRIu64 "%s",
	    ca_level_name(level), suffix, m->number,
	    m->base > 0 ? " delta" : ""));
	SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	if ((e = made_add(s, level, key, m)) == SG_EEXIST)
		return sg_fail(SG_EEXIST, "a list %" PRIu64
		    " was made meanwhile", m->number);
	SG_TRY(e);
	SG_TRY(ca_audit_add(s->db, &(struct ca_audit) { .at = act->at,
	    .who = act->who, .what = "crl", .detail = detail,
	    .result = "made" }));
	return db_commit(&tx);
}
