/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

static void
a_certificate_is_kept_once(void **state)
{
	struct place *p = *state;
	auto_done(ca_outcome) made = { 0 };
	auto_done(ca_record) r = { 0 };

	place_issue(p, &made);
	FAILS_SAYING(SG_EEXIST, "is taken",
	    ca_certs_add(p->store, made.cert, NULL, 0));
	OK(ca_certs_get(&r, p->store, made.cert->serial));
	assert_true(bytes_eq(buf_bytes(&r.cert->der),
	    buf_bytes(&made.cert->der)));
	assert_string_equal(r.template, "SmartcardLogon");
	assert_int_equal(r.request, made.request);
	assert_int_equal(r.state, CA_VALID);
	FAILS_SAYING(SG_ENOENT, "no certificate 00ab was issued",
	    ca_certs_get(&r, p->store, "0AB"));
}

static void
only_hex_is_a_serial_number(void **state)
{
	static const char *const bad[] = { "", "..", "../issuing/cert",
		"0g", "/etc/passwd", "00 ", "-01", "'; DROP TABLE x; --" };
	struct place *p = *state;
	auto_done(ca_record) r = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		FAILS_SAYING(SG_EARG, "not a serial number",
		    ca_certs_get(&r, p->store, bad[i]));
}

struct seen {
	size_t n;
	int64_t last;
	char label[64];
};

static enum sg_err
see(void *arg, const struct ca_row *r)
{
	struct seen *s = arg;

	assert_true(r->id > s->last);
	s->last = r->id;
	s->n++;
	(void)snprintf(s->label, sizeof(s->label), "%s", r->label);
	return SG_OK;
}

static struct seen
query(const struct place *p, struct ca_query q)
{
	struct seen s = { 0 };

	OK(ca_certs_each(p->store, &q, see, &s));
	return s;
}

static void
issue_to(struct place *p, const char *upn, struct ca_outcome *out)
{
	auto_done(identity) id = { 0 };
	struct ca_order o = place_order(p);

	OK(str_dup(&id.upn, upn));
	o.identity = &id;
	OK(ca_submit(out, p->store, &p->issuer, &o));
}

static void
queries_find_what_they_say(void **state)
{
	struct place *p = *state;
	auto_done(ca_outcome) a = { 0 }, b = { 0 }, c = { 0 };

	issue_to(p, "alice@corp.example", &a);
	issue_to(p, "bob_1%@corp.example", &b);
	issue_to(p, "bobby@corp.example", &c);
	assert_int_equal(query(p, (struct ca_query) { 0 }).n, 3);
	assert_int_equal(query(p, (struct ca_query) { .limit = 2 }).n, 2);
	assert_int_equal(query(p, (struct ca_query) { .after = 2 }).n, 1);
	assert_int_equal(query(p, (struct ca_query) { .text = "BOB" }).n, 2);
	/* LIKE's own characters are letters like others. */
	assert_int_equal(query(p, (struct ca_query) { .text = "b_1%" }).n, 1);
	assert_int_equal(query(p, (struct ca_query) { .text = "b_b" }).n, 0);
	assert_int_equal(query(p, (struct ca_query) { .text = "'" }).n, 0);
	assert_int_equal(query(p,
	    (struct ca_query) { .text = b.cert->serial }).n, 1);
	assert_int_equal(query(p,
	    (struct ca_query) { .template = "smartcardlogon" }).n, 3);
	assert_int_equal(query(p,
	    (struct ca_query) { .template = "User", .text = "bob" }).n, 0);
	assert_string_equal(query(p,
	    (struct ca_query) { .upn = "alice@corp.example" }).label,
	    "alice@corp.example");
	OK(ca_revoke(p->store, c.cert->serial, CRL_HOLD, &p->act));
	assert_int_equal(query(p, (struct ca_query) { .revoked = true,
	    .text = "bob" }).n, 1);
}

static void
a_body_of_another_is_found_out(void **state)
{
	struct place *p = *state;
	auto_done(ca_outcome) a = { 0 }, b = { 0 };
	auto_done(ca_record) r = { 0 };

	place_issue(p, &a);
	place_issue(p, &b);
	OK(db_exec(p->store->db, "UPDATE bodies SET der ="
	    " (SELECT der FROM bodies WHERE cert = 2) WHERE cert = 1"));
	FAILS_SAYING(SG_EFORMAT, "another's",
	    ca_certs_get(&r, p->store, a.cert->serial));
	OK(db_exec(p->store->db, "UPDATE bodies SET der = x'3000'"));
	FAILS_SAYING(SG_EFORMAT, b.cert->serial,
	    ca_certs_get(&r, p->store, b.cert->serial));
	OK(db_exec(p->store->db, "DELETE FROM bodies"));
	FAILS_SAYING(SG_EFORMAT, "body is missing",
	    ca_certs_get(&r, p->store, b.cert->serial));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_PLACE(a_certificate_is_kept_once),
		IN_A_PLACE(only_hex_is_a_serial_number),
		IN_A_PLACE(queries_find_what_they_say),
		IN_A_PLACE(a_body_of_another_is_found_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
