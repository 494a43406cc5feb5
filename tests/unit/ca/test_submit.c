/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"


static enum sg_err
submit(struct place *p, const struct ca_order *o, struct ca_outcome *out)
{
	ca_outcome_done(out);
	return ca_submit(out, p->store, &p->issuer, o);
}

static void
an_issued_request_is_told_in_all_three_places(void **state)
{
	struct place *p = *state;
	auto_done(ca_outcome) made = { 0 };
	auto_done(ca_request) q = { 0 };
	auto_done(ca_record) c = { 0 };

	place_issue(p, &made);
	assert_string_equal(made.verdict.words, "Issued");
	OK(ca_request_get(&q, p->store, made.request));
	assert_int_equal(q.disposition, CA_ISSUED);
	assert_string_equal(q.requester, "CORP\\alice");
	assert_string_equal(q.serial, made.cert->serial);
	assert_string_equal(q.identity.upn, "alice@corp.example");
	assert_int_equal(q.evidence.kind, CA_BY_OFFICER);
	assert_true(bytes_eq(buf_bytes(&q.csr->der),
	    buf_bytes(&p->csr->der)));
	OK(ca_certs_get(&c, p->store, made.cert->serial));
	assert_int_equal(c.request, made.request);
	assert_int_equal(place_number(p, "SELECT count(*) FROM audit WHERE"
	    " what = 'issue' AND result = 'issued'"), 1);
}

static void
a_denied_request_is_kept_with_its_number(void **state)
{
	struct place *p = *state;
	struct ca_order o = place_order(p);
	auto_done(identity) nobody = { 0 };
	auto_done(ca_outcome) r = { 0 };
	auto_done(ca_request) q = { 0 };

	o.identity = &nobody;
	OK(submit(p, &o, &r));
	assert_int_equal(r.verdict.disposition, CA_DENIED);
	assert_null(r.cert);
	OK(ca_request_get(&q, p->store, r.request));
	assert_true(q.status == CA_E_UPN);
	assert_string_equal(q.words, "Denied by Policy Module  0x8009480d, "
	    "The UPN is unavailable and cannot be added to the Subject "
	    "Alternate name. (the template SmartcardLogon wants a UPN)");
	assert_null(q.serial);
	assert_int_equal(place_number(p,
	    "SELECT count(*) FROM certificates"), 0);
	assert_int_equal(place_number(p, "SELECT count(*) FROM audit WHERE"
	    " result = 'denied 0x8009480d'"), 1);
}

/* A request that waits. */
static int64_t
pend(struct place *p)
{
	struct ca_order o = place_order(p);
	auto_done(ca_outcome) r = { 0 };

	p->t.enrollment_flag |= ENROLL_PEND;
	OK(submit(p, &o, &r));
	assert_int_equal(r.verdict.disposition, CA_PENDING);
	assert_string_equal(r.verdict.words, "Taken Under Submission");
	assert_null(r.cert);
	return r.request;
}

static enum sg_err
approve(struct place *p, int64_t id, struct ca_outcome *out)
{
	auto_done(ca_request) q = { 0 };

	SG_TRY(ca_request_get(&q, p->store, id));
	ca_outcome_done(out);
	return ca_approve(out, p->store, &p->issuer, &q, &p->t, &p->act);
}

static void
what_waits_is_issued_by_an_officer(void **state)
{
	struct place *p = *state;
	int64_t id = pend(p);
	auto_done(ca_outcome) r = { 0 };
	auto_done(ca_request) q = { 0 };

	assert_int_equal(place_number(p,
	    "SELECT count(*) FROM certificates"), 0);
	OK(approve(p, id, &r));
	assert_int_equal(r.verdict.disposition, CA_ISSUED);
	assert_string_equal(r.cert->ext.upn, "alice@corp.example");
	OK(ca_request_get(&q, p->store, id));
	assert_string_equal(q.officer, "olga");
	assert_true(q.resolved == p->act.at);
	assert_string_equal(q.serial, r.cert->serial);
	FAILS_SAYING(SG_EEXIST, "is issued already", approve(p, id, &r));
	FAILS_SAYING(SG_EEXIST, "is issued already",
	    ca_deny(p->store, id, NULL, &p->act));
}

/* Two officers, one request. */
static void
what_waits_is_decided_once(void **state)
{
	struct place *p = *state;
	int64_t id = pend(p);
	auto_done(ca_request) q = { 0 };
	auto_done(ca_outcome) r = { 0 };

	OK(ca_request_get(&q, p->store, id));
	OK(ca_deny(p->store, id, NULL, &p->act));
	FAILS_SAYING(SG_EEXIST, "not pending",
	    ca_approve(&r, p->store, &p->issuer, &q, &p->t, &p->act));
	assert_int_equal(place_number(p,
	    "SELECT count(*) FROM certificates"), 0);
}

static void
an_officer_denies_with_words(void **state)
{
	struct place *p = *state;
	int64_t id = pend(p);
	auto_done(ca_request) q = { 0 };

	OK(ca_deny(p->store, id, "not on my watch", &p->act));
	OK(ca_request_get(&q, p->store, id));
	assert_int_equal(q.disposition, CA_DENIED);
	assert_true(q.status == CA_E_ADMIN_DENIED);
	assert_string_equal(q.words, "Denied by olga: not on my watch");
	FAILS(SG_ENOENT, ca_deny(p->store, 999, NULL, &p->act));
}

