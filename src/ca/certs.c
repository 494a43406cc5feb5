/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/certs.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define SERIAL_TEXT_MAX	64	/* hex digits of a serial number */
#define LIKE_MAX	256	/* bytes of what is searched for */

void
ca_record_done(struct ca_record *r)
{
	free(r->template);
	cert_free(r->cert);
	*r = (struct ca_record) { 0 };
}

enum sg_err
ca_serial_parse(struct buf *out, const char *serial)
{
	auto_str even = NULL;
	size_t n = strlen(serial);

	if (n == 0 || n > SERIAL_TEXT_MAX ||
	    strspn(serial, "0123456789abcdefABCDEF") != n)
		return sg_fail(SG_EARG, "'%.80s' is not a serial number",
		    serial);
	if (n % 2 == 0)
		return hex_decode(out, serial);
	SG_TRY(str_printf(&even, "0%s", serial));
	return hex_decode(out, even);
}

static const char *
template_of(const struct cert *c, const char *template)
{
	if (template != NULL)
		return template;
	return c->ext.template_name != NULL ? c->ext.template_name
	    : c->ext.template_oid;
}

/* Those of the issuer's key, or nothing: the name says it too. */
static struct bytes
issuer_of(const struct cert *c)
{
	return c->ext.aki.n > 0 ? buf_bytes(&c->ext.aki)
	    : buf_bytes(&c->issuer_der);
}

static bool
issued(const struct cert *issuer, const struct cert *c)
{
	if (issuer == NULL || !bytes_eq(buf_bytes(&issuer->subject_der),
	    buf_bytes(&c->issuer_der)))
		return false;
	return c->ext.aki.n == 0 || bytes_eq(buf_bytes(&c->ext.aki),
	    buf_bytes(&issuer->ext.ski));
}

/* Which of our CAs' certificates issued it: of those with the same key the
 * last, which is what issues.  What names no key is of the time when there was
 * one. */
static void
generation_of(enum ca_level *level, unsigned *index,
    const struct ca_store *s, const struct cert *c)
{
	*level = CA_ISSUING;
	*index = 0;
	for (int i = CA_LEVELS - 1; i >= 0; i--) {
		const struct ca_generations *l = &s->gen[i];

		for (size_t j = l->n; s->ours[i] && j > 0; j--) {
			if (!issued(l->v[j - 1].cert, c))
				continue;
			*level = (enum ca_level)i;
			*index = l->v[j - 1].version.index;
			if (c->ext.aki.n > 0)
				return;
		}
	}
}

static enum sg_err
line_add(int64_t *id, const struct ca_store *s, const struct cert *c,
    const char *template, int64_t request)
{
	auto_free(db_stmt) st = NULL;
	auto_done(buf) serial = { 0 };
	auto_str label = NULL;
	enum ca_level level;
	unsigned index;

	generation_of(&level, &index, s, c);
	SG_TRY(ca_serial_parse(&serial, c->serial));
	SG_TRY(cert_label(&label, c));
	SG_TRY(db_prepare(&st, s->db, "INSERT INTO certificates (serial,"
	    " request, issuer, template, label, subject, upn, sid,"
	    " not_before, not_after, key_id, state, ca_level, ca_index)"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12,"
	    " $13)"));
	db_bind_blob(st, 1, buf_bytes(&serial));
	if (request > 0)
		db_bind_int(st, 2, request);
	db_bind_blob(st, 3, issuer_of(c));
	db_bind_text(st, 4, template_of(c, template));
	db_bind_text(st, 5, label);
	db_bind_text(st, 6, c->subject);
	db_bind_text(st, 7, c->ext.upn);
	db_bind_text(st, 8, c->ext.sid);
	db_bind_int(st, 9, c->not_before);
	db_bind_int(st, 10, c->not_after);
	db_bind_blob(st, 11, bytes_of(c->key_id, sizeof(c->key_id)));
	db_bind_int(st, 12, level);
	db_bind_int(st, 13, index);
	return db_run_id(id, st);
}

