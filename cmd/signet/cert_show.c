/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cert_verb.h"
#include "ipc/client.h"
#include "objects_verb.h"
#include "options.h"
#include "output.h"
#include "stored.h"

static enum sg_err
key_fields(struct fields *out, const struct key_object *k,
    const struct cards *cards)
{
	if (k == NULL)
		return SG_OK;
	SG_TRY(fields_add(out, "presence", "Presence",
	    key_presence(cards, k)));
	if (k->provider != KSP_SMARTCARD)
		return SG_OK;
	SG_TRY(fields_add(out, "token", "Card", k->token));
	return fields_add(out, "token_serial", "Card's serial number",
	    k->serial);
}

static enum sg_err
stored_fields(struct fields *out, const struct cert_object *c,
    const struct objects *o, const struct cards *cards)
{
	auto_free(cert) x = NULL;

	SG_TRY(cert_parse(&x, buf_bytes(&c->der)));
	SG_TRY(fields_add(out, "label", "Label", c->label));
	SG_TRY(fields_add(out, "kind", "Kind", cert_kind_name(c->kind)));
	SG_TRY(fields_add(out, "state", "State",
	    stored_state(c, x, o, time(NULL))));
	SG_TRY(fields_add(out, "provider", "Key storage provider",
	    c->provider));
	SG_TRY(fields_add(out, "key_name", "Key name", c->key));
	SG_TRY(key_fields(out, objects_key(o, c->key), cards));
	SG_TRY(fields_add_time(out, "added", "Added", (int64_t)c->added));
	return cert_fields(out, x);
}

static enum sg_err
show_json(const struct fields *f)
{
	auto_free(json_out) j = NULL;

	SG_TRY(json_out_new(&j));
	json_put_object(j, NULL);
	json_put_fields(j, f);
	json_close(j);
	return json_print(j, stdout);
}

enum sg_err
cert_show(int argc, char **argv)
{
	auto_free(client) c = NULL;
	auto_done(objects) o = { 0 };
	const struct cert_object *found;
	auto_done(deletion) d = DELETION_INIT;
	auto_done(cards) cards = { 0 };
	auto_done(fields) f = { 0 };
	struct arguments a;
	auto_done(keys) k = { 0 };
	bool json = false;
	const struct option table[] = {
		{ .name = "json", .flag = &json },
		{ .name = "module", .text = &d.keys.module },
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 1, 1, "one CERTIFICATE"));
	SG_TRY(pin_options_load(&d.pin));
	SG_TRY(client_open(&c, NULL));
	SG_TRY(client_objects(c, &o));
	SG_TRY(stored_find(&found, &o, a.v[0]));
	keys_init(&k, c, &d.pin, &d.keys, "");
	if (strcmp(found->provider, PROVIDER_SMARTCARD) == 0)
		keys_cards(&k, &o, &cards);
	SG_TRY(stored_fields(&f, found, &o, &cards));
	return json ? show_json(&f) : record_print(&f);
}
