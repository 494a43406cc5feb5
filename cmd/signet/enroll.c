/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "enroll_run.h"
#include "enroll_verb.h"
#include "objects_verb.h"
#include "output.h"
#include "verb.h"

/* What is shown of an enrollment beside its record. */
struct row {
	const struct enrollment *e;
	const struct cert_object *c;	/* NULL: none, or gone */
	struct cert *x;
};

static void
row_done(struct row *r)
{
	cert_free(r->x);
}

static enum sg_err
row_fill(struct row *out, const struct enrollment *e,
    const struct objects *have)
{
	struct row r = { .e = e };

	/* While one is renewed, the old one is in use. */
	if (e->state == ENROLLMENT_INSTALLED)
		r.c = enroll_stored(have, e->cert);
	else if (e->renewal)
		r.c = enroll_stored(have, e->old);
	if (r.c != NULL)
		SG_TRY(cert_parse(&r.x, buf_bytes(&r.c->der)));
	*out = r;
	return SG_OK;
}

static const char *
state_of(const struct row *r)
{
	if (r->e->state == ENROLLMENT_INSTALLED && r->c == NULL)
		return "removed";
	return enrollment_state_name(r->e->state);
}

static void
row_json(struct json_out *j, const struct row *r)
{
	const struct enrollment *e = r->e;

	json_put_object(j, NULL);
	json_put_str(j, "name", e->profile.name);
	json_put_str(j, "state", state_of(r));
	json_put_bool(j, "renewal", e->renewal);
	json_put_str(j, "url", e->profile.urls.v[e->url]);
	json_put_time(j, "changed", (long long)e->changed);
	json_put_str(j, "key", r->c != NULL ? r->c->key : e->key);
	if (r->c != NULL) {
		json_put_str(j, "label", r->c->label);
		json_put_hex(j, "fingerprint", bytes_of(r->x->sha256,
		    sizeof(r->x->sha256)));
		json_put_time(j, "not_after", (long long)r->x->not_after);
		json_put_time(j, "due", (long long)enrollment_due(r->x,
		    e->profile.renew_at));
	}
	json_put_str(j, "trouble", e->why);
	json_close(j);
}

static enum sg_err
list_json(const struct enrollments *l, const struct objects *have)
{
	auto_free(json_out) j = NULL;

	SG_TRY(json_out_new(&j));
	json_put_array(j, NULL);
	for (size_t i = 0; i < l->n; i++) {
		auto_done(row) r = { 0 };

		SG_TRY(row_fill(&r, &l->v[i], have));
		row_json(j, &r);
	}
	json_close(j);
	return json_print(j, stdout);
}

static void
cell_date(struct table *t, const struct cert *x, int64_t when)
{
	if (x != NULL)
		table_date(t, when);
	else
		table_cell(t, "");
}

static enum sg_err
list_text(const struct enrollments *l, const struct objects *have)
{
	static const char *const heads[] = { "NAME", "STATE", "CERTIFICATE",
		"UNTIL", "RENEW", "SERVER" };
	auto_done(table) t = { .heads = heads, .columns = 6 };

	for (size_t i = 0; i < l->n; i++) {
		const struct enrollment *e = &l->v[i];
		auto_done(row) r = { 0 };

		SG_TRY(row_fill(&r, e, have));
		table_cell(&t, e->profile.name);
		table_cell(&t, state_of(&r));
		table_cell(&t, r.c != NULL ? r.c->label : "");
		cell_date(&t, r.x, r.x != NULL ? r.x->not_after : 0);
		cell_date(&t, r.x, r.x != NULL ? enrollment_due(r.x,
		    e->profile.renew_at) : 0);
		table_cell(&t, e->profile.urls.v[e->url]);
	}
	SG_TRY(table_print(&t, "Nothing was enrolled here: 'signet enroll scep"
	    " URL' does."));
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].why != NULL)
			(void)printf("%s: the last renewal failed: %s\n",
			    l->v[i].profile.name, l->v[i].why);
	return SG_OK;
}

static enum sg_err
list(int argc, char **argv)
{
	auto_done(enroll_run) r = ENROLL_RUN_INIT;
	auto_done(enrollments) l = { 0 };
	struct arguments a;
	const struct option table[] = {
		{ .name = "json", .flag = &r.json },
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 0, 0, "no argument"));
	SG_TRY(enroll_run_look(&r));
	SG_TRY(enrollments_load(&l, &r.store));
	for (size_t i = 0; i < l.broken.n; i++)
		(void)fprintf(stderr, "signet: %s\n", l.broken.v[i]);
	return r.json ? list_json(&l, &r.have) : list_text(&l, &r.have);
}