enum sg_err
ca_certs_add(const struct ca_store *s, const struct cert *c,
    const char *template, int64_t request)
{
	auto_free(db_stmt) st = NULL;
	int64_t id;
	enum sg_err e = line_add(&id, s, c, template, request);

	if (e == SG_EEXIST)
		return sg_fail(SG_EEXIST, "the serial number %s is taken",
		    c->serial);
	SG_TRY(e);
	SG_TRY(db_prepare(&st, s->db,
	    "INSERT INTO bodies (cert, der) VALUES ($1, $2)"));
	db_bind_int(st, 1, id);
	db_bind_blob(st, 2, buf_bytes(&c->der));
	return db_run(st);
}

#define COLUMNS "c.id, c.request, c.serial, c.template, c.label, c.subject," \
	" c.upn, c.sid, c.not_before, c.not_after, c.state, r.revoked," \
	" r.reason, c.ca_level, c.ca_index"
#define FROM " FROM certificates c LEFT JOIN revocations r ON r.cert = c.id"

/* All but hex. */
static enum sg_err
row_read(struct ca_row *r, struct db_stmt *st)
{
	*r = (struct ca_row) { .id = db_int(st, 0),
		.request = db_int(st, 1), .serial = db_blob(st, 2),
		.template = db_text(st, 3), .label = db_text(st, 4),
		.subject = db_text(st, 5), .upn = db_text(st, 6),
		.sid = db_text(st, 7), .not_before = db_int(st, 8),
		.not_after = db_int(st, 9),
		.state = (enum ca_state)db_int(st, 10),
		.when = db_int(st, 11),
		.reason = (enum crl_reason)db_int(st, 12),
		.level = db_int(st, 13) == CA_ROOT ? CA_ROOT : CA_ISSUING,
		.index = (unsigned)db_int(st, 14) };
	if (r->label == NULL || r->subject == NULL || r->serial.n == 0 ||
	    r->state < CA_VALID || r->state > CA_HELD)
		return sg_fail(SG_EFORMAT, "the line of certificate %" PRId64
		    " is damaged", r->id);
	return SG_OK;
}

/* %text% in lower case, with LIKE's own characters escaped. */
static enum sg_err
pattern(struct buf *out, const char *text)
{
	if (strlen(text) > LIKE_MAX)
		return sg_fail(SG_EARG, "more than %d bytes to search for",
		    LIKE_MAX);
	SG_TRY(buf_add_u8(out, '%'));
	for (; *text != '\0'; text++) {
		if (strchr("%_\\", *text) != NULL)
			SG_TRY(buf_add_u8(out, '\\'));
		SG_TRY(buf_add_u8(out,
		    (uint8_t)tolower((unsigned char)*text)));
	}
	SG_TRY(buf_add_u8(out, '%'));
	return buf_terminate(out);
}

/* Placeholders are numbered without a gap, which PostgreSQL wants. */
static enum sg_err
query_sql(struct buf *sql, const struct ca_query *q)
{
	int n = 2;

	SG_TRY(buf_add_str(sql, "SELECT " COLUMNS FROM " WHERE c.id > $1"));
	if (q->text != NULL) {
		SG_TRY(buf_printf(sql, " AND (lower(c.label) LIKE $%d"
		    " ESCAPE '\\' OR lower(c.subject) LIKE $%d ESCAPE '\\'"
		    " OR lower(c.upn) LIKE $%d ESCAPE '\\'"
		    " OR c.serial = $%d)", n + 1, n + 1, n + 1, n + 2));
		n += 2;
	}
	if (q->template != NULL)
		SG_TRY(buf_printf(sql, " AND lower(c.template) = lower($%d)",
		    ++n));
	if (q->upn != NULL)
		SG_TRY(buf_printf(sql, " AND c.upn = $%d", ++n));
	if (q->revoked)
		SG_TRY(buf_add_str(sql, " AND c.state <> 0"));
	SG_TRY(buf_add_str(sql, " ORDER BY c.id LIMIT $2"));
	return buf_terminate(sql);
}

static enum sg_err
query_bind(struct db_stmt *st, const struct ca_query *q)
{
	auto_done(buf) like = { 0 }, serial = { 0 };
	int n = 2;

	db_bind_int(st, 1, q->after);
	db_bind_int(st, 2, q->limit > 0 ? q->limit : INT64_MAX);
	if (q->text != NULL) {
		SG_TRY(pattern(&like, q->text));
		db_bind_text(st, ++n, (const char *)like.p);
		/* Not a serial number: then none is equal to it. */
		SG_IGNORE(ca_serial_parse(&serial, q->text));
		db_bind_blob(st, ++n, buf_bytes(&serial));
	}
	if (q->template != NULL)
		db_bind_text(st, ++n, q->template);
	if (q->upn != NULL)
		db_bind_text(st, ++n, q->upn);
	return SG_OK;
}

