/* SPDX-License-Identifier: BSD-2-Clause */

/* What signatures prove, and what they do not. */

#include "front.h"

#include "pki/issue.h"

#define STAFF (&(struct ask) { .template = "Staff" })

static void
a_renewal_keeps_the_names(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };
	auto_done(ca_request) q = { 0 };

	front_renewal(&m, &f->alice, STAFF);
	front_send(f, &r, buf_bytes(&m));
	ISSUED(r);
	assert_string_equal(r.cert->ext.upn, "alice@corp.example");
	assert_string_equal(r.cert->ext.sid, DOMAIN "-1001");
	assert_true(bytes_eq(buf_bytes(&r.cert->subject_der),
	    buf_bytes(&f->alice.cert->subject_der)));
	assert_string_not_equal(r.cert->serial, f->alice.cert->serial);
	OK(ca_request_get(&q, f->p->store, r.request));
	assert_int_equal(q.evidence.kind, CA_BY_CERTIFICATE);
	assert_string_equal(q.requester, "CORP\\alice");
	assert_string_equal(q.renews, f->alice.cert->serial);
	assert_int_equal(q.signers.n, 1);
	assert_string_equal(q.signers.v[0].serial, f->alice.cert->serial);
	assert_int_equal(q.signers.v[0].role, CA_SIGNED_OLD);
}

static void
a_renewal_asks_for_other_names_in_vain(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };

	front_renewal(&m, &f->alice, &(struct ask) { .template = "Staff",
	    .upn = "root@corp.example", .sid = DOMAIN "-500",
	    .dns = "dc.corp.example" });
	front_send(f, &r, buf_bytes(&m));
	ISSUED(r);
	assert_string_equal(r.cert->ext.upn, "alice@corp.example");
	assert_string_equal(r.cert->ext.sid, DOMAIN "-1001");
	assert_int_equal(r.cert->ext.dns.n, 0);
}

/* Nothing that nobody of ours has signed is kept. */
static void
a_changed_content_is_refused_and_forgotten(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };
	int64_t kept = front_kept(f);
	uint8_t *at;

	front_renewal(&m, &f->alice, STAFF);
	at = memmem(m.p, m.n, "\0S\0t\0a\0f\0f", 10);
	assert_non_null(at);
	at[1] = 'T';
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_BAD_SIGNATURE, r);
	assert_true(r.request == 0 && front_kept(f) == kept);
}

/* A certificate that says what it likes, of the holder's key. */
static void
forge(struct holder *h, struct bytes issuer, const char *serial, bool ca)
{
	auto_free(pkey) key = NULL;
	auto_done(cert_content) c;
	auto_done(buf) der = { 0 };

	cert_content_init(&c);
	OK(pkey_new_p256(&key));
	OK(pkey_spki(h->key, &c.spki));
	OK(name_parse(&c.subject, "CN=alice@corp.example"));
	OK(buf_set(&c.issuer, issuer));
	if (serial != NULL)
		OK(str_dup(&c.serial, serial));
	else
		OK(cert_serial_new(&c.serial));
	c.ext.has_basic = c.ext.ca = ca;
	c.not_before = NOW - DAY;
	c.not_after = NOW + 100 * DAY;
	OK(cert_build(&der, &c, DIGEST_SHA256, pkey_signer(key)));
	OK(cert_parse(&h->cert, buf_bytes(&der)));
}

/* What becomes of a renewal with a certificate of that issuer and number. */
static void
forged_renewal(const struct front *f, struct ca_outcome *r,
    struct bytes issuer, const char *serial)
{
	struct holder fake = { 0 };
	auto_done(buf) m = { 0 };

	OK(pkey_new_p256(&fake.key));
	forge(&fake, issuer, serial, false);
	front_renewal(&m, &fake, STAFF);
	front_send(f, r, buf_bytes(&m));
	assert_true(r->request == 0);
	holder_done(&fake);
}

/* Another CA of the same name issues one with alice's serial number, then
 * with one that we never issued; then a CA of another name. */
