/* SPDX-License-Identifier: BSD-2-Clause */
#include "request_verb.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "enroll/request.h"
#include "key_verb.h"
#include "options.h"
#include "output.h"

#define FILE_MODE 0644	/* a request is not secret */

struct new_request {
	const char *inf;		/* --inf, or NULL */
	const char *key;		/* --key, or NULL */
	const char *name;		/* --name, or NULL */
	const char *out;		/* --out, or NULL */
	const char *provider_name;	/* --provider, or NULL */
	enum provider provider;		/* 0: any */
	const char *type;		/* --type, of a key to be made */
	struct request_ask ask;
	struct option_list ekus;
	struct key_options keys;
	struct pin_options pin;
	struct certreq what;
};

static void
new_request_done(struct new_request *n)
{
	certreq_done(&n->what);
	pin_options_done(&n->pin);
}

static enum sg_err
check_options(struct new_request *n)
{
	if (n->inf != NULL && (n->ask.upn != NULL || n->ask.subject != NULL ||
	    n->ask.template_name != NULL || n->ekus.n > 0))
		return sg_fail(SG_EARG, "--inf says all about the request;"
		    " --upn, --subject, --template and --eku go without it");
	if (n->provider_name != NULL)
		SG_TRY(provider_parse(&n->provider, n->provider_name));
	n->ask.ekus = n->ekus.v;
	n->ask.eku_count = n->ekus.n;
	return pin_options_load(&n->pin);
}

static enum sg_err
parse(struct new_request *n, int argc, char **argv)
{
	struct arguments a;
	const struct option table[] = {
		{ .name = "inf", .text = &n->inf },
		{ .name = "key", .text = &n->key },
		{ .name = "name", .text = &n->name },
		{ .name = "out", .text = &n->out },
		{ .name = "upn", .text = &n->ask.upn },
		{ .name = "subject", .text = &n->ask.subject },
		{ .name = "template", .text = &n->ask.template_name },
		{ .name = "eku", .list = &n->ekus },
		{ .name = "provider", .text = &n->provider_name },
		{ .name = "type", .text = &n->type },
		{ .name = "token", .text = &n->keys.token },
		KEY_OPTION_ROWS(&n->keys),
		PIN_OPTION_ROWS(&n->pin),
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 0, 0, "no argument"));
	return check_options(n);
}

static enum sg_err
read_inf(struct certreq *out, const char *path)
{
	auto_done(buf) text = { 0 };
	auto_done(inf) f = { 0 };

	SG_TRY(file_read(&text, path, INF_FILE_MAX));
	SG_TRY(inf_parse(&f, buf_bytes(&text), path));
	return certreq_read(out, &f, path);
}

/* The only key there is, of that provider if one is named, when it is not
 * named itself. */
static enum sg_err
default_key(const struct new_request *n, const struct objects *have,
    const char **out)
{
	const char *of = n->provider != 0 ? provider_name(n->provider) : NULL;
	size_t count = 0;

	for (size_t i = 0; i < have->key_count; i++) {
		if (n->provider != 0 && have->keys[i].provider != n->provider)
			continue;
		*out = have->keys[i].name;
		count++;
	}
	if (count == 0)
		return sg_fail(SG_ENOENT, "the container has no key%s%s:"
		    " 'signet key new NAME' makes one, and so does --key NAME"
		    " with --provider", of != NULL ? " of the " : "",
		    of != NULL ? of : "");
	if (count > 1)
		return sg_fail(SG_EARG, "the container has %zu keys%s%s: name"
		    " one (--key, 'signet key list')", count,
		    of != NULL ? " of the " : "", of != NULL ? of : "");
	return SG_OK;
}

/* --key with --provider makes what is not there. */
static enum sg_err
make_key(const struct new_request *n, struct keys *k, struct objects *have)
{
	struct ksp_make ask = { .provider = n->provider, .name = n->key,
		.token = n->keys.token };
	const struct key_object *key;

	if (n->key == NULL || n->provider == 0)
		return SG_OK;
	key = objects_key(have, n->key);
	if (key != NULL && key->provider != n->provider)
		return sg_fail(SG_EARG, "the key '%s' is of the %s",
		    n->key, provider_name(key->provider));
	if (key != NULL)
		return SG_OK;
	SG_TRY(key_type_parse(&ask.type, n->type));
	SG_TRY(key_make(k, &ask));
	return client_objects(k->client, have);
}

static enum sg_err
describe(struct new_request *n, const struct objects *have)
{
	const struct key_object *key;

	if (n->inf != NULL)
		return read_inf(&n->what, n->inf);
	if (n->key == NULL)
		SG_TRY(default_key(n, have, &n->key));
	if ((key = objects_key(have, n->key)) == NULL)
		return sg_fail(SG_ENOENT, "the container has no key '%s'"
		    " ('signet key list' shows them, --key names one)",
		    n->key);
	return request_describe(&n->what, &n->ask, key);
}

