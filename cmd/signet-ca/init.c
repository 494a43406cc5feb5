/* SPDX-License-Identifier: BSD-2-Clause */
#include "init.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ca/urls.h"

enum sg_err
key_make(struct pkey **out, const char *type)
{
	if (strcmp(type, "p256") == 0)
		return pkey_new_p256(out);
	if (strcmp(type, "rsa2048") == 0)
		return pkey_new_rsa(out, 2048);
	if (strcmp(type, "rsa3072") == 0)
		return pkey_new_rsa(out, 3072);
	return sg_fail(SG_EARG,
	    "--key: '%s' is none of rsa2048, rsa3072, p256", type);
}

/* The CAs before they are a store. */
struct fresh {
	struct ca_key *key[CA_LEVELS];
	struct secret kept[CA_LEVELS];	/* of the keys */
	struct cert *cert[CA_LEVELS];
	struct buf request;		/* in place of the issuing CA's */
};

static void
fresh_done(struct fresh *f)
{
	for (int i = 0; i < CA_LEVELS; i++) {
		ca_key_free(f->key[i]);
		secret_done(&f->kept[i]);
		cert_free(f->cert[i]);
	}
	buf_done(&f->request);
}

static enum sg_err
keys_make(struct fresh *f, const struct init_plan *p,
    const struct ca_key_access *a)
{
	for (int i = 0; i < CA_LEVELS; i++)
		if (p->has[i])
			SG_TRY(sg_while(ca_key_make(&f->key[i], p->type,
			    p->place[i], a, &f->kept[i]),
			    "the key of the %s CA",
			    ca_level_name((enum ca_level)i)));
	return SG_OK;
}

static enum sg_err
root_make(struct fresh *f, const struct init_plan *plan, int64_t now)
{
	const struct ca_plan p = { plan->name[CA_ROOT], -1, now, ROOT_DAYS };

	return ca_make(&f->cert[CA_ROOT], &p,
	    ca_key_signer(f->key[CA_ROOT]), NULL);
}

static enum sg_err
issuing_make(struct fresh *f, const struct init_plan *plan, int64_t now)
{
	const struct ca_plan p = { plan->name[CA_ISSUING], 0, now,
		ISSUING_DAYS };
	const struct ca_config *c = &plan->config;
	struct signer key = ca_key_signer(f->key[CA_ISSUING]);
	static const struct ca_version first = { 0, 0 };
	auto_done(texts) cdp = { 0 }, aia = { 0 };
	struct ca_issuer root = { .cert = f->cert[CA_ROOT], .cdp = &cdp,
		.ca_issuers = &aia, .ocsp = &c->ocsp[CA_ROOT] };

	if (f->cert[CA_ROOT] == NULL)
		return ca_make_request(&f->request, &p, NULL, key);
	root.signer = ca_key_signer(f->key[CA_ROOT]);
	SG_TRY(ca_urls_expand(&cdp, &c->cdp[CA_ROOT], &first));
	SG_TRY(ca_urls_expand(&aia, &c->ca_issuers[CA_ROOT], &first));
	return ca_make(&f->cert[CA_ISSUING], &p, key, &root);
}

static enum sg_err
fresh_make(struct fresh *f, const struct init_plan *p,
    const struct ca_key_access *a)
{
	int64_t now = clock_now();

	SG_TRY(keys_make(f, p, a));
	if (p->has[CA_ROOT])
		SG_TRY(root_make(f, p, now));
	return p->has[CA_ISSUING] ? issuing_make(f, p, now) : SG_OK;
}

static enum sg_err
fresh_put(const char *dir, const struct fresh *f)
{
	for (int i = 0; i < CA_LEVELS; i++)
		if (f->cert[i] != NULL)
			SG_TRY(ca_store_put(dir, (enum ca_level)i, f->cert[i],
			    &f->kept[i]));
	if (f->request.n == 0)
		return SG_OK;
	return ca_store_put_request(dir, CA_ISSUING, buf_bytes(&f->request),
	    &f->kept[CA_ISSUING]);
}

static enum sg_err
store_make(const struct options *o, const struct init_plan *p,
    const struct secret *passphrase)
{
	auto_done(fresh) f = { 0 };
	auto_str who = NULL;
	struct ca_audit first = { .at = clock_now(), .what = "init",
		.detail = "", .result = "made" };
	const struct ca_key_access access = { passphrase, o->tcti };
	enum sg_err e;
	int lock = -1;

	SG_TRY(officer_name(&who));
	first.who = who;
	SG_TRY(ca_store_make(o->dir, &lock));
	e = fresh_make(&f, p, &access);
	if (e == SG_OK)
		e = fresh_put(o->dir, &f);
	if (e == SG_OK)
		e = init_serve_conf(o->dir, p);
	if (e == SG_OK)
		e = ca_store_finish(o->dir, &p->config, &first);
	(void)close(lock);
	return e;
}

static enum sg_err
report(struct session *s, const struct options *o)
{
	const struct ca_store *store = s->store;
	const struct ca_generation *w = ca_waiting(&store->gen[CA_ISSUING]);

	if (store->cert[CA_ROOT] != NULL)
		(void)printf("Root CA:    %s\n",
		    store->cert[CA_ROOT]->subject);
	if (store->cert[CA_ISSUING] != NULL)
		(void)printf("Issuing CA: %s\n",
		    store->cert[CA_ISSUING]->subject);
	if (w != NULL)
		return request_out(o, buf_bytes(&w->request));
	for (int i = 0; i < CA_LEVELS; i++)
		if (store->ours[i])
			SG_TRY(crl_publish(s, (enum ca_level)i, 0));
	if (store->cert[CA_ROOT] != NULL)
		root_print(store->cert[CA_ROOT]);
	return SG_OK;
}

