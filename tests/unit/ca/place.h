/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_CA_PLACE_H
#define SG_TEST_CA_PLACE_H

/* A CA in a folder of its own for each case. */

#include <sys/stat.h>
#include <unistd.h>

#include "../test.h"
#include "base/file.h"
#include "ca/certs.h"
#include "ca/submit.h"

#define NOW	((int64_t)1750000000)
#define DAY	((int64_t)86400)

struct place {
	char dir[32];
	struct ca_store *store;
	struct ca_key *key;	/* of the issuing CA */
	struct ca_issuer issuer;
	struct template t;
	struct identity id;
	struct csr *csr;
	struct ca_act act;
};

static const struct ca_audit place_first = { .at = NOW, .who = "founder",
	.what = "init", .detail = "", .result = "made" };

/* Two CAs with P-256 keys; returns the issuing CA's key if wanted. */
static inline void
place_fill(const char *dir, const struct secret *passphrase)
{
	auto_done(ca_config) c = { .crl_days = 3 };
	auto_done(secret) kept = { 0 };
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
		&c.cdp[CA_ROOT], &c.ca_issuers[CA_ROOT],
		&c.ocsp[CA_ROOT] };
	p = (struct ca_plan) { "CN=Issuing", 0, NOW, 500 };
	OK(ca_make(&issuing, &p, pkey_signer(key), &i));
	OK(pkey_private_pem(root_key, passphrase, &kept));
	OK(ca_store_put(dir, CA_ROOT, root, &kept));
	secret_done(&kept);
	OK(pkey_private_pem(key, passphrase, &kept));
	OK(ca_store_put(dir, CA_ISSUING, issuing, &kept));
	OK(ca_store_finish(dir, &c, &place_first));
	assert_int_equal(close(lock), 0);
}

static inline void
place_request(struct csr **out, const struct template *t,
    const struct identity *id)
{
	auto_free(pkey) k = NULL;
	auto_done(csr_content) c;
	auto_done(buf) der = { 0 };

	csr_content_init(&c);
	OK(pkey_new_p256(&k));
	OK(template_request(&c, t, id));
	OK(csr_build(&der, &c, DIGEST_SHA256, false, pkey_signer(k)));
	OK(csr_parse(out, buf_bytes(&der)));
}

static inline void
place_open(struct place *p)
{
	const struct ca_config *c;

	OK(ca_store_open(&p->store, p->dir));
	OK(ca_store_key(&p->key, p->store, CA_ISSUING, NULL));
	c = &p->store->config;
	p->issuer = (struct ca_issuer) { p->store->cert[CA_ISSUING],
		ca_key_signer(p->key), &c->cdp[CA_ISSUING],
		&c->ca_issuers[CA_ISSUING], &c->ocsp[CA_ISSUING] };
}

static inline void
place_close(struct place *p)
{
	ca_key_free(p->key);
	ca_store_free(p->store);
	p->key = NULL;
	p->store = NULL;
}

static inline int
place_setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	strcpy(p->dir, "/tmp/signet-test-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	place_fill(p->dir, NULL);
	place_open(p);
	OK(template_builtin(&p->t, "SmartcardLogon", NULL));
	OK(str_dup(&p->id.upn, "alice@corp.example"));
	place_request(&p->csr, &p->t, &p->id);
	p->act = (struct ca_act) { "olga", NOW + 5 };
	*state = p;
	return 0;
}

static inline int
place_teardown(void **state)
{
	struct place *p = *state;
	char command[64];

	csr_free(p->csr);
	identity_done(&p->id);
	template_done(&p->t);
	place_close(p);
	(void)snprintf(command, sizeof(command), "rm -rf %s", p->dir);
	free(p);
	return system(command);
}

static inline struct ca_order
place_order(const struct place *p)
{
	return (struct ca_order) { .template = &p->t, .identity = &p->id,
		.request = p->csr, .now = NOW, .requester = "CORP\\alice" };
}

/* A certificate of this CA, kept. */
static inline void
place_issue(const struct place *p, struct ca_outcome *out)
{
	struct ca_order o = place_order(p);

	OK(ca_submit(out, p->store, &p->issuer, &o));
	assert_int_equal(out->verdict.disposition, CA_ISSUED);
}

static inline void
place_write(const struct place *p, const char *file, const char *text)
{
	auto_str path = NULL;

	OK(str_printf(&path, "%s/%s", p->dir, file));
	OK(file_replace(path, bytes_str(text), 0644));
}

/* What a query of one number says. */
static inline int64_t
place_number(const struct place *p, const char *sql)
{
	auto_free(db_stmt) s = NULL;
	bool row;

	OK(db_prepare(&s, p->store->db, sql));
	OK(db_step(&row, s));
	return row ? db_int(s, 0) : -1;
}

#define IN_A_PLACE(f) cmocka_unit_test_setup_teardown(f, place_setup, \
	place_teardown)

#endif
