/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "ca/binding.h"
#include "pki/name.h"

/* A template that lets requests say their names, and one by which people sign
 * in. */
struct pair {
	struct template plain;
	struct template logon;
};

static int
setup(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	template_init(&p->plain);
	template_init(&p->logon);
	OK(template_builtin(&p->plain, "OfflineRouter", "1.2.3"));
	OK(template_builtin(&p->logon, "SmartcardLogon", "1.2.3"));
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct pair *p = *state;

	template_done(&p->plain);
	template_done(&p->logon);
	free(p);
	return 0;
}

/* What a request says. */
struct says {
	const char *subject, *upn, *sid, *dns, *email, *ip, *uri, *eku;
	unsigned bits;		/* RSA, else P-256 */
};

static void
request(struct csr **out, const struct says *s)
{
	auto_done(csr_content) c;
	auto_free(pkey) k = NULL;
	auto_done(buf) der = { 0 };

	csr_content_init(&c);
	if (s->subject != NULL)
		OK(name_parse(&c.subject, s->subject));
	if (s->upn != NULL)
		OK(str_dup(&c.ext.upn, s->upn));
	if (s->sid != NULL)
		OK(str_dup(&c.ext.sid, s->sid));
	if (s->dns != NULL)
		OK(texts_add(&c.ext.dns, s->dns));
	if (s->email != NULL)
		OK(texts_add(&c.ext.email, s->email));
	if (s->ip != NULL)
		OK(texts_add(&c.ext.ip, s->ip));
	if (s->uri != NULL)
		OK(texts_add(&c.ext.uri, s->uri));
	if (s->eku != NULL)
		OK(texts_add(&c.ext.eku, s->eku));
	OK(s->bits > 0 ? pkey_new_rsa(&k, s->bits) : pkey_new_p256(&k));
	OK(csr_build(&der, &c, DIGEST_SHA256, false, pkey_signer(k)));
	OK(csr_parse(out, buf_bytes(&der)));
}

static enum sg_err
fits(const struct ca_binding *b, const struct template *t,
    const struct says *s)
{
	auto_free(csr) r = NULL;

	request(&r, s);
	return ca_binding_fits(b, t, r);
}

static void
alice(struct ca_binding *b)
{
	OK(name_parse(&b->identity.subject, "CN=alice,O=Corp"));
	OK(str_dup(&b->identity.upn, "alice@corp.example"));
	OK(str_dup(&b->identity.sid, "S-1-5-21-1-2-3-1001"));
	OK(texts_add(&b->identity.dns, "a.corp.example"));
	OK(texts_add(&b->identity.ip, "192.0.2.1"));
	OK(str_dup(&b->identity.email, "alice@corp.example"));
}

static void
what_was_bound_may_be_asked_for(void **state)
{
	struct pair *p = *state;
	auto_done(ca_binding) b = { 0 };

	alice(&b);
	OK(ca_binding_check(&b, &p->logon));
	OK(fits(&b, &p->logon, &(struct says) { 0 }));
	OK(fits(&b, &p->logon, &(struct says) { "CN=ALICE,O=corp",
	    "Alice@corp.example", "S-1-5-21-1-2-3-1001", "A.corp.example",
	    "alice@corp.example", "192.0.2.1",
	    "tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-1001",
	    OID_SMARTCARD_LOGON, 0 }));
}

static void
what_differs_is_named(void **state)
{
	struct pair *p = *state;
	auto_done(ca_binding) b = { 0 };
	const struct {
		const char *field;
		struct says s;
	} all[] = {
		{ "subject: ", { .subject = "CN=bob,O=Corp" } },
		{ "UPN: ", { .upn = "bob@corp.example" } },
		{ "SID: ", { .sid = "S-1-5-21-1-2-3-500" } },
		{ "SID: ", { .uri = "tag:microsoft.com,2022-09-14:sid:"
		    "S-1-5-21-1-2-3-500" } },
		{ "SID: ", { .uri = "TAG:Microsoft.com,2022-09-14:sid:"
		    "S-1-5-21-1-2-3-500" } },
		{ "DNS name: ", { .dns = "b.corp.example" } },
		{ "mail address: ", { .email = "bob@corp.example" } },
		{ "IP address: ", { .ip = "192.0.2.2" } },
		{ "URI: ", { .uri = "https://a.example/" } },
		{ "extended key usage: ", { .eku = OID_REQUEST_AGENT } },
		{ "extended key usage: ", { .eku = OID_ANY_USAGE } },
	};

	alice(&b);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		FAILS_SAYING(SG_EVERIFY, all[i].field,
		    fits(&b, &p->logon, &all[i].s));
}

/* Beside names that are no subject's, a request could say one. */
static void
who_binds_a_mail_address_binds_the_subject(void **state)
{
	struct pair *p = *state;
	auto_done(ca_binding) b = { 0 };

	OK(str_dup(&b.identity.email, "alice@corp.example"));
	FAILS_SAYING(SG_EARG, "subject", ca_binding_check(&b, &p->plain));
	OK(ca_binding_check(&b, &p->logon));
	OK(name_parse(&b.identity.subject, "CN=alice"));
	OK(ca_binding_check(&b, &p->plain));
}

