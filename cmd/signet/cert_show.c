/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <time.h>

#include "cert_verb.h"
#include "describe.h"
#include "ipc/client.h"
#include "options.h"
#include "stored.h"

static enum sg_err
describe_stored(struct sink *s, const struct cert_object *c,
    const struct objects *o)
{
	auto_free(cert) x = NULL;

	SG_TRY(cert_parse(&x, buf_bytes(&c->der)));
	sink_text(s, "Label", "label", c->label);
	sink_text(s, "Kind", "kind", cert_kind_name(c->kind));
	sink_text(s, "State", "state", stored_state(c, x, o, time(NULL)));
	sink_text(s, "Provider", "provider", c->provider);
	sink_text(s, "Key name", "key_name", c->key);
	sink_time(s, "Added", "added", (int64_t)c->added);
	return describe_cert(s, x);
}

static enum sg_err
show_json(const struct cert_object *c, const struct objects *o)
{
	auto_free(json_out) j = NULL;
	struct sink s;

	SG_TRY(json_out_new(&j));
	s.json = j;
	json_put_object(j, NULL);
	SG_TRY(describe_stored(&s, c, o));
	json_close(j);
	return json_print(j, stdout);
}

enum sg_err
cert_show(int argc, char **argv)
{
	auto_free(client) c = NULL;
	auto_done(objects) o = { 0 };
	const struct cert_object *found;
	struct sink s = { NULL };
	struct arguments a;
	bool json = false;
	const struct option table[] = {
		{ .name = "json", .flag = &json },
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 1, 1, "one CERTIFICATE"));
	SG_TRY(client_open(&c, NULL));
	SG_TRY(client_objects(c, &o));
	SG_TRY(stored_find(&found, &o, a.v[0]));
	return json ? show_json(found, &o) : describe_stored(&s, found, &o);
}
