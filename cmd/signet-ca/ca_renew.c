/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "ca/renew.h"
#include "ca/serve_config.h"
#include "ca/urls.h"
#include "pki/csr.h"
#include "verb.h"

enum sg_err
request_out(const struct options *o, struct bytes request)
{
	auto_done(buf) pem = { 0 };

	SG_TRY(csr_pem(&pem, request, false));
	SG_TRY(write_out(o->request_out, buf_bytes(&pem)));
	(void)fprintf(stderr, "The request is in %s. When it is signed,"
	    " 'signet-ca install-cert' takes the\ncertificate with its"
	    " chain.\n", o->request_out);
	return SG_OK;
}

/* A key of its own for what comes next. */
struct next_key {
	struct ca_key *key;
	struct secret kept;
};

static void
next_key_done(struct next_key *k)
{
	ca_key_free(k->key);
	secret_done(&k->kept);
}

/* As the key before, unless told otherwise. */
static enum sg_err
type_choose(struct ca_key_type *out, const struct cert *now,
    const struct options *o)
{
	auto_free(pkey) k = NULL;

	if (o->key != NULL)
		return sg_while(ca_key_type_parse(out, o->key), "--key");
	SG_TRY(cert_key(&k, now));
	*out = (struct ca_key_type) { pkey_kind(k), pkey_bits(k) };
	return SG_OK;
}

static enum sg_err
place_choose(char **out, const struct session *s, enum ca_level level,
    unsigned number, const struct options *o)
{
	auto_str now = NULL;

	if (o->key_at != NULL)
		return str_dup(out, o->key_at);
	SG_TRY(ca_store_key_place(&now, s->store, level,
	    ca_current(&s->store->gen[level])->version.key));
	return ca_key_place_next(out, now, number);
}

/* The file is there before anything is signed with the key. */
static enum sg_err
next_key_make(struct next_key *k, const struct session *s,
    const struct ca_renewal *r, const struct options *o)
{
	const struct ca_key_access access = {
		s->has_passphrase ? &s->passphrase : NULL,
		s->store->config.tcti };
	struct ca_key_type type;
	struct ca_version v;
	auto_str place = NULL;

	SG_TRY(ca_renew_version(&v, s->store, r));
	SG_TRY(type_choose(&type, s->store->cert[r->level], o));
	SG_TRY(place_choose(&place, s, r->level, v.key, o));
	SG_TRY(sg_while(ca_key_make(&k->key, type, place, &access, &k->kept),
	    "the new key of the %s CA", ca_level_name(r->level)));
	return ca_store_put_key(s->store->dir, r->level, v.key, &k->kept);
}

static enum sg_err
delta_urls_check(const struct session *s, const struct ca_renewal *r)
{
	auto_done(serve_config) c = { 0 };

	if (!r->new_key || r->level != CA_ISSUING)
		return SG_OK;
	SG_TRY(serve_config_read(&c, s->store->dir));
	for (size_t i = 0; i < c.delta_urls.n; i++)
		if (!ca_url_has(c.delta_urls.v[i], CA_URL_CRL))
			return sg_fail(SG_EARG, "serve.conf: delta-url = %s "
			    "would mean the old key: put %%8 into it",
			    c.delta_urls.v[i]);
	return SG_OK;
}

/* The key of the certificate to be: a new one, or that of the last. */
static enum sg_err
key_choose(struct signer *out, struct next_key *fresh, struct session *s,
    const struct ca_renewal *r, const struct options *o)
{
	struct ca_issuer now;

	/* It opens whether it is used or not: old lists need it. */
	SG_TRY(session_issuer(&now, s, r->level));
	*out = now.signer;
	if (!r->new_key)
		return SG_OK;
	SG_TRY(next_key_make(fresh, s, r, o));
	*out = ca_key_signer(fresh->key);
	return SG_OK;
}

static enum sg_err
request_make(struct session *s, const struct ca_renewal *r,
    struct signer key, const struct options *o)
{
	const struct ca_act act = session_act(s);
	auto_done(buf) der = { 0 };

	SG_TRY(ca_renew_request(&der, s->store, r, key, &act));
	return request_out(o, buf_bytes(&der));
}

static enum sg_err
renew_here(struct session *s, const struct ca_renewal *r, struct signer key)
{
	const struct ca_act act = session_act(s);
	const struct ca_generation *g;
	struct ca_issuer root;

	if (r->level == CA_ISSUING)
		SG_TRY(session_issuer(&root, s, CA_ROOT));
	SG_TRY(ca_renew(s->store, r, key,
	    r->level == CA_ISSUING ? &root : NULL, &act));
	SG_TRY(session_again(s));
	g = ca_current(&s->store->gen[r->level]);
	(void)printf("%s CA %u.%u: %s\n",
	    r->level == CA_ROOT ? "Root" : "Issuing", g->version.index,
	    g->version.key, g->cert->subject);
	return crl_publish(s, r->level, 0);
}

/* Before there is a new key. */
static enum sg_err
signer_check(const struct session *s, const struct ca_renewal *r,
    const struct options *o)
{
	SG_TRY(ca_store_ready(s->store, r->level));
	if (r->level == CA_ROOT && o->request_out != NULL)
		return sg_fail(SG_EARG, "a root signs itself: --request-out "
		    "is for the issuing CA");
	if (r->level == CA_ISSUING && o->request_out == NULL &&
	    !s->store->ours[CA_ROOT])
		return sg_fail(SG_EARG, "another CA signs the issuing CA's "
		    "certificate: --request-out is needed");
	return SG_OK;
}

