/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

#include "ca/ledger_store.h"
#include "ca/published.h"
#include "ca/renew.h"
#include "pki/issue.h"

#define CONF "[ca]\noid-base = 1.2.3\n[issuing]\n" \
	"cdp-url = http://a.example/ca%8.crl\n" \
	"aia-url = http://a.example/ca%4.crt\n"

/* Opened anew, and with the current key. */
static void
again(struct place *p)
{
	const struct ca_generation *g;

	place_close(p);
	place_open(p);
	g = ca_current(&p->store->gen[CA_ISSUING]);
	p->issuer.cdp = &g->cdp;
	p->issuer.ca_issuers = &g->ca_issuers;
}

static void
counted_urls(struct place *p)
{
	place_close(p);
	place_write(p, "ca.conf", CONF);
	place_open(p);
	again(p);
}

static enum sg_err
renew_by_root(const struct place *p, const struct ca_renewal *r,
    struct signer key)
{
	auto_free(ca_key) k = NULL;
	const struct ca_generation *g = ca_current(&p->store->gen[CA_ROOT]);
	struct ca_issuer root;

	OK(ca_store_key(&k, p->store, CA_ROOT, NULL));
	root = (struct ca_issuer) { g->cert, ca_key_signer(k), &g->cdp,
		&g->ca_issuers, &g->ocsp };
	return ca_renew(p->store, r, key, &root, &p->act);
}

static void
renew_same(struct place *p)
{
	const struct ca_renewal r = { CA_ISSUING, false, 400, NULL };

	OK(renew_by_root(p, &r, ca_key_signer(p->key)));
	again(p);
}

static void
renew_named(struct place *p, const char *name)
{
	const struct ca_renewal r = { CA_ISSUING, true, 400, name };
	auto_free(pkey) k = NULL;
	auto_done(secret) pem = { 0 };
	struct ca_version v;

	OK(pkey_new_p256(&k));
	OK(pkey_private_pem(k, NULL, &pem));
	OK(ca_renew_version(&v, p->store, &r));
	OK(ca_store_put_key(p->dir, CA_ISSUING, v.key, &pem));
	OK(renew_by_root(p, &r, pkey_signer(k)));
	again(p);
}

static void
renew_new(struct place *p)
{
	renew_named(p, NULL);
}

static void
is_version(const struct place *p, size_t i, unsigned index, unsigned key)
{
	const struct ca_generation *g =
	    ca_at(&p->store->gen[CA_ISSUING], (unsigned)i);

	assert_non_null(g);
	assert_int_equal(g->version.index, index);
	assert_int_equal(g->version.key, key);
}

static void
keys_and_certificates_are_counted(void **state)
{
	struct place *p = *state;
	struct ca_audit_head h;

	counted_urls(p);
	renew_same(p);
	renew_new(p);
	renew_same(p);
	assert_int_equal(p->store->gen[CA_ISSUING].n, 4);
	is_version(p, 0, 0, 0);
	is_version(p, 1, 1, 0);
	is_version(p, 2, 2, 2);
	is_version(p, 3, 3, 2);
	assert_string_equal(p->issuer.cdp->v[0],
	    "http://a.example/ca(2).crl");
	assert_string_equal(p->issuer.ca_issuers->v[0],
	    "http://a.example/ca(3).crt");
	OK(ca_audit_verify(&h, p->store->db, NULL));
}

static void
the_same_key_is_the_same_issuer(void **state)
{
	struct place *p = *state;
	auto_done(ca_outcome) before = { 0 }, after = { 0 };
	const struct ca_generations *l = &p->store->gen[CA_ISSUING];

	place_issue(p, &before);
	renew_same(p);
	l = &p->store->gen[CA_ISSUING];
	place_issue(p, &after);
	OK(cert_signed_by(before.cert, l->v[1].cert));
	OK(cert_signed_by(after.cert, l->v[0].cert));
	assert_true(bytes_eq(buf_bytes(&l->v[0].cert->ext.ski),
	    buf_bytes(&l->v[1].cert->ext.ski)));
	assert_true(bytes_eq(buf_bytes(&l->v[1].above.v[0]->der),
	    buf_bytes(&p->store->cert[CA_ROOT]->der)));
}