static void
certificates_of_others_prove_nothing(void **state)
{
	struct front *f = *state;
	struct bytes us = buf_bytes(&f->alice.cert->issuer_der);
	auto_done(buf) them = { 0 };
	auto_done(ca_outcome) r = { 0 };

	forged_renewal(f, &r, us, f->alice.cert->serial);
	DENIED(CA_E_BAD_SIGNATURE, r);
	forged_renewal(f, &r, us, NULL);
	DENIED(CA_E_UNTRUSTED, r);
	OK(name_parse(&them, "CN=Stranger"));
	forged_renewal(f, &r, buf_bytes(&them), f->alice.cert->serial);
	DENIED(CA_E_UNTRUSTED, r);
}

static void
a_ca_signs_no_requests(void **state)
{
	struct front *f = *state;
	struct holder ca = { 0 };
	auto_done(db_tx) tx = { 0 };
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };

	OK(pkey_new_p256(&ca.key));
	forge(&ca, buf_bytes(&f->alice.cert->issuer_der), NULL, true);
	OK(db_begin(&tx, f->p->store->db, DB_WRITE));
	OK(ca_certs_add(f->p->store, ca.cert, "Staff", 0));
	OK(db_commit(&tx));
	front_renewal(&m, &ca, STAFF);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_UNTRUSTED, r);
	holder_done(&ca);
}

static void
an_expired_signer_is_refused(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };

	front_renewal(&m, &f->alice, STAFF);
	front_send_at(f, &r, buf_bytes(&m), NULL, f->alice.cert->not_after);
	DENIED(CA_E_EXPIRED, r);
	front_send_at(f, &r, buf_bytes(&m), NULL,
	    f->alice.cert->not_before - 1);
	DENIED(CA_E_EXPIRED, r);
	front_send_at(f, &r, buf_bytes(&m), NULL,
	    f->alice.cert->not_after - 1);
	ISSUED(r);
}

/* No list is made in between: it is the store that counts. */
static void
a_held_or_revoked_signer_is_refused_at_once(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };
	const char *serial = f->alice.cert->serial;

	front_renewal(&m, &f->alice, STAFF);
	OK(ca_revoke(f->p->store, serial, CRL_HOLD, &f->p->act));
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_REVOKED, r);
	OK(ca_release(f->p->store, serial, &f->p->act));
	OK(ca_revoke(f->p->store, serial, CRL_KEY_COMPROMISE, &f->p->act));
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_REVOKED, r);
	assert_true(r.request == 0);
}

/* The attribute alone says nothing, nor does another's signature. */
static void
only_the_old_key_asks_for_a_renewal(void **state)
{
	struct front *f = *state;
	struct holder *others[] = { &f->eve, &f->mallory };
	auto_done(ca_outcome) r = { 0 };
	auto_free(pkey) k = NULL;
	auto_done(buf) der = { 0 }, m = { 0 };
	struct maker two[] = { by(&f->eve, NULL), by(&f->mallory, NULL) };

	OK(pkey_new_p256(&k));
	front_request(&der, k, &(struct ask) { .template = "Staff",
	    .renews = f->alice.cert });
	front_send(f, &r, buf_bytes(&der));
	DENIED(CA_E_BAD_RENEWAL, r);
	for (size_t i = 0; i < 2; i++) {
		struct maker one = by(others[i], NULL);

		maker_sign(&m, buf_bytes(&der), NULL, &one, 1, 0);
		front_send(f, &r, buf_bytes(&m));
		DENIED(CA_E_BAD_RENEWAL, r);
	}
	maker_sign(&m, buf_bytes(&der), NULL, two, 2, 0);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_BAD_RENEWAL, r);
}

/* The right name with the wrong key, beside a good signer. */
static void
one_bad_signature_spoils_the_message(void **state)
{
	struct front *f = *state;
	struct holder odd = { 0 };
	struct maker v[2] = { by(&f->eve, "CORP\\bob") };
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };

	OK(pkey_new_p256(&odd.key));
	forge(&odd, buf_bytes(&f->mallory.cert->issuer_der),
	    f->mallory.cert->serial, false);
	v[1] = by(&odd, "CORP\\bob");
	front_signed(&m, "Bound", v, 2);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_BAD_SIGNATURE, r);
	assert_true(r.request == 0);
	holder_done(&odd);
}

