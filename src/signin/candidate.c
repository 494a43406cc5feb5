/* SPDX-License-Identifier: BSD-2-Clause */
#include "signin/choose.h"

#include <stdlib.h>

#include "base/text.h"
#include "pki/cert.h"
#include "pki/oid.h"

#define RSA_BITS 2048	/* FreeRDP 3 and MIT Kerberos 1.20 sign with these */

static void
candidate_done(struct candidate *c)
{
	free(c->fingerprint);
	free(c->id_hex);
	free(c->upn);
}

void
candidates_done(struct candidates *c)
{
	for (size_t i = 0; i < c->n; i++)
		candidate_done(&c->v[i]);
	free(c->v);
	*c = (struct candidates) { 0 };
}

/* Of a key that we do not know, it is only said that it will not do. */
static bool
key_does(const struct cert *x)
{
	auto_free(pkey) key = NULL;

	return cert_key(&key, x) == SG_OK && pkey_kind(key) == KEY_RSA &&
	    pkey_bits(key) == RSA_BITS;
}

static enum sg_err
take_apart(struct candidate *c, const struct cert *x)
{
	c->not_before = x->not_before;
	c->not_after = x->not_after;
	c->logon = texts_has(&x->ext.eku, OID_SMARTCARD_LOGON);
	c->rsa = key_does(x);
	return x->ext.upn != NULL ? str_dup(&c->upn, x->ext.upn) : SG_OK;
}

static enum sg_err
candidate_init(struct candidate *c, const struct cert_object *o)
{
	auto_free(cert) x = NULL;
	uint8_t print[SHA256_LEN];
	enum sg_err e;

	c->cert = o;
	c->label = o->label;
	SG_TRY(sha256(buf_bytes(&o->der), print));
	SG_TRY(hex_encode(&c->fingerprint, bytes_of(print, sizeof(print))));
	SG_TRY(hex_encode(&c->id_hex, bytes_of(o->id, sizeof(o->id))));
	e = cert_parse(&x, buf_bytes(&o->der));
	c->broken = e == SG_EFORMAT || e == SG_ELIMIT;
	if (c->broken)
		return SG_OK;
	SG_TRY(e);
	return take_apart(c, x);
}

enum sg_err
candidates_init(struct candidates *out, const struct objects *o)
{
	auto_done(candidates) c = { 0 };

	c.v = calloc(o->cert_count + 1, sizeof(*c.v));
	if (c.v == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	for (size_t i = 0; i < o->cert_count; i++)
		if (o->certs[i].kind == CERT_PERSONAL)
			SG_TRY(candidate_init(&c.v[c.n++], &o->certs[i]));
	*out = c;
	c = (struct candidates) { 0 };
	return SG_OK;
}
