/* SPDX-License-Identifier: BSD-2-Clause */
#include "front.h"

#include "ca/challenges.h"

#define HOUR ((int64_t)3600)

/* As others write it, a challenge is a string. */
struct made {
	struct secret text;
	int64_t id;
};

static void
made_done(struct made *m)
{
	secret_done(&m->text);
}

static enum sg_err
make(struct made *m, const struct place *p, const struct ca_binding *b,
    unsigned uses)
{
	const struct challenge_plan plan = { .template = ca_binding_names(b)
		? "SmartcardLogon" : "OfflineRouter", .binding = b,
		.uses = uses, .seconds = HOUR };

	if (m->text.p == NULL)
		OK(secret_init(&m->text, CHALLENGE_LEN + 1));
	return challenge_new(&m->text, &m->id, p->store, &plan, &p->act);
}

static void
published(const struct place *p)
{
	enum sg_err e = ca_template_publish(p->store, "OfflineRouter");

	assert_true(e == SG_OK || e == SG_EEXIST);
	e = ca_template_publish(p->store, "SmartcardLogon");
	assert_true(e == SG_OK || e == SG_EEXIST);
}

struct try {
	const struct place *p;
	struct template_cache *templates;
	struct challenge_book book;
};

static void
try_done(struct try *t)
{
	template_cache_free(t->templates);
}

static void
try_init(struct try *t, const struct place *p)
{
	t->p = p;
	OK(template_cache_new(&t->templates, p->store));
	t->book = (struct challenge_book) { p->store, t->templates };
}

static enum sg_err
validate(struct validator_grant *g, struct try *t, const char *challenge,
    const struct csr *r, int64_t now)
{
	const struct validator_ask ask = { challenge, r, "tid", now };

	validator_grant_done(g);
	return challenge_ops.validate(&t->book, g, &ask);
}

static void
request(struct csr **out, const struct ask *a)
{
	auto_free(pkey) k = NULL;
	auto_done(buf) der = { 0 };

	OK(pkey_new_p256(&k));
	front_request(&der, k, a);
	OK(csr_parse(out, buf_bytes(&der)));
}

static enum sg_err
notify(struct try *t, const struct validator_grant *g, const struct csr *r,
    bool taken)
{
	const struct validator_outcome o = { .request = 7, .csr = r,
		.taken = taken };

	return challenge_ops.notify(&t->book, g, &o);
}

static const char *
text(const struct made *m)
{
	return (const char *)m->text.p;
}

static void
a_challenge_is_good_once(void **state)
{
	struct place *p = *state;
	auto_done(ca_binding) b = { 0 };
	auto_done(made) m = { 0 };
	auto_done(try) t = { 0 };
	auto_done(validator_grant) g = { 0 };
	auto_free(csr) r = NULL, *other = NULL;

	published(p);
	try_init(&t, p);
	OK(make(&m, p, &b, 1));
	assert_int_equal(m.text.n, CHALLENGE_LEN);
	request(&r, &(struct ask) { .subject = "CN=a" });
	request(&other, &(struct ask) { .subject = "CN=a" });
	OK(validate(&g, &t, text(&m), r, NOW + 10));
	assert_string_equal(g.template, "OfflineRouter");
	assert_int_equal(g.earlier, 0);
	OK(notify(&t, &g, r, true));
	FAILS(SG_ENOENT, notify(&t, &g, r, true));
	FAILS(SG_ENOENT, validate(&g, &t, text(&m), other, NOW + 20));
	/* The same key hears what it got, however late. */
	OK(validate(&g, &t, text(&m), r, NOW + 2 * HOUR));
	assert_int_equal(g.earlier, 7);
}

static void
a_challenge_ends(void **state)
{
	struct place *p = *state;
	auto_done(ca_binding) b = { 0 };
	auto_done(made) m = { 0 };
	auto_done(try) t = { 0 };
	auto_done(validator_grant) g = { 0 };
	auto_free(csr) r = NULL;

	published(p);
	try_init(&t, p);
	OK(make(&m, p, &b, 1));
	request(&r, &(struct ask) { .subject = "CN=a" });
	OK(validate(&g, &t, text(&m), r, p->act.at + HOUR - 1));
	FAILS(SG_ENOENT, validate(&g, &t, text(&m), r, p->act.at + HOUR));
	FAILS(SG_ENOENT, validate(&g, &t, "", r, NOW + 10));
	FAILS(SG_ENOENT, validate(&g, &t, "0123456789ABCDEF0123456789ABCDEF",
	    r, NOW + 10));
	OK(challenge_revoke(p->store, m.id, &p->act));
	FAILS(SG_ENOENT, validate(&g, &t, text(&m), r, NOW + 10));
	FAILS(SG_EEXIST, challenge_revoke(p->store, m.id, &p->act));
	FAILS(SG_ENOENT, challenge_revoke(p->store, 99, &p->act));
}

static void
a_misfit_is_refused_and_the_challenge_stays(void **state)
{
	struct place *p = *state;
	auto_done(ca_binding) b = { 0 };
	auto_done(made) m = { 0 };
	auto_done(try) t = { 0 };
	auto_done(validator_grant) g = { 0 };
	auto_free(csr) bad = NULL, *good = NULL;

	published(p);
	try_init(&t, p);
	OK(str_dup(&b.identity.upn, "alice@corp.example"));
	OK(make(&m, p, &b, 1));
	request(&bad, &(struct ask) { .upn = "bob@corp.example" });
	request(&good, &(struct ask) { .upn = "alice@corp.example" });
	for (int i = 0; i < CHALLENGE_REFUSALS_MAX; i++) {
		FAILS_SAYING(SG_EVERIFY, "UPN: ", validate(&g, &t, text(&m),
		    bad, NOW + 10));
		assert_true(g.keep);
		OK(notify(&t, &g, bad, false));
	}
	FAILS(SG_EVERIFY, validate(&g, &t, text(&m), bad, NOW + 10));
	assert_false(g.keep);
	OK(validate(&g, &t, text(&m), good, NOW + 10));
	assert_string_equal(g.identity.upn, "alice@corp.example");
	assert_int_equal(place_number(p, "SELECT refused FROM challenges"),
	    CHALLENGE_REFUSALS_MAX);
}

