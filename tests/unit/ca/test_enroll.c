/* SPDX-License-Identifier: BSD-2-Clause */

/* What is decided by what was proved. */

#include "front.h"

#define STAFF (&(struct ask) { .template = "Staff" })

static const struct ca_caller alice = { "corp\\ALICE", CA_BY_KERBEROS };
static const struct ca_caller bob = { "bob@corp.example", CA_BY_KERBEROS };

static void
an_agent_enrolls_for_somebody(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };
	auto_done(ca_request) q = { 0 };
	struct maker eve = by(&f->eve, "CORP\\bob");

	front_signed(&m, "Bound", &eve, 1);
	front_send(f, &r, buf_bytes(&m));
	ISSUED(r);
	assert_string_equal(r.cert->ext.upn, "bob@corp.example");
	assert_string_equal(r.cert->ext.sid, DOMAIN "-1002");
	OK(ca_request_get(&q, f->p->store, r.request));
	assert_string_equal(q.requester, "CORP\\eve");
	assert_int_equal(q.evidence.agents, 1);
	assert_int_equal(q.signers.v[0].role, CA_SIGNED_AGENT);
	assert_null(q.renews);
}

/* Alice has a good certificate, but no agent's. */
static void
who_is_no_agent_enrolls_for_nobody(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };
	struct maker v = by(&f->alice, "CORP\\bob");

	front_signed(&m, "Bound", &v, 1);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_SIGNATURE_REJECTED, r);
	assert_true(r.request > 0);
	/* Nor where the template has uses of its own in mind. */
	FRONT_CHANGE(f, "Bound", t,
	    texts_done(&t.ra_app_policies);
	    OK(texts_add(&t.ra_app_policies, OID_SMARTCARD_LOGON)));
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_SIGNATURE_REJECTED, r);
	v = by(&f->eve, "CORP\\bob");
	front_signed(&m, "Bound", &v, 1);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_SIGNATURE_REJECTED, r);
	FRONT_CHANGE(f, "Bound", t, texts_done(&t.ra_app_policies));
	front_send(f, &r, buf_bytes(&m));
	ISSUED(r);
}

static void
issuance_policies_of_agents_are_asked_for(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };
	struct holder sworn = { 0 };
	struct maker v = by(&f->eve, "CORP\\bob");

	FRONT_CHANGE(f, "Bound", t,
	    OK(texts_add(&t.ra_policies, "1.2.3.4.5")));
	front_signed(&m, "Bound", &v, 1);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_SIGNATURE_REJECTED, r);
	FRONT_CHANGE(f, "Agents", t,
	    OK(texts_add(&t.policies, "1.2.3.4.5")));
	front_user(f, &sworn, "Agents", "eve", "1003");
	v = by(&sworn, "CORP\\bob");
	buf_done(&m);
	front_signed(&m, "Bound", &v, 1);
	front_send(f, &r, buf_bytes(&m));
	ISSUED(r);
	holder_done(&sworn);
}

static void
an_agent_counts_once(void **state)
{
	struct front *f = *state;
	struct holder again = { 0 };
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };
	struct maker v[2] = { by(&f->eve, "CORP\\bob") };

	FRONT_CHANGE(f, "Bound", t, t.ra_signatures = 2);
	front_signed(&m, "Bound", v, 1);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_SIGNATURE_COUNT, r);
	front_user(f, &again, "Agents", "eve", "1003");
	v[1] = by(&again, "CORP\\bob");
	front_signed(&m, "Bound", v, 2);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_SIGNATURE_COUNT, r);
	v[1] = v[0];
	front_signed(&m, "Bound", v, 2);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_SIGNATURE_COUNT, r);
	v[1] = by(&f->mallory, "corp\\BOB");
	front_signed(&m, "Bound", v, 2);
	front_send(f, &r, buf_bytes(&m));
	ISSUED(r);
	holder_done(&again);
}

static void
agents_must_agree_and_say_it(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };
	struct maker v[2] = { by(&f->eve, "CORP\\bob"),
		by(&f->mallory, "CORP\\alice") };

	front_signed(&m, "Bound", v, 2);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_BAD_SUBJECT, r);
	v[1].requester = NULL;
	front_signed(&m, "Bound", v, 2);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_SIGNATURE_REJECTED, r);
	v[0].requester = NULL;
	front_signed(&m, "Bound", v, 2);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_BAD_SUBJECT, r);
}

