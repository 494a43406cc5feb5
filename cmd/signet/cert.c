/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "cert_verb.h"
#include "objects_verb.h"
#include "options.h"
#include "output.h"
#include "stored.h"
#include "verb.h"

static void
put_key(struct json_out *j, const struct cert_object *c,
    const struct objects *o, const struct cards *cards)
{
	const struct key_object *k = objects_key(o, c->key);

	json_put_str(j, "provider", c->provider);
	json_put_str(j, "key_name", c->key);
	json_put_hex(j, "id", bytes_of(c->id, sizeof(c->id)));
	if (k == NULL)
		return;
	json_put_str(j, "presence", key_presence(cards, k));
	if (k->provider != KSP_SMARTCARD)
		return;
	json_put_str(j, "token", k->token);
	json_put_str(j, "token_serial", k->serial);
}

static void
put_cert(struct json_out *j, const struct cert_object *c,
    const struct cert *x, const struct objects *o, const struct cards *cards)
{
	json_put_object(j, NULL);
	json_put_str(j, "label", c->label);
	json_put_str(j, "kind", cert_kind_name(c->kind));
	json_put_str(j, "state", stored_state(c, x, o, time(NULL)));
	if (c->kind == CERT_PERSONAL)
		put_key(j, c, o, cards);
	json_put_str(j, "subject", x->subject);
	json_put_str(j, "issuer", x->issuer);
	json_put_str(j, "upn", x->ext.upn);
	json_put_str(j, "serial", x->serial);
	json_put_time(j, "not_before", x->not_before);
	json_put_time(j, "not_after", x->not_after);
	json_put_hex(j, "sha256", bytes_of(x->sha256, sizeof(x->sha256)));
	json_put_time(j, "added", (long long)c->added);
	json_close(j);
}

static enum sg_err
list_json(const struct objects *o, const struct cards *cards)
{
	auto_free(json_out) j = NULL;

	SG_TRY(json_out_new(&j));
	json_put_array(j, NULL);
	for (size_t i = 0; i < o->cert_count; i++) {
		auto_free(cert) x = NULL;

		SG_TRY(cert_parse(&x, buf_bytes(&o->certs[i].der)));
		put_cert(j, &o->certs[i], x, o, cards);
	}
	json_close(j);
	return json_print(j, stdout);
}

static enum sg_err
list_text(const struct objects *o, const struct cards *cards)
{
	static const char *const heads[] = { "LABEL", "KIND", "STATE",
		"EXPIRES", "ISSUER", "KEY", "PROVIDER", "PRESENCE", "CARD" };
	auto_done(table) t = { .heads = heads, .columns = 9 };

	for (size_t i = 0; i < o->cert_count; i++) {
		const struct cert_object *c = &o->certs[i];
		const struct key_object *k = objects_key(o, c->key);
		auto_free(cert) x = NULL;
		auto_str place = NULL;

		SG_TRY(cert_parse(&x, buf_bytes(&c->der)));
		SG_TRY(k != NULL ? key_place(&place, k) : str_dup(&place, ""));
		table_cell(&t, c->label);
		table_cell(&t, cert_kind_name(c->kind));
		table_cell(&t, stored_state(c, x, o, time(NULL)));
		table_date(&t, x->not_after);
		table_cell(&t, x->issuer);
		table_cell(&t, c->key);
		table_cell(&t, c->provider);
		table_cell(&t, k != NULL ? key_presence(cards, k) : "");
		table_cell(&t, place);
	}
	return table_print(&t, "The container holds no certificate: 'signet"
	    " request new' asks for one.");
}

static enum sg_err
list(int argc, char **argv)
{
	return cards_list(argc, argv, list_json, list_text);
}

/* PEM unless der; to a file or to standard output. */
static enum sg_err
write_out(const struct cert_object *c, const char *path, bool der)
{
	auto_done(buf) out = { 0 };
	auto_free(cert) x = NULL;

	SG_TRY(cert_parse(&x, buf_bytes(&c->der)));
	SG_TRY(der ? buf_add_bytes(&out, buf_bytes(&c->der))
		   : cert_pem(&out, x));
	if (path != NULL)
		return file_replace(path, buf_bytes(&out), 0644);
	if (der && isatty(STDOUT_FILENO))
		return sg_fail(SG_EARG, "DER does not belong on a terminal"
		    " (--out FILE)");
	return file_write_fd(STDOUT_FILENO, buf_bytes(&out), "the output");
}

