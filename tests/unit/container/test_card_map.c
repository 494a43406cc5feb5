/* SPDX-License-Identifier: BSD-2-Clause */

/* Which certificate is shown under which key reference. */

#include "../pki/fixture.h"

#include "container/card_map.h"
#include "ipc/objects_wire.h"

struct world {
	struct authority ca;
	struct objects o;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return 1;
	fixture_ca(&w->ca, "CN=Root", -1, NULL);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	authority_done(&w->ca);
	objects_done(&w->o);
	free(w);
	return 0;
}

static void
add_key(struct world *w, const char *name, enum object_key_type type)
{
	struct key_object *k;

	OK(objects_grow(&w->o.keys, &w->o.key_count, sizeof(*k), &k));
	OK(str_dup(&k->name, name));
	k->type = type;
}

struct kind {
	const char *upn;
	const char *eku;	/* NULL: none */
	unsigned usage;
	int64_t days;		/* that it is valid from now */
	size_t padding;		/* bytes of names */
};

static const struct kind logon = { "alice@corp.example", OID_SMARTCARD_LOGON,
	USAGE_DIGITAL_SIGNATURE | USAGE_KEY_ENCIPHERMENT, 1, 0 };
static const struct kind tls = { NULL, OID_CLIENT_AUTH,
	USAGE_DIGITAL_SIGNATURE, 1, 0 };
static const struct kind mail_sign = { NULL, OID_EMAIL_PROTECTION,
	USAGE_DIGITAL_SIGNATURE, 1, 0 };
static const struct kind mail_both = { NULL, OID_EMAIL_PROTECTION,
	USAGE_DIGITAL_SIGNATURE | USAGE_KEY_ENCIPHERMENT, 1, 0 };
static const struct kind contract = { NULL, OID_EMAIL_PROTECTION,
	USAGE_DIGITAL_SIGNATURE | USAGE_NON_REPUDIATION, 1, 0 };

static struct cert_object *
add_cert(struct world *w, const char *label, const char *key,
    const struct kind *k)
{
	auto_done(cert_content) x;
	auto_free(cert) made = NULL;
	struct cert_object *c;

	cert_content_init(&x);
	x.ext.key_usage = k->usage;
	if (k->eku != NULL)
		OK(texts_add(&x.ext.eku, k->eku));
	if (k->upn != NULL)
		OK(str_dup(&x.ext.upn, k->upn));
	for (size_t n = 0; n < k->padding; n += 100) {
		auto_str dns = NULL;

		OK(str_printf(&dns, "%060zu.%030zu.example", n, n));
		OK(texts_add(&x.ext.dns, dns));
	}
	x.not_before = NOW - DAY;
	x.not_after = NOW + k->days * DAY;
	fixture_issue(&made, &x, "CN=somebody", w->ca.key, &w->ca);
	OK(objects_grow(&w->o.certs, &w->o.cert_count, sizeof(*c), &c));
	c->kind = CERT_PERSONAL;
	OK(buf_set(&c->der, buf_bytes(&made->der)));
	OK(str_dup(&c->label, label));
	OK(str_dup(&c->provider, PROVIDER_PASSPORT));
	OK(str_dup(&c->key, key));
	return c;
}

/* What is shown: "9A=key 9D=other". */
static void
shows(const struct world *w, struct bytes only, const char *want)
{
	auto_done(card_keys) k = { 0 };
	char said[512] = "";

	OK(card_map(&w->o, only, &k));
	for (size_t i = 0; i < k.n; i++) {
		size_t n = strlen(said);

		(void)snprintf(said + n, sizeof(said) - n, "%s%02X=%s",
		    i > 0 ? " " : "", (unsigned)k.v[i].ref, k.v[i].label);
	}
	assert_string_equal(said, want);
}

static const struct bytes none;

static void
each_goes_where_its_usage_says(void **state)
{
	struct world *w = *state;

	shows(w, none, "");
	add_key(w, "a", OBJECT_RSA2048);
	add_key(w, "b", OBJECT_RSA2048);
	add_key(w, "c", OBJECT_RSA2048);
	add_key(w, "d", OBJECT_RSA2048);
	add_cert(w, "mail", "a", &mail_both);
	shows(w, none, "9D=mail");
	add_cert(w, "tls", "b", &tls);
	shows(w, none, "9A=tls 9D=mail");
	add_cert(w, "logon", "c", &logon);
	shows(w, none, "9A=logon 9D=mail");
	add_cert(w, "sign", "d", &mail_sign);
	shows(w, none, "9A=logon 9C=sign 9D=mail");
}

static void
non_repudiation_comes_before_mail(void **state)
{
	struct world *w = *state;

	add_key(w, "a", OBJECT_P256);
	add_key(w, "b", OBJECT_P256);
	add_cert(w, "contract", "a", &contract);
	add_cert(w, "sign", "b", &mail_sign);
	shows(w, none, "9C=contract");
}

