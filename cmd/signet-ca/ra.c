/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "ca/ra.h"
#include "rows.h"

enum sg_err
ra_make(struct session *s, const char *type, const char *place)
{
	const struct ca_ra_plan p = { .type = type, .place = place,
		.passphrase = s->has_passphrase ? &s->passphrase : NULL };
	const struct ca_act act = session_act(s);
	struct ca_issuer i;

	SG_TRY(session_issuer(&i, s, CA_ISSUING));
	return ca_ra_make(s->store, &i, &p, &act);
}

static enum sg_err
last_print(const struct session *s)
{
	auto_done(ca_ras) l = { 0 };
	char until[16];

	SG_TRY(ca_ras_read(&l, s->store));
	date_text(until, l.v[l.n - 1].cert->not_after);
	(void)printf("RA %u: %s, serial number %s, until %s\n",
	    l.v[l.n - 1].number, l.v[l.n - 1].cert->subject,
	    l.v[l.n - 1].cert->serial, until);
	told("A server that runs has to be started again.\n");
	return SG_OK;
}

static enum sg_err
run_new(const struct options *o)
{
	auto_done(session) s = { 0 };

	SG_TRY(session_open(&s, o));
	SG_TRY(ra_make(&s, o->key != NULL ? o->key : RA_KEY, o->key_at));
	return last_print(&s);
}

static const enum opt new_options[] = { OPT_DIR, OPT_KEY, OPT_KEY_AT,
	OPT_PASSPHRASE_FD, OPT_END };

const struct verb verb_ra_new = {
	.name = "ra new",
	.summary = "makes a key and certificate for SCEP",
	.usage = "ra new --dir DIR [--key TYPE] [--key-at PLACE]\n"
	    "                        [--passphrase-fd N]",
	.text = "SCEP's clients seal their requests to this key.  'init' makes"
	    " the first one; a\nnew one is for a CA from before, or in place"
	    " of one that others may know.  What\nclients have sealed to the"
	    " old one is opened until its certificate ends; revoke\nthat if"
	    " it is to be believed no more.\n\n"
	    "  --key TYPE           rsa2048 (as a rule), rsa3072 or rsa4096\n"
	    "  --key-at PLACE       file, tpm, or a token's PKCS#11 URI; as a"
	    " rule where the\n"
	    "                       last one is\n"
	    "  --passphrase-fd N    opens the CA's key, and encrypts this"
	    " one\n",
	.options = new_options,
	.run = run_new,
};

static enum sg_err
renew(struct session *s)
{
	auto_done(ca_ras) l = { 0 };
	const struct ca_act act = session_act(s);
	struct ca_issuer i;

	SG_TRY(session_issuer(&i, s, CA_ISSUING));
	SG_TRY(ca_ras_open(&l, s->store, s->has_passphrase ? &s->passphrase
	    : NULL, act.at));
	return ca_ra_renew(&l, s->store, &i, &act);
}

static enum sg_err
run_renew(const struct options *o)
{
	auto_done(session) s = { 0 };

	SG_TRY(session_open(&s, o));
	SG_TRY(o->new_key ? ra_make(&s, o->key != NULL ? o->key : RA_KEY,
	    NULL) : renew(&s));
	return last_print(&s);
}

static const enum opt renew_options[] = { OPT_DIR, OPT_NEW_KEY, OPT_KEY,
	OPT_PASSPHRASE_FD, OPT_END };

const struct verb verb_ra_renew = {
	.name = "ra renew",
	.summary = "renews the certificate for SCEP",
	.usage = "ra renew --dir DIR [--new-key [--key TYPE]]"
	    " [--passphrase-fd N]",
	.text = "With the same key, as the server does by itself six weeks"
	    " before the end.\n\n"
	    "  --new-key            with a new one, where the last one is\n"
	    "  --key TYPE           of that: rsa2048 (as a rule), rsa3072 or"
	    " rsa4096\n"
	    "  --passphrase-fd N    opens the keys\n",
	.options = renew_options,
	.run = run_renew,
};

static enum sg_err
row_print(struct rows *rows, const struct ca_ra *r, bool last)
{
	auto_free(json_out) j = NULL;
	char from[16], until[16];

	if (rows->json) {
		SG_TRY(rows_object(&j));
		json_put_num(j, "number", r->number);
		json_put_str(j, "serial", r->cert->serial);
		json_put_str(j, "subject", r->cert->subject);
		json_put_time(j, "not_before", r->cert->not_before);
		json_put_time(j, "not_after", r->cert->not_after);
		json_put_bool(j, "in_use", last);
		return rows_put(rows, j);
	}
	date_text(from, r->cert->not_before);
	date_text(until, r->cert->not_after);
	rows_line(rows, "%6u  %s  %s  %-6s  %s", r->number, from, until,
	    last ? "in use" : "opens", r->cert->serial);
	return SG_OK;
}

static enum sg_err
run_list(const struct options *o)
{
	auto_free(ca_store) s = NULL;
	auto_done(ca_ras) l = { 0 };
	struct rows rows;

	SG_TRY(ca_store_open(&s, o->dir));
	SG_TRY(ca_ras_read(&l, s));
	rows_begin(&rows, o, "NUMBER  FROM        UNTIL       USE     SERIAL"
	    " NUMBER", "There is none ('signet-ca ra new').");
	for (size_t i = 0; i < l.n; i++)
		SG_TRY(row_print(&rows, &l.v[i], i + 1 == l.n));
	rows_end(&rows);
	return SG_OK;
}

static const enum opt list_options[] = { OPT_DIR, OPT_JSON, OPT_END };

const struct verb verb_ra_list = {
	.name = "ra list",
	.summary = "lists the certificates for SCEP",
	.usage = "ra list --dir DIR [--json]",
	.text = "The last one is in use; the others open what clients seal to"
	    " them until they end.\n\n"
	    "  --json               for programs\n",
	.options = list_options,
	.run = run_list,
};
