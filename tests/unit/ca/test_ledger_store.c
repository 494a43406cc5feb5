/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

#include "ca/ledger_store.h"
#include "ca/publish.h"

/* A publisher of the place's lists. */
struct press {
	struct ca_ledger_store ledger;
	char folder[64];
	struct texts urls;
	struct ca_publisher p;
};

static void
press_done(struct press *x)
{
	ca_ledger_store_done(&x->ledger);
	texts_done(&x->urls);
}

static void
press_init(struct press *x, const struct place *p)
{
	*x = (struct press) { .ledger = { .store = p->store,
		.level = CA_ISSUING, .who = "olga" } };
	(void)snprintf(x->folder, sizeof(x->folder), "%s/issuing", p->dir);
	OK(texts_add(&x->urls, "http://a.example/delta.crl"));
	x->p = (struct ca_publisher) { .cert = p->issuer.cert,
		.signer = p->issuer.signer,
		.ledger = ca_ledger_of_store(&x->ledger),
		.folder = x->folder, .base_hours = 24, .delta_hours = 6,
		.delta_urls = &x->urls };
}

static void
load(struct crl **out, const struct press *x, enum ca_list which)
{
	auto_done(buf) der = { 0 };
	auto_str path = NULL, *file = NULL;

	OK(ca_list_file(&file, which, 0));
	OK(str_printf(&path, "%s/%s", x->folder, file));
	OK(file_read(&der, path, CRL_MAX));
	OK(crl_parse(out, buf_bytes(&der)));
	OK(crl_verify(*out, x->p.cert));
}

static void
standings_are_those_of_the_store(void **state)
{
	struct place *p = *state;
	auto_done(ca_outcome) made = { 0 };
	auto_done(press) x;
	auto_done(buf) serial = { 0 };
	struct ca_standing at;
	const struct ca_ledger *l = &x.p.ledger;

	place_issue(p, &made);
	press_init(&x, p);
	OK(ca_serial_parse(&serial, made.cert->serial));
	OK(l->ops->standing(l->ctx, buf_bytes(&serial), &at));
	assert_false(at.revoked);
	OK(ca_revoke(p->store, made.cert->serial, CRL_HOLD, &p->act));
	OK(l->ops->standing(l->ctx, buf_bytes(&serial), &at));
	assert_true(at.revoked && at.when == p->act.at);
	assert_int_equal(at.reason, CRL_HOLD);
	OK(ca_release(p->store, made.cert->serial, &p->act));
	OK(l->ops->standing(l->ctx, buf_bytes(&serial), &at));
	assert_false(at.revoked);
	FAILS(SG_ENOENT, l->ops->standing(l->ctx, bytes_str("\x01\x02"),
	    &at));
}

static void
releases_are_told_by_the_delta(void **state)
{
	struct place *p = *state;
	auto_done(ca_outcome) a = { 0 }, b = { 0 }, c = { 0 };
	auto_done(press) x;
	struct ca_published made;
	auto_free(crl) base = NULL, *delta = NULL, *next = NULL;

	place_issue(p, &a);
	place_issue(p, &b);
	place_issue(p, &c);
	press_init(&x, p);
	OK(ca_revoke(p->store, a.cert->serial, CRL_HOLD, &p->act));
	OK(ca_revoke(p->store, b.cert->serial, CRL_SUPERSEDED, &p->act));
	OK(ca_publish_all(&made, &x.p, NOW));
	assert_true(made.number == 1 && made.count == 2);
	OK(ca_release(p->store, a.cert->serial, &p->act));
	OK(ca_revoke(p->store, c.cert->serial, CRL_KEY_COMPROMISE, &p->act));
	OK(ca_publish(&made, &x.p, CA_LIST_DELTA, NOW + 9));
	assert_true(made.number == 3 && made.count == 2);
	load(&base, &x, CA_LIST_BASE);
	load(&delta, &x, CA_LIST_DELTA);
	assert_int_equal(base->content.count, 2);
	assert_int_equal(crl_content_find(&delta->content,
	    a.cert->serial)->reason, CRL_REMOVE);
	assert_int_equal(crl_content_find(&delta->content,
	    c.cert->serial)->reason, CRL_KEY_COMPROMISE);
	assert_null(crl_content_find(&delta->content, b.cert->serial));
	OK(ca_publish_all(&made, &x.p, NOW + 20));
	load(&next, &x, CA_LIST_BASE);
	assert_int_equal(next->content.count, 2);
	assert_null(crl_content_find(&next->content, a.cert->serial));
}

static void
the_root_has_nothing_to_tell(void **state)
{
	struct place *p = *state;
	auto_done(ca_outcome) made = { 0 };
	auto_done(press) x;
	struct ca_published root;

	place_issue(p, &made);
	OK(ca_revoke(p->store, made.cert->serial, CRL_HOLD, &p->act));
	press_init(&x, p);
	x.ledger.level = CA_ROOT;
	x.p.delta_hours = 0;
	OK(ca_publish_all(&root, &x.p, NOW));
	assert_true(root.number == 1 && root.count == 0);
}

static void
a_responder_is_in_the_books(void **state)
{
	struct place *p = *state;
	auto_done(ca_outcome) made = { 0 };
	auto_done(ca_record) r = { 0 };
	auto_free(cert) c = NULL;

	place_issue(p, &made);
	OK(cert_parse(&c, buf_bytes(&p->issuer.cert->der)));
	OK(ca_responder_keep(p->store, c, &p->act));
	OK(ca_certs_get(&r, p->store, c->serial));
	assert_string_equal(r.template, "OCSPResponseSigning");
	FAILS(SG_EEXIST, ca_responder_keep(p->store, c, &p->act));
	OK(ca_audit_verify(&(struct ca_audit_head) { 0 }, p->store->db,
	    NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_PLACE(standings_are_those_of_the_store),
		IN_A_PLACE(releases_are_told_by_the_delta),
		IN_A_PLACE(the_root_has_nothing_to_tell),
		IN_A_PLACE(a_responder_is_in_the_books),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
