/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "ca/store.h"

#define NOW ((int64_t)1750000000)

struct place {
	char dir[64];
	struct ca_store *store;
	struct cert *leaf;
};

static void
store_fill(const char *dir, const struct secret *passphrase)
{
	auto_done(ca_config) c = { .crl_days = 3 };
	auto_free(pkey) root_key = NULL, *key = NULL;
	auto_free(cert) root = NULL, *issuing = NULL;
	struct ca_plan p = { "CN=Root", -1, NOW, 1000 };
	struct ca_issuer i;
	int lock = -1, second;

	OK(str_dup(&c.oid_base, "1.2.3"));
	OK(texts_add(&c.cdp[CA_ISSUING], "http://a.example/ca.crl"));
	OK(ca_store_make(dir, &lock));
	FAILS_SAYING(SG_EBUSY, "somebody else", ca_store_make(dir, &second));
	OK(pkey_new_p256(&root_key));
	OK(pkey_new_p256(&key));
	OK(ca_make(&root, &p, pkey_signer(root_key), NULL));
	i = (struct ca_issuer) { root, pkey_signer(root_key),
		&c.cdp[CA_ROOT], &c.ca_issuers[CA_ROOT] };
	p.name = "CN=Issuing";
	OK(ca_make(&issuing, &p, pkey_signer(key), &i));
	OK(ca_store_put(dir, CA_ROOT, root, root_key, passphrase));
	OK(ca_store_put(dir, CA_ISSUING, issuing, key, passphrase));
	OK(ca_store_finish(dir, &c));
	assert_int_equal(close(lock), 0);
}

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return 1;
	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/signet-test-XXXXXX");
	if (mkdtemp(p->dir) == NULL)
		return 1;
	store_fill(p->dir, NULL);
	OK(ca_store_open(&p->store, p->dir));
	OK(cert_parse(&p->leaf, buf_bytes(&p->store->cert[CA_ISSUING]->der)));
	*state = p;
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
teardown(void **state)
{
	struct place *p = *state;
	int rc = nftw(p->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);

	cert_free(p->leaf);
	ca_store_free(p->store);
	free(p);
	return rc;
}

static void
a_store_opens_as_it_was_made(void **state)
{
	struct place *p = *state;
	const struct ca_config *c = &p->store->config;
	auto_free(pkey) k = NULL;
	int second;

	assert_string_equal(c->oid_base, "1.2.3");
	assert_int_equal(c->crl_days, 3);
	assert_string_equal(c->cdp[CA_ISSUING].v[0],
	    "http://a.example/ca.crl");
	assert_int_equal(c->cdp[CA_ROOT].n, 0);
	assert_string_equal(p->store->cert[CA_ROOT]->subject, "CN=Root");
	OK(ca_store_key(&k, p->store, CA_ISSUING, NULL));
	FAILS_SAYING(SG_EEXIST, "already", ca_store_make(p->dir, &second));
}

static void
certificates_are_kept_and_revoked(void **state)
{
	struct place *p = *state;
	auto_done(ca_records) l = { 0 };
	auto_done(ca_record) r = { 0 };
	const char *serial = p->leaf->serial;

	OK(ca_store_add(p->store, p->leaf));
	FAILS(SG_EEXIST, ca_store_add(p->store, p->leaf));
	OK(ca_store_revoke(p->store, serial, NOW, CRL_SUPERSEDED));
	FAILS_SAYING(SG_EEXIST, "revoked already (superseded)",
	    ca_store_revoke(p->store, serial, NOW, CRL_HOLD));
	FAILS(SG_ENOENT, ca_store_revoke(p->store, "00", NOW, CRL_HOLD));
	OK(ca_store_get(&r, p->store, serial));
	assert_true(r.revoked && r.when == NOW);
	assert_int_equal(r.reason, CRL_SUPERSEDED);
	OK(ca_store_list(&l, p->store));
	assert_int_equal(l.n, 1);
}

static void
serial_numbers_are_no_paths(void **state)
{
	static const char *const bad[] = { "", "..", "../issuing/cert",
		"0g", "/etc/passwd", "00 ", "-01" };
	struct place *p = *state;
	auto_done(ca_record) r = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		FAILS_SAYING(SG_EARG, "not a serial number",
		    ca_store_get(&r, p->store, bad[i]));
}

