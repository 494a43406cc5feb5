/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/ra.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ca/certs.h"
#include "ca/version.h"
#include "pki/name.h"

#define FOLDER		"ra"
#define NUMBERS_MAX	1000	/* certificates, one after the other */
#define NAME		"CN=SCEP RA"

void
ca_ras_done(struct ca_ras *l)
{
	for (size_t i = 0; i < l->n; i++)
		cert_free(l->v[i].cert);
	for (size_t i = 0; i < l->key_count; i++)
		ca_key_free(l->keys[i]);
	*l = (struct ca_ras) { 0 };
}

static enum sg_err
path_of(char **out, const struct ca_store *s, const char *stem,
    unsigned number)
{
	char suffix[CA_SUFFIX_MAX];

	ca_suffix(suffix, number);
	return str_printf(out, "%s/" FOLDER "/%s%s.pem", s->dir, stem,
	    suffix);
}

/* --- read --- */

static enum sg_err
cert_load(struct cert **out, const struct ca_store *s, unsigned number)
{
	auto_done(buf) text = { 0 };
	auto_str path = NULL;

	SG_TRY(path_of(&path, s, "cert", number));
	SG_TRY(file_read(&text, path, CERT_MAX));
	return sg_while(cert_read(out, buf_bytes(&text)), "%s", path);
}

static void
first_drop(struct ca_ras *l)
{
	cert_free(l->v[0].cert);
	l->n--;
	memmove(l->v, l->v + 1, l->n * sizeof(l->v[0]));
}

enum sg_err
ca_ras_read(struct ca_ras *out, const struct ca_store *s)
{
	auto_done(ca_ras) l = { 0 };
	struct cert *c;
	enum sg_err e = SG_OK;

	for (unsigned i = 0; i < NUMBERS_MAX; i++) {
		if ((e = cert_load(&c, s, i)) != SG_OK)
			break;
		if (l.n == CA_RA_KEPT_MAX)
			first_drop(&l);
		l.v[l.n++] = (struct ca_ra) { .number = i, .cert = c };
	}
	if (e != SG_OK && e != SG_ENOENT)
		return e;
	*out = l;
	l = (struct ca_ras) { 0 };
	return SG_OK;
}

/* A renewal with the same key shares it. */
static enum sg_err
key_load(struct ca_ras *l, struct ca_ra *r, const struct ca_store *s,
    const struct secret *passphrase)
{
	const struct ca_key_access access = { passphrase, s->config.tcti };
	auto_done(secret) text = { 0 };
	auto_str path = NULL;
	struct ca_key *key;

	for (struct ca_ra *o = l->v; o < r; o++) {
		if (!cert_fits(r->cert, buf_bytes(&o->cert->spki)))
			continue;
		r->signer = o->signer;
		return SG_OK;
	}
	SG_TRY(path_of(&path, s, "key", r->number));
	SG_TRY(ca_key_read(&text, path));
	SG_TRY(sg_while(ca_key_open(&key, secret_bytes(&text), &access),
	    "%s", path));
	l->keys[l->key_count++] = key;
	r->signer = ca_key_signer(key);
	return SG_OK;
}

static enum sg_err
key_check(const struct ca_ra *r)
{
	auto_done(buf) spki = { 0 };

	SG_TRY(r->signer.ops->spki(r->signer.ctx, &spki));
	if (!cert_fits(r->cert, buf_bytes(&spki)))
		return sg_fail(SG_EVERIFY, "the key is not that of the RA's "
		    "certificate %s", r->cert->serial);
	if (r->signer.ops->decrypt == NULL)
		return sg_fail(SG_EUNSUPPORTED, "the key of the RA cannot "
		    "decrypt there: make one in another place ('signet-ca ra"
		    " new')");
	return SG_OK;
}

static void
ended_drop(struct ca_ras *l, int64_t now)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (now < l->v[i].cert->not_after)
			l->v[n++] = l->v[i];
		else
			cert_free(l->v[i].cert);
	}
	l->n = n;
}

