/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_SCEP_WORLD_H
#define SG_TEST_SCEP_WORLD_H

/* A CA, its RA, and a client with a request. */

#include "../pki/fixture.h"
#include "../rsa_key.h"
#include "proto/scep.h"

#define WORLD_CHALLENGE "one time only"
#define WORLD_NONCE "0123456789abcdef"
#define WORLD_TRANSACTION "Ab+/=42"

struct world {
	struct authority ca;
	struct pkey *ra_key;
	struct cert *ra_cert;
	struct scep_ra ra;
	struct scep_opener opener;
	struct pkey *key;	/* the client's */
	struct cert *self;	/* of that key */
	struct cert *issued;	/* likewise */
	struct buf csr;
};

static inline void
world_ra(struct cert **out, const char *name, const struct pkey *key,
    unsigned usage, const struct authority *ca)
{
	auto_done(cert_content) c;

	cert_content_init(&c);
	c.ext.key_usage = usage;
	c.ext.key_usage_critical = usage != 0;
	fixture_issue(out, &c, name, key, ca);
}

static inline void
world_csr(struct buf *out, struct pkey *key, const char *challenge)
{
	auto_done(csr_content) c;

	csr_content_init(&c);
	OK(name_parse(&c.subject, "CN=host1,O=Corp"));
	OK(texts_add(&c.ext.dns, "host1.corp.example"));
	OK(str_dup(&c.ext.template_name, "Machine"));
	if (challenge != NULL)
		OK(str_dup(&c.challenge, challenge));
	OK(csr_build(out, &c, DIGEST_SHA256, false, pkey_signer(key)));
}

static inline void
world_make(struct world *w, struct pkey *key)
{
	auto_done(buf) subject = { 0 };

	*w = (struct world) { .key = key };
	fixture_ca(&w->ca, "CN=Corp CA", 0, NULL);
	rsa_key(&w->ra_key, 0);
	world_ra(&w->ra_cert, "CN=RA,O=Corp", w->ra_key,
	    USAGE_DIGITAL_SIGNATURE | USAGE_KEY_ENCIPHERMENT, &w->ca);
	w->ra = (struct scep_ra) { w->ra_cert, pkey_signer(w->ra_key) };
	OK(scep_opener_init(&w->opener, &w->ra, 1));
	OK(name_parse(&subject, "CN=host1,O=Corp"));
	OK(scep_self_signed(&w->self, buf_bytes(&subject), pkey_signer(key),
	    NOW));
	world_ra(&w->issued, "CN=host1,O=Corp", key, USAGE_DIGITAL_SIGNATURE,
	    &w->ca);
	world_csr(&w->csr, key, WORLD_CHALLENGE);
}

static inline void
world_done(struct world *w)
{
	scep_opener_done(&w->opener);
	authority_done(&w->ca);
	pkey_free(w->ra_key);
	cert_free(w->ra_cert);
	pkey_free(w->key);
	cert_free(w->self);
	cert_free(w->issued);
	buf_done(&w->csr);
}

static inline int
world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct pkey *key;

	assert_non_null(w);
	rsa_key(&key, 1);
	world_make(w, key);
	*state = w;
	return 0;
}

static inline int
world_teardown(void **state)
{
	world_done(*state);
	free(*state);
	return 0;
}

static inline struct scep_ask
world_ask(const struct world *w, enum scep_type type)
{
	return (struct scep_ask) { .type = type,
		.transaction = WORLD_TRANSACTION,
		.nonce = (const uint8_t *)WORLD_NONCE, .cert = w->self,
		.signer = pkey_signer(w->key), .to = w->ra_cert,
		.hash = DIGEST_SHA256, .cipher = CIPHER_AES128_CBC,
		.csr = buf_bytes(&w->csr),
		.issuer = buf_bytes(&w->issued->issuer_der),
		.subject = buf_bytes(&w->issued->subject_der),
		.serial = w->issued->serial };
}

/* The request that it makes, as the server reads it. */
static inline struct scep_request *
world_read(const struct scep_ask *a)
{
	static const struct scep_rules rules = { .sha1 = true };
	auto_done(buf) message = { 0 };
	struct scep_request *r;

	OK(scep_ask_write(&message, a));
	OK(scep_request_read(&r, buf_bytes(&message), &rules));
	return r;
}

static inline struct scep_expect
world_expect(const struct world *w, struct certs *from)
{
	*from = (struct certs) { (struct cert **)(uintptr_t)&w->ra_cert, 1 };
	return (struct scep_expect) { .transaction = WORLD_TRANSACTION,
		.nonce = (const uint8_t *)WORLD_NONCE, .from = from,
		.cert = w->self, .signer = pkey_signer(w->key) };
}

#endif
