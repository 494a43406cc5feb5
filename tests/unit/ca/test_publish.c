/* SPDX-License-Identifier: BSD-2-Clause */
#include "../crl_reason.h"
#include "ledger_table.h"

#include <dirent.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "ca/publish.h"
#include "pki/crl_summary.h"

#define NOW	((int64_t)1750000000)
#define HOUR	((int64_t)3600)

struct world {
	struct pkey *key;
	struct cert *cert;
	char folder[64];
	struct texts urls;
	struct ledger_table table;
	struct ca_publisher p;
};

static int
setup(void **state)
{
	static struct world w;
	struct ca_plan plan = { "CN=Issuing", 0, NOW, 1000 };

	w = (struct world) { .folder = "/tmp/signet-test-XXXXXX" };
	assert_non_null(mkdtemp(w.folder));
	OK(pkey_new_p256(&w.key));
	OK(ca_make(&w.cert, &plan, pkey_signer(w.key), NULL));
	OK(texts_add(&w.urls, "http://a.example/delta.crl"));
	w.table.issued = 20;
	w.p = (struct ca_publisher) { .cert = w.cert,
		.signer = pkey_signer(w.key), .ledger = ledger_of(&w.table),
		.folder = w.folder, .base_hours = 168, .delta_hours = 24,
		.delta_urls = &w.urls };
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	auto_str command = NULL;

	OK(str_printf(&command, "rm -rf %s", w->folder));
	texts_done(&w->urls);
	cert_free(w->cert);
	pkey_free(w->key);
	return system(command);
}

static void
load(struct crl **out, const struct world *w, enum ca_list which)
{
	auto_done(buf) der = { 0 };
	auto_str path = NULL, *file = NULL;

	OK(ca_list_file(&file, which, 0));
	OK(str_printf(&path, "%s/%s", w->folder, file));
	OK(file_read(&der, path, CRL_MAX));
	OK(crl_parse(out, buf_bytes(&der)));
	OK(crl_verify(*out, w->cert));
}

static void
a_base_list_tells_what_is_revoked_now(void **state)
{
	struct world *w = *state;
	struct ca_published made;
	auto_free(crl) l = NULL;

	ledger_add(&w->table, 1, CRL_KEY_COMPROMISE, NOW - 50);
	ledger_add(&w->table, 2, CRL_HOLD, NOW - 40);
	ledger_add(&w->table, 3, CRL_HOLD, NOW - 30);
	ledger_add(&w->table, 2, CRL_REMOVE, NOW - 20);
	OK(ca_publish(&made, &w->p, CA_LIST_BASE, NOW));
	assert_int_equal(made.number, 1);
	assert_int_equal(made.count, 2);
	load(&l, w, CA_LIST_BASE);
	assert_int_equal(l->content.count, 2);
	assert_int_equal(crl_reason_of(l, "01"),
	    CRL_KEY_COMPROMISE);
	assert_int_equal(crl_reason_of(l, "03"),
	    CRL_HOLD);
	assert_true(l->content.next_update == NOW + 168 * HOUR);
	assert_true(X509_CRL_get_ext_by_NID(l->crl, NID_freshest_crl, -1) >=
	    0);
	assert_false(w->table.walking);
}

static void
a_delta_tells_what_changed_since(void **state)
{
	struct world *w = *state;
	struct ca_published made;
	auto_free(crl) l = NULL;
	const ASN1_INTEGER *base;

	ledger_add(&w->table, 1, CRL_KEY_COMPROMISE, NOW - 50);
	ledger_add(&w->table, 2, CRL_HOLD, NOW - 40);
	OK(ca_publish(&made, &w->p, CA_LIST_BASE, NOW));
	ledger_add(&w->table, 3, CRL_SUPERSEDED, NOW + 10);
	ledger_add(&w->table, 2, CRL_REMOVE, NOW + 20);
	OK(ca_publish(&made, &w->p, CA_LIST_DELTA, NOW + 30));
	assert_int_equal(made.number, 2);
	load(&l, w, CA_LIST_DELTA);
	assert_int_equal(l->content.count, 2);
	assert_int_equal(crl_reason_of(l, "03"),
	    CRL_SUPERSEDED);
	assert_int_equal(crl_reason_of(l, "02"),
	    CRL_REMOVE);
	base = X509_CRL_get_ext_d2i(l->crl, NID_delta_crl, NULL, NULL);
	assert_int_equal(ASN1_INTEGER_get(base), 1);
	ASN1_INTEGER_free((ASN1_INTEGER *)(uintptr_t)base);
	assert_true(l->content.next_update == NOW + 30 + 24 * HOUR);
}

