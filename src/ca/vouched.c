/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/vouched.h"

#include <inttypes.h>

#include "ca/requests.h"

static bool
any_names(const struct identity *id)
{
	return id->upn != NULL || id->email != NULL || id->realm != NULL ||
	    id->guid.n > 0 || id->dns.n > 0 || id->ip.n > 0;
}

/* What a request's names rest on. */
struct origin {
	enum ca_evidence_kind kind;
	bool renewal;
	int64_t before;		/* the request of what it renewed; 0: none is
				 * known */
	bool named;		/* it is for names that somebody knew */
};

static enum sg_err
origin_read(struct origin *o, struct db_stmt *st)
{
	auto_done(identity) id = { 0 };

	*o = (struct origin) { .kind = (enum ca_evidence_kind)db_int(st, 0),
		.renewal = !db_is_null(st, 1), .before = db_int(st, 4) };
	if (o->renewal && db_is_null(st, 3))
		return sg_fail(SG_ENOENT, "the certificate that it renewed is "
		    "not here");
	if (o->kind == CA_BY_OFFICER || o->renewal)
		return SG_OK;
	SG_TRY(ca_identity_decode(&id, db_blob(st, 2)));
	/* A subject or a SID without more are a template's, but for those who
	 * made a challenge. */
	o->named = any_names(&id) || (o->kind == CA_BY_CHALLENGE &&
	    (id.subject.n > 0 || id.sid != NULL));
	return SG_OK;
}

static enum sg_err
origin_of(struct origin *o, const struct ca_store *s, int64_t id)
{
	auto_free(db_stmt) st = NULL;
	bool row;

	SG_TRY(db_prepare(&st, s->db, "SELECT q.evidence, q.renews,"
	    " q.identity, c.id, c.request FROM requests q"
	    " LEFT JOIN certificates c ON c.serial = q.renews"
	    " WHERE q.id = $1"));
	db_bind_int(st, 1, id);
	SG_TRY(db_step(&row, st));
	if (!row)
		return sg_fail(SG_ENOENT, "there is no request %" PRId64, id);
	return sg_while(origin_read(o, st), "request %" PRId64, id);
}

/* What the first of all renewals was. */
struct first {
	enum ca_evidence_kind kind;
	bool named;
};


static enum sg_err
first(struct first *out, const struct ca_store *s, const struct ca_record *r)
{
	int64_t id = r->request;

	/* Without a request, an officer made it. */
	*out = (struct first) { CA_BY_OFFICER, true };
	for (unsigned i = 0; id != 0; i++) {
		struct origin o = { 0 };

		if (i == CA_VOUCHED_MAX)
			return sg_fail(SG_ELIMIT, "it was renewed more than "
			    "%d times", CA_VOUCHED_MAX);
		SG_TRY(origin_of(&o, s, id));
		if (o.kind == CA_BY_OFFICER)
			return SG_OK;
		if (!o.renewal) {
			*out = (struct first) { o.kind, o.named };
			return SG_OK;
		}
		id = o.before;
	}
	return SG_OK;
}

enum sg_err
ca_names_vouched(bool *out, const struct ca_store *s,
    const struct ca_record *r)
{
	struct first f;

	SG_TRY(first(&f, s, r));
	*out = f.named;
	return SG_OK;
}

enum sg_err
ca_origin(enum ca_evidence_kind *out, const struct ca_store *s,
    const struct ca_record *r)
{
	struct first f;

	SG_TRY(first(&f, s, r));
	*out = f.kind;
	return SG_OK;
}