/* A template without agents is no way to be somebody else. */
static void
agents_count_where_the_template_wants_them(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };
	struct maker eve = by(&f->eve, "CORP\\bob");

	front_signed(&m, "Staff", &eve, 1);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_RENEWAL_SUBJECT, r);
}

static void
nobody_enrolls_for_strangers(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };
	struct maker eve = by(&f->eve, "CORP\\nobody");

	front_signed(&m, "Bound", &eve, 1);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_TEMPLATE_DENIED, r);
	OK(ca_account_remove(f->p->store, "corp\\eve", &f->p->act));
	eve.requester = "CORP\\bob";
	front_signed(&m, "Bound", &eve, 1);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_TEMPLATE_DENIED, r);
}

static void
the_right_to_enroll_is_asked_for(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };
	struct maker eve = by(&f->eve, "CORP\\bob");

	FRONT_CHANGE(f, "Staff", t,
	    OK(access_deny(&t.security, DOMAIN "-513", ACCESS_ENROLL)));
	front_renewal(&m, &f->alice, STAFF);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_TEMPLATE_DENIED, r);
	assert_true(r.request > 0);
	/* The agent's right, as of AD CS, not that of whom it is for. */
	FRONT_CHANGE(f, "Bound", t,
	    OK(access_remove(&t.security, "DU", ACCESS_RIGHTS)));
	front_signed(&m, "Bound", &eve, 1);
	front_send(f, &r, buf_bytes(&m));
	ISSUED(r);
	FRONT_CHANGE(f, "Bound", t,
	    OK(access_remove(&t.security, "DA", ACCESS_RIGHTS)));
	front_signed(&m, "Bound", &eve, 1);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_TEMPLATE_DENIED, r);
}

static void
who_is_gone_or_renamed_renews_nothing(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };

	front_renewal(&m, &f->alice, STAFF);
	OK(ca_account_remove(f->p->store, "corp\\alice", &f->p->act));
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_TEMPLATE_DENIED, r);
	/* Married: the SID is the same, the UPN is not. */
	front_account(f, "alicia", "1001", "DU");
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_BAD_SUBJECT, r);
}

static void
a_renewal_is_of_the_same_template(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };
	auto_done(template) t;

	template_init(&t);
	front_template(&t, "Better");
	front_publish(f, &t);
	front_renewal(&m, &f->alice, &(struct ask) { .template = "Better" });
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_TEMPLATE_CONFLICT, r);
	FRONT_CHANGE(f, "Better", b,
	    OK(texts_add(&b.supersedes, "staff")));
	front_send(f, &r, buf_bytes(&m));
	ISSUED(r);
	/* Without a word it is the old one's. */
	buf_done(&m);
	front_renewal(&m, &f->alice, &(struct ask) { .template = NULL });
	front_send(f, &r, buf_bytes(&m));
	ISSUED(r);
	assert_string_equal(r.cert->ext.template_oid,
	    f->alice.cert->ext.template_oid);
}

static void
a_template_that_wants_the_same_key_gets_it(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 }, der = { 0 };
	auto_done(ca_outcome) r = { 0 };
	struct maker v = by(&f->alice, NULL);

	FRONT_CHANGE(f, "Staff", t,
	    t.private_key_flag |= KEY_SAME_FOR_RENEWAL);
	front_renewal(&m, &f->alice, STAFF);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_RENEWAL_KEY, r);
	front_request(&der, f->alice.key, &(struct ask) {
	    .template = "Staff", .renews = f->alice.cert });
	maker_sign(&m, buf_bytes(&der), NULL, &v, 1, 0);
	front_send(f, &r, buf_bytes(&m));
	ISSUED(r);
}