static void
a_new_base_takes_its_delta_along(void **state)
{
	struct world *w = *state;
	struct ca_published made;
	auto_free(crl) first = NULL, *second = NULL;

	ledger_add(&w->table, 1, CRL_HOLD, NOW - 50);
	OK(ca_publish_all(&made, &w->p, NOW));
	load(&first, w, CA_LIST_DELTA);
	assert_int_equal(first->content.count, 0);
	assert_int_equal(first->content.number, 2);
	ledger_add(&w->table, 1, CRL_REMOVE, NOW + 5);
	OK(ca_publish_all(&made, &w->p, NOW + 10));
	assert_int_equal(made.number, 3);
	assert_int_equal(made.count, 0);
	load(&second, w, CA_LIST_DELTA);
	assert_int_equal(second->content.count, 0);
}

static void
without_a_base_or_a_wish_there_is_no_delta(void **state)
{
	struct world *w = *state;
	struct ca_published made;
	auto_str path = NULL;

	FAILS(SG_ENOENT, ca_publish(&made, &w->p, CA_LIST_DELTA, NOW));
	w->p.delta_hours = 0;
	FAILS(SG_EARG, ca_publish(&made, &w->p, CA_LIST_DELTA, NOW));
	OK(ca_publish_all(&made, &w->p, NOW));
	OK(str_printf(&path, "%s/delta.crl", w->folder));
	assert_int_not_equal(access(path, F_OK), 0);
	assert_true(ca_publish_due(&w->p, CA_LIST_DELTA) == INT64_MAX);
}

static void
a_list_is_due_before_it_runs_out(void **state)
{
	struct world *w = *state;
	struct ca_published made;
	auto_str path = NULL;

	assert_true(ca_publish_due(&w->p, CA_LIST_BASE) == 0);
	OK(ca_publish_all(&made, &w->p, NOW));
	/* A tenth of a week is more than half a day. */
	assert_true(ca_publish_due(&w->p, CA_LIST_BASE) ==
	    NOW + (168 - 12) * HOUR);
	assert_true(made.next_publish == NOW + (168 - 12) * HOUR);
	assert_true(ca_publish_due(&w->p, CA_LIST_DELTA) <
	    NOW + 22 * HOUR);
	assert_true(ca_publish_due(&w->p, CA_LIST_DELTA) >
	    NOW + 21 * HOUR);
	w->p.base_hours = 1;
	OK(ca_publish(&made, &w->p, CA_LIST_BASE, NOW));
	assert_true(made.next_publish > NOW + HOUR / 4);
	assert_true(made.next_publish < NOW + HOUR);
	OK(str_printf(&path, "%s/ca.crl", w->folder));
	OK(file_replace(path, bytes_str("0 nonsense"), 0644));
	assert_true(ca_publish_due(&w->p, CA_LIST_BASE) == 0);
}

static size_t
files_in(const char *folder)
{
	DIR *d = opendir(folder);
	size_t n = 0;

	for (struct dirent *e; (e = readdir(d)) != NULL;)
		n += e->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

static enum sg_err
no_sign(void *ctx, enum sign_scheme scheme, enum digest hash,
    struct bytes digest, struct buf *out)
{
	(void)ctx;
	(void)scheme;
	(void)hash;
	(void)digest;
	(void)out;
	return sg_fail(SG_ELOGIN, "the token is gone");
}

static void
what_fails_leaves_the_last_list(void **state)
{
	static const struct signer_ops ops = { .sign = no_sign };
	struct world *w = *state;
	struct ca_published made;
	auto_free(crl) l = NULL;

	OK(ca_publish(&made, &w->p, CA_LIST_BASE, NOW));
	w->p.signer = (struct signer) { &ops, NULL };
	FAILS_SAYING(SG_ELOGIN, "the token is gone",
	    ca_publish(&made, &w->p, CA_LIST_BASE, NOW + 10));
	assert_false(w->table.walking);
	assert_int_equal(w->table.number, 1);
	assert_int_equal(files_in(w->folder), 1);
	load(&l, w, CA_LIST_BASE);
	assert_int_equal(l->content.number, 1);
}

static void
a_number_that_is_taken_is_not_published(void **state)
{
	struct world *w = *state;
	struct ca_published made;
	auto_free(crl) l = NULL;

	OK(ca_publish(&made, &w->p, CA_LIST_BASE, NOW));
	w->table.number = UINT64_MAX;	/* whose successor is 0 */
	FAILS(SG_EEXIST, ca_publish(&made, &w->p, CA_LIST_BASE, NOW));
	assert_int_equal(files_in(w->folder), 1);
	load(&l, w, CA_LIST_BASE);
	assert_int_equal(l->content.number, 1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_base_list_tells_what_is_revoked_now),
		CASE(a_delta_tells_what_changed_since),
		CASE(a_new_base_takes_its_delta_along),
		CASE(without_a_base_or_a_wish_there_is_no_delta),
		CASE(a_list_is_due_before_it_runs_out),
		CASE(what_fails_leaves_the_last_list),
		CASE(a_number_that_is_taken_is_not_published),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