static void
crl_numbers_grow(void **state)
{
	struct place *p = *state;
	auto_free(pkey) k = NULL;
	struct ca_issuer i = { p->store->cert[CA_ISSUING], { 0 },
		&p->store->config.cdp[CA_ISSUING],
		&p->store->config.ca_issuers[CA_ISSUING] };

	OK(ca_store_key(&k, p->store, CA_ISSUING, NULL));
	i.signer = pkey_signer(k);
	OK(ca_store_add(p->store, p->leaf));
	OK(ca_store_revoke(p->store, p->leaf->serial, NOW, CRL_HOLD));
	for (uint64_t n = 1; n < 4; n++) {
		auto_done(crl_content) c = { 0 };
		auto_done(buf) der = { 0 };

		OK(ca_store_crl_next(&c, p->store, CA_ISSUING));
		assert_true(c.number == n);
		assert_int_equal(c.count, 1);
		OK(ca_crl(&der, &i, &c, NOW, 7));
		OK(ca_store_crl_put(p->store, CA_ISSUING, buf_bytes(&der)));
	}
}

static void
overwrite(const struct place *p, const char *file, const char *text)
{
	auto_str path = NULL;

	OK(str_printf(&path, "%s/%s", p->dir, file));
	OK(file_replace(path, bytes_str(text), 0644));
}

/* The store's lock belongs to the one who opened it. */
static void
reopen_fails(struct place *p, enum sg_err code, const char *note)
{
	struct ca_store *s = NULL;

	ca_store_free(p->store);
	p->store = NULL;
	FAILS_SAYING(code, note, ca_store_open(&s, p->dir));
}

static void
damaged_configuration_is_named(void **state)
{
	struct place *p = *state;

	overwrite(p, "ca.conf", "[ca]\noid-base = x\n");
	reopen_fails(p, SG_EFORMAT, "ca.conf:2: not an OID");
	overwrite(p, "ca.conf", "[ca]\nfrob = 1\n");
	reopen_fails(p, SG_EFORMAT, "ca.conf:2: unknown key 'frob'");
	overwrite(p, "ca.conf", "[root]\ncdp-url = nonsense\n");
	reopen_fails(p, SG_EARG, "ca.conf:2: 'nonsense' is not a URL");
}

static void
damaged_certificates_are_named(void **state)
{
	struct place *p = *state;

	overwrite(p, "root/cert.pem", "nothing");
	reopen_fails(p, SG_EFORMAT, "root/cert.pem");
}

static void
damaged_records_are_named(void **state)
{
	struct place *p = *state;
	auto_done(ca_record) r = { 0 };
	auto_str file = NULL;

	OK(ca_store_add(p->store, p->leaf));
	OK(str_printf(&file, "revoked/%s", p->leaf->serial));
	overwrite(p, file, "yesterday superseded\n");
	FAILS_SAYING(SG_EFORMAT, p->leaf->serial,
	    ca_store_get(&r, p->store, p->leaf->serial));
	overwrite(p, file, "1 superseded\nand more\n");
	FAILS(SG_EFORMAT, ca_store_get(&r, p->store, p->leaf->serial));
	overwrite(p, file, "1 bored\n");
	FAILS_SAYING(SG_EARG, "not a reason",
	    ca_store_get(&r, p->store, p->leaf->serial));
}

static void
a_foreign_key_is_not_used(void **state)
{
	struct place *p = *state;
	auto_free(pkey) other = NULL, *k = NULL;
	auto_done(secret) pem = { 0 }, pass = { 0 };
	auto_str path = NULL;

	OK(pkey_new_p256(&other));
	OK(secret_set(&pass, "open", 4));
	OK(pkey_private_pem(other, NULL, &pem));
	OK(str_printf(&path, "%s/issuing/key.pem", p->dir));
	OK(file_replace(path, secret_bytes(&pem), 0600));
	FAILS_SAYING(SG_EVERIFY, "is not the key of CN=Issuing",
	    ca_store_key(&k, p->store, CA_ISSUING, NULL));
	OK(pkey_private_pem(other, &pass, &pem));
	OK(file_replace(path, secret_bytes(&pem), 0600));
	FAILS_SAYING(SG_EPIN, "issuing/key.pem",
	    ca_store_key(&k, p->store, CA_ISSUING, NULL));
}

static void
an_empty_folder_is_no_ca(void **state)
{
	char dir[] = "/tmp/signet-test-XXXXXX";
	struct ca_store *s = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	FAILS_SAYING(SG_ENOENT, "signet-ca init", ca_store_open(&s, dir));
	assert_int_equal(rmdir(dir), 0);
}

#define IN_A_STORE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_STORE(a_store_opens_as_it_was_made),
		IN_A_STORE(certificates_are_kept_and_revoked),
		IN_A_STORE(serial_numbers_are_no_paths),
		IN_A_STORE(crl_numbers_grow),
		IN_A_STORE(damaged_configuration_is_named),
		IN_A_STORE(damaged_certificates_are_named),
		IN_A_STORE(damaged_records_are_named),
		IN_A_STORE(a_foreign_key_is_not_used),
		cmocka_unit_test(an_empty_folder_is_no_ca),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
