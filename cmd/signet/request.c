/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "objects_verb.h"
#include "output.h"
#include "pki/csr.h"
#include "request_verb.h"
#include "verb.h"

static const char *
upn_of(const struct csr *c)
{
	return c->content.ext.upn != NULL ? c->content.ext.upn : "";
}

static enum sg_err
list_json(const struct objects *o)
{
	auto_free(json_out) j = NULL;

	SG_TRY(json_out_new(&j));
	json_put_array(j, NULL);
	for (size_t i = 0; i < o->request_count; i++) {
		const struct request_object *r = &o->requests[i];
		auto_free(csr) c = NULL;

		SG_TRY(csr_parse(&c, buf_bytes(&r->der)));
		json_put_object(j, NULL);
		json_put_str(j, "name", r->name);
		json_put_str(j, "key", r->key);
		json_put_str(j, "subject", c->subject);
		json_put_str(j, "upn", c->content.ext.upn);
		json_put_time(j, "created", (long long)r->created);
		json_close(j);
	}
	json_close(j);
	return json_print(j, stdout);
}

static enum sg_err
list_text(const struct objects *o)
{
	static const char *const heads[] = { "NAME", "KEY", "CREATED", "UPN",
		"SUBJECT" };
	auto_done(table) t = { .heads = heads, .columns = 5 };

	for (size_t i = 0; i < o->request_count; i++) {
		const struct request_object *r = &o->requests[i];
		auto_free(csr) c = NULL;

		SG_TRY(csr_parse(&c, buf_bytes(&r->der)));
		table_cell(&t, r->name);
		table_cell(&t, r->key);
		table_date(&t, (int64_t)r->created);
		table_cell(&t, upn_of(c));
		table_cell(&t, c->subject);
	}
	return table_print(&t, "No request waits for its certificate.");
}

static enum sg_err
list(int argc, char **argv)
{
	return objects_list(argc, argv, list_json, list_text);
}

static enum sg_err
confirm_delete(const struct deletion *d)
{
	auto_str question = NULL;

	SG_TRY(str_printf(&question, "Delete the request '%s'? A certificate"
	    " that still comes can then only be imported.", d->which));
	return deletion_confirm(d, question);
}

static enum sg_err
delete(int argc, char **argv)
{
	auto_free(client) c = NULL;
	auto_done(deletion) d = DELETION_INIT;

	SG_TRY(deletion_parse(&d, argc, argv, "one NAME"));
	SG_TRY(client_open(&c, NULL));
	SG_TRY(confirm_delete(&d));
	SG_TRY(client_request_remove(c, d.which));
	(void)puts("The request is deleted.");
	return SG_OK;
}

static const struct cli_form forms[] = {
	{ "new", request_new },
	{ "renew", request_renew },
	{ "accept", request_accept },
	{ "list", list },
	{ "delete", delete },
	{ NULL, NULL },
};

static int
run(int argc, char **argv)
{
	return cli_run_form(&cli_request, forms, argc, argv);
}

const struct cli_verb cli_request = {
	.name = "request",
	.summary = "asks a CA for a certificate and takes what it issued",
	.usage = "request new --upn YOU@REALM [--subject NAME] [--template"
		 " NAME]\n"
		 "           [--eku OID]... [--key NAME] [--name TEXT] [--out NAME]\n"
		 "           [--provider PROVIDER [--token NAME]"
		 " [--type TYPE]]\n"
		 "request new --inf FILE [--key NAME]\n"
		 "request renew [CERTIFICATE] [--key NAME] [--name TEXT]"
		 " [--out NAME]\n"
		 "request accept FILE... [--trust-root] [--label TEXT]"
		 " [--force]\n"
		 "request list [--json]\n"
		 "request delete NAME [--yes]\n",
	.text = "'new' writes NAME.req, a PKCS#10 request signed with the"
		" key, and\nNAME.inf, the policy file for certreq that"
		" describes it. With --inf it takes a\npolicy file that an"
		" administrator wrote. 'renew' asks for a certificate that\nthere"
		" is once more, signed with its key, so that nobody need vouch"
		" for it;\nCERTIFICATE is a label or fingerprint. 'accept' checks"
		" that the certificate and\nits chain fit the key and the"
		" request, and installs them.\n\n"
		"  --upn YOU@REALM    user principal name in the certificate\n"
		"  --subject NAME     subject (CN=YOU@REALM)\n"
		"  --template NAME    certificate template of the CA\n"
		"  --eku OID          extended key usage; may be repeated"
		" (Smart Card Logon and\n"
		"                     Client Authentication)\n"
		"  --inf FILE         certreq policy file instead of these\n"
		"  --key NAME         the key; needed when there are several,"
		" but to renew\n"
		"                     with the same key\n"
		"  --provider NAME    a key of this provider: passport,"
		" platform, software or\n"
		"                     smartcard; makes the --key that is not"
		" there\n"
		"  --token NAME       on the card of that label or serial"
		" number\n"
		"  --type TYPE        of that type, rsa2048 (default) or p256\n"
		"  --module PATH      the PKCS#11 module that reaches the"
		" card\n"
		"  --name TEXT        what to call the request (the UPN)\n"
		"  --out NAME         writes NAME.inf and NAME.req\n"
		"  --trust-root       trust the root certificate among the"
		" files\n"
		"  --label TEXT       what to call the certificate\n"
		"  --force            accept what differs from the request\n"
		"  --json             for programs\n"
		"  --yes              do not ask\n"
		"  --pin-fd N         read the PIN from this file descriptor\n"
		"  --card-pin-fd N    and a card's PIN from that one\n"
		"  --pinentry PATH    ask with this program\n",
	.run = run,
};