/* Approved once, approved for ever, if the template says so. */
static void
what_was_approved_once_is_renewed(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };

	FRONT_CHANGE(f, "Staff", t, t.enrollment_flag |= ENROLL_PEND;
	    t.ra_signatures = 1);
	front_renewal(&m, &f->alice, STAFF);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_SIGNATURE_COUNT, r);
	FRONT_CHANGE(f, "Staff", t,
	    t.enrollment_flag |= ENROLL_PREVIOUS_APPROVAL);
	front_send(f, &r, buf_bytes(&m));
	ISSUED(r);
}

/* A template by which the enrollee says the names, and a certificate that has
 * none but its subject. */
static void
a_renewal_adds_no_names(void **state)
{
	struct front *f = *state;
	struct holder server = { 0 };
	auto_done(identity) id = { 0 };
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };

	FRONT_CHANGE(f, "Staff", t, t.name_flag = NAME_ENROLLEE_SUPPLIES;
	    t.enrollment_flag |= ENROLL_KEY_BASED_RENEWAL |
	    ENROLL_PREVIOUS_APPROVAL);
	OK(name_parse(&id.subject, "CN=printer"));
	front_holder(f, &server, "Staff", &id);
	front_renewal(&m, &server, &(struct ask) { .template = "Staff",
	    .upn = "root@corp.example" });
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_BAD_SUBJECT, r);
	buf_done(&m);
	front_renewal(&m, &server, STAFF);
	front_send(f, &r, buf_bytes(&m));
	ISSUED(r);
	assert_string_equal(r.cert->subject, "CN=printer");
	assert_null(r.cert->ext.upn);
	holder_done(&server);
}

/* Nor where there are no names but a SID, and nobody has to approve. */
static void
a_renewal_adds_no_names_to_a_sid(void **state)
{
	struct front *f = *state;
	struct holder h = { 0 };
	auto_done(identity) id = { 0 };
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };

	FRONT_CHANGE(f, "Staff", t, t.name_flag = NAME_ENROLLEE_SUPPLIES);
	OK(name_parse(&id.subject, "CN=Alice"));
	OK(str_dup(&id.sid, DOMAIN "-1001"));
	front_holder(f, &h, "Staff", &id);
	assert_null(h.cert->ext.upn);
	FRONT_CHANGE(f, "Staff", t, t.enrollment_flag |= ENROLL_PEND |
	    ENROLL_PREVIOUS_APPROVAL);
	front_renewal(&m, &h, &(struct ask) { .template = "Staff",
	    .upn = "root@corp.example" });
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_BAD_SUBJECT, r);
	buf_done(&m);
	front_renewal(&m, &h, &(struct ask) { .template = "Staff",
	    .sid = DOMAIN "-1001" });
	front_send(f, &r, buf_bytes(&m));
	ISSUED(r);
	assert_string_equal(r.cert->ext.sid, DOMAIN "-1001");
	holder_done(&h);
}

/* Alice, by a template where whoever asks says the names. */
static void
front_chosen(const struct front *f, struct holder *h, const char *upn)
{
	auto_done(buf) der = { 0 };
	auto_done(ca_outcome) r = { 0 };

	OK(pkey_new_p256(&h->key));
	front_request(&der, h->key, &(struct ask) { .template = "Open",
	    .subject = "CN=x", .upn = upn });
	front_send_at(f, &r, buf_bytes(&der), &alice, NOW);
	ISSUED(r);
	h->cert = r.cert;
	r.cert = NULL;
}

/* The key stays, so that the holder is who it was. */
static void
front_renew_open(const struct front *f, struct holder *h)
{
	auto_done(buf) der = { 0 }, m = { 0 };
	auto_done(ca_outcome) r = { 0 };
	struct maker one = by(h, NULL);

	front_request(&der, h->key, &(struct ask) { .template = "Open",
	    .renews = h->cert });
	maker_sign(&m, buf_bytes(&der), NULL, &one, 1, 0);
	front_send(f, &r, buf_bytes(&m));
	ISSUED(r);
	cert_free(h->cert);
	h->cert = r.cert;
	r.cert = NULL;
}

/* A template that takes the place of one where everybody said his own names,
 * or one that was such itself. */