enum sg_err
ca_ras_open(struct ca_ras *out, const struct ca_store *s,
    const struct secret *passphrase, int64_t now)
{
	auto_done(ca_ras) l = { 0 };

	SG_TRY(ca_ras_read(&l, s));
	ended_drop(&l, now);
	if (l.n == 0)
		return sg_fail(SG_ENOENT, "there is no RA for SCEP, or its "
		    "certificate has ended ('signet-ca ra new' makes one)");
	for (size_t i = 0; i < l.n; i++) {
		SG_TRY(key_load(&l, &l.v[i], s, passphrase));
		SG_TRY(key_check(&l.v[i]));
	}
	*out = l;
	l = (struct ca_ras) { 0 };
	return SG_OK;
}

/* --- made --- */

static enum sg_err
template_make(struct template *t)
{
	SG_TRY(template_builtin(t, CA_RA_TEMPLATE, NULL));
	t->key_usage |= USAGE_DIGITAL_SIGNATURE;
	return SG_OK;
}

/* The CA's name with one part more, so that people see whose it is. */
static enum sg_err
identity_make(struct identity *id, const struct cert *ca)
{
	auto_str text = NULL;

	SG_TRY(str_printf(&text, NAME "%s%s",
	    *ca->subject != '\0' ? "," : "", ca->subject));
	return name_parse(&id->subject, text);
}

static enum sg_err
request_make(struct csr **out, const struct template *t,
    const struct identity *id, struct signer key)
{
	auto_done(csr_content) c;
	auto_done(buf) der = { 0 };

	csr_content_init(&c);
	SG_TRY(template_request(&c, t, id));
	SG_TRY(csr_build(&der, &c, template_hash(t), false, key));
	return csr_parse(out, buf_bytes(&der));
}

static enum sg_err
cert_make(struct cert **out, const struct ca_issuer *i, struct signer key,
    const struct ca_act *act)
{
	auto_done(template) t;
	auto_done(identity) id = { 0 };
	auto_free(csr) r = NULL;
	struct ca_order o = { .template = &t, .identity = &id,
		.now = act->at, .requester = act->who };

	template_init(&t);
	SG_TRY(template_make(&t));
	SG_TRY(identity_make(&id, i->cert));
	SG_TRY(request_make(&r, &t, &id, key));
	o.request = r;
	return ca_issue(out, i, &o);
}

/* In the books first: a certificate that nobody knows of cannot be revoked. */
static enum sg_err
books_add(const struct ca_store *s, const struct cert *c,
    const struct ca_act *act)
{
	auto_done(db_tx) tx = { 0 };
	auto_str detail = NULL;

	SG_TRY(str_printf(&detail, "serial=%s template=\"" CA_RA_TEMPLATE
	    "\" subject=\"%s\"", c->serial, c->subject));
	SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	SG_TRY(ca_certs_add(s, c, CA_RA_TEMPLATE, 0));
	SG_TRY(ca_audit_add(s->db, &(struct ca_audit) { .at = act->at,
	    .who = act->who, .what = "ra", .detail = detail,
	    .result = "issued" }));
	return db_commit(&tx);
}

/* The key is there before its certificate says so. */
static enum sg_err
put(const struct ca_store *s, unsigned number, const struct cert *c,
    const struct secret *kept, const struct ca_act *act)
{
	auto_done(buf) text = { 0 };
	auto_str folder = NULL, *key = NULL, *path = NULL;

	SG_TRY(str_printf(&folder, "%s/" FOLDER, s->dir));
	SG_TRY(folder_make(folder, 0755));
	SG_TRY(path_of(&key, s, "key", number));
	SG_TRY(path_of(&path, s, "cert", number));
	SG_TRY(file_replace(key, secret_bytes(kept), 0600));
	SG_TRY(books_add(s, c, act));
	SG_TRY(cert_pem(&text, c));
	return file_create(path, buf_bytes(&text), 0644);
}