static void
malformed_messages_are_refused_and_forgotten(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 }, huge = { 0 };
	auto_done(ca_outcome) r = { 0 };
	struct maker one = by(&f->eve, "CORP\\bob");
	int64_t kept = front_kept(f);
	uint8_t *at;

	maker_sign(&m, bytes_str("0 is no request"), NULL, &one, 1, 0);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_INVALID_DATA, r);
	maker_sign(&m, bytes_str("0"), NULL, &one, 1, CMS_DETACHED);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_INVALID_DATA, r);
	one.flags |= CMS_NOATTR;
	one.requester = NULL;
	front_signed(&m, "Bound", &one, 1);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_INVALID_DATA, r);
	one = by(&f->eve, "CORP\\bob");
	one.md = EVP_sha1();
	front_signed(&m, "Bound", &one, 1);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_BAD_ALGORITHM, r);
	OK(buf_extend(&huge, SIGNED_MAX + 1, &at));
	front_send(f, &r, buf_bytes(&huge));
	DENIED(CA_E_INVALID_DATA, r);
	front_send(f, &r, bytes_str("-----BEGIN CMS-----\n"));
	DENIED(CA_E_INVALID_DATA, r);
	front_send(f, &r, bytes_of("", 0));
	DENIED(CA_E_INVALID_DATA, r);
	assert_true(front_kept(f) == kept);
}

/* wraps in so many messages of eve's around the one that is there. */
static void
wrap(struct buf *m, const struct holder *h, const char *requester,
    unsigned times)
{
	struct maker one = by(h, requester);

	for (; times > 0; times--) {
		auto_done(buf) inner = *m;

		*m = (struct buf) { 0 };
		maker_sign(m, buf_bytes(&inner), NULL, &one, 1, 0);
	}
}

static void
messages_may_be_nested_but_not_deep(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };
	struct maker eve = by(&f->eve, "CORP\\bob");

	FRONT_CHANGE(f, "Bound", t, t.ra_signatures = 2);
	front_signed(&m, "Bound", &eve, 1);
	/* What eve said inside, mallory has signed, too. */
	wrap(&m, &f->mallory, NULL, 2);
	front_send(f, &r, buf_bytes(&m));
	ISSUED(r);
	assert_string_equal(r.cert->ext.upn, "bob@corp.example");
	wrap(&m, &f->mallory, NULL, 1);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_INVALID_DATA, r);
}

/* A renewal that an agent agrees to, by a message around it. */
static void
an_agent_agrees_to_a_renewal(void **state)
{
	struct front *f = *state;
	auto_done(buf) m = { 0 };
	auto_done(ca_outcome) r = { 0 };

	FRONT_CHANGE(f, "Staff", t, t.ra_signatures = 1);
	front_renewal(&m, &f->alice, STAFF);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_SIGNATURE_COUNT, r);
	wrap(&m, &f->eve, "CORP\\bob", 1);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_RENEWAL_SUBJECT, r);
	buf_done(&m);
	front_renewal(&m, &f->alice, STAFF);
	wrap(&m, &f->eve, NULL, 1);
	front_send(f, &r, buf_bytes(&m));
	ISSUED(r);
	assert_string_equal(r.cert->ext.upn, "alice@corp.example");
}

/* As Windows asks: PKIData, signed by the new key and then by the agent. */
static void
pki_data_of_an_agent_is_taken(void **state)
{
	struct front *f = *state;
	auto_free(pkey) k = NULL;
	auto_free(cert) own = NULL;
	auto_done(cert_content) c;
	auto_done(buf) der = { 0 }, data = { 0 }, m = { 0 }, id = { 0 };
	auto_done(ca_outcome) r = { 0 };
	auto_free(csr) q = NULL;
	struct maker v[2];

	OK(pkey_new_p256(&k));
	front_request(&der, k, &(struct ask) { 0 });
	OK(csr_parse(&q, buf_bytes(&der)));
	cert_content_init(&c);
	OK(pkey_spki(k, &c.spki));
	OK(buf_add(&c.ext.ski, q->key_id, sizeof(q->key_id)));
	OK(cert_serial_new(&c.serial));
	OK(name_parse(&c.issuer, "CN=x"));
	OK(name_parse(&c.subject, "CN=x"));
	c.not_after = NOW;
	OK(cert_build(&id, &c, DIGEST_SHA256, pkey_signer(k)));
	OK(cert_parse(&own, buf_bytes(&id)));
	v[0] = (struct maker) { .key = k, .cert = own,
		.flags = CMS_NOCERTS | CMS_USE_KEYID };
	v[1] = by(&f->eve, NULL);
	maker_pki_data(&data, buf_bytes(&der),
	    "CertificateTemplate=Bound&requestername=corp%5cBOB");
	maker_sign(&m, buf_bytes(&data), "1.3.6.1.5.5.7.12.2", v, 2, 0);
	front_send(f, &r, buf_bytes(&m));
	ISSUED(r);
	assert_string_equal(r.cert->ext.upn, "bob@corp.example");
	/* The new key alone proves nothing, and another's is none. */
	maker_sign(&m, buf_bytes(&data), "1.3.6.1.5.5.7.12.2", v, 1, 0);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_NO_SIGNER, r);
	v[0].key = f->eve.key;
	v[0].cert = f->eve.cert;
	maker_sign(&m, buf_bytes(&data), "1.3.6.1.5.5.7.12.2", v, 1, 0);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_UNTRUSTED, r);
}

