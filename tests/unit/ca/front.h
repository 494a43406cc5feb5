/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_CA_FRONT_H
#define SG_TEST_CA_FRONT_H

/* A CA with accounts, templates and certificates, and letters to it. */

#include "place.h"
#include "../cms_maker.h"
#include "ca/accounts.h"
#include "ca/enroll.h"
#include "ca/evidence.h"
#include "ca/template_store.h"
#include "pki/name.h"

#define DOMAIN "S-1-5-21-1-2-3"

/* Somebody with a key and a certificate of the CA. */
struct holder {
	struct pkey *key;
	struct cert *cert;
};

struct front {
	struct place *p;
	struct holder alice;	/* a user, by the template Staff */
	struct holder eve;	/* an agent, by Agents */
	struct holder mallory;	/* another agent */
};

static inline void
holder_done(struct holder *h)
{
	pkey_free(h->key);
	cert_free(h->cert);
	*h = (struct holder) { 0 };
}

static inline void
front_account(const struct front *f, const char *user, const char *rid,
    const char *group)
{
	auto_done(ca_account) a = { 0 };

	OK(str_printf(&a.name, "CORP\\%s", user));
	OK(str_printf(&a.identity.upn, "%s@corp.example", user));
	OK(str_printf(&a.identity.sid, "%s-%s", DOMAIN, rid));
	OK(texts_add(&a.groups, group));
	OK(ca_account_add(f->p->store, &a, &f->p->act));
}

/* A copy of Smartcard Logon, of schema 2; domain users and agents (in domain
 * admins) may enroll. */
static inline void
front_template(struct template *t, const char *cn)
{
	OK(template_builtin(t, "SmartcardLogon", "1.2.3"));
	free(t->cn);
	free(t->display_name);
	free(t->oid);
	OK(str_dup(&t->cn, cn));
	OK(str_dup(&t->display_name, cn));
	OK(str_printf(&t->oid, "1.2.3.%zu.%d", strlen(cn), cn[0]));
	t->schema = 2;
	OK(texts_add_all(&t->app_policies, &t->eku));
	OK(access_grant(&t->security, "DU", ACCESS_ENROLL));
}

static inline void
front_publish(const struct front *f, const struct template *t)
{
	enum sg_err e;

	OK(ca_template_put(f->p->store, &t, 1, true));
	e = ca_template_publish(f->p->store, t->cn);
	assert_true(e == SG_OK || e == SG_EEXIST);
}

/* Changes a template that is there. */
#define FRONT_CHANGE(f, name, var, ...)                            \
	do {                                                       \
		auto_done(template) var;                           \
		template_init(&var);                               \
		OK(ca_template_get(&var, (f)->p->store, (name)));  \
		__VA_ARGS__;                                       \
		front_publish((f), &var);                          \
	} while (0)

/* What a request says of itself. */
struct ask {
	const char *template;	/* NULL: none */
	const char *subject;
	const char *upn;
	const char *sid;
	const char *dns;
	const struct cert *renews;
};

static inline void
front_request(struct buf *out, const struct pkey *k, const struct ask *a)
{
	auto_done(csr_content) c;

	csr_content_init(&c);
	if (a->template != NULL)
		OK(csr_content_add_pair(&c, "CertificateTemplate",
		    a->template));
	if (a->subject != NULL)
		OK(name_parse(&c.subject, a->subject));
	if (a->upn != NULL)
		OK(str_dup(&c.ext.upn, a->upn));
	if (a->sid != NULL)
		OK(str_dup(&c.ext.sid, a->sid));
	if (a->dns != NULL)
		OK(texts_add(&c.ext.dns, a->dns));
	if (a->renews != NULL)
		OK(buf_set(&c.renewal, buf_bytes(&a->renews->der)));
	OK(csr_build(out, &c, DIGEST_SHA256, false,
	    pkey_signer((struct pkey *)(uintptr_t)k)));
}

/* By an officer's word; user NULL: the identity is empty but for dns. */
static inline void
front_holder(const struct front *f, struct holder *h, const char *template,
    const struct identity *id)
{
	auto_done(template) t;
	auto_done(buf) der = { 0 };
	auto_free(csr) r = NULL;
	auto_done(ca_outcome) made = { 0 };
	struct ca_order o = { .template = &t, .identity = id, .now = NOW,
		.requester = "olga" };

	template_init(&t);
	OK(ca_template_published(&t, f->p->store, template));
	OK(pkey_new_p256(&h->key));
	front_request(&der, h->key, &(struct ask) { 0 });
	OK(csr_parse(&r, buf_bytes(&der)));
	o.request = r;
	OK(ca_submit(&made, f->p->store, &f->p->issuer, &o));
	assert_string_equal(made.verdict.words, "Issued");
	h->cert = made.cert;
	made.cert = NULL;
}

