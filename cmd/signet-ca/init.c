/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ca/urls.h"
#include "crypto/digest.h"
#include "pki/name.h"
#include "verb.h"

#define NAME_DEFAULT	"CN=Signet Issuing CA"
#define ROOT_DEFAULT	"CN=Signet Root CA"

/* Microsoft's arc for the templates of a forest, adcs.md 1.8. */
#define OID_ARC "1.3.6.1.4.1.311.21.8"

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

static enum sg_err
oid_base_make(char **out)
{
	uint32_t arc[5];

	SG_TRY(random_fill(arc, sizeof(arc)));
	return str_printf(out, "%s.%u.%u.%u.%u.%u", OID_ARC,
	    arc[0] & 0xffffff, arc[1] & 0xffffff, arc[2] & 0xffffff,
	    arc[3] & 0xffffff, arc[4] & 0xffffff);
}

/* Which of the two are made here. */
struct role {
	bool has[CA_LEVELS];
};

static enum sg_err
role_parse(struct role *out, const struct options *o)
{
	const char *name = o->role != NULL ? o->role : "both";
	bool both = strcmp(name, "both") == 0;

	out->has[CA_ROOT] = both || strcmp(name, "root") == 0;
	out->has[CA_ISSUING] = both || strcmp(name, "issuing") == 0;
	if (!out->has[CA_ROOT] && !out->has[CA_ISSUING])
		return sg_fail(SG_EARG, "--role: '%s' is none of root, "
		    "issuing, both", name);
	if (!out->has[CA_ROOT] && o->request_out == NULL)
		return sg_fail(SG_EARG, "--request-out is needed: another CA"
		    " signs what it holds");
	if (out->has[CA_ROOT] && o->request_out != NULL)
		return sg_fail(SG_EARG, "--request-out is for --role issuing");
	if (!out->has[CA_ROOT] && (o->root_name != NULL ||
	    o->root_key_at != NULL || o->root_cdp_url.n > 0 ||
	    o->root_aia_url.n > 0))
		return sg_fail(SG_EARG, "the root of an issuing CA alone is "
		    "elsewhere: no --root-... here");
	return SG_OK;
}

/* Of a root alone the plain options say the same as those of the root. */
static enum sg_err
config_make(struct ca_config *c, const struct options *o,
    const struct role *r)
{
	enum ca_level plain = r->has[CA_ISSUING] ? CA_ISSUING : CA_ROOT;

	c->crl_days = o->crl_days;
	if (o->tcti != NULL)
		SG_TRY(str_dup(&c->tcti, o->tcti));
	SG_TRY(oid_base_make(&c->oid_base));
	SG_TRY(texts_add_all(&c->cdp[plain], &o->cdp_url));
	SG_TRY(texts_add_all(&c->ca_issuers[plain], &o->aia_url));
	SG_TRY(texts_add_all(&c->ocsp[plain], &o->ocsp_url));
	SG_TRY(texts_add_all(&c->cdp[CA_ROOT], &o->root_cdp_url));
	return texts_add_all(&c->ca_issuers[CA_ROOT], &o->root_aia_url);
}

