/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "pki/print.h"
#include "proto/json_fields.h"
#include "verb.h"

static const char *
state(const struct ca_record *r)
{
	if (r->revoked)
		return "revoked";
	return r->cert->not_after < clock_now() ? "expired" : "valid";
}

static void
date(char out[16], int64_t t)
{
	time_t tt = t;
	struct tm tm;

	out[0] = '\0';
	if (gmtime_r(&tt, &tm) != NULL)
		(void)strftime(out, 16, "%Y-%m-%d", &tm);
}

static void
put_state(struct json_out *j, const struct ca_record *r)
{
	json_put_str(j, "state", state(r));
	if (r->revoked) {
		json_put_time(j, "revoked", r->when);
		json_put_str(j, "reason", crl_reason_name(r->reason));
	}
}

static void
put_record(struct json_out *j, const struct ca_record *r)
{
	const struct cert *c = r->cert;

	json_put_object(j, NULL);
	json_put_str(j, "serial", c->serial);
	json_put_str(j, "subject", c->subject);
	json_put_str(j, "upn", c->ext.upn);
	json_put_str(j, "template", c->ext.template_name != NULL
	    ? c->ext.template_name : c->ext.template_oid);
	json_put_time(j, "not_before", c->not_before);
	json_put_time(j, "not_after", c->not_after);
	put_state(j, r);
	json_close(j);
}

static enum sg_err
list_json(const struct ca_records *l)
{
	auto_free(json_out) j = NULL;

	SG_TRY(json_out_new(&j));
	json_put_array(j, NULL);
	for (size_t i = 0; i < l->n; i++)
		put_record(j, &l->v[i]);
	json_close(j);
	return json_print(j, stdout);
}

static enum sg_err
run_list(const struct options *o)
{
	auto_free(ca_store) s = NULL;
	auto_done(ca_records) l = { 0 };

	SG_TRY(ca_store_open(&s, o->dir));
	SG_TRY(ca_store_list(&l, s));
	if (o->json)
		return list_json(&l);
	for (size_t i = 0; i < l.n; i++) {
		auto_str label = NULL;
		char until[16];

		date(until, l.v[i].cert->not_after);
		/* Some, as KDCs', have no subject. */
		if (*l.v[i].cert->subject == '\0')
			SG_TRY(cert_label(&label, l.v[i].cert));
		(void)printf("%-32s  %-7s  %s  %s\n", l.v[i].cert->serial,
		    state(&l.v[i]), until,
		    label != NULL ? label : l.v[i].cert->subject);
	}
	return SG_OK;
}

static const enum opt list_options[] = { OPT_DIR, OPT_JSON, OPT_END };

const struct verb verb_list = {
	.name = "list",
	.summary = "lists what was issued",
	.usage = "list --dir DIR [--json]",
	.text = "Serial number, state, end of validity and subject, the oldest"
	    " first.\n",
	.options = list_options,
	.run = run_list,
};

static enum sg_err
show_json(const struct ca_record *r, const struct fields *f)
{
	auto_free(json_out) j = NULL;

	SG_TRY(json_out_new(&j));
	json_put_object(j, NULL);
	json_put_fields(j, f);
	put_state(j, r);
	json_close(j);
	return json_print(j, stdout);
}

static enum sg_err
run_show(const struct options *o)
{
	auto_free(ca_store) s = NULL;
	auto_done(ca_record) r = { 0 };
	auto_done(fields) f = { 0 };
	auto_done(buf) text = { 0 };

	SG_TRY(ca_store_open(&s, o->dir));
	SG_TRY(ca_store_get(&r, s, o->operand));
	SG_TRY(cert_fields(&f, r.cert));
	if (o->json)
		return show_json(&r, &f);
	SG_TRY(fields_text(&text, &f));
	(void)fwrite(text.p, 1, text.n, stdout);
	(void)printf("%-22s %s%s%s\n", "State:", state(&r),
	    r.revoked ? ", " : "",
	    r.revoked ? crl_reason_name(r.reason) : "");
	return SG_OK;
}

static const enum opt show_options[] = { OPT_DIR, OPT_JSON, OPT_END };

const struct verb verb_show = {
	.name = "show",
	.summary = "shows one certificate",
	.usage = "show --dir DIR SERIAL [--json]",
	.text = "Everything in it, and whether it was revoked.\n",
	.options = show_options,
	.operands = 1,
	.run = run_show,
};
