/* SPDX-License-Identifier: BSD-2-Clause */

/* The CA's certificates, and which of them is what. */

#include <string.h>

#include "pki/der.h"
#include "pki/issue.h"
#include "proto/scep_attrs.h"
#include "proto/scep_http.h"

/* The certificates of a message, whoever signed it or not. */
static enum sg_err
bag_read(struct certs *out, struct bytes body)
{
	auto_done(buf) der = { 0 };
	struct signed_data d;

	SG_TRY(scep_der(&der, body));
	SG_TRY(signed_parse_as(&d, buf_bytes(&der), SIGNED_SHA1 |
	    SIGNED_UNKNOWN | SIGNED_EMPTY | SIGNED_UNSIGNED));
	return scep_certs(out, d.certs, false);
}

static enum sg_err
add_all(struct certs *out, struct certs *from)
{
	for (size_t i = 0; i < from->n; i++) {
		struct cert *c = from->v[i];

		from->v[i] = NULL;
		SG_TRY(certs_add(out, c));
	}
	return SG_OK;
}

enum sg_err
scep_ca_read(struct certs *out, struct bytes body)
{
	auto_done(certs) fresh = { 0 };
	struct cert *c = NULL;

	if (body.n > SCEP_MAX)
		return sg_fail(SG_ELIMIT, "a CA's certificates of %zu bytes",
		    body.n);
	if (cert_parse(&c, body) == SG_OK) {
		SG_TRY(certs_add(&fresh, c));
	} else {
		sg_note_clear();
		SG_TRY(sg_while(bag_read(&fresh, body),
		    "the CA's certificates"));
	}
	if (fresh.n == 0)
		return sg_fail(SG_EFORMAT,
		    "the CA's certificates: there is none in it");
	return add_all(out, &fresh);
}

enum sg_err
scep_ca_write(struct buf *out, const char **type,
    const struct cert *const *certs, size_t n)
{
	if (n == 0 || n > SCEP_CERTS_MAX)
		return sg_fail(SG_EARG, "%zu certificates to give", n);
	*type = n == 1 ? SCEP_TYPE_CERT : SCEP_TYPE_CERTS;
	return n == 1 ? buf_add_bytes(out, buf_bytes(&certs[0]->der))
	    : signed_bag(out, certs, n, (struct bytes) { 0 });
}

/* --- the next CA --- */

static enum sg_err
next_read(struct certs *out, struct bytes body, const struct cert *ca)
{
	auto_done(buf) der = { 0 };
	auto_free(pkey) k = NULL;
	struct signed_data d;

	SG_TRY(scep_der(&der, body));
	SG_TRY(signed_parse_as(&d, buf_bytes(&der), 0));
	if (d.type != SIGNED_DATA || d.count != 1 || d.by[0].nobody)
		return sg_fail(SG_EFORMAT, "expected data with one signer");
	SG_TRY(cert_key(&k, ca));
	SG_TRY(signed_verify(&d, &d.by[0], k));
	return scep_ca_read(out, d.content);
}

enum sg_err
scep_next_read(struct certs *out, struct bytes body, const struct cert *ca)
{
	if (body.n > SCEP_MAX)
		return sg_fail(SG_ELIMIT, "a CA's certificates of %zu bytes",
		    body.n);
	return sg_while(next_read(out, body, ca),
	    "the next CA's certificates");
}

enum sg_err
scep_next_write(struct buf *out, const struct cert *const *certs, size_t n,
    const struct cert *ca, struct signer s)
{
	auto_done(buf) bag = { 0 };
	struct signed_plan p = { .cert = ca, .signer = s, .key_name = true };

	if (n == 0 || n > SCEP_CERTS_MAX)
		return sg_fail(SG_EARG, "%zu certificates to give", n);
	SG_TRY(signed_bag(&bag, certs, n, (struct bytes) { 0 }));
	p.content = buf_bytes(&bag);
	return signed_write(out, &p);
}

/* --- which is what --- */

void
scep_choice_done(struct scep_choice *c)
{
	certs_done(&c->trusted);
	*c = (struct scep_choice) { 0 };
}

/* Those of a list that an anchor vouches for. */
struct vouching {
	const struct certs *all;
	bool in[SCEP_CERTS_MAX];
};

static bool
is_ca(const struct cert *c)
{
	return c->ext.has_basic && c->ext.ca;
}