static void
a_url_that_counts_no_keys_is_refused(void **state)
{
	struct place *p = *state;
	const struct ca_renewal r = { CA_ISSUING, true, 400, NULL };
	struct ca_version v;

	FAILS_SAYING(SG_EARG, "put %8 into it",
	    ca_renew_version(&v, p->store, &r));
	place_close(p);
	place_write(p, "ca.conf", "[ca]\noid-base = 1.2.3\n[issuing]\n"
	    "aia-url = http://a.example/ca.crt\n");
	place_open(p);
	FAILS_SAYING(SG_EARG, "put %4 into it",
	    ca_renew_version(&v, p->store, &r));
}

/* The list of a key, as a publisher makes it. */
static void
list_of(struct crl **out, const struct place *p, unsigned key)
{
	const struct ca_generation *g =
	    ca_of_key(&p->store->gen[CA_ISSUING], key);
	auto_free(ca_key) k = NULL;
	auto_done(ca_ledger_store) l = { .store = p->store,
		.level = CA_ISSUING, .key = key, .who = "olga" };
	auto_str folder = NULL, *file = NULL, *path = NULL;
	auto_done(buf) der = { 0 };
	struct ca_publisher x = { .base_hours = 24, .key = key };
	struct ca_published made;

	OK(ca_store_key_of(&k, p->store, CA_ISSUING, key, NULL));
	OK(str_printf(&folder, "%s/issuing", p->dir));
	x.folder = folder;
	x.cert = g->cert;
	x.signer = ca_key_signer(k);
	x.ledger = ca_ledger_of_store(&l);
	OK(ca_publish_all(&made, &x, NOW));
	OK(ca_list_file(&file, CA_LIST_BASE, key));
	OK(str_printf(&path, "%s/%s", folder, file));
	OK(file_read(&der, path, CRL_MAX));
	OK(crl_parse(out, buf_bytes(&der)));
	OK(crl_verify(*out, g->cert));
	assert_int_equal(made.count, (*out)->content.count);
}

static void
each_key_lists_what_it_signed(void **state)
{
	struct place *p = *state;
	auto_done(ca_outcome) a = { 0 }, b = { 0 }, c = { 0 };
	auto_free(crl) old = NULL, *fresh = NULL;

	counted_urls(p);
	place_issue(p, &a);
	renew_same(p);
	place_issue(p, &b);
	renew_new(p);
	place_issue(p, &c);
	OK(ca_revoke(p->store, a.cert->serial, CRL_SUPERSEDED, &p->act));
	OK(ca_revoke(p->store, b.cert->serial, CRL_SUPERSEDED, &p->act));
	OK(ca_revoke(p->store, c.cert->serial, CRL_SUPERSEDED, &p->act));
	list_of(&old, p, 0);
	list_of(&fresh, p, 2);
	assert_int_equal(old->content.count, 2);
	assert_non_null(crl_content_find(&old->content, a.cert->serial));
	assert_non_null(crl_content_find(&old->content, b.cert->serial));
	assert_int_equal(fresh->content.count, 1);
	assert_non_null(crl_content_find(&fresh->content, c.cert->serial));
	/* They have one name, so numbers are not used twice. */
	assert_true(old->content.number != fresh->content.number);
}

static void
the_other_key_knows_nothing_of_it(void **state)
{
	struct place *p = *state;
	auto_done(ca_outcome) a = { 0 }, b = { 0 };
	auto_done(buf) serial = { 0 };
	struct ca_ledger_store x = { .level = CA_ISSUING, .who = "olga" };
	struct ca_ledger l = ca_ledger_of_store(&x);
	struct ca_standing at;
	enum ca_level level;
	unsigned key;

	counted_urls(p);
	place_issue(p, &a);
	renew_new(p);
	place_issue(p, &b);
	x.store = p->store;
	OK(ca_serial_parse(&serial, a.cert->serial));
	OK(l.ops->standing(l.ctx, buf_bytes(&serial), &at));
	x.key = 1;
	FAILS(SG_ENOENT, l.ops->standing(l.ctx, buf_bytes(&serial), &at));
	OK(ca_revoker(&level, &key, p->store, b.cert->serial));
	assert_true(level == CA_ISSUING && key == 1);
	OK(ca_revoker(&level, &key, p->store, a.cert->serial));
	assert_true(level == CA_ISSUING && key == 0);
}