/* Between submission and approval the template has become stricter. */
static void
approval_does_not_go_around_the_template(void **state)
{
	struct place *p = *state;
	int64_t id = pend(p);
	auto_done(ca_outcome) r = { 0 };
	auto_done(ca_request) q = { 0 };

	p->t.ra_signatures = 1;
	OK(approve(p, id, &r));
	assert_int_equal(r.verdict.disposition, CA_DENIED);
	assert_true(r.verdict.status == CA_E_SIGNATURE_COUNT);
	OK(ca_request_get(&q, p->store, id));
	assert_int_equal(q.disposition, CA_DENIED);
}

static void
only_valid_certificates_of_ours_are_renewed(void **state)
{
	struct place *p = *state;
	struct ca_order o = place_order(p);
	auto_done(ca_outcome) old = { 0 }, r = { 0 };

	place_issue(p, &old);
	o.renews = old.cert;
	OK(submit(p, &o, &r));
	assert_int_equal(r.verdict.disposition, CA_ISSUED);
	assert_int_equal(place_number(p, "SELECT count(*) FROM audit WHERE"
	    " what = 'renew'"), 1);
	OK(ca_revoke(p->store, old.cert->serial, CRL_HOLD, &p->act));
	OK(submit(p, &o, &r));
	assert_true(r.verdict.status == CA_E_REVOKED);
	o.renews = p->store->cert[CA_ISSUING];
	OK(submit(p, &o, &r));
	assert_true(r.verdict.status == CA_E_BAD_SUBJECT);
}

static enum sg_err
count(void *arg, const struct ca_request_row *r)
{
	int64_t *last = arg;

	assert_true(r->id > *last);
	*last = r->id;
	return SG_OK;
}

static void
lists_have_pages(void **state)
{
	struct place *p = *state;
	auto_done(ca_outcome) made = { 0 };
	struct ca_request_query q = { .pending = true };
	int64_t waiting = pend(p), last = 0;

	p->t.enrollment_flag &= ~ENROLL_PEND;
	place_issue(p, &made);
	OK(ca_requests_each(p->store, &q, count, &last));
	assert_true(last == waiting);
	q = (struct ca_request_query) { .after = waiting };
	OK(ca_requests_each(p->store, &q, count, &last));
	assert_true(last == made.request);
	q = (struct ca_request_query) { .limit = 1 };
	last = 0;
	OK(ca_requests_each(p->store, &q, count, &last));
	assert_true(last == waiting);
}

static void
identities_come_back_as_they_were(void **state)
{
	auto_done(identity) a = { 0 }, b = { 0 }, c = { 0 };
	auto_done(buf) x = { 0 }, y = { 0 };

	(void)state;
	OK(str_dup(&a.upn, "alice@corp.example"));
	OK(str_dup(&a.sid, "S-1-5-21-1-2-3-4"));
	OK(str_dup(&a.realm, "CORP"));
	OK(texts_add(&a.dns, "a.example"));
	OK(texts_add(&a.dns, "b.example"));
	OK(buf_add_str(&a.guid, "0123456789abcdef"));
	OK(ca_identity_encode(&x, &a));
	OK(ca_identity_decode(&b, buf_bytes(&x)));
	OK(ca_identity_encode(&y, &b));
	assert_true(bytes_eq(buf_bytes(&x), buf_bytes(&y)));
	assert_null(b.email);
	assert_int_equal(b.dns.n, 2);
	for (size_t n = 0; n < x.n; n++)
		FAILS(SG_EFORMAT, ca_identity_decode(&c, bytes_of(x.p, n)));
	x.p[0] = 9;
	FAILS(SG_EFORMAT, ca_identity_decode(&c, buf_bytes(&x)));
}

static void
a_certificate_names_an_identity(void **state)
{
	struct place *p = *state;
	auto_done(ca_outcome) made = { 0 };
	auto_done(identity) id = { 0 };

	OK(str_dup(&p->id.sid, "S-1-5-21-1-2-3-4"));
	place_issue(p, &made);
	OK(ca_identity_of(&id, made.cert));
	assert_string_equal(id.upn, "alice@corp.example");
	assert_string_equal(id.sid, "S-1-5-21-1-2-3-4");
	assert_true(bytes_eq(buf_bytes(&id.subject),
	    buf_bytes(&made.cert->subject_der)));
	assert_null(id.realm);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_PLACE(an_issued_request_is_told_in_all_three_places),
		IN_A_PLACE(a_denied_request_is_kept_with_its_number),
		IN_A_PLACE(what_waits_is_issued_by_an_officer),
		IN_A_PLACE(what_waits_is_decided_once),
		IN_A_PLACE(an_officer_denies_with_words),
		IN_A_PLACE(approval_does_not_go_around_the_template),
		IN_A_PLACE(only_valid_certificates_of_ours_are_renewed),
		IN_A_PLACE(lists_have_pages),
		cmocka_unit_test(identities_come_back_as_they_were),
		IN_A_PLACE(a_certificate_names_an_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