/* What SCEP needs, where there is a CA that can sign it. */
static enum sg_err
ra_add(struct session *s, const struct options *o)
{
	if (s->store->cert[CA_ISSUING] == NULL || !s->store->ours[CA_ISSUING])
		return SG_OK;
	return ra_make(s, RA_KEY, o->ra_key_at);
}

/* By options that are complete; the session has the passphrase. */
static enum sg_err
make(struct session *s, const struct options *o)
{
	auto_done(init_plan) p = { 0 };
	struct options quiet = { .dir = o->dir, .passphrase_fd = -1 };

	SG_TRY(init_plan_make(&p, o));
	SG_TRY(store_make(o, &p, s->has_passphrase ? &s->passphrase : NULL));
	SG_TRY(session_open(s, &quiet));
	s->has_passphrase = s->passphrase.n > 0;
	SG_TRY(ra_add(s, o));
	SG_TRY(report(s, o));
	if (person_reads())
		init_next(s, o, &p);
	return SG_OK;
}

static enum sg_err
run(const struct options *o)
{
	auto_done(session) s = { 0 };
	auto_done(options) answers = { .passphrase_fd = -1 };

	if (init_asks(o)) {
		SG_TRY(init_ask(&answers, &s.passphrase, o));
		s.has_passphrase = s.passphrase.n > 0;
		return make(&s, &answers);
	}
	SG_TRY(option_needed(o->dir, "dir"));
	/* The descriptor is read once, for both uses. */
	SG_TRY(passphrase_read(&s.passphrase, &s.has_passphrase, o));
	return make(&s, o);
}

static const enum opt options[] = { OPT_FROM, OPT_DIR, OPT_HOST, OPT_NAME,
	OPT_ROOT_NAME, OPT_KEY, OPT_KEY_AT, OPT_ROOT_KEY_AT, OPT_RA_KEY_AT,
	OPT_TCTI, OPT_CDP_URL, OPT_AIA_URL, OPT_OCSP_URL, OPT_ROOT_CDP_URL,
	OPT_ROOT_AIA_URL, OPT_LISTEN, OPT_ADMIN, OPT_CRL_DAYS, OPT_ROLE,
	OPT_REQUEST_OUT, OPT_PASSPHRASE_FD, OPT_END };

const struct verb verb_init = {
	.name = "init",
	.summary = "makes a root CA, an issuing CA, or both",
	.usage = "init [--dir DIR]\n"
	    "       signet-ca init --dir DIR [--role ROLE] [--name DN]"
	    " [--host NAME] [OPTIONS]\n"
	    "       signet-ca init --from FILE [OPTIONS]",
	.text = "Makes keys, certificates, first CRLs and serve.conf in the"
	    " folder.  On a terminal,\nand with nothing said but --dir, asks"
	    " what matters.  An issuing CA alone gets a\nrequest, to be signed"
	    " elsewhere; 'signet-ca install-cert' takes what comes back.\n\n"
	    "  --dir DIR            where; made when missing\n"
	    "  --from FILE          [init] and lines 'key = value': keys are the"
	    " other\n                       options' names\n"
	    "  --host NAME[:PORT]   where CRLs, certificates and OCSP will be"
	    " fetched: makes\n                       the URLs that are not"
	    " given\n"
	    "  --role ROLE          both (as a rule), root or issuing\n"
	    "  --request-out FILE   with --role issuing: the request, PEM\n"
	    "  --name DN            of the issuing CA (CN=Signet Issuing CA)\n"
	    "  --root-name DN       of the root (the same, with \"Root\")\n"
	    "  --key TYPE           rsa3072 (as a rule), rsa2048, rsa4096, p256 or\n"
	    "                       p384\n"
	    "  --key-at PLACE       where the issuing CA's key is made: file (as a\n"
	    "                       rule), tpm, or a token: its PKCS#11 URI with\n"
	    "                       the key's name (object=...)\n"
	    "  --root-key-at PLACE  the same of the root's key\n"
	    "  --ra-key-at PLACE    the same of the key for SCEP, RSA (file)\n"
	    "  --tcti STRING        which TPM, if it is not the machine's\n"
	    "  --cdp-url URL        where the issuing CA's CRL will be found;\n"
	    "                       may be repeated, as the next four.  %4 and\n"
	    "                       %8 in a URL count certificates and keys as\n"
	    "                       AD CS does\n"
	    "  --aia-url URL        where its certificate will be found\n"
	    "  --ocsp-url URL       where its OCSP responder will be\n"
	    "  --root-cdp-url URL   the same of the root\n"
	    "  --root-aia-url URL\n"
	    "  --listen ADDR:PORT   where serve listens: 127.0.0.1:8080, or the port"
	    " of --host\n                       at every address\n"
	    "  --admin ADDR:PORT    where it tells health and metrics\n"
	    "  --crl-days N         how long the CRL is good (7)\n"
	    "  --passphrase-fd N    encrypts the keys with the line read"
	    " there; the\n"
	    "                       token's PIN for a key in a token\n",
	.options = options,
	.run = run,
	.own_rights = true,
};