static void
a_ca_of_our_own_is_revoked_by_the_root(void **state)
{
	struct place *p = *state;
	const struct cert *c = p->store->cert[CA_ISSUING];
	enum ca_level level;
	unsigned key;
	auto_done(ca_record) r = { 0 };

	OK(ca_revoker(&level, &key, p->store, c->serial));
	assert_true(level == CA_ROOT && key == 0);
	assert_int_equal(place_number(p,
	    "SELECT count(*) FROM certificates"), 0);
	OK(ca_revoke(p->store, c->serial, CRL_CA_COMPROMISE, &p->act));
	OK(ca_certs_get(&r, p->store, c->serial));
	assert_true(r.level == CA_ROOT && r.state == CA_REVOKED);
	FAILS(SG_ENOENT, ca_revoker(&level, &key, p->store, "4711"));
}

static void
a_new_key_may_have_a_new_name(void **state)
{
	struct place *p = *state;
	const struct ca_renewal r = { CA_ISSUING, false, 400, "CN=Issuing 2" };
	auto_done(ca_outcome) a = { 0 }, b = { 0 };
	auto_done(ca_record) kept = { 0 };
	struct ca_version v;

	counted_urls(p);
	FAILS_SAYING(SG_EARG, "wants a new key",
	    ca_renew_version(&v, p->store, &r));
	place_issue(p, &a);
	renew_named(p, "CN=Issuing 2");
	place_issue(p, &b);
	assert_string_equal(a.cert->issuer, "CN=Issuing");
	assert_string_equal(b.cert->issuer, "CN=Issuing 2");
	OK(ca_certs_get(&kept, p->store, b.cert->serial));
	assert_int_equal(kept.index, 1);
}

static void
two_renewals_at_once_are_one(void **state)
{
	struct place *p = *state;
	auto_free(ca_store) stale = NULL;
	const struct ca_renewal r = { CA_ISSUING, false, 400, NULL };
	struct ca_store *fresh = p->store;
	int lock = -1, second;

	OK(ca_store_open(&stale, p->dir));
	OK(renew_by_root(p, &r, ca_key_signer(p->key)));
	p->store = stale;
	FAILS_SAYING(SG_EEXIST, "a certificate 1 already",
	    renew_by_root(p, &r, ca_key_signer(p->key)));
	p->store = fresh;
	OK(ca_renew_lock(&lock, p->dir));
	FAILS_SAYING(SG_EBUSY, "somebody else",
	    ca_renew_lock(&second, p->dir));
	assert_int_equal(close(lock), 0);
}

static void
an_old_key_speaks_until_its_last_certificate_ends(void **state)
{
	struct place *p = *state;
	const struct ca_generations *l;
	int64_t end;

	counted_urls(p);
	renew_new(p);
	l = &p->store->gen[CA_ISSUING];
	end = l->v[0].cert->not_after;
	assert_true(ca_key_live(l, 0, end - 1));
	assert_false(ca_key_live(l, 0, end));
	assert_true(ca_key_live(l, 1, end + 1000 * DAY));
}

/* A database of version 1 with one certificate, which is revoked. */
static void
old_database(const char *path, const struct cert *c)
{
	static const struct db_options o = { .create = true };
	struct db_schema old = ca_schema;
	auto_free(db) db = NULL;
	auto_free(db_stmt) cert = NULL, *body = NULL, *revoked = NULL;
	auto_done(buf) serial = { 0 };
	auto_str url = NULL;

	OK(str_printf(&url, "sqlite:%s", path));
	OK(db_open(&db, url, &o));
	old.count = 1;
	OK(db_migrate(db, &old));
	OK(ca_serial_parse(&serial, c->serial));
	OK(db_prepare(&cert, db, "INSERT INTO certificates (serial, issuer,"
	    " label, subject, not_before, not_after, key_id, state)"
	    " VALUES ($1, $2, 'alice', 'CN=alice', 1, 2, $1, 1)"));
	db_bind_blob(cert, 1, buf_bytes(&serial));
	db_bind_blob(cert, 2, buf_bytes(&c->ext.aki));
	OK(db_run(cert));
	OK(db_prepare(&body, db, "INSERT INTO bodies VALUES (1, $1)"));
	db_bind_blob(body, 1, buf_bytes(&c->der));
	OK(db_run(body));
	OK(db_prepare(&revoked, db, "INSERT INTO revocations"
	    " VALUES (1, $1, 5, 4, 0, 2, 1)"));
	db_bind_blob(revoked, 1, buf_bytes(&serial));
	OK(db_run(revoked));
	OK(db_exec(db, "INSERT INTO crls VALUES (1, 7, NULL, 6, 1)"));
}