/* One of those whom the CA serves, who could stand in the RA's place on the
 * way: no RA's certificate says that people or devices sign in by it, unless it
 * says that it is one's (an enrollment agent's, as NDES has them). */
static bool
is_holder(const struct cert *c)
{
	const struct texts *eku = &c->ext.eku;

	if (is_ca(c) || texts_has(eku, OID_REQUEST_AGENT))
		return false;
	return c->ext.upn != NULL || texts_has(eku, OID_SMARTCARD_LOGON) ||
	    texts_has(eku, OID_PKINIT_CLIENT) ||
	    (texts_has(eku, OID_CLIENT_AUTH) &&
	    !texts_has(eku, OID_SERVER_AUTH));
}

/* Takes in what one issued that is in, and what that issued; each asks about
 * each of the others once. */
static void
vouch_by(struct vouching *v, const struct cert *by)
{
	size_t fresh[SCEP_CERTS_MAX], n = 0;

	for (size_t i = 0; i < v->all->n; i++)
		if (!v->in[i] && !is_holder(v->all->v[i]) &&
		    cert_signed_by(v->all->v[i], by) == SG_OK) {
			v->in[i] = true;
			fresh[n++] = i;
		}
	for (size_t i = 0; i < n; i++)
		if (is_ca(v->all->v[fresh[i]]))
			vouch_by(v, v->all->v[fresh[i]]);
}

/* The anchor may be a root without extensions, of version 1. */
static void
vouch(struct vouching *v, const struct cert *anchor)
{
	for (size_t i = 0; i < v->all->n; i++)
		v->in[i] = bytes_eq(buf_bytes(&v->all->v[i]->der),
		    buf_bytes(&anchor->der));
	vouch_by(v, anchor);
	sg_note_clear();
}

static bool
is_rsa(const struct cert *c)
{
	enum key_kind kind;
	unsigned bits;
	bool good = spki_kind(&kind, &bits, buf_bytes(&c->spki)) == SG_OK &&
	    kind == KEY_RSA;

	sg_note_clear();
	return good;
}

/* How well a certificate is made for a task; 0: not at all. */
static unsigned
rank(const struct cert *c, unsigned first, unsigned second, int64_t now)
{
	unsigned r = 1, usage = c->ext.key_usage;

	if (second != 0 && (usage & second))
		r = 2;
	if (usage & first)
		r = 3;
	if (!is_ca(c))
		r += 4;
	if (c->not_before <= now && now <= c->not_after)
		r += 8;
	return r;
}

static const struct cert *
best(const struct vouching *v, unsigned first, unsigned second, int64_t now,
    bool rsa)
{
	const struct cert *found = NULL;
	unsigned most = 0;

	for (size_t i = 0; i < v->all->n; i++) {
		const struct cert *c = v->all->v[i];
		unsigned r = v->in[i] ? rank(c, first, second, now) : 0;

		if (r > most && (!rsa || is_rsa(c))) {
			most = r;
			found = c;
		}
	}
	return found;
}

static enum sg_err
take_trusted(struct scep_choice *c, const struct vouching *v)
{
	for (size_t i = 0; i < v->all->n; i++) {
		struct cert *copy = NULL;

		if (!v->in[i])
			continue;
		SG_TRY(cert_parse(&copy, buf_bytes(&v->all->v[i]->der)));
		SG_TRY(certs_add(&c->trusted, copy));
	}
	return SG_OK;
}

enum sg_err
scep_choose(struct scep_choice *out, const struct certs *all,
    const struct cert *anchor, int64_t now)
{
	auto_done(scep_choice) c = { .ca = anchor };
	struct vouching v = { .all = all };

	if (all->n > SCEP_CERTS_MAX)
		return sg_fail(SG_ELIMIT, "more than %d certificates",
		    SCEP_CERTS_MAX);
	vouch(&v, anchor);
	c.to = best(&v, USAGE_KEY_ENCIPHERMENT, USAGE_DATA_ENCIPHERMENT, now,
	    true);
	c.verify = best(&v, USAGE_DIGITAL_SIGNATURE, 0, now, false);
	if (c.to == NULL)
		return sg_fail(SG_ENOENT, "the CA gave no certificate with an "
		    "RSA key that %s vouches for, to seal a request to",
		    anchor->subject);
	SG_TRY(take_trusted(&c, &v));
	*out = c;
	c = (struct scep_choice) { 0 };
	return SG_OK;
}