static enum sg_err
number_next(unsigned *out, const struct ca_ras *l)
{
	*out = l->n > 0 ? l->v[l->n - 1].number + 1 : 0;
	return *out < NUMBERS_MAX ? SG_OK : sg_fail(SG_ELIMIT,
	    "there were %d certificates of RAs", NUMBERS_MAX);
}

static enum sg_err
kept_read(struct secret *out, const struct ca_store *s, unsigned number)
{
	auto_str path = NULL;

	SG_TRY(path_of(&path, s, "key", number));
	return ca_key_read(out, path);
}

/* Where the last one's is, with a name of its own in a token. */
static enum sg_err
place_next(char **out, const struct ca_store *s, const struct ca_ras *l,
    unsigned number)
{
	auto_done(secret) kept = { 0 };
	auto_str last = NULL;

	if (l->n == 0)
		return str_dup(out, "file");
	SG_TRY(kept_read(&kept, s, l->v[l->n - 1].number));
	SG_TRY(ca_key_place(&last, secret_bytes(&kept)));
	return ca_key_place_next(out, last, number);
}

static enum sg_err
decrypts(struct signer s)
{
	return s.ops->decrypt != NULL ? SG_OK : sg_fail(SG_EUNSUPPORTED,
	    "a key there cannot decrypt, which an RA's has to");
}

enum sg_err
ca_ra_make(const struct ca_store *s, const struct ca_issuer *i,
    const struct ca_ra_plan *p, const struct ca_act *act)
{
	const struct ca_key_access access = { p->passphrase,
		s->config.tcti };
	auto_done(ca_ras) l = { 0 };
	auto_done(secret) kept = { 0 };
	auto_free(ca_key) key = NULL;
	auto_free(cert) c = NULL;
	auto_str place = NULL;
	struct ca_key_type type;
	unsigned number;

	SG_TRY(ca_key_type_parse(&type, p->type));
	if (type.kind != KEY_RSA)
		return sg_fail(SG_EARG, "requests can be sealed to RSA keys "
		    "only: an RA has rsa2048, rsa3072 or rsa4096");
	SG_TRY(ca_ras_read(&l, s));
	SG_TRY(number_next(&number, &l));
	SG_TRY(p->place != NULL ? str_dup(&place, p->place)
	    : place_next(&place, s, &l, number));
	SG_TRY(sg_while(ca_key_make(&key, type, place, &access, &kept),
	    "the key of the RA"));
	SG_TRY(decrypts(ca_key_signer(key)));
	SG_TRY(cert_make(&c, i, ca_key_signer(key), act));
	return put(s, number, c, &kept, act);
}

enum sg_err
ca_ra_renew(struct ca_ras *l, const struct ca_store *s,
    const struct ca_issuer *i, const struct ca_act *act)
{
	struct ca_ra next = l->v[l->n - 1];
	auto_done(secret) kept = { 0 };
	auto_free(cert) c = NULL;
	unsigned number;

	SG_TRY(number_next(&number, l));
	SG_TRY(kept_read(&kept, s, next.number));
	SG_TRY(cert_make(&c, i, next.signer, act));
	SG_TRY(put(s, number, c, &kept, act));
	next.number = number;
	next.cert = c;
	c = NULL;
	if (l->n == CA_RA_KEPT_MAX)
		first_drop(l);
	l->v[l->n++] = next;
	return SG_OK;
}

int64_t
ca_ra_due(const struct ca_ras *l, const struct ca_issuer *i)
{
	const struct cert *c = l->v[l->n - 1].cert;
	auto_done(template) t;

	template_init(&t);
	if (i->cert->not_after <= c->not_after ||
	    template_make(&t) != SG_OK)
		return INT64_MAX;
	return c->not_after - t.overlap;
}