static void
a_chosen_name_becomes_no_accounts(void **state)
{
	struct front *f = *state;
	struct holder h = { 0 };
	auto_done(template) open;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };
	struct maker agent;

	template_init(&open);
	front_template(&open, "Open");
	open.name_flag = NAME_ENROLLEE_SUPPLIES;
	front_publish(f, &open);
	FRONT_CHANGE(f, "Staff", t, OK(texts_add(&t.supersedes, "Open")));
	front_chosen(f, &h, "eve@corp.example");
	assert_string_equal(h.cert->ext.upn, "eve@corp.example");
	front_renewal(&m, &h, STAFF);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_BAD_SUBJECT, r);
	front_renew_open(f, &h);
	FRONT_CHANGE(f, "Open", t, t.name_flag = NAME_ALT_UPN);
	front_renewal(&m, &h, &(struct ask) { .template = "Open" });
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_BAD_SUBJECT, r);
	/* Nor an agent's. */
	agent = by(&h, "CORP\\bob");
	front_signed(&m, "Bound", &agent, 1);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_SIGNATURE_REJECTED, r);
	holder_done(&h);
}

/* Alice asks for Staff. */
static void
front_staff(const struct front *f, struct ca_outcome *out, struct bytes m)
{
	struct ca_submission sub = { .message = m, .template = "Staff",
		.caller = &alice, .now = NOW };

	ca_outcome_done(out);
	OK(ca_submit_signed(out, f->p->store, &f->p->issuer, &sub));
}

static void
a_name_of_nothing_is_none(void **state)
{
	struct front *f = *state;
	auto_free(pkey) k = NULL;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };

	FRONT_CHANGE(f, "Staff", t, t.name_flag = NAME_ENROLLEE_SUPPLIES);
	OK(pkey_new_p256(&k));
	front_request(&m, k, &(struct ask) { .subject = "CN=x", .dns = "" });
	front_staff(f, &r, buf_bytes(&m));
	DENIED(CA_E_BAD_SUBJECT, r);
	buf_done(&m);
	front_request(&m, k, &(struct ask) { .subject = "CN=x", .upn = "" });
	front_staff(f, &r, buf_bytes(&m));
	DENIED(CA_E_BAD_SUBJECT, r);
}

/* Key based: no account, no right; the old key is all it takes. */
static void
a_key_renews_without_an_account(void **state)
{
	struct front *f = *state;
	struct holder server = { 0 };
	auto_done(identity) id = { 0 };
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };

	FRONT_CHANGE(f, "Staff", t, t.name_flag = NAME_ENROLLEE_SUPPLIES);
	OK(texts_add(&id.dns, "www.corp.example"));
	front_holder(f, &server, "Staff", &id);
	front_renewal(&m, &server, &(struct ask) { .template = "Staff",
	    .dns = "dc.corp.example" });
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_TEMPLATE_DENIED, r);
	FRONT_CHANGE(f, "Staff", t,
	    t.enrollment_flag |= ENROLL_KEY_BASED_RENEWAL |
	    ENROLL_PREVIOUS_APPROVAL);
	front_send(f, &r, buf_bytes(&m));
	ISSUED(r);
	assert_int_equal(r.cert->ext.dns.n, 1);
	assert_string_equal(r.cert->ext.dns.v[0], "www.corp.example");
	holder_done(&server);
}

/* A bare request, with somebody who was authenticated or without. */
static void
a_caller_gets_his_own_names(void **state)
{
	struct front *f = *state;
	auto_free(pkey) k = NULL;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };
	const struct ca_caller nobody = { "CORP\\nobody", CA_BY_KERBEROS };
	auto_done(ca_request) q = { 0 };
	int64_t kept = front_kept(f);

	OK(pkey_new_p256(&k));
	front_request(&m, k, &(struct ask) { .template = "Staff",
	    .upn = "root@corp.example", .sid = DOMAIN "-500" });
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_NO_SIGNER, r);
	assert_true(r.request == 0 && front_kept(f) == kept);
	front_send_at(f, &r, buf_bytes(&m), &nobody, NOW);
	DENIED(CA_E_TEMPLATE_DENIED, r);
	front_send_at(f, &r, buf_bytes(&m), &bob, NOW);
	DENIED(CA_E_TEMPLATE_DENIED, r);
	front_send_at(f, &r, buf_bytes(&m), &alice, NOW);
	ISSUED(r);
	assert_string_equal(r.cert->ext.upn, "alice@corp.example");
	assert_string_equal(r.cert->ext.sid, DOMAIN "-1001");
	OK(ca_request_get(&q, f->p->store, r.request));
	assert_int_equal(q.evidence.kind, CA_BY_KERBEROS);
	assert_string_equal(q.requester, "CORP\\alice");
}

