/* SPDX-License-Identifier: BSD-2-Clause */

/* A root signs the request of an issuing CA, which takes what comes back. */

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../test.h"
#include "ca/renew.h"
#include "ca/sub.h"
#include "pki/csr.h"
#include "pki/issue.h"
#include "pki/name.h"

#define NOW	((int64_t)1750000000)
#define DAY	((int64_t)86400)

struct world {
	char dir[32];
	struct ca_store *store;	/* that waits */
	struct pkey *key;	/* its key */
	struct csr *request;
	struct pkey *root_key;
	struct cert *root;
	struct texts none;
	struct ca_issuer issuer;
	struct ca_act act;
};

static void
root_make(struct world *w, int path_len)
{
	const struct ca_plan p = { "CN=Root", path_len, NOW, 1000 };

	cert_free(w->root);
	w->root = NULL;
	OK(ca_make(&w->root, &p, pkey_signer(w->root_key), NULL));
	w->issuer = (struct ca_issuer) { w->root, pkey_signer(w->root_key),
		&w->none, &w->none, &w->none };
}

static void
store_make(struct world *w)
{
	const struct ca_audit first = { .at = NOW, .who = "founder",
		.what = "init", .detail = "", .result = "made" };
	const struct ca_plan p = { "CN=Sub,DC=corp", 0, NOW, 500 };
	auto_done(ca_config) c = { 0 };
	auto_done(buf) der = { 0 };
	auto_done(secret) pem = { 0 };
	int lock = -1;

	OK(str_dup(&c.oid_base, "1.2.3"));
	OK(ca_store_make(w->dir, &lock));
	OK(pkey_new_p256(&w->key));
	OK(ca_make_request(&der, &p, NULL, pkey_signer(w->key)));
	OK(csr_parse(&w->request, buf_bytes(&der)));
	OK(pkey_private_pem(w->key, NULL, &pem));
	OK(ca_store_put_request(w->dir, CA_ISSUING, buf_bytes(&der), &pem));
	OK(ca_store_finish(w->dir, &c, &first));
	assert_int_equal(close(lock), 0);
	OK(ca_store_open(&w->store, w->dir));
}

static int
setup(void **state)
{
	static struct world w;

	w = (struct world) { .dir = "/tmp/signet-test-XXXXXX",
		.act = { "olga", NOW } };
	assert_non_null(mkdtemp(w.dir));
	OK(pkey_new_p256(&w.root_key));
	root_make(&w, -1);
	store_make(&w);
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	char command[64];

	ca_store_free(w->store);
	csr_free(w->request);
	pkey_free(w->key);
	pkey_free(w->root_key);
	cert_free(w->root);
	(void)snprintf(command, sizeof(command), "rm -rf %s", w->dir);
	return system(command);
}

/* --- the root's side --- */

static enum sg_err
sign(struct cert **out, const struct world *w, const struct csr *r)
{
	const struct ca_sub o = { r, 0, 500, NOW };

	return ca_sub_sign(out, &w->issuer, &o);
}

static void
a_root_signs_what_a_ca_asks_for(void **state)
{
	struct world *w = *state;
	auto_free(cert) c = NULL;
	struct ca_version v;
	bool there;

	OK(sign(&c, w, w->request));
	assert_string_equal(c->subject, "CN=Sub,DC=corp");
	assert_true(c->ext.ca && c->ext.basic_critical);
	assert_int_equal(c->ext.path_len, 0);
	assert_int_equal(c->ext.key_usage, USAGE_DIGITAL_SIGNATURE |
	    USAGE_CERT_SIGN | USAGE_CRL_SIGN);
	assert_true(bytes_eq(buf_bytes(&c->ext.ski),
	    buf_bytes(&w->request->content.ext.ski)));
	OK(ca_version_read(&v, &there, &c->ext));
	assert_true(there && v.index == 0 && v.key == 0);
	/* What else it asked for is not granted. */
	assert_null(c->ext.template_name);
}

/* A request like a CA's, but for one thing. */
static void
request_of(struct csr **out, struct pkey *k, const char *name, bool ca,
    const char *critical)
{
	auto_done(csr_content) c;
	auto_done(buf) der = { 0 };

	csr_content_init(&c);
	OK(name_parse(&c.subject, name));
	c.ext.has_basic = c.ext.basic_critical = true;
	c.ext.ca = ca;
	if (critical != NULL)
		OK(extensions_add_raw(&c.ext, critical, true,
		    bytes_str("\x05\x00")));
	OK(csr_build(&der, &c, DIGEST_SHA256, false, pkey_signer(k)));
	OK(csr_parse(out, buf_bytes(&der)));
}