static enum sg_err
plan(struct ca_renewal *r, const struct session *s, const struct options *o)
{
	SG_TRY(level_from(&r->level, o, s->store));
	r->new_key = o->new_key;
	r->name = o->name;
	r->days = o->days > 0 ? o->days
	    : r->level == CA_ROOT ? ROOT_DAYS : ISSUING_DAYS;
	if (!o->new_key && (o->key != NULL || o->key_at != NULL))
		return sg_fail(SG_EARG, "--key and --key-at are for --new-key");
	SG_TRY(signer_check(s, r, o));
	return delta_urls_check(s, r);
}

static enum sg_err
run_renew(const struct options *o)
{
	__attribute__((cleanup(next_key_done))) struct next_key fresh = { 0 };
	auto_done(session) s = { 0 };
	auto_fd lock = -1;
	struct ca_renewal r;
	struct ca_version v;
	struct ca_act act;
	struct signer key;

	if (access(o->dir, F_OK) == 0)
		SG_TRY(ca_renew_lock(&lock, o->dir));
	SG_TRY(session_open(&s, o));
	act = session_act(&s);
	if (o->cancel)
		return ca_renew_cancel(s.store, &act);
	SG_TRY(plan(&r, &s, o));
	SG_TRY(ca_renew_version(&v, s.store, &r));
	SG_TRY(key_choose(&key, &fresh, &s, &r, o));
	return o->request_out != NULL ? request_make(&s, &r, key, o)
				      : renew_here(&s, &r, key);
}

static const enum opt renew_options[] = { OPT_DIR, OPT_LEVEL, OPT_NEW_KEY,
	OPT_NAME, OPT_KEY, OPT_KEY_AT, OPT_DAYS, OPT_REQUEST_OUT, OPT_CANCEL,
	OPT_PASSPHRASE_FD, OPT_END };

const struct verb verb_ca_renew = {
	.name = "ca renew",
	.alias = "renew-ca",
	.summary = "gives a CA its next certificate",
	.usage = "ca renew --dir DIR [--level root|issuing] [--new-key]"
	    " [OPTIONS]\n"
	    "       signet-ca ca renew --dir DIR --cancel",
	.text = "With the same key nothing else changes.  With a new key, the old"
	    " one goes on\nsigning the lists of what it issued.  What was issued"
	    " stays valid either way.  A\nserver has to be started again.\n\n"
	    "  --level LEVEL        issuing (as a rule, if there is one) or"
	    " root\n"
	    "  --new-key            in the same place, of the same type\n"
	    "  --name DN            and with a new name, for those who keep"
	    " one list for each\n"
	    "                       name\n"
	    "  --key TYPE           of another type\n"
	    "  --key-at PLACE       in another place, see 'signet-ca help"
	    " init'\n"
	    "  --days N             how long it is good (3650; a root 7300)\n"
	    "  --request-out FILE   another CA signs: its request, PEM;"
	    " meanwhile the CA goes\n"
	    "                       on with what it has\n"
	    "  --cancel             gives the request up that waits\n"
	    "  --passphrase-fd N    opens the CA's keys\n",
	.options = renew_options,
	.run = run_renew,
};

static enum sg_err
given_read(struct certs *out, const char *path)
{
	auto_done(buf) text = { 0 };

	SG_TRY(named_read(&text, path, BUNDLE_MAX));
	return sg_while(certs_read(out, buf_bytes(&text)), "%s", path);
}

static void
say_installed(const struct ca_generation *g)
{
	const struct cert *root = g->above.v[g->above.n - 1];

	(void)printf("Issuing CA %u.%u: %s\nRoot CA:        %s\n",
	    g->version.index, g->version.key, g->cert->subject,
	    root->subject);
	root_print(root);
}

static enum sg_err
run_install(const struct options *o)
{
	auto_done(session) s = { 0 };
	auto_done(ca_generation) g = { 0 };
	auto_done(certs) given = { 0 };
	auto_fd lock = -1;
	struct ca_act act;

	SG_TRY(given_read(&given, o->operand));
	if (access(o->dir, F_OK) == 0)
		SG_TRY(ca_renew_lock(&lock, o->dir));
	SG_TRY(session_open(&s, o));
	act = session_act(&s);
	SG_TRY(sg_while(ca_install_check(&g, s.store, &given, act.at), "%s",
	    o->operand));
	/* A CA without its key would sign no list. */
	SG_TRY(session_key_check(&s, CA_ISSUING, g.version.key));
	SG_TRY(ca_install(s.store, &g, &act));
	SG_TRY(session_again(&s));
	say_installed(&g);
	return crl_publish(&s, CA_ISSUING, 0);
}

static const enum opt install_options[] = { OPT_DIR, OPT_PASSPHRASE_FD,
	OPT_END };

const struct verb verb_ca_install = {
	.name = "ca install",
	.alias = "install-cert",
	.summary = "takes the issuing CA's certificate that another signed",
	.usage = "ca install --dir DIR FILE [--passphrase-fd N]",
	.text = "The file has the certificate and those above it up to the root,"
	    " PEM or PKCS#7\n(.p7b), in any order; '-' is standard input."
	    "  What is known already may be missing.\nIt is refused unless it is"
	    " for the key that waits, with the rights of a CA, and\nvalid in"
	    " every respect.\n\n"
	    "  --passphrase-fd N    opens the CA's key\n",
	.options = install_options,
	.operands = 1,
	.run = run_install,
};
