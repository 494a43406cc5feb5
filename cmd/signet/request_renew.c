/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <time.h>

#include "base/file.h"
#include "enroll/renew.h"
#include "keys.h"
#include "options.h"
#include "output.h"
#include "request_verb.h"
#include "stored.h"

struct renewal {
	const char *which;		/* the certificate, or NULL */
	const char *key;		/* --key, or NULL: the same */
	const char *name;		/* --name, or NULL */
	const char *out;		/* --out, or NULL */
	struct key_options keys;
	struct pin_options pin;
	struct cert *old;
	const struct key_object *old_key;
	const struct key_object *new_key;
};

static void
renewal_done(struct renewal *r)
{
	pin_options_done(&r->pin);
	cert_free(r->old);
}

static enum sg_err
parse(struct renewal *r, int argc, char **argv)
{
	struct arguments a;
	const struct option table[] = {
		{ .name = "key", .text = &r->key },
		{ .name = "name", .text = &r->name },
		{ .name = "out", .text = &r->out },
		KEY_OPTION_ROWS(&r->keys),
		PIN_OPTION_ROWS(&r->pin),
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 0, 1, "at most one CERTIFICATE"));
	r->which = a.n > 0 ? a.v[0] : NULL;
	return pin_options_load(&r->pin);
}

static enum sg_err
key_find(const struct key_object **out, const struct objects *have,
    const char *name)
{
	if ((*out = objects_key(have, name)) != NULL)
		return SG_OK;
	return sg_fail(SG_ENOENT, "the container has no key '%s'"
	    " ('signet key list')", name);
}

/* The certificate with both keys. */
static enum sg_err
choose(struct renewal *r, const struct objects *have)
{
	const struct cert_object *c;

	SG_TRY(r->which != NULL ? stored_find(&c, have, r->which)
				: renewal_only(&c, have));
	if (c->kind != CERT_PERSONAL)
		return sg_fail(SG_EARG, "'%s' is no personal certificate",
		    c->label);
	SG_TRY(cert_parse(&r->old, buf_bytes(&c->der)));
	if (time(NULL) >= r->old->not_after)
		return sg_fail(SG_EVERIFY, "'%s' has expired, and no CA"
		    " renews that: 'signet request new' asks for another",
		    c->label);
	SG_TRY(key_find(&r->old_key, have, c->key));
	return key_find(&r->new_key, have, r->key != NULL ? r->key : c->key);
}

static enum sg_err
build(struct buf *request, struct buf *pem, struct keys *k,
    const struct renewal *r)
{
	auto_free(ksp_key) old = NULL, *fresh = NULL;
	auto_done(buf) message = { 0 };
	struct signer by;

	SG_TRY(ksp_key_open(&old, &k->ksp, r->old_key));
	if (r->new_key != r->old_key)
		SG_TRY(ksp_key_open(&fresh, &k->ksp, r->new_key));
	by = ksp_key_signer(fresh != NULL ? fresh : old);
	SG_TRY(renewal_build(request, &message, r->old, ksp_key_signer(old),
	    by, provider_name(r->new_key->provider)));
	return signed_pem(pem, buf_bytes(&message));
}

/* A file of a request that nobody can accept would only mislead. */
static enum sg_err
keep(struct client *c, const struct renewal *r, const char *name,
    struct bytes request, struct bytes pem)
{
	auto_str base = NULL, *path = NULL;
	enum sg_err e;

	SG_TRY(request_file_base(&base, r->out, name));
	SG_TRY(str_printf(&path, "%s.req", base));
	SG_TRY(request_file_create(path, pem));
	if ((e = client_request_add(c, name, r->new_key->name,
	    request)) != SG_OK) {
		SG_IGNORE(file_remove(path));
		return e;
	}
	(void)printf("Written: %s (for the CA, signed with the old"
	    " certificate's key)\n"
	    "Next: let your CA issue a certificate for it ('signet-ca"
	    " submit', 'certreq\n      -submit') and install it:\n"
	    "      signet request accept CERTIFICATE [CHAIN...]\n", path);
	return SG_OK;
}

static enum sg_err
renew(struct client *c, struct renewal *r)
{
	auto_done(objects) have = { 0 };
	auto_done(buf) request = { 0 }, pem = { 0 };
	auto_str name = NULL;
	auto_done(keys) k = { 0 };

	keys_init(&k, c, &r->pin, &r->keys, "To sign the renewal request.");
	SG_TRY(client_objects(c, &have));
	SG_TRY(choose(r, &have));
	SG_TRY(r->name != NULL ? str_dup(&name, r->name)
			       : cert_label(&name, r->old));
	SG_TRY(request_name_free(&have, name));
	SG_TRY(build(&request, &pem, &k, r));
	return keep(c, r, name, buf_bytes(&request), buf_bytes(&pem));
}

enum sg_err
request_renew(int argc, char **argv)
{
	auto_free(client) c = NULL;
	auto_done(renewal) r = { .keys = KEY_OPTIONS_INIT,
		.pin = PIN_OPTIONS_INIT };

	SG_TRY(parse(&r, argc, argv));
	SG_TRY(client_open(&c, NULL));
	return renew(c, &r);
}