static void
refused(const struct world *w, const char *why, struct pkey *k,
    const char *name, bool ca, const char *critical)
{
	auto_free(csr) r = NULL;
	struct cert *c;

	request_of(&r, k, name, ca, critical);
	FAILS_SAYING(SG_EVERIFY, why, sign(&c, w, r));
}

/* Of 1024 bits, which nothing here makes. */
static void
small_key(struct pkey **out)
{
	EVP_PKEY *k = EVP_RSA_gen(1024);
	BIO *b = BIO_new(BIO_s_mem());
	char *text;
	long n;

	assert_true(k != NULL && b != NULL);
	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(b, k, NULL, NULL, 0,
	    NULL, NULL), 1);
	n = BIO_get_mem_data(b, &text);
	OK(pkey_from_private_pem(out, bytes_of(text, (size_t)n), NULL));
	BIO_free(b);
	EVP_PKEY_free(k);
}

static void
other_requests_are_refused(void **state)
{
	struct world *w = *state;
	auto_free(pkey) small = NULL;

	small_key(&small);
	refused(w, "1024 bits", small, "CN=Sub", true, NULL);
	refused(w, "CA:TRUE", w->key, "CN=Sub", false, NULL);
	refused(w, "has no name", w->key, "", true, NULL);
	refused(w, "of the CA that signs", w->key, "CN=root", true, NULL);
	refused(w, "1.2.3.4", w->key, "CN=Sub", true, "1.2.3.4");
}

static void
a_signature_that_does_not_hold_is_refused(void **state)
{
	struct world *w = *state;
	auto_done(buf) der = { 0 };
	auto_free(csr) r = NULL;
	struct cert *c;

	OK(buf_set(&der, buf_bytes(&w->request->der)));
	der.p[der.n - 1] ^= 1;
	OK(csr_parse(&r, buf_bytes(&der)));
	FAILS(SG_EVERIFY, sign(&c, w, r));
}

static void
path_lengths_go_down(void **state)
{
	struct world *w = *state;
	struct ca_sub o = { w->request, 1, 500, NOW };
	struct cert *c = NULL;

	root_make(w, 1);
	FAILS_SAYING(SG_EVERIFY, "too much", ca_sub_sign(&c, &w->issuer, &o));
	o.path_len = 0;
	OK(ca_sub_sign(&c, &w->issuer, &o));
	cert_free(c);
	o.now = NOW + 2000 * DAY;
	FAILS_SAYING(SG_EVERIFY, "not valid now",
	    ca_sub_sign(&c, &w->issuer, &o));
}

/* --- what comes back --- */

/* A certificate for the request, for mistakes to be made in it. */
static void
content_of(struct cert_content *c, const struct world *w)
{
	cert_content_init(c);
	OK(buf_set(&c->spki, buf_bytes(&w->request->spki)));
	OK(buf_set(&c->subject, buf_bytes(&w->request->content.subject)));
	OK(buf_set(&c->issuer, buf_bytes(&w->root->subject_der)));
	OK(cert_serial_new(&c->serial));
	c->not_before = NOW - 1;
	c->not_after = NOW + 100 * DAY;
	c->ext.has_basic = c->ext.basic_critical = c->ext.ca = true;
	c->ext.key_usage = USAGE_CERT_SIGN | USAGE_CRL_SIGN;
	OK(buf_set(&c->ext.aki, buf_bytes(&w->root->ext.ski)));
}

static void
copy_add(struct certs *to, const struct cert *c)
{
	struct cert *copy;

	OK(cert_parse(&copy, buf_bytes(&c->der)));
	OK(certs_add(to, copy));
}

static enum sg_err
offer(const struct world *w, const struct cert_content *c, bool with_root)
{
	auto_done(ca_generation) g = { 0 };
	auto_done(certs) given = { 0 };
	auto_done(buf) der = { 0 };
	struct cert *made;

	OK(cert_build(&der, c, DIGEST_SHA256, w->issuer.signer));
	OK(cert_parse(&made, buf_bytes(&der)));
	OK(certs_add(&given, made));
	if (with_root)
		copy_add(&given, w->root);
	return ca_install_check(&g, w->store, &given, NOW);
}

