/* SPDX-License-Identifier: BSD-2-Clause */

/* What is copied from cards; cards and daemon are ours. */

#include "../pki/fixture.h"

#include "crypto/pkey.h"
#include "enroll/propagate.h"
#include "ipc/objects_wire.h"

#define CERTS_MAX	(2 * PROPAGATE_MAX)

/* --- the cards --- */

struct on_card {
	const char *serial;
	struct buf der;
	struct buf spki;
};
static struct {
	struct authority ca;
	struct on_card certs[CERTS_MAX + 2];
	size_t n;
} cards_;

enum sg_err
cards_certs(const struct cards *c, card_cert *each, void *arg)
{
	(void)c;
	for (size_t i = 0; i < cards_.n; i++) {
		const struct on_card *x = &cards_.certs[i];
		auto_done(key_object) o = { .provider = KSP_SMARTCARD,
			.type = OBJECT_P256 };
		uint8_t id = (uint8_t)i;

		OK(str_dup(&o.token, "stranger"));
		OK(str_dup(&o.serial, x->serial));
		OK(buf_set(&o.token_id, (struct bytes) { &id, 1 }));
		OK(buf_set(&o.spki, buf_bytes(&x->spki)));
		SG_TRY(each(arg, buf_bytes(&x->der), &o));
	}
	return SG_OK;
}

/* --- the daemon --- */

static struct objects store;

enum sg_err
client_objects(struct client *c, struct objects *out)
{
	auto_done(buf) wire = { 0 };
	struct reader r;

	(void)c;
	OK(objects_write(&wire, &store));
	r = reader_of(buf_bytes(&wire));
	return objects_read(&r, out);
}

enum sg_err
client_key_record(struct client *c, const struct key_object *key)
{
	struct key_object *k;

	(void)c;
	OK(objects_grow(&store.keys, &store.key_count, sizeof(*k), &k));
	k->provider = key->provider;
	k->type = key->type;
	OK(str_dup(&k->name, key->name));
	OK(str_dup(&k->token, key->token));
	OK(str_dup(&k->serial, key->serial));
	OK(buf_set(&k->token_id, buf_bytes(&key->token_id)));
	return buf_set(&k->spki, buf_bytes(&key->spki));
}

enum sg_err
client_certs_add(struct client *c, const struct cert_ask *asks, size_t count,
    const char *request_done)
{
	struct cert_object *x;

	(void)c;
	assert_int_equal(count, 1);
	assert_null(request_done);
	OK(objects_grow(&store.certs, &store.cert_count, sizeof(*x), &x));
	x->kind = asks->kind;
	OK(str_dup(&x->label, asks->label));
	OK(str_dup(&x->provider, asks->provider));
	OK(str_dup(&x->key, asks->key));
	return buf_set(&x->der, asks->der);
}

/* --- the cases --- */

static void
put(const char *serial, const struct pkey *key)
{
	struct on_card *x = &cards_.certs[cards_.n++];
	auto_free(cert) leaf = NULL;
	auto_str name = NULL;

	OK(str_printf(&name, "CN=%zu", cards_.n));
	fixture_leaf(&leaf, name, key, &cards_.ca);
	x->serial = serial;
	OK(buf_set(&x->der, buf_bytes(&leaf->der)));
	OK(pkey_spki(key, &x->spki));
}

static void
put_fresh(const char *serial, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		auto_free(pkey) key = NULL;

		OK(pkey_new_p256(&key));
		put(serial, key);
	}
}

static int
begin(void **state)
{
	(void)state;
	memset(&cards_, 0, sizeof(cards_));
	fixture_ca(&cards_.ca, "CN=Elsewhere", -1, NULL);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	for (size_t i = 0; i < cards_.n; i++) {
		buf_done(&cards_.certs[i].der);
		buf_done(&cards_.certs[i].spki);
	}
	authority_done(&cards_.ca);
	objects_done(&store);
	return 0;
}

static void
what_a_card_has_is_copied_once(void **state)
{
	auto_done(objects) have = { 0 };
	size_t added = 0;

	(void)state;
	put_fresh("1", PROPAGATE_MAX);
	OK(propagate(NULL, NULL, &have, &added));
	assert_int_equal(added, PROPAGATE_MAX);
	assert_int_equal(have.cert_count, PROPAGATE_MAX);
	OK(propagate(NULL, NULL, &have, &added));
	assert_int_equal(added, 0);
	assert_int_equal(store.key_count, PROPAGATE_MAX);
}

static void
a_card_with_too_many_does_not_fill_the_container(void **state)
{
	auto_done(objects) have = { 0 };
	size_t added = 0;

	(void)state;
	put_fresh("1", CERTS_MAX);
	put_fresh("2", 1);
	for (int again = 0; again < 3; again++)
		FAILS_SAYING(SG_ELIMIT, "'stranger' (serial number 1)",
		    propagate(NULL, NULL, &have, &added));
	assert_int_equal(store.key_count, PROPAGATE_MAX + 1);
	assert_int_equal(store.cert_count, PROPAGATE_MAX + 1);
	assert_string_equal(store.keys[PROPAGATE_MAX].serial, "2");
}

static void
nor_does_one_with_too_many_for_one_key(void **state)
{
	auto_done(objects) have = { 0 };
	auto_free(pkey) key = NULL;
	size_t added = 0;

	(void)state;
	OK(pkey_new_p256(&key));
	for (int i = 0; i < PROPAGATE_MAX + 1; i++)
		put("1", key);
	FAILS(SG_ELIMIT, propagate(NULL, NULL, &have, &added));
	assert_int_equal(added, PROPAGATE_MAX);
	assert_int_equal(store.key_count, 1);
	assert_int_equal(store.cert_count, PROPAGATE_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_a_card_has_is_copied_once,
		    begin, end),
		cmocka_unit_test_setup_teardown(
		    a_card_with_too_many_does_not_fill_the_container, begin,
		    end),
		cmocka_unit_test_setup_teardown(
		    nor_does_one_with_too_many_for_one_key, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