/* Whoever has only heard of a challenge is nobody in particular. */
static void
names_of_a_request_are_no_persons(void **state)
{
	struct pair *p = *state;
	auto_done(ca_binding) b = { 0 };

	OK(ca_binding_check(&b, &p->plain));
	OK(fits(&b, &p->plain, &(struct says) { .subject = "CN=host",
	    .dns = "host.example", .ip = "192.0.2.9",
	    .uri = "urn:x", .eku = OID_CLIENT_AUTH }));
	FAILS_SAYING(SG_EVERIFY, "UPN: ", fits(&b, &p->plain,
	    &(struct says) { .upn = "administrator@corp.example" }));
	FAILS_SAYING(SG_EVERIFY, "SID: ", fits(&b, &p->plain,
	    &(struct says) { .sid = "S-1-5-21-1-2-3-500" }));
	FAILS_SAYING(SG_EVERIFY, "SID: ", fits(&b, &p->plain,
	    &(struct says) { .uri =
	    "tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-500" }));
	FAILS_SAYING(SG_EVERIFY, "extended key usage: ", fits(&b, &p->plain,
	    &(struct says) { .eku = OID_SMARTCARD_LOGON }));
	FAILS_SAYING(SG_EVERIFY, "extended key usage: ", fits(&b, &p->plain,
	    &(struct says) { .eku = OID_PKINIT_CLIENT }));
}

static void
templates_for_signing_in_want_names(void **state)
{
	struct pair *p = *state;
	auto_done(ca_binding) b = { 0 };
	auto_done(template) any;
	auto_done(template) agents;

	template_init(&any);
	template_init(&agents);
	FAILS_SAYING(SG_EARG, "whose", ca_binding_check(&b, &p->logon));
	OK(template_builtin(&agents, "EnrollmentAgentOffline", NULL));
	FAILS_SAYING(SG_EARG, "whose", ca_binding_check(&b, &agents));
	/* No use is every use. */
	OK(template_builtin(&any, "OfflineRouter", NULL));
	texts_done(&any.eku);
	FAILS_SAYING(SG_EARG, "whose", ca_binding_check(&b, &any));
	OK(texts_add(&any.eku, OID_ANY_USAGE));
	FAILS_SAYING(SG_EARG, "whose", ca_binding_check(&b, &any));
	p->plain.name_flag &= ~NAME_ENROLLEE_SUPPLIES;
	FAILS_SAYING(SG_EARG, "no names", ca_binding_check(&b, &p->plain));
}

static void
keys_are_bound_by_size_and_hash(void **state)
{
	struct pair *p = *state;
	auto_done(ca_binding) b = { .key_bits = 2048 };
	auto_free(csr) r = NULL;
	uint8_t hash[SHA256_LEN];

	FAILS_SAYING(SG_EVERIFY, "key size: ", fits(&b, &p->plain,
	    &(struct says) { .bits = 3072 }));
	FAILS_SAYING(SG_EVERIFY, "key size: ", fits(&b, &p->plain,
	    &(struct says) { 0 }));
	request(&r, &(struct says) { .bits = 2048 });
	OK(ca_binding_fits(&b, &p->plain, r));
	OK(sha256(buf_bytes(&r->spki), hash));
	OK(buf_set(&b.key_hash, bytes_of(hash, sizeof(hash))));
	OK(ca_binding_check(&b, &p->plain));
	OK(ca_binding_fits(&b, &p->plain, r));
	FAILS_SAYING(SG_EVERIFY, "key: ", fits(&b, &p->plain,
	    &(struct says) { .bits = 2048 }));
	b.key_hash.n--;
	FAILS(SG_EARG, ca_binding_check(&b, &p->plain));
}

static void
uses_are_bound_to_the_templates(void **state)
{
	struct pair *p = *state;
	auto_done(ca_binding) b = { 0 };

	OK(texts_add(&b.eku, OID_CLIENT_AUTH));
	OK(ca_binding_check(&b, &p->plain));
	FAILS_SAYING(SG_EVERIFY, "extended key usage: ", fits(&b, &p->plain,
	    &(struct says) { .eku = OID_SERVER_AUTH }));
	OK(texts_add(&b.eku, OID_SERVER_AUTH));
	FAILS_SAYING(SG_EARG, "does not give",
	    ca_binding_check(&b, &p->plain));
	alice(&b);
	FAILS_SAYING(SG_EARG, "gives the use",
	    ca_binding_check(&b, &p->logon));
}

static void
a_binding_is_read_as_it_was_written(void **state)
{
	auto_done(ca_binding) b = { .key_bits = 2048 }, c = { 0 };
	auto_done(buf) x = { 0 }, y = { 0 };
	const uint8_t hash[SHA256_LEN] = { 1, 2, 3 };

	(void)state;
	alice(&b);
	OK(texts_add(&b.eku, OID_CLIENT_AUTH));
	OK(buf_set(&b.key_hash, bytes_of(hash, sizeof(hash))));
	OK(ca_binding_encode(&x, &b));
	OK(ca_binding_decode(&c, buf_bytes(&x)));
	OK(ca_binding_encode(&y, &c));
	assert_true(bytes_eq(buf_bytes(&x), buf_bytes(&y)));
	assert_string_equal(c.identity.upn, "alice@corp.example");
	assert_int_equal(c.key_bits, 2048);
	for (size_t n = 0; n < x.n; n++) {
		auto_done(ca_binding) cut = { 0 };

		FAILS(SG_EFORMAT, ca_binding_decode(&cut,
		    bytes_of(x.p, n)));
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_was_bound_may_be_asked_for),
		CASE(what_differs_is_named),
		CASE(who_binds_a_mail_address_binds_the_subject),
		CASE(names_of_a_request_are_no_persons),
		CASE(templates_for_signing_in_want_names),
		CASE(keys_are_bound_by_size_and_hash),
		CASE(uses_are_bound_to_the_templates),
		CASE(a_binding_is_read_as_it_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
