/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_PKI_FIXTURE_H
#define SG_TEST_PKI_FIXTURE_H

/* A small PKI in memory, at a time that stands still. */

#include "../test.h"

#include "pki/cert.h"
#include "pki/issue.h"
#include "pki/name.h"

#define NOW	((int64_t)1750000000)
#define DAY	((int64_t)86400)

struct authority {
	struct pkey *key;
	struct cert *cert;
};

static inline void
authority_done(struct authority *a)
{
	cert_free(a->cert);
	pkey_free(a->key);
}

/* Issues what c says, with names and times filled in, by a (or itself). */
static inline void
fixture_issue(struct cert **out, struct cert_content *c, const char *name,
    const struct pkey *key, const struct authority *a)
{
	auto_done(buf) der = { 0 };

	OK(name_parse(&c->subject, name));
	if (a->cert != NULL)
		OK(buf_set(&c->issuer, buf_bytes(&a->cert->subject_der)));
	else
		OK(name_parse(&c->issuer, name));
	OK(cert_serial_new(&c->serial));
	OK(pkey_spki(key, &c->spki));
	if (c->not_after == 0) {
		c->not_before = NOW - DAY;
		c->not_after = NOW + DAY;
	}
	OK(cert_build(&der, c, DIGEST_SHA256, pkey_signer(a->key)));
	OK(cert_parse(out, buf_bytes(&der)));
}

/* A CA below parent, or a root when parent is NULL. */
static inline void
fixture_ca(struct authority *a, const char *name, int path_len,
    const struct authority *parent)
{
	auto_done(cert_content) c;

	cert_content_init(&c);
	OK(pkey_new_p256(&a->key));
	c.ext.has_basic = c.ext.basic_critical = c.ext.ca = true;
	c.ext.path_len = path_len;
	c.ext.key_usage = USAGE_CERT_SIGN | USAGE_CRL_SIGN;
	c.ext.key_usage_critical = true;
	fixture_issue(&a->cert, &c, name, a->key, parent ? parent : a);
}

/* A leaf for smart card logon. */
static inline void
fixture_leaf(struct cert **out, const char *name, const struct pkey *key,
    const struct authority *a)
{
	auto_done(cert_content) c;

	cert_content_init(&c);
	c.ext.key_usage = USAGE_DIGITAL_SIGNATURE;
	c.ext.key_usage_critical = true;
	OK(texts_add(&c.ext.eku, OID_SMARTCARD_LOGON));
	OK(texts_add(&c.ext.eku, OID_CLIENT_AUTH));
	OK(str_dup(&c.ext.upn, "alice@corp.example"));
	fixture_issue(out, &c, name, key, a);
}

#endif
