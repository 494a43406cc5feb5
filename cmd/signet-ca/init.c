/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "pki/name.h"
#include "verb.h"

#define ROOT_DAYS	7300
#define ISSUING_DAYS	3650
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

static enum sg_err
config_make(struct ca_config *c, const struct options *o)
{
	c->crl_days = o->crl_days;
	if (o->tcti != NULL)
		SG_TRY(str_dup(&c->tcti, o->tcti));
	SG_TRY(oid_base_make(&c->oid_base));
	SG_TRY(texts_add_all(&c->cdp[CA_ISSUING], &o->cdp_url));
	SG_TRY(texts_add_all(&c->ca_issuers[CA_ISSUING], &o->aia_url));
	SG_TRY(texts_add_all(&c->ocsp[CA_ISSUING], &o->ocsp_url));
	SG_TRY(texts_add_all(&c->cdp[CA_ROOT], &o->root_cdp_url));
	return texts_add_all(&c->ca_issuers[CA_ROOT], &o->root_aia_url);
}

/* Without --root-name: "Root" in place of "Issuing" in the CN, or behind it. */
static enum sg_err
root_name(char **out, const struct options *o)
{
	static const char word[] = "Issuing";
	auto_done(buf) der = { 0 };
	auto_str text = NULL;
	const char *end, *hit;

	if (o->root_name != NULL || o->name == NULL)
		return str_dup(out, o->root_name != NULL ? o->root_name
							 : ROOT_DEFAULT);
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

/* The two CAs before they are a store. */
struct fresh {
	struct ca_key *key[CA_LEVELS];
	struct secret kept[CA_LEVELS];	/* of the keys */
	struct cert *cert[CA_LEVELS];
};

static void
fresh_done(struct fresh *f)
{
	for (int i = 0; i < CA_LEVELS; i++) {
		ca_key_free(f->key[i]);
		secret_done(&f->kept[i]);
		cert_free(f->cert[i]);
	}
}

static enum sg_err
keys_make(struct fresh *f, const struct options *o,
    const struct ca_key_access *a)
{
	const char *const places[CA_LEVELS] = { o->root_key_at, o->key_at };
	struct ca_key_type type;

	SG_TRY(sg_while(ca_key_type_parse(&type,
	    o->key != NULL ? o->key : "rsa3072"), "--key"));
	for (int i = 0; i < CA_LEVELS; i++)
		SG_TRY(sg_while(ca_key_make(&f->key[i], type,
		    places[i] != NULL ? places[i] : "file", a, &f->kept[i]),
		    "the key of the %s CA", i == CA_ROOT ? "root"
		    : "issuing"));
	return SG_OK;
}

static enum sg_err
fresh_make(struct fresh *f, const struct options *o,
    const struct ca_config *c)
{
	auto_str name = NULL;
	struct ca_plan p = { NULL, -1, clock_now(), ROOT_DAYS };
	struct ca_issuer root;

	SG_TRY(root_name(&name, o));
	p.name = name;
	SG_TRY(ca_make(&f->cert[CA_ROOT], &p, ca_key_signer(f->key[CA_ROOT]),
	    NULL));
	root = (struct ca_issuer) { f->cert[CA_ROOT],
		ca_key_signer(f->key[CA_ROOT]), &c->cdp[CA_ROOT],
		&c->ca_issuers[CA_ROOT], &c->ocsp[CA_ROOT] };
	p = (struct ca_plan) { o->name != NULL ? o->name : NAME_DEFAULT, 0,
		p.now, ISSUING_DAYS };
	return ca_make(&f->cert[CA_ISSUING], &p,
	    ca_key_signer(f->key[CA_ISSUING]), &root);
}

static enum sg_err
store_make(const struct options *o, const struct secret *passphrase)
{
	auto_done(ca_config) c = { 0 };
	auto_done(fresh) f = { 0 };
	auto_str who = NULL;
	struct ca_audit first = { .at = clock_now(), .what = "init",
		.detail = "", .result = "made" };
	const struct ca_key_access access = { passphrase, o->tcti };
	enum sg_err e;
	int lock = -1;

	SG_TRY(config_make(&c, o));
	SG_TRY(officer_name(&who));
	first.who = who;
	SG_TRY(ca_store_make(o->dir, &lock));
	e = keys_make(&f, o, &access);
	if (e == SG_OK)
		e = fresh_make(&f, o, &c);
	for (int i = 0; i < CA_LEVELS && e == SG_OK; i++)
		e = ca_store_put(o->dir, (enum ca_level)i, f.cert[i],
		    &f.kept[i]);
	if (e == SG_OK)
		e = ca_store_finish(o->dir, &c, &first);
	(void)close(lock);
	return e;
}

static enum sg_err
run(const struct options *o)
{
	auto_done(session) s = { 0 };
	struct options quiet = { .dir = o->dir, .passphrase_fd = -1 };

	/* The descriptor is read once, for both uses. */
	SG_TRY(passphrase_read(&s.passphrase, &s.has_passphrase, o));
	SG_TRY(store_make(o, s.has_passphrase ? &s.passphrase : NULL));
	SG_TRY(session_open(&s, &quiet));
	s.has_passphrase = s.passphrase.n > 0;
	(void)printf("Root CA:    %s\nIssuing CA: %s\n",
	    s.store->cert[CA_ROOT]->subject,
	    s.store->cert[CA_ISSUING]->subject);
	SG_TRY(crl_publish(&s, CA_ROOT, 0));
	return crl_publish(&s, CA_ISSUING, 0);
}

static const enum opt options[] = { OPT_DIR, OPT_NAME, OPT_ROOT_NAME, OPT_KEY,
	OPT_KEY_AT, OPT_ROOT_KEY_AT, OPT_TCTI,
	OPT_CDP_URL, OPT_AIA_URL, OPT_OCSP_URL,
	OPT_ROOT_CDP_URL, OPT_ROOT_AIA_URL,
	OPT_CRL_DAYS, OPT_PASSPHRASE_FD, OPT_END };

const struct verb verb_init = {
	.name = "init",
	.summary = "makes a root CA and an issuing CA below it",
	.usage = "init --dir DIR [--name DN] [--cdp-url URL] [OPTIONS]",
	.text = "Makes both keys, certificates and first CRLs in the folder."
	    "\n\n"
	    "  --dir DIR            where; made when missing\n"
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
	    "                       may be repeated, as the next four\n"
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