static inline void
front_user(const struct front *f, struct holder *h, const char *template,
    const char *user, const char *rid)
{
	auto_done(identity) id = { 0 };

	OK(str_printf(&id.upn, "%s@corp.example", user));
	OK(str_printf(&id.sid, "%s-%s", DOMAIN, rid));
	front_holder(f, h, template, &id);
}

static inline void
front_agents_template(const struct front *f)
{
	auto_done(template) t;

	template_init(&t);
	front_template(&t, "Agents");
	texts_done(&t.eku);
	texts_done(&t.app_policies);
	OK(texts_add(&t.eku, OID_REQUEST_AGENT));
	OK(texts_add(&t.app_policies, OID_REQUEST_AGENT));
	front_publish(f, &t);
}

static inline void
front_templates(const struct front *f)
{
	auto_done(template) staff;
	auto_done(template) bound;

	template_init(&staff);
	template_init(&bound);
	front_template(&staff, "Staff");
	front_publish(f, &staff);
	front_template(&bound, "Bound");
	bound.ra_signatures = 1;
	OK(texts_add(&bound.ra_app_policies, OID_REQUEST_AGENT));
	front_publish(f, &bound);
	front_agents_template(f);
}

static inline int
front_setup(void **state)
{
	struct front *f = calloc(1, sizeof(*f));
	void *p;

	assert_non_null(f);
	if (place_setup(&p) != 0)
		return 1;
	f->p = p;
	front_templates(f);
	front_account(f, "alice", "1001", "DU");
	front_account(f, "bob", "1002", "DG");
	front_account(f, "eve", "1003", "Domain Admins");
	front_account(f, "mallory", "1004", DOMAIN "-512");
	front_user(f, &f->alice, "Staff", "alice", "1001");
	front_user(f, &f->eve, "Agents", "eve", "1003");
	front_user(f, &f->mallory, "Agents", "mallory", "1004");
	*state = f;
	return 0;
}

static inline int
front_teardown(void **state)
{
	struct front *f = *state;
	void *p = f->p;

	holder_done(&f->alice);
	holder_done(&f->eve);
	holder_done(&f->mallory);
	free(f);
	return place_teardown(&p);
}

#define AT_THE_FRONT(f) cmocka_unit_test_setup_teardown(f, front_setup, \
	front_teardown)

static inline struct maker
by(const struct holder *h, const char *requester)
{
	return (struct maker) { .key = h->key, .cert = h->cert,
		.requester = requester, .flags = CMS_NOCERTS };
}

/* Sends bytes; the outcome is there whatever it is. */
static inline void
front_send_at(const struct front *f, struct ca_outcome *out, struct bytes m,
    const struct ca_caller *caller, int64_t now)
{
	struct ca_submission sub = { .message = m, .caller = caller,
		.now = now };

	ca_outcome_done(out);
	OK(ca_submit_signed(out, f->p->store, &f->p->issuer, &sub));
	assert_true((out->cert != NULL) ==
	    (out->verdict.disposition == CA_ISSUED));
}

static inline void
front_send(const struct front *f, struct ca_outcome *out, struct bytes m)
{
	front_send_at(f, out, m, NULL, NOW + DAY);
}

#define ISSUED(out)                                                       \
	do {                                                              \
		if ((out).verdict.disposition != CA_ISSUED)               \
			fail_msg("not issued: %s", (out).verdict.words);  \
	} while (0)
#define DENIED(code, out)                                                 \
	do {                                                              \
		if ((out).verdict.status != (code))                       \
			fail_msg("not denied by " #code ": %s",           \
			    (out).verdict.words);                         \
		assert_int_equal((out).verdict.disposition, CA_DENIED);   \
	} while (0)

/* A request for a new key, renewing h's certificate and signed by it. */
static inline void
front_renewal(struct buf *out, const struct holder *h, const struct ask *ask)
{
	auto_free(pkey) k = NULL;
	auto_done(buf) der = { 0 };
	struct ask a = *ask;
	struct maker m = by(h, NULL);

	OK(pkey_new_p256(&k));
	a.renews = h->cert;
	front_request(&der, k, &a);
	maker_sign(out, buf_bytes(&der), NULL, &m, 1, 0);
}

/* A request for a new key, signed by these. */
static inline void
front_signed(struct buf *out, const char *template, const struct maker *v,
    size_t n)
{
	auto_free(pkey) k = NULL;
	auto_done(buf) der = { 0 };

	OK(pkey_new_p256(&k));
	front_request(&der, k, &(struct ask) { .template = template });
	maker_sign(out, buf_bytes(&der), NULL, v, n, 0);
}

static inline int64_t
front_kept(const struct front *f)
{
	return place_number(f->p, "SELECT count(*) FROM requests");
}

#endif