static enum sg_err
export(int argc, char **argv)
{
	auto_free(client) c = NULL;
	auto_done(objects) o = { 0 };
	const struct cert_object *found;
	struct arguments a;
	const char *out = NULL;
	bool der = false;
	const struct option table[] = {
		{ .name = "der", .flag = &der },
		{ .name = "out", .text = &out },
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 1, 1, "one CERTIFICATE"));
	SG_TRY(client_open(&c, NULL));
	SG_TRY(client_objects(c, &o));
	SG_TRY(stored_find(&found, &o, a.v[0]));
	return write_out(found, out, der);
}

static enum sg_err
confirm_delete(const struct deletion *d, const struct cert_object *c)
{
	auto_str question = NULL;

	SG_TRY(str_printf(&question, "Delete the %s certificate '%s'?",
	    cert_kind_name(c->kind), c->label));
	return deletion_confirm(d, question);
}

/* Certificates whose keys go without the PIN go without it, too. */
static bool
behind_gesture(const struct cert_object *c, const struct objects *o)
{
	const struct key_object *k = objects_key(o, c->key);

	return k == NULL || provider_wants_gesture(k->provider);
}

static enum sg_err
delete(int argc, char **argv)
{
	auto_free(client) c = NULL;
	auto_done(objects) have = { 0 };
	auto_done(deletion) d = DELETION_INIT;
	const struct cert_object *found;
	auto_done(keys) keys = { 0 };

	SG_TRY(deletion_parse(&d, argc, argv, "one CERTIFICATE"));
	SG_TRY(client_open(&c, NULL));
	SG_TRY(client_objects(c, &have));
	SG_TRY(stored_find(&found, &have, d.which));
	SG_TRY(confirm_delete(&d, found));
	keys_init(&keys, c, &d.pin, &d.keys, "To delete a certificate.");
	if (behind_gesture(found, &have))
		SG_TRY(keys_login(&keys));
	SG_TRY(client_cert_remove(c, buf_bytes(&found->der)));
	(void)puts(found->kind == CERT_PERSONAL
		? "The certificate is deleted; its key stays ('signet key"
		  " list')."
		: "The certificate is deleted.");
	return SG_OK;
}

static const struct cli_form forms[] = {
	{ "list", list },
	{ "show", cert_show },
	{ "import", cert_import },
	{ "export", export },
	{ "delete", delete },
	{ NULL, NULL },
};

static int
run(int argc, char **argv)
{
	return cli_run_form(&cli_cert, forms, argc, argv);
}

const struct cli_verb cli_cert = {
	.name = "cert",
	.summary = "lists, shows, imports, exports and deletes certificates",
	.usage = "cert list [--module PATH] [--json]\n"
		 "cert show CERTIFICATE [--json]\n"
		 "cert import FILE... [--trust-root] [--label TEXT]"
		 " [--force]\n"
		 "cert export CERTIFICATE [--der] [--out FILE]\n"
		 "cert delete CERTIFICATE [--yes]\n",
	.text = "CERTIFICATE is a label, or eight or more hex digits of a"
		" SHA-256 fingerprint. A\npersonal certificate is shown with"
		" the key storage provider and the name of its\nkey, and"
		" whether that is there. Those of a card are copied when it is"
		" seen, and\nstay in the list as absent when it is gone."
		" 'import' takes certificates for known\nkeys, and"
		" certificates of CAs.\n\n"
		"  --trust-root     trust the root certificates among the"
		" files\n"
		"  --label TEXT     what to call a personal certificate\n"
		"  --force          take one that is not what it should be\n"
		"  --der            DER instead of PEM\n"
		"  --out FILE       there instead of to standard output\n"
		"  --module PATH    the PKCS#11 module that reaches cards\n"
		"  --json           for programs\n"
		"  --yes            do not ask\n"
		"  --pin-fd N       read the PIN from this file descriptor\n"
		"  --card-pin-fd N  and a card's PIN from that one\n"
		"  --pinentry PATH  ask with this program\n",
	.run = run,
};
