/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "key_verb.h"
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
put_key(struct json_out *j, const struct key_object *k,
    const struct objects *o, const struct cards *cards)
{
	size_t certs, requests;

	count_users(o, k->name, &certs, &requests);
	json_put_object(j, NULL);
	json_put_str(j, "name", k->name);
	json_put_str(j, "type", key_type_name(k->type));
	json_put_str(j, "provider", provider_name(k->provider));
	json_put_str(j, "presence", key_presence(cards, k));
	if (k->provider == KSP_SMARTCARD) {
		json_put_str(j, "token", k->token);
		json_put_str(j, "token_serial", k->serial);
		json_put_hex(j, "token_id", buf_bytes(&k->token_id));
	}
	json_put_hex(j, "id", bytes_of(k->id, sizeof(k->id)));
	json_put_time(j, "created", (long long)k->created);
	json_put_num(j, "certificates", (long long)certs);
	json_put_num(j, "requests", (long long)requests);
	json_close(j);
	return SG_OK;
}

static enum sg_err
list_json(const struct objects *o, const struct cards *cards)
{
	auto_free(json_out) j = NULL;

	SG_TRY(json_out_new(&j));
	json_put_array(j, NULL);
	for (size_t i = 0; i < o->key_count; i++)
		SG_TRY(put_key(j, &o->keys[i], o, cards));
	json_close(j);
	return json_print(j, stdout);
}

static enum sg_err
list_text(const struct objects *o, const struct cards *cards)
{
	static const char *const heads[] = { "NAME", "TYPE", "CREATED",
		"CERTIFICATES", "REQUESTS", "PROVIDER", "PRESENCE", "CARD" };
	auto_done(table) t = { .heads = heads, .columns = 8 };

	for (size_t i = 0; i < o->key_count; i++) {
		const struct key_object *k = &o->keys[i];
		size_t certs, requests;
		auto_str place = NULL;
		char number[24];

		count_users(o, k->name, &certs, &requests);
		table_cell(&t, k->name);
		table_cell(&t, key_type_name(k->type));
		table_date(&t, (int64_t)k->created);
		(void)snprintf(number, sizeof(number), "%zu", certs);
		table_cell(&t, number);
		(void)snprintf(number, sizeof(number), "%zu", requests);
		table_cell(&t, number);
		table_cell(&t, provider_word(k->provider));
		table_cell(&t, key_presence(cards, k));
		SG_TRY(key_place(&place, k));
		table_cell(&t, place);
	}
	return table_print(&t, "The container has no key: 'signet key new NAME'"
	    " makes one.");
}

static enum sg_err
list(int argc, char **argv)
{
	return cards_list(argc, argv, list_json, list_text);
}

static enum sg_err
confirm_delete(const struct deletion *d, const struct key_object *key)
{
	auto_str question = NULL;

	SG_TRY(str_printf(&question, key->provider != KSP_SMARTCARD || d->erase
	    ? "Delete the key '%s'? It cannot be brought back."
	    : "Forget the key '%s'? It stays on its card.", d->which));
	return deletion_confirm(d, question);
}

/* Whether it may be deleted is found out before anybody is asked. */
static enum sg_err
check_unused(const struct objects *o, const char *name,
    const struct key_object **out)
{
	size_t certs, requests;

	if ((*out = objects_key(o, name)) == NULL)
		return sg_fail(SG_ENOENT, "the container has no key '%s'"
		    " ('signet key list')", name);
	count_users(o, name, &certs, &requests);
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
	auto_done(objects) o = { 0 };
	auto_done(deletion) d = DELETION_INIT;
	const struct key_object *key;
	auto_done(keys) keys = { 0 };

	SG_TRY(deletion_parse(&d, argc, argv, "one NAME"));
	SG_TRY(client_open(&c, NULL));
	SG_TRY(client_objects(c, &o));
	SG_TRY(check_unused(&o, d.which, &key));
	if (d.erase && key->provider != KSP_SMARTCARD)
		return sg_fail(SG_EARG, "--erase is for keys on a card; '%s'"
		    " goes with its record", key->name);
	SG_TRY(confirm_delete(&d, key));
	keys_init(&keys, c, &d.pin, &d.keys, "To delete a key.");
	SG_TRY(ksp_key_remove(&keys.ksp, key, d.erase));
	(void)puts(key->provider == KSP_SMARTCARD && !d.erase
	    ? "The key's record is deleted; the key stays on the card."
	    : "The key is deleted.");
	return SG_OK;
}

static const struct cli_form forms[] = {
	{ "list", list },
	{ "new", key_new },
	{ "delete", delete },
	{ "remove", delete },
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
		 "key new NAME [--provider PROVIDER] [--type TYPE]\n"
		 "key new NAME --provider smartcard [--token NAME]"
		 " [--type TYPE]\n"
		 "key delete NAME [--erase] [--yes]\n",
	.text = "PROVIDER says who holds the private key:\n\n"
		"  passport   (default) the TPM, behind the PIN\n"
		"  platform   the TPM; your programs use it without the PIN\n"
		"  software   this machine's disk, encrypted, behind the PIN\n"
		"  smartcard  a card or another PKCS#11 token; its own PIN\n\n"
		"A TPM's key never leaves it. Deleting a key of a card forgets"
		" it, and erases it\nwith --erase.\n\n"
		"  --json           for programs\n"
		"  --provider NAME  passport, platform, software or smartcard\n"
		"  --token NAME     the card's label or serial number\n"
		"  --module PATH    the PKCS#11 module that reaches the card\n"
		"  --type TYPE      rsa2048 (default) or p256\n"
		"  --erase          on the card, too\n"
		"  --yes            do not ask\n"
		"  --pin-fd N       read the PIN from this file descriptor\n"
		"  --card-pin-fd N  and a card's PIN from that one\n"
		"  --pinentry PATH  ask with this program\n",
	.run = run,
};