static void
old_databases_move(void **state)
{
	struct place *p = *state;
	auto_done(ca_outcome) made = { 0 };
	auto_done(ca_record) r = { 0 };
	auto_free(crl) l = NULL;
	auto_str db = NULL;

	place_issue(p, &made);
	place_close(p);
	OK(str_printf(&db, "%s/ca.db", p->dir));
	assert_int_equal(unlink(db), 0);
	old_database(db, made.cert);
	place_open(p);
	is_version(p, 0, 0, 0);
	assert_true(p->store->ours[CA_ROOT] && p->store->ours[CA_ISSUING]);
	OK(ca_certs_get(&r, p->store, made.cert->serial));
	assert_true(r.level == CA_ISSUING && r.index == 0);
	list_of(&l, p, 0);
	assert_int_equal(l->content.number, 8);
	assert_non_null(crl_content_find(&l->content, made.cert->serial));
	again(p);
	assert_int_equal(p->store->gen[CA_ISSUING].n, 1);
}

static void
files_are_made_again_but_not_believed(void **state)
{
	struct place *p = *state;
	struct ca_store *s = NULL;
	auto_str first = NULL, *next = NULL;
	auto_done(buf) text = { 0 };

	renew_same(p);
	OK(str_printf(&first, "%s/issuing/cert.pem", p->dir));
	OK(str_printf(&next, "%s/issuing/cert(1).pem", p->dir));
	assert_int_equal(unlink(next), 0);
	again(p);
	OK(file_read(&text, next, CERT_MAX));
	place_close(p);
	OK(file_replace(first, buf_bytes(&text), 0644));
	FAILS_SAYING(SG_EVERIFY, "not the certificate that the database has",
	    ca_store_open(&s, p->dir));
}

static enum sg_err
name_add(void *arg, const struct ca_file *f)
{
	SG_TRY(buf_add_str(arg, f->name));
	return buf_add_str(arg, " ");
}

static void
what_is_published_has_names(void **state)
{
	struct place *p = *state;
	auto_done(buf) names = { 0 };
	auto_done(ca_file) f = { 0 };

	counted_urls(p);
	renew_same(p);
	renew_new(p);
	OK(ca_files_each(p->store, name_add, &names));
	OK(buf_terminate(&names));
	assert_string_equal((char *)names.p, "root.crt root.crl issuing.crt "
	    "issuing.crl issuing-delta.crl issuing(1).crt issuing(2).crt "
	    "issuing(2).crl issuing(2)-delta.crl ");
	OK(ca_file_find(&f, p->store, "issuing(2).crl"));
	assert_int_equal(f.kind, CA_FILE_CRL);
	assert_non_null(strstr(f.path, "/issuing/ca(2).crl"));
	FAILS(SG_ENOENT, ca_file_find(&f, p->store, "issuing(1).crl"));
	FAILS(SG_ENOENT, ca_file_find(&f, p->store, "../ca.conf"));
	FAILS(SG_ENOENT, ca_file_find(&f, p->store, ""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_PLACE(keys_and_certificates_are_counted),
		IN_A_PLACE(the_same_key_is_the_same_issuer),
		IN_A_PLACE(a_url_that_counts_no_keys_is_refused),
		IN_A_PLACE(each_key_lists_what_it_signed),
		IN_A_PLACE(the_other_key_knows_nothing_of_it),
		IN_A_PLACE(a_ca_of_our_own_is_revoked_by_the_root),
		IN_A_PLACE(a_new_key_may_have_a_new_name),
		IN_A_PLACE(two_renewals_at_once_are_one),
		IN_A_PLACE(an_old_key_speaks_until_its_last_certificate_ends),
		IN_A_PLACE(old_databases_move),
		IN_A_PLACE(files_are_made_again_but_not_believed),
		IN_A_PLACE(what_is_published_has_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