enum sg_err
request_name_free(const struct objects *have, const char *name)
{
	for (size_t i = 0; i < have->request_count; i++)
		if (strcmp(have->requests[i].name, name) == 0)
			return sg_fail(SG_EEXIST, "a request '%s' waits already"
			    " (--name chooses another name, 'signet request"
			    " delete' ends it)", name);
	return SG_OK;
}

enum sg_err
request_file_create(const char *path, struct bytes x)
{
	enum sg_err e = file_create(path, x, FILE_MODE);

	if (e != SG_EEXIST)
		return e;
	return sg_fail(e, "%s exists already (--out chooses another name)",
	    path);
}

/* BASE.inf, unless an INF was given, and BASE.req. */
static enum sg_err
write_files(const struct new_request *n, const char *base, struct bytes der)
{
	auto_done(buf) inf = { 0 };
	auto_done(buf) pem = { 0 };
	auto_str inf_path = NULL;
	auto_str req_path = NULL;
	enum sg_err e;

	SG_TRY(str_printf(&inf_path, "%s.inf", base));
	SG_TRY(str_printf(&req_path, "%s.req", base));
	SG_TRY(certreq_write(&n->what, &inf));
	SG_TRY(csr_pem(&pem, der, true));
	if (n->inf == NULL)
		SG_TRY(request_file_create(inf_path, buf_bytes(&inf)));
	e = request_file_create(req_path, buf_bytes(&pem));
	if (e != SG_OK && n->inf == NULL)
		SG_IGNORE(file_remove(inf_path));
	SG_TRY(e);
	if (n->inf == NULL)
		(void)printf("Written: %s (for certreq)\n", inf_path);
	(void)printf("Written: %s (for the CA)\n", req_path);
	return SG_OK;
}

/* A file's name must not lead out of the folder. */
enum sg_err
request_file_base(char **out, const char *given, const char *name)
{
	if (given != NULL)
		return str_dup(out, given);
	SG_TRY(str_dup(out, name));
	for (char *s = *out; *s != '\0'; s++)
		if (*s == '/' || (s == *out && *s == '.'))
			*s = '_';
	return SG_OK;
}

/* Files of a request that nobody can accept would only mislead. */
static enum sg_err
store(struct client *c, const struct new_request *n, const char *name,
    const char *key, const char *base, struct bytes der)
{
	enum sg_err e = client_request_add(c, name, key, der);
	auto_str inf_path = NULL;
	auto_str req_path = NULL;

	if (e == SG_OK)
		return SG_OK;
	SG_TRY(str_printf(&inf_path, "%s.inf", base));
	SG_TRY(str_printf(&req_path, "%s.req", base));
	SG_IGNORE(file_remove(req_path));
	if (n->inf == NULL)
		SG_IGNORE(file_remove(inf_path));
	return e;
}

static enum sg_err
sign_and_store(struct keys *k, const struct new_request *n,
    const struct key_object *key, const char *name)
{
	auto_free(ksp_key) opened = NULL;
	auto_done(buf) der = { 0 };
	auto_str base = NULL;

	SG_TRY(request_file_base(&base, n->out, name));
	SG_TRY(ksp_key_open(&opened, &k->ksp, key));
	SG_TRY(request_build(&der, &n->what, ksp_key_signer(opened)));
	SG_TRY(write_files(n, base, buf_bytes(&der)));
	SG_TRY(store(k->client, n, name, key->name, base, buf_bytes(&der)));
	(void)printf("Next: let your CA issue a certificate for %s.req and"
	    " install it:\n      signet request accept CERTIFICATE"
	    " [CHAIN...]\n", base);
	return SG_OK;
}

static enum sg_err
make(struct client *c, struct new_request *n)
{
	auto_done(objects) have = { 0 };
	const struct key_object *key;
	auto_str name = NULL;
	auto_done(keys) k = { 0 };

	keys_init(&k, c, &n->pin, &n->keys, "To sign the certificate"
	    " request.");
	SG_TRY(client_objects(c, &have));
	SG_TRY(make_key(n, &k, &have));
	SG_TRY(describe(n, &have));
	SG_TRY(request_key(&key, &n->what, &have, n->key));
	SG_TRY(request_of_key(&n->what, key));
	SG_TRY(n->name != NULL ? str_dup(&name, n->name)
			       : request_name(&name, &n->what, key->name));
	SG_TRY(request_name_free(&have, name));
	return sign_and_store(&k, n, key, name);
}

enum sg_err
request_new(int argc, char **argv)
{
	auto_free(client) c = NULL;
	auto_done(new_request) n = { .type = "rsa2048",
		.keys = KEY_OPTIONS_INIT, .pin = PIN_OPTIONS_INIT };

	certreq_init(&n.what);
	SG_TRY(parse(&n, argc, argv));
	SG_TRY(client_open(&c, NULL));
	return make(c, &n);
}