static void
a_caller_renews_his_own_only(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };

	front_renewal(&m, &f->alice, STAFF);
	front_send_at(f, &r, buf_bytes(&m), &bob, NOW);
	DENIED(CA_E_RENEWAL_SUBJECT, r);
	front_send_at(f, &r, buf_bytes(&m), &alice, NOW);
	ISSUED(r);
}

static void
templates_that_are_not_issued_by_are_denied(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };
	auto_done(ca_request) q = { 0 };
	struct maker eve = by(&f->eve, "CORP\\bob");
	struct ca_submission sub = { .template = "Bound", .now = NOW };

	front_signed(&m, "Nonsense", &eve, 1);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_UNSUPPORTED_TEMPLATE, r);
	OK(ca_request_get(&q, f->p->store, r.request));
	assert_string_equal(q.template, "Nonsense");
	/* Said beside it, and otherwise inside. */
	sub.message = buf_bytes(&m);
	ca_outcome_done(&r);
	OK(ca_submit_signed(&r, f->p->store, &f->p->issuer, &sub));
	DENIED(CA_E_TEMPLATE_CONFLICT, r);
	front_signed(&m, NULL, &eve, 1);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_NO_TEMPLATE, r);
	sub.message = buf_bytes(&m);
	ca_outcome_done(&r);
	OK(ca_submit_signed(&r, f->p->store, &f->p->issuer, &sub));
	ISSUED(r);
}

/* Whoever carries messages cannot make two of one. */
static void
a_message_is_good_once(void **state)
{
	struct front *f = *state;
	auto_free(pkey) k = NULL;
	auto_done(buf) der = { 0 }, m = { 0 };
	auto_done(ca_outcome) r = { 0 }, again = { 0 };
	struct maker eve = by(&f->eve, "CORP\\bob");
	int64_t kept;

	OK(pkey_new_p256(&k));
	front_request(&der, k, &(struct ask) { .template = "Bound" });
	maker_sign(&m, buf_bytes(&der), NULL, &eve, 1, 0);
	front_send(f, &r, buf_bytes(&m));
	ISSUED(r);
	kept = front_kept(f);
	OK(ca_revoke(f->p->store, r.cert->serial, CRL_KEY_COMPROMISE,
	    &f->p->act));
	front_send(f, &again, buf_bytes(&m));
	assert_true(again.request == r.request);
	assert_string_equal(again.cert->serial, r.cert->serial);
	/* Nor does another statement for the same request count. */
	eve.requester = "CORP\\alice";
	maker_sign(&m, buf_bytes(&der), NULL, &eve, 1, 0);
	front_send(f, &again, buf_bytes(&m));
	DENIED(CA_E_BAD_STATUS, again);
	assert_true(again.request == 0 && front_kept(f) == kept);
}

static void
what_is_denied_again_is_kept_once(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };
	int64_t first;

	front_renewal(&m, &f->alice, &(struct ask) { .template = "Bound" });
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_TEMPLATE_CONFLICT, r);
	first = r.request;
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_TEMPLATE_CONFLICT, r);
	assert_true(r.request == first);
	assert_int_equal(place_number(f->p, "SELECT count(*) FROM audit "
	    "WHERE result = 'denied 0x80094802'"), 1);
}