static void
a_good_certificate_is_taken(void **state)
{
	struct world *w = *state;
	auto_done(cert_content) c;

	content_of(&c, w);
	OK(offer(w, &c, true));
	FAILS_SAYING(SG_EVERIFY, "no root", offer(w, &c, false));
}

static void
other_certificates_are_refused(void **state)
{
	struct world *w = *state;
	auto_done(cert_content) c;
	auto_free(pkey) other = NULL;

	content_of(&c, w);
	c.ext.ca = false;
	FAILS_SAYING(SG_EVERIFY, "CA:TRUE", offer(w, &c, true));
	c.ext.ca = true;
	c.ext.key_usage = USAGE_CERT_SIGN;
	FAILS_SAYING(SG_EVERIFY, "key usage", offer(w, &c, true));
	c.ext.key_usage = 0;
	FAILS_SAYING(SG_EVERIFY, "key usage", offer(w, &c, true));
	c.ext.key_usage = USAGE_CERT_SIGN | USAGE_CRL_SIGN;
	c.not_before = NOW + 5;
	FAILS_SAYING(SG_EVERIFY, "not valid yet", offer(w, &c, true));
	c.not_before = NOW - 10;
	c.not_after = NOW - 5;
	FAILS_SAYING(SG_EVERIFY, "expired", offer(w, &c, true));
	c.not_after = NOW + DAY;
	OK(ca_version_add(&c.ext, &(struct ca_version) { 1, 0 }, NULL));
	FAILS_SAYING(SG_EVERIFY, "1.0, expected 0.0", offer(w, &c, true));
	buf_done(&c.subject);
	OK(name_parse(&c.subject, "CN=Somebody"));
	FAILS_SAYING(SG_EVERIFY, "it is for CN=Somebody",
	    offer(w, &c, true));
	buf_done(&c.spki);
	OK(pkey_new_p256(&other));
	OK(pkey_spki(other, &c.spki));
	FAILS_SAYING(SG_EVERIFY, "none of the 2 certificates",
	    offer(w, &c, true));
}

static void
a_root_that_allows_no_ca_is_refused(void **state)
{
	struct world *w = *state;
	auto_done(cert_content) c;

	root_make(w, 0);
	content_of(&c, w);
	FAILS_SAYING(SG_EVERIFY, "path length", offer(w, &c, true));
}

static void
a_foreign_root_is_no_way_up(void **state)
{
	struct world *w = *state;
	auto_done(cert_content) c;
	struct pkey *own = w->root_key;
	struct cert *root = w->root;

	content_of(&c, w);
	w->root = NULL;
	w->root_key = NULL;
	OK(pkey_new_p256(&w->root_key));
	root_make(w, -1);
	w->issuer.signer = pkey_signer(own);
	FAILS(SG_EVERIFY, offer(w, &c, true));
	cert_free(root);
	pkey_free(own);
}

/* Signs what waits, and opens the store with it. */
static void
install(struct world *w)
{
	auto_done(ca_generation) g = { 0 };
	auto_done(certs) given = { 0 };
	struct cert *c;

	OK(sign(&c, w, w->request));
	OK(certs_add(&given, c));
	copy_add(&given, w->root);
	OK(ca_install_check(&g, w->store, &given, NOW));
	OK(ca_install(w->store, &g, &w->act));
	ca_store_free(w->store);
	w->store = NULL;
	OK(ca_store_open(&w->store, w->dir));
}

static void
what_waits_says_so_until_it_is_there(void **state)
{
	struct world *w = *state;
	auto_free(ca_key) k = NULL;

	FAILS_SAYING(SG_EBUSY, "signet-ca install-cert",
	    ca_store_ready(w->store, CA_ISSUING));
	FAILS_SAYING(SG_EBUSY, "waits",
	    ca_store_key(&k, w->store, CA_ISSUING, NULL));
	FAILS_SAYING(SG_ENOENT, "elsewhere",
	    ca_store_ready(w->store, CA_ROOT));
	install(w);
	OK(ca_store_ready(w->store, CA_ISSUING));
	OK(ca_store_key(&k, w->store, CA_ISSUING, NULL));
	assert_false(w->store->ours[CA_ROOT]);
	assert_string_equal(w->store->cert[CA_ROOT]->subject, "CN=Root");
	FAILS(SG_ENOENT, ca_install_check(&(struct ca_generation) { 0 },
	    w->store, &(struct certs) { 0 }, NOW));
}

