/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "objects_verb.h"
#include "options.h"
#include "output.h"
#include "verb.h"

/* How many certificates and requests a key has. */
static void
count_users(const struct objects *o, const char *key, size_t *certs,
    size_t *requests)
{
	*certs = 0;
	*requests = 0;
	for (size_t i = 0; i < o->cert_count; i++)
		*certs += strcmp(o->certs[i].key, key) == 0;
	for (size_t i = 0; i < o->request_count; i++)
		*requests += strcmp(o->requests[i].key, key) == 0;
}

static enum sg_err
list_json(const struct objects *o)
{
	auto_free(json_out) j = NULL;

	SG_TRY(json_out_new(&j));
	json_put_array(j, NULL);
	for (size_t i = 0; i < o->key_count; i++) {
		const struct key_object *k = &o->keys[i];
		size_t certs, requests;

		count_users(o, k->name, &certs, &requests);
		json_put_object(j, NULL);
		json_put_str(j, "name", k->name);
		json_put_str(j, "type", key_type_name(k->type));
		json_put_str(j, "provider", PROVIDER_PASSPORT);
		json_put_hex(j, "id", bytes_of(k->id, sizeof(k->id)));
		json_put_time(j, "created", (long long)k->created);
		json_put_num(j, "certificates", (long long)certs);
		json_put_num(j, "requests", (long long)requests);
		json_close(j);
	}
	json_close(j);
	return json_print(j, stdout);
}

static enum sg_err
list_text(const struct objects *o)
{
	static const char *const heads[] = { "NAME", "TYPE", "CREATED",
		"CERTIFICATES", "REQUESTS" };
	auto_done(table) t = { .heads = heads, .columns = 5 };

	for (size_t i = 0; i < o->key_count; i++) {
		const struct key_object *k = &o->keys[i];
		size_t certs, requests;
		char number[24];

		count_users(o, k->name, &certs, &requests);
		table_cell(&t, k->name);
		table_cell(&t, key_type_name(k->type));
		table_date(&t, (int64_t)k->created);
		(void)snprintf(number, sizeof(number), "%zu", certs);
		table_cell(&t, number);
		(void)snprintf(number, sizeof(number), "%zu", requests);
		table_cell(&t, number);
	}
	return table_print(&t, "The container has no key: 'signet key new NAME'"
	    " makes one.");
}

static enum sg_err
list(int argc, char **argv)
{
	return objects_list(argc, argv, list_json, list_text);
}

static enum sg_err
make(struct client *c, const char *name, enum object_key_type type)
{
	enum sg_err e;

	progress("Making the key in the TPM; this can take half a minute...");
	e = client_key_make(c, name, type);
	progress(NULL);
	SG_TRY(e);
	(void)printf("The key is made.\nNext: signet request new --key '%s'"
	    " --upn YOU@REALM\n", name);
	return SG_OK;
}

static enum sg_err
new(int argc, char **argv)
{
	auto_free(client) c = NULL;
	auto_done(pin_options) o = PIN_OPTIONS_INIT;
	struct arguments a;
	const char *type_name = "rsa2048";
	enum object_key_type type;
	const struct option table[] = {
		{ .name = "type", .text = &type_name },
		PIN_OPTION_ROWS(&o),
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 1, 1, "one NAME"));
	SG_TRY(key_type_parse(&type, type_name));
	SG_TRY(pin_options_load(&o));
	SG_TRY(client_open(&c, NULL));
	SG_TRY(pin_login(c, &o, "Your PIN, to make a key.", NULL));
	return make(c, a.v[0], type);
}

static enum sg_err
confirm_delete(const struct deletion *d)
{
	auto_str question = NULL;

	SG_TRY(str_printf(&question,
	    "Delete the key '%s'? It cannot be brought back.", d->which));
	return deletion_confirm(d, question);
}

/* Whether it may be deleted is found out before anybody is asked. */
static enum sg_err
check_unused(struct client *c, const char *name)
{
	auto_done(objects) o = { 0 };
	size_t certs, requests;

	SG_TRY(client_objects(c, &o));
	if (objects_key(&o, name) == NULL)
		return sg_fail(SG_ENOENT, "the container has no key '%s'"
		    " ('signet key list')", name);
	count_users(&o, name, &certs, &requests);
	if (certs + requests > 0)
		return sg_fail(SG_EBUSY, "the key '%s' has certificates (%zu)"
		    " and waiting requests (%zu); delete them first", name,
		    certs, requests);
	return SG_OK;
}

static enum sg_err
delete(int argc, char **argv)
{
	auto_free(client) c = NULL;
	auto_done(deletion) d = DELETION_INIT;

	SG_TRY(deletion_parse(&d, argc, argv, "one NAME"));
	SG_TRY(client_open(&c, NULL));
	SG_TRY(check_unused(c, d.which));
	SG_TRY(confirm_delete(&d));
	SG_TRY(pin_login(c, &d.pin, "Your PIN, to delete a key.", NULL));
	SG_TRY(client_key_remove(c, d.which));
	(void)puts("The key is deleted.");
	return SG_OK;
}

static const struct cli_form forms[] = {
	{ "list", list },
	{ "new", new },
	{ "delete", delete },
	{ NULL, NULL },
};

static int
run(int argc, char **argv)
{
	return cli_run_form(&cli_key, forms, argc, argv);
}

const struct cli_verb cli_key = {
	.name = "key",
	.summary = "lists, makes and deletes keys",
	.usage = "key list [--json]\n"
		 "key new NAME [--type TYPE]\n"
		 "key delete NAME [--yes]\n",
	.text = "A key is made in the TPM and never leaves it.\n\n"
		"  --json           for programs\n"
		"  --type TYPE      rsa2048 (default) or p256\n"
		"  --yes            do not ask\n"
		"  --pin-fd N       read the PIN from this file descriptor\n"
		"  --pinentry PATH  ask with this program\n",
	.run = run,
};