/* A signature for one template takes nothing to another. */
static void
what_stands_beside_does_not_change_what_was_signed(void **state)
{
	struct front *f = *state;
	auto_free(pkey) k = NULL;
	auto_done(buf) der = { 0 }, data = { 0 }, m = { 0 };
	auto_done(ca_outcome) r = { 0 };
	struct maker eve = by(&f->eve, NULL);
	struct ca_submission sub = { .template = "Bound", .now = NOW };

	OK(pkey_new_p256(&k));
	front_request(&der, k, &(struct ask) { 0 });
	maker_pki_data(&data, buf_bytes(&der),
	    "CertificateTemplate=Staff&requestername=corp%5cBOB");
	maker_sign(&m, buf_bytes(&data), "1.3.6.1.5.5.7.12.2", &eve, 1, 0);
	sub.message = buf_bytes(&m);
	OK(ca_submit_signed(&r, f->p->store, &f->p->issuer, &sub));
	DENIED(CA_E_TEMPLATE_CONFLICT, r);
}

/* RFC 5280 allows 20 bytes; a message, what it likes. */
static void
a_signer_of_a_long_number_is_unknown(void **state)
{
	struct front *f = *state;
	struct holder odd = { 0 };
	auto_done(cert_content) c;
	auto_done(buf) der = { 0 }, m = { 0 };
	auto_done(ca_outcome) r = { 0 };
	char serial[2 * 40 + 1];
	struct maker one;

	(void)memset(serial, '7', sizeof(serial) - 1);
	serial[sizeof(serial) - 1] = '\0';
	cert_content_init(&c);
	OK(pkey_new_p256(&odd.key));
	OK(pkey_spki(odd.key, &c.spki));
	OK(str_dup(&c.serial, serial));
	OK(buf_set(&c.issuer, buf_bytes(&f->alice.cert->issuer_der)));
	OK(name_parse(&c.subject, "CN=x"));
	c.not_after = NOW;
	OK(cert_build(&der, &c, DIGEST_SHA256, pkey_signer(odd.key)));
	OK(cert_parse(&odd.cert, buf_bytes(&der)));
	one = by(&odd, "CORP\\bob");
	front_signed(&m, "Bound", &one, 1);
	front_send(f, &r, buf_bytes(&m));
	DENIED(CA_E_UNTRUSTED, r);
	holder_done(&odd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AT_THE_FRONT(a_renewal_keeps_the_names),
		AT_THE_FRONT(a_renewal_asks_for_other_names_in_vain),
		AT_THE_FRONT(a_changed_content_is_refused_and_forgotten),
		AT_THE_FRONT(certificates_of_others_prove_nothing),
		AT_THE_FRONT(a_ca_signs_no_requests),
		AT_THE_FRONT(an_expired_signer_is_refused),
		AT_THE_FRONT(a_held_or_revoked_signer_is_refused_at_once),
		AT_THE_FRONT(only_the_old_key_asks_for_a_renewal),
		AT_THE_FRONT(one_bad_signature_spoils_the_message),
		AT_THE_FRONT(malformed_messages_are_refused_and_forgotten),
		AT_THE_FRONT(messages_may_be_nested_but_not_deep),
		AT_THE_FRONT(an_agent_agrees_to_a_renewal),
		AT_THE_FRONT(pki_data_of_an_agent_is_taken),
		AT_THE_FRONT(
		    what_stands_beside_does_not_change_what_was_signed),
		AT_THE_FRONT(a_signer_of_a_long_number_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