static void
a_request_waits_beside_what_works(void **state)
{
	struct world *w = *state;
	const struct ca_renewal r = { CA_ISSUING, false, 400, NULL };
	auto_done(buf) der = { 0 };
	auto_done(certs) given = { 0 };
	struct ca_generation g;
	struct ca_version v;

	install(w);
	OK(ca_renew_request(&der, w->store, &r, pkey_signer(w->key),
	    &w->act));
	ca_store_free(w->store);
	w->store = NULL;
	OK(ca_store_open(&w->store, w->dir));
	OK(ca_store_ready(w->store, CA_ISSUING));
	FAILS_SAYING(SG_EEXIST, "waits already",
	    ca_renew_version(&v, w->store, &r));
	copy_add(&given, w->store->cert[CA_ISSUING]);
	FAILS_SAYING(SG_EVERIFY, "installed already",
	    ca_install_check(&g, w->store, &given, NOW));
	OK(ca_renew_cancel(w->store, &w->act));
	ca_store_free(w->store);
	w->store = NULL;
	OK(ca_store_open(&w->store, w->dir));
	OK(ca_renew_version(&v, w->store, &r));
	assert_true(v.index == 1 && v.key == 0);
	FAILS(SG_ENOENT, ca_renew_cancel(w->store, &w->act));
}

/* With its next key, and in w->request what waits. */
static void
ask_again(struct world *w, bool new_key)
{
	const struct ca_renewal r = { CA_ISSUING, new_key, 400, NULL };
	auto_done(buf) der = { 0 };

	if (new_key) {
		pkey_free(w->key);
		w->key = NULL;
		OK(pkey_new_p256(&w->key));
	}
	OK(ca_renew_request(&der, w->store, &r, pkey_signer(w->key),
	    &w->act));
	csr_free(w->request);
	w->request = NULL;
	OK(csr_parse(&w->request, buf_bytes(&der)));
	ca_store_free(w->store);
	w->store = NULL;
	OK(ca_store_open(&w->store, w->dir));
}

/* Or what the new key has signed would be revoked in the old one's list. */
static void
a_new_key_has_an_identifier_of_its_own(void **state)
{
	struct world *w = *state;
	auto_done(cert_content) c;

	install(w);
	ask_again(w, true);
	content_of(&c, w);
	FAILS_SAYING(SG_EVERIFY, "is missing", offer(w, &c, true));
	OK(buf_set(&c.ext.ski, buf_bytes(&w->store->cert[CA_ISSUING]
	    ->ext.ski)));
	FAILS_SAYING(SG_EVERIFY, "another key", offer(w, &c, true));
	OK(buf_set(&c.ext.ski, buf_bytes(&w->request->content.ext.ski)));
	OK(offer(w, &c, true));
}

static void
the_same_key_keeps_its_identifier(void **state)
{
	struct world *w = *state;
	auto_done(cert_content) c;

	install(w);
	ask_again(w, false);
	content_of(&c, w);
	OK(buf_set(&c.ext.ski, bytes_str("another one")));
	FAILS_SAYING(SG_EVERIFY, "not that", offer(w, &c, true));
	OK(buf_set(&c.ext.ski, buf_bytes(&w->request->content.ext.ski)));
	OK(offer(w, &c, true));
}

#define IN_A_WORLD(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_WORLD(a_root_signs_what_a_ca_asks_for),
		IN_A_WORLD(other_requests_are_refused),
		IN_A_WORLD(a_signature_that_does_not_hold_is_refused),
		IN_A_WORLD(path_lengths_go_down),
		IN_A_WORLD(a_good_certificate_is_taken),
		IN_A_WORLD(other_certificates_are_refused),
		IN_A_WORLD(a_root_that_allows_no_ca_is_refused),
		IN_A_WORLD(a_foreign_root_is_no_way_up),
		IN_A_WORLD(what_waits_says_so_until_it_is_there),
		IN_A_WORLD(a_request_waits_beside_what_works),
		IN_A_WORLD(a_new_key_has_an_identifier_of_its_own),
		IN_A_WORLD(the_same_key_keeps_its_identifier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