static void
the_store_does_not_know_the_challenge(void **state)
{
	struct place *p = *state;
	auto_done(ca_binding) b = { 0 };
	auto_done(made) m = { 0 };
	auto_done(buf) file = { 0 };
	auto_str path = NULL;

	published(p);
	OK(make(&m, p, &b, 1));
	for (int i = 0; i < 2; i++) {
		OK(str_printf(&path, "%s/ca.db%s", p->dir,
		    i == 0 ? "" : "-wal"));
		OK(file_read(&file, path, 1u << 24));
		assert_null(memmem(file.p, file.n, m.text.p, m.text.n));
		free(path);
		path = NULL;
	}
	assert_int_equal(place_number(p, "SELECT count(*) FROM audit WHERE"
	    " what = 'challenge new' AND who = 'olga'"), 1);
}

static void
names_and_no_limit_do_not_go_together(void **state)
{
	struct place *p = *state;
	auto_done(ca_binding) b = { 0 };
	auto_done(made) m = { 0 };
	struct challenge_plan plan = { "SmartcardLogon", &b, 1, HOUR };

	published(p);
	OK(make(&m, p, &b, 0));
	secret_clear(&m.text);
	FAILS_SAYING(SG_EARG, "whose", challenge_new(&m.text, &m.id,
	    p->store, &plan, &p->act));
	OK(str_dup(&b.identity.upn, "alice@corp.example"));
	FAILS_SAYING(SG_EARG, "number of uses", make(&m, p, &b, 0));
	plan.template = "CEPEncryption";
	FAILS(SG_ENOENT, challenge_new(&m.text, &m.id, p->store, &plan,
	    &p->act));
}

/* By what a template has become, too. */
static void
a_template_that_changed_is_looked_at_again(void **state)
{
	struct place *p = *state;
	auto_done(ca_binding) b = { 0 };
	auto_done(made) m = { 0 };
	auto_done(try) t = { 0 };
	auto_done(validator_grant) g = { 0 };
	auto_done(template) changed;
	const struct template *put = &changed;
	auto_free(csr) r = NULL;

	template_init(&changed);
	published(p);
	try_init(&t, p);
	OK(make(&m, p, &b, 0));
	request(&r, &(struct ask) { .subject = "CN=a" });
	OK(validate(&g, &t, text(&m), r, NOW + 10));
	OK(ca_template_get(&changed, p->store, "OfflineRouter"));
	OK(texts_add(&changed.eku, OID_SMARTCARD_LOGON));
	OK(ca_template_put(p->store, &put, 1, true));
	FAILS_SAYING(SG_EVERIFY, "template: ", validate(&g, &t, text(&m), r,
	    NOW + 10));
	OK(ca_template_withdraw(p->store, "OfflineRouter"));
	FAILS_SAYING(SG_EVERIFY, "no longer", validate(&g, &t, text(&m), r,
	    NOW + 10));
}

struct seen {
	size_t n;
	char state[8][16];
	int64_t used[8];
};

static enum sg_err
see(void *arg, const struct challenge_row *r)
{
	struct seen *s = arg;

	(void)snprintf(s->state[s->n], sizeof(s->state[0]), "%s",
	    challenge_state(r, NOW + 100));
	s->used[s->n++] = r->used;
	return SG_OK;
}

static void
all_are_listed(void **state)
{
	struct place *p = *state;
	auto_done(ca_binding) b = { 0 };
	struct made m[3] = { { { 0 }, 0 } };
	auto_done(try) t = { 0 };
	auto_done(validator_grant) g = { 0 };
	auto_free(csr) r = NULL;
	struct seen s = { 0 };

	published(p);
	try_init(&t, p);
	request(&r, &(struct ask) { .subject = "CN=a" });
	for (int i = 0; i < 3; i++)
		OK(make(&m[i], p, &b, i == 2 ? 0 : 1));
	OK(validate(&g, &t, text(&m[0]), r, NOW + 10));
	OK(notify(&t, &g, r, true));
	OK(validate(&g, &t, text(&m[2]), r, NOW + 10));
	OK(notify(&t, &g, r, true));
	OK(challenge_revoke(p->store, m[1].id, &p->act));
	OK(challenges_each(p->store, 0, 0, see, &s));
	assert_int_equal(s.n, 3);
	assert_string_equal(s.state[0], "used");
	assert_string_equal(s.state[1], "revoked");
	assert_string_equal(s.state[2], "open");
	assert_int_equal(s.used[2], 1);
	s.n = 0;
	OK(challenges_each(p->store, m[0].id, 1, see, &s));
	assert_int_equal(s.n, 1);
	for (int i = 0; i < 3; i++)
		made_done(&m[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_PLACE(a_challenge_is_good_once),
		IN_A_PLACE(a_challenge_ends),
		IN_A_PLACE(a_misfit_is_refused_and_the_challenge_stays),
		IN_A_PLACE(the_store_does_not_know_the_challenge),
		IN_A_PLACE(names_and_no_limit_do_not_go_together),
		IN_A_PLACE(a_template_that_changed_is_looked_at_again),
		IN_A_PLACE(all_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
