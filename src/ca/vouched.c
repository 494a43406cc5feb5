/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/vouched.h"

#include "ca/requests.h"

static bool
any_names(const struct identity *id)
{
	return id->upn != NULL || id->email != NULL || id->realm != NULL ||
	    id->guid.n > 0 || id->dns.n > 0 || id->ip.n > 0;
}

/* Replaces *id by the request of the certificate that this one renewed. */
static enum sg_err
go_back(int64_t *id, const struct ca_store *s, const struct ca_request *q)
{
	auto_done(ca_record) old = { 0 };

	SG_TRY(ca_certs_get(&old, s, q->renews));
	*id = old.request;
	return SG_OK;
}

struct origin {
	enum ca_evidence_kind kind;
	bool names;		/* an officer said any, or others did */
};

static enum sg_err
origin_find(struct origin *out, const struct ca_store *s,
    const struct ca_record *r)
{
	int64_t id = r->request;

	/* Without a request, an officer made it. */
	*out = (struct origin) { CA_BY_OFFICER, true };
	for (unsigned i = 0; id != 0; i++) {
		auto_done(ca_request) q = { 0 };

		if (i == CA_VOUCHED_MAX)
			return sg_fail(SG_ELIMIT, "it was renewed more than "
			    "%d times", CA_VOUCHED_MAX);
		SG_TRY(ca_request_get(&q, s, id));
		if (q.evidence.kind == CA_BY_OFFICER)
			return SG_OK;
		if (q.renews == NULL) {
			*out = (struct origin) { q.evidence.kind,
				any_names(&q.identity) };
			return SG_OK;
		}
		SG_TRY(go_back(&id, s, &q));
	}
	return SG_OK;
}

enum sg_err
ca_names_vouched(bool *out, const struct ca_store *s,
    const struct ca_record *r)
{
	struct origin o;

	SG_TRY(origin_find(&o, s, r));
	*out = o.names;
	return SG_OK;
}

enum sg_err
ca_origin(enum ca_evidence_kind *out, const struct ca_store *s,
    const struct ca_record *r)
{
	struct origin o;

	SG_TRY(origin_find(&o, s, r));
	*out = o.kind;
	return SG_OK;
}