/* Between submission and approval the agent lost his certificate. */
static void
approval_asks_for_the_signers_again(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 }, done = { 0 };
	auto_done(ca_request) q = { 0 };
	auto_done(template) t;
	struct maker eve = by(&f->eve, "CORP\\bob");

	template_init(&t);
	FRONT_CHANGE(f, "Bound", b, b.enrollment_flag |= ENROLL_PEND);
	front_signed(&m, "Bound", &eve, 1);
	front_send(f, &r, buf_bytes(&m));
	assert_int_equal(r.verdict.disposition, CA_PENDING);
	OK(ca_revoke(f->p->store, f->eve.cert->serial, CRL_HOLD,
	    &f->p->act));
	OK(ca_request_get(&q, f->p->store, r.request));
	OK(ca_template_published(&t, f->p->store, "Bound"));
	OK(ca_approve(&done, f->p->store, &f->p->issuer, &q, &t,
	    &f->p->act));
	DENIED(CA_E_REVOKED, done);
}

static void
who_shows_the_request_hears_what_became_of_it(void **state)
{
	struct front *f = *state;
	auto_free(pkey) k = NULL;
	auto_done(buf) der = { 0 }, m = { 0 };
	auto_done(ca_outcome) r = { 0 }, got = { 0 };
	auto_done(ca_request) q = { 0 };
	struct maker eve = by(&f->eve, "CORP\\bob");
	uint8_t hash[SHA256_LEN], other[SHA256_LEN] = { 0 };

	FRONT_CHANGE(f, "Bound", b, b.enrollment_flag |= ENROLL_PEND);
	OK(pkey_new_p256(&k));
	front_request(&der, k, &(struct ask) { .template = "Bound" });
	OK(sha256(buf_bytes(&der), hash));
	maker_sign(&m, buf_bytes(&der), NULL, &eve, 1, 0);
	front_send(f, &r, buf_bytes(&m));
	OK(ca_retrieve(&got, f->p->store, r.request, hash));
	assert_int_equal(got.verdict.disposition, CA_PENDING);
	assert_null(got.cert);
	FAILS_SAYING(SG_ENOENT, "no such request",
	    ca_retrieve(&got, f->p->store, r.request, other));
	FAILS_SAYING(SG_ENOENT, "no such request",
	    ca_retrieve(&got, f->p->store, r.request + 1, hash));
	OK(ca_request_get(&q, f->p->store, r.request));
	{
		auto_done(template) t;
		auto_done(ca_outcome) done = { 0 };

		template_init(&t);
		OK(ca_template_published(&t, f->p->store, "Bound"));
		OK(ca_approve(&done, f->p->store, &f->p->issuer, &q, &t,
		    &f->p->act));
		ISSUED(done);
		ca_outcome_done(&got);
		OK(ca_retrieve(&got, f->p->store, r.request, hash));
		assert_string_equal(got.cert->serial, done.cert->serial);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AT_THE_FRONT(an_agent_enrolls_for_somebody),
		AT_THE_FRONT(who_is_no_agent_enrolls_for_nobody),
		AT_THE_FRONT(issuance_policies_of_agents_are_asked_for),
		AT_THE_FRONT(an_agent_counts_once),
		AT_THE_FRONT(agents_must_agree_and_say_it),
		AT_THE_FRONT(agents_count_where_the_template_wants_them),
		AT_THE_FRONT(nobody_enrolls_for_strangers),
		AT_THE_FRONT(the_right_to_enroll_is_asked_for),
		AT_THE_FRONT(who_is_gone_or_renamed_renews_nothing),
		AT_THE_FRONT(a_renewal_is_of_the_same_template),
		AT_THE_FRONT(a_template_that_wants_the_same_key_gets_it),
		AT_THE_FRONT(what_was_approved_once_is_renewed),
		AT_THE_FRONT(a_renewal_adds_no_names),
		AT_THE_FRONT(a_renewal_adds_no_names_to_a_sid),
		AT_THE_FRONT(a_chosen_name_becomes_no_accounts),
		AT_THE_FRONT(a_name_of_nothing_is_none),
		AT_THE_FRONT(a_key_renews_without_an_account),
		AT_THE_FRONT(a_caller_gets_his_own_names),
		AT_THE_FRONT(a_caller_renews_his_own_only),
		AT_THE_FRONT(templates_that_are_not_issued_by_are_denied),
		AT_THE_FRONT(a_message_is_good_once),
		AT_THE_FRONT(what_is_denied_again_is_kept_once),
		AT_THE_FRONT(approval_asks_for_the_signers_again),
		AT_THE_FRONT(who_shows_the_request_hears_what_became_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