static void
rsa_signs_in_rather_than_p256_and_decrypts_alone(void **state)
{
	struct world *w = *state;

	add_key(w, "ec", OBJECT_P256);
	add_key(w, "rsa", OBJECT_RSA2048);
	add_cert(w, "ec", "ec", &logon);
	shows(w, none, "9A=ec");
	add_cert(w, "rsa", "rsa", &logon);
	shows(w, none, "9A=rsa");
	add_key(w, "mail", OBJECT_P256);
	add_cert(w, "mail", "mail", &mail_both);
	shows(w, none, "9A=rsa");
}

static void
the_one_that_is_valid_longest_is_shown(void **state)
{
	struct world *w = *state;
	struct kind longer = logon;

	add_key(w, "a", OBJECT_RSA2048);
	add_key(w, "b", OBJECT_RSA2048);
	longer.days = 9;
	add_cert(w, "long", "a", &longer);
	add_cert(w, "short", "b", &logon);
	shows(w, none, "9A=long");
	/* Of two that are alike, the newer. */
	add_cert(w, "long too", "b", &longer);
	shows(w, none, "9A=long too");
}

static void
a_key_is_shown_once(void **state)
{
	struct world *w = *state;

	add_key(w, "a", OBJECT_RSA2048);
	add_cert(w, "logon", "a", &logon);
	add_cert(w, "mail", "a", &mail_both);
	add_cert(w, "contract", "a", &contract);
	shows(w, none, "9A=logon");
}

static void
a_keys_name_decides_before_its_usage(void **state)
{
	struct world *w = *state;

	add_key(w, "card/9e/door", OBJECT_P256);
	add_key(w, "card/9d", OBJECT_RSA2048);
	add_key(w, "card/9amen", OBJECT_RSA2048);
	add_key(w, "mail", OBJECT_RSA2048);
	add_cert(w, "door", "card/9e/door", &tls);
	add_cert(w, "archive", "card/9d", &logon);
	shows(w, none, "9D=archive 9E=door");
	add_cert(w, "amen", "card/9amen", &tls);
	add_cert(w, "mail", "mail", &mail_both);
	shows(w, none, "9A=amen 9D=archive 9E=door");
}

static void
what_is_asked_for_is_shown_alone(void **state)
{
	struct world *w = *state;
	struct bytes der;

	add_key(w, "a", OBJECT_RSA2048);
	add_key(w, "card/9c", OBJECT_RSA2048);
	add_cert(w, "logon", "a", &logon);
	der = buf_bytes(&add_cert(w, "mine", "card/9c", &contract)->der);
	shows(w, none, "9A=logon 9C=mine");
	shows(w, der, "9A=mine");
	shows(w, bytes_str("another"), "");
}

static void
what_a_card_cannot_use_is_not_shown(void **state)
{
	struct world *w = *state;
	struct kind large = logon;
	struct cert_object *c;

	add_key(w, "a", OBJECT_RSA2048);
	add_cert(w, "no key", "gone", &logon);
	c = add_cert(w, "root", "a", &logon);
	c->kind = CERT_ANCHOR;
	c = add_cert(w, "soft", "a", &logon);
	free(c->provider);
	OK(str_dup(&c->provider, "Microsoft Software Key Storage Provider"));
	c = add_cert(w, "broken", "a", &logon);
	c->der.n -= 3;
	large.padding = CARD_CERT_MAX;
	add_cert(w, "large", "a", &large);
	shows(w, none, "");
}

static uint64_t
generation(const struct world *w, struct bytes only)
{
	auto_done(card_keys) k = { 0 };

	OK(card_map(&w->o, only, &k));
	return k.generation;
}

static void
the_generation_is_what_is_shown(void **state)
{
	struct world *w = *state;
	uint64_t empty = generation(w, none), one, two;

	add_key(w, "a", OBJECT_RSA2048);
	add_key(w, "b", OBJECT_RSA2048);
	assert_true(generation(w, none) == empty);
	add_cert(w, "tls", "a", &tls);
	one = generation(w, none);
	assert_true(one != empty);
	assert_true(generation(w, none) == one);
	/* What the card does not show changes nothing. */
	add_cert(w, "none", "b", &(struct kind) { NULL, NULL, 0, 1, 0 });
	assert_true(generation(w, none) == one);
	add_cert(w, "logon", "b", &logon);
	two = generation(w, none);
	assert_true(two != one);
	assert_true(generation(w, buf_bytes(&w->o.certs[0].der)) == one);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_goes_where_its_usage_says),
		CASE(non_repudiation_comes_before_mail),
		CASE(rsa_signs_in_rather_than_p256_and_decrypts_alone),
		CASE(the_one_that_is_valid_longest_is_shown),
		CASE(a_key_is_shown_once),
		CASE(a_keys_name_decides_before_its_usage),
		CASE(what_is_asked_for_is_shown_alone),
		CASE(what_a_card_cannot_use_is_not_shown),
		CASE(the_generation_is_what_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