/* Without --root-name: "Root" in place of "Issuing" in the CN, or behind it. */
static enum sg_err
root_name(char **out, const struct options *o, const struct role *r)
{
	static const char word[] = "Issuing";
	auto_done(buf) der = { 0 };
	auto_str text = NULL;
	const char *end, *hit;

	if (o->root_name != NULL || o->name == NULL)
		return str_dup(out, o->root_name != NULL ? o->root_name
							 : ROOT_DEFAULT);
	if (!r->has[CA_ISSUING])
		return str_dup(out, o->name);
	SG_TRY(name_parse(&der, o->name));
	SG_TRY(name_print(&text, buf_bytes(&der)));
	if (strncmp(text, "CN=", 3) != 0)
		return sg_fail(SG_EARG, "--name does not begin with a CN: "
		    "--root-name is needed");
	for (end = text; *end != '\0' && strchr(",+", *end) == NULL; end++)
		if (*end == '\\' && end[1] != '\0')
			end++;
	hit = strstr(text, word);
	if (hit == NULL || hit > end)
		return str_printf(out, "%.*s Root%s", (int)(end - text), text,
		    end);
	return str_printf(out, "%.*sRoot%s", (int)(hit - text), text,
	    hit + sizeof(word) - 1);
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
keys_make(struct fresh *f, const struct options *o, const struct role *r,
    const struct ca_key_access *a)
{
	const char *places[CA_LEVELS] = { o->root_key_at, o->key_at };
	struct ca_key_type type;

	if (!r->has[CA_ISSUING] && places[CA_ROOT] == NULL)
		places[CA_ROOT] = o->key_at;
	SG_TRY(sg_while(ca_key_type_parse(&type,
	    o->key != NULL ? o->key : "rsa3072"), "--key"));
	for (int i = 0; i < CA_LEVELS; i++)
		if (r->has[i])
			SG_TRY(sg_while(ca_key_make(&f->key[i], type,
			    places[i] != NULL ? places[i] : "file", a,
			    &f->kept[i]), "the key of the %s CA",
			    ca_level_name((enum ca_level)i)));
	return SG_OK;
}

static enum sg_err
root_make(struct fresh *f, const struct options *o, const struct role *r,
    int64_t now)
{
	auto_str name = NULL;
	struct ca_plan p = { NULL, -1, now,
		ROOT_DAYS };

	SG_TRY(root_name(&name, o, r));
	p.name = name;
	return ca_make(&f->cert[CA_ROOT], &p,
	    ca_key_signer(f->key[CA_ROOT]), NULL);
}

static enum sg_err
issuing_make(struct fresh *f, const struct options *o,
    const struct ca_config *c, int64_t now)
{
	const struct ca_plan p = { o->name != NULL ? o->name : NAME_DEFAULT,
		0, now, ISSUING_DAYS };
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
fresh_make(struct fresh *f, const struct options *o, const struct role *r,
    const struct ca_config *c, const struct ca_key_access *a)
{
	int64_t now = clock_now();

	SG_TRY(keys_make(f, o, r, a));
	if (r->has[CA_ROOT])
		SG_TRY(root_make(f, o, r, now));
	return r->has[CA_ISSUING] ? issuing_make(f, o, c, now) : SG_OK;
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
store_make(const struct options *o, const struct role *r,
    const struct secret *passphrase)
{
	auto_done(ca_config) c = { 0 };
	auto_done(fresh) f = { 0 };
	auto_str who = NULL;
	struct ca_audit first = { .at = clock_now(), .what = "init",
		.detail = "", .result = "made" };
	const struct ca_key_access access = { passphrase, o->tcti };
	enum sg_err e;
	int lock = -1;

	SG_TRY(config_make(&c, o, r));
	SG_TRY(officer_name(&who));
	first.who = who;
	SG_TRY(ca_store_make(o->dir, &lock));
	e = fresh_make(&f, o, r, &c, &access);
	if (e == SG_OK)
		e = fresh_put(o->dir, &f);
	if (e == SG_OK)
		e = ca_store_finish(o->dir, &c, &first);
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
	return SG_OK;
}

static enum sg_err
run(const struct options *o)
{
	auto_done(session) s = { 0 };
	struct options quiet = { .dir = o->dir, .passphrase_fd = -1 };
	struct role r;

	SG_TRY(role_parse(&r, o));
	/* The descriptor is read once, for both uses. */
	SG_TRY(passphrase_read(&s.passphrase, &s.has_passphrase, o));
	SG_TRY(store_make(o, &r, s.has_passphrase ? &s.passphrase : NULL));
	SG_TRY(session_open(&s, &quiet));
	s.has_passphrase = s.passphrase.n > 0;
	return report(&s, o);
}

static const enum opt options[] = { OPT_DIR, OPT_NAME, OPT_ROOT_NAME, OPT_KEY,
	OPT_KEY_AT, OPT_ROOT_KEY_AT, OPT_TCTI,
	OPT_CDP_URL, OPT_AIA_URL, OPT_OCSP_URL,
	OPT_ROOT_CDP_URL, OPT_ROOT_AIA_URL,
	OPT_CRL_DAYS, OPT_ROLE, OPT_REQUEST_OUT, OPT_PASSPHRASE_FD,
	OPT_END };

const struct verb verb_init = {
	.name = "init",
	.summary = "makes a root CA, an issuing CA, or both",
	.usage = "init --dir DIR [--role ROLE] [--name DN] [--cdp-url URL]\n"
	    "                      [OPTIONS]",
	.text = "Makes keys, certificates and first CRLs in the folder.  An"
	    " issuing CA alone gets\na request, to be signed elsewhere;"
	    " 'signet-ca install-cert' takes what comes back.\n\n"
	    "  --dir DIR            where; made when missing\n"
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
	    "  --tcti STRING        which TPM, if it is not the machine's\n"
	    "  --cdp-url URL        where the issuing CA's CRL will be found;\n"
	    "                       may be repeated, as the next four.  %4 and\n"
	    "                       %8 in a URL count certificates and keys as\n"
	    "                       AD CS does\n"
	    "  --aia-url URL        where its certificate will be found\n"
	    "  --ocsp-url URL       where its OCSP responder will be\n"
	    "  --root-cdp-url URL   the same of the root\n"
	    "  --root-aia-url URL\n"
	    "  --crl-days N         how long the CRL is good (7)\n"
	    "  --passphrase-fd N    encrypts the keys with the line read"
	    " there; the\n"
	    "                       token's PIN for a key in a token\n",
	.options = options,
	.run = run,
};