static enum sg_err
row_give(struct db_stmt *st, ca_row_each *each, void *arg)
{
	auto_str hex = NULL;
	struct ca_row r;

	SG_TRY(row_read(&r, st));
	SG_TRY(hex_encode(&hex, r.serial));
	r.hex = hex;
	return each(arg, &r);
}

enum sg_err
ca_certs_each(const struct ca_store *s, const struct ca_query *q,
    ca_row_each *each, void *arg)
{
	auto_free(db_stmt) st = NULL;
	auto_done(buf) sql = { 0 };
	bool row = true;

	SG_TRY(query_sql(&sql, q));
	SG_TRY(db_prepare(&st, s->db, (const char *)sql.p));
	SG_TRY(query_bind(st, q));
	for (;;) {
		SG_TRY(db_step(&row, st));
		if (!row)
			return SG_OK;
		SG_TRY(row_give(st, each, arg));
	}
}

static enum sg_err
body_read(struct cert **out, const struct ca_store *s, int64_t id)
{
	auto_free(db_stmt) st = NULL;
	bool row;

	SG_TRY(db_prepare(&st, s->db, "SELECT der FROM bodies "
	    "WHERE cert = $1"));
	db_bind_int(st, 1, id);
	SG_TRY(db_step(&row, st));
	if (!row)
		return sg_fail(SG_EFORMAT, "its body is missing");
	return cert_parse(out, db_blob(st, 0));
}

static enum sg_err
not_here(struct bytes serial)
{
	auto_str hex = NULL;

	SG_TRY(hex_encode(&hex, serial));
	return sg_fail(SG_ENOENT, "no certificate %s was issued here", hex);
}

static enum sg_err
find(struct db_stmt **out, struct ca_row *r, const struct ca_store *s,
    struct bytes serial)
{
	auto_free(db_stmt) st = NULL;
	bool row;

	SG_TRY(db_prepare(&st, s->db,
	    "SELECT " COLUMNS FROM " WHERE c.serial = $1"));
	db_bind_blob(st, 1, serial);
	SG_TRY(db_step(&row, st));
	if (!row)
		return not_here(serial);
	SG_TRY(row_read(r, st));
	*out = st;
	st = NULL;
	return SG_OK;
}

static enum sg_err
record_fill(struct ca_record *out, const struct ca_store *s,
    const struct ca_row *row)
{
	auto_done(buf) serial = { 0 };

	out->id = row->id;
	out->request = row->request;
	out->level = row->level;
	out->index = row->index;
	out->state = row->state;
	out->when = row->when;
	out->reason = row->reason;
	if (row->template != NULL)
		SG_TRY(str_dup(&out->template, row->template));
	SG_TRY(body_read(&out->cert, s, row->id));
	SG_TRY(ca_serial_parse(&serial, out->cert->serial));
	if (!bytes_eq(buf_bytes(&serial), row->serial))
		return sg_fail(SG_EFORMAT, "its body is another's");
	return SG_OK;
}

enum sg_err
ca_certs_get(struct ca_record *out, const struct ca_store *s,
    const char *serial)
{
	auto_free(db_stmt) st = NULL;
	auto_done(ca_record) r = { 0 };
	auto_done(buf) number = { 0 };
	struct ca_row row;

	SG_TRY(ca_serial_parse(&number, serial));
	SG_TRY(find(&st, &row, s, buf_bytes(&number)));
	SG_TRY(sg_while(record_fill(&r, s, &row), "certificate %s", serial));
	*out = r;
	r = (struct ca_record) { 0 };
	return SG_OK;
}

enum sg_err
ca_certs_status(struct ca_row *out, const struct ca_store *s,
    struct bytes serial)
{
	auto_free(db_stmt) st = NULL;
	struct ca_row r;

	SG_TRY(find(&st, &r, s, serial));
	*out = (struct ca_row) { .id = r.id, .request = r.request,
		.level = r.level, .index = r.index, .serial = serial,
		.not_before = r.not_before,
		.not_after = r.not_after, .state = r.state, .when = r.when,
		.reason = r.reason };
	return SG_OK;
}