static enum sg_err
delete(int argc, char **argv)
{
	auto_done(enroll_run) r = ENROLL_RUN_INIT;
	auto_done(deletion) d = DELETION_INIT;
	auto_str question = NULL;

	SG_TRY(deletion_parse(&d, argc, argv, "one NAME"));
	SG_TRY(enroll_run_look(&r));
	SG_TRY(enrollment_store_lock(&r.store));
	SG_TRY(enrollment_load(&r.e, &r.store, d.which));
	SG_TRY(str_printf(&question, "Forget the enrollment '%s'? What it has"
	    " installed stays, and is not renewed any more.", d.which));
	SG_TRY(deletion_confirm(&d, question));
	if (r.e.state != ENROLLMENT_INSTALLED)
		SG_IGNORE(client_request_remove(r.client, d.which));
	SG_TRY(enrollment_remove(&r.store, d.which));
	(void)puts("The enrollment is forgotten.");
	if (r.e.state != ENROLLMENT_INSTALLED && r.e.key_fresh)
		(void)printf("Its key '%s' stays: 'signet key delete' deletes"
		    " it.\n", r.e.key);
	return SG_OK;
}

static const struct cli_form forms[] = {
	{ "scep", enroll_scep },
	{ "renew", enroll_renew },
	{ "list", list },
	{ "delete", delete },
	{ NULL, NULL },
};

static int
run(int argc, char **argv)
{
	return cli_run_form(&cli_enroll, forms, argc, argv);
}

const struct cli_verb cli_enroll = {
	.name = "enroll",
	.summary = "gets certificates from a CA over the network, and renews"
		   " them",
	.usage = "enroll scep URL|PROFILE [SETTINGS] [--name TEXT]"
		 " [--key NAME]\n"
		 "           [--challenge-fd N | --no-challenge] [--again]\n"
		 "enroll scep --resume NAME [--trust-root] [--force]\n"
		 "enroll renew NAME... | --due [--keep-old]\n"
		 "enroll list [--json]\n"
		 "enroll delete NAME [--yes]\n",
	.text = "'scep' makes a key, has a SCEP server (RFC 8894; NDES) certify"
		" it, and installs the\ncertificate. 'renew' asks for its"
		" successor; --due renews what is due, as the\ntimer"
		" signet-renew.timer does. The settings are those of a [scep"
		" PROFILE] section\nof signet.conf.\n\n"
		"  --upn YOU@REALM        user principal name\n"
		"  --subject NAME         subject (CN= and the UPN or DNS"
		" name)\n"
		"  --dns NAME             DNS name; may be repeated\n"
		"  --email ADDRESS        mail address; may be repeated\n"
		"  --uri URI              another name; may be repeated\n"
		"  --eku OID              extended key usage; may be repeated\n"
		"  --key-usage LIST       digital-signature,key-encipherment\n"
		"  --template NAME        certificate template of the CA\n"
		"  --key-provider WHICH   passport, tpm, tpm-or-software,"
		" software\n"
		"  --key-type TYPE        rsa2048 (default) or p256\n"
		"  --ca-fingerprint HEX   SHA-256 or SHA-1 of the CA's"
		" certificate\n"
		"  --ca-id ID             which CA of the server\n"
		"  --retry-count N        how often to ask a CA that has not"
		" decided (3)\n"
		"  --retry-delay MINUTES  how long to wait before (5)\n"
		"  --renew-at PERCENT     of the lifetime left, to renew (20)\n"
		"  --renew-key WHICH      new (default) or same\n"
		"  --allow-legacy         3DES and SHA-1, if there is no"
		" better\n"
		"  --challenge-fd N       read the challenge from this file"
		" descriptor\n"
		"  --no-challenge         there is none\n"
		"  --key NAME             this key instead of a new one\n"
		"  --name TEXT            what to call the enrollment\n"
		"  --label TEXT           what to call the certificate\n"
		"  --again                though there is one\n"
		"  --resume NAME          go on with what was interrupted or"
		" is pending\n"
		"  --no-wait              do not wait for a CA that has not"
		" decided\n"
		"  --trust-root           trust the CA's root\n"
		"  --force                install what differs from the"
		" request\n"
		"  --due                  whatever is due\n"
		"  --keep-old             do not remove what was renewed\n"
		"  --json                 for programs\n"
		"  --yes                  do not ask\n"
		"  --pin-fd N             read the PIN from this file"
		" descriptor\n"
		"  --pinentry PATH        ask with this program\n",
	.run = run,
};
