/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

#include "ca/ra.h"

#define WEEK (7 * DAY)

static enum sg_err
make(const struct place *p, const char *type)
{
	const struct ca_ra_plan plan = { .type = type };

	return ca_ra_make(p->store, &p->issuer, &plan, &p->act);
}

static void
an_ra_signs_and_decrypts_and_is_in_the_books(void **state)
{
	struct place *p = *state;
	auto_done(ca_ras) l = { 0 };
	auto_done(ca_record) kept = { 0 };
	const struct extensions *x;

	OK(make(p, "rsa2048"));
	OK(ca_ras_open(&l, p->store, NULL, NOW + DAY));
	assert_int_equal(l.n, 1);
	x = &l.v[0].cert->ext;
	assert_int_equal(x->key_usage, USAGE_DIGITAL_SIGNATURE |
	    USAGE_KEY_ENCIPHERMENT);
	assert_false(x->ca);
	OK(cert_signed_by(l.v[0].cert, p->store->cert[CA_ISSUING]));
	OK(ca_certs_get(&kept, p->store, l.v[0].cert->serial));
	assert_string_equal(kept.template, CA_RA_TEMPLATE);
	assert_int_equal(place_number(p, "SELECT count(*) FROM audit WHERE"
	    " what = 'ra'"), 1);
}

static void
an_ra_has_an_rsa_key(void **state)
{
	struct place *p = *state;

	FAILS_SAYING(SG_EARG, "RSA", make(p, "p256"));
	FAILS(SG_EARG, make(p, "rsa512"));
}

static void
without_one_there_is_none(void **state)
{
	struct place *p = *state;
	auto_done(ca_ras) l = { 0 };

	FAILS_SAYING(SG_ENOENT, "ra new", ca_ras_open(&l, p->store, NULL,
	    NOW));
	OK(ca_ras_read(&l, p->store));
	assert_int_equal(l.n, 0);
}

static void
a_renewed_one_shares_the_key_and_a_new_one_does_not(void **state)
{
	struct place *p = *state;
	auto_done(ca_ras) l = { 0 }, again = { 0 };
	const struct ca_act later = { "olga", NOW + 2 * WEEK };

	OK(make(p, "rsa2048"));
	OK(ca_ras_open(&l, p->store, NULL, NOW + DAY));
	OK(ca_ra_renew(&l, p->store, &p->issuer, &later));
	assert_int_equal(l.n, 2);
	assert_ptr_equal(l.v[0].signer.ctx, l.v[1].signer.ctx);
	OK(make(p, "rsa2048"));
	OK(ca_ras_open(&again, p->store, NULL, NOW + 3 * WEEK));
	assert_int_equal(again.n, 3);
	assert_int_equal(again.key_count, 2);
	assert_true(bytes_eq(buf_bytes(&again.v[0].cert->spki),
	    buf_bytes(&again.v[1].cert->spki)));
	assert_false(bytes_eq(buf_bytes(&again.v[1].cert->spki),
	    buf_bytes(&again.v[2].cert->spki)));
	assert_int_equal(again.v[2].number, 2);
}

/* The CA of these tests ends before two years are over, and so does what it
 * issues. */
static void
it_is_renewed_in_time_if_that_is_of_use(void **state)
{
	struct place *p = *state;
	auto_done(ca_ras) l = { 0 };
	int64_t end;

	OK(make(p, "rsa2048"));
	OK(ca_ras_open(&l, p->store, NULL, NOW + DAY));
	assert_int_equal(l.v[0].cert->not_after,
	    p->store->cert[CA_ISSUING]->not_after);
	assert_int_equal(ca_ra_due(&l, &p->issuer), INT64_MAX);
	end = l.v[0].cert->not_after -= DAY;
	assert_int_equal(ca_ra_due(&l, &p->issuer), end - 6 * WEEK);
	ca_ras_done(&l);
	FAILS(SG_ENOENT, ca_ras_open(&l, p->store, NULL, end + DAY));
}

static void
a_key_that_is_not_the_certificates_is_found(void **state)
{
	struct place *p = *state;
	auto_done(ca_ras) l = { 0 };
	auto_free(pkey) other = NULL;
	auto_done(secret) pem = { 0 };
	auto_done(buf) text = { 0 };

	OK(make(p, "rsa2048"));
	OK(pkey_new_rsa(&other, 2048));
	OK(pkey_private_pem(other, NULL, &pem));
	OK(buf_add_bytes(&text, secret_bytes(&pem)));
	OK(buf_terminate(&text));
	place_write(p, "ra/key.pem", (const char *)text.p);
	FAILS(SG_EVERIFY, ca_ras_open(&l, p->store, NULL, NOW + DAY));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_PLACE(an_ra_signs_and_decrypts_and_is_in_the_books),
		IN_A_PLACE(an_ra_has_an_rsa_key),
		IN_A_PLACE(without_one_there_is_none),
		IN_A_PLACE(a_renewed_one_shares_the_key_and_a_new_one_does_not),
		IN_A_PLACE(it_is_renewed_in_time_if_that_is_of_use),
		IN_A_PLACE(a_key_that_is_not_the_certificates_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
