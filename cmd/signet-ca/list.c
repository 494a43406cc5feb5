/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "pki/print.h"
#include "rows.h"

static const char *
state_name(enum ca_state state, int64_t not_after)
{
	if (state == CA_REVOKED)
		return "revoked";
	if (state == CA_HELD)
		return "held";
	return not_after < clock_now() ? "expired" : "valid";
}

static void
put_revoked(struct json_out *j, enum ca_state state, int64_t when,
    enum crl_reason reason)
{
	if (state == CA_VALID)
		return;
	json_put_time(j, "revoked", when);
	json_put_str(j, "reason", crl_reason_name(reason));
}

static enum sg_err
row_json(struct rows *rows, const struct ca_row *r)
{
	auto_free(json_out) j = NULL;

	SG_TRY(rows_object(&j));
	json_put_str(j, "serial", r->hex);
	json_put_str(j, "subject", r->subject);
	json_put_str(j, "upn", r->upn);
	json_put_str(j, "template", r->template);
	json_put_time(j, "not_before", r->not_before);
	json_put_time(j, "not_after", r->not_after);
	if (r->request > 0)
		json_put_num(j, "request", r->request);
	json_put_str(j, "state", state_name(r->state, r->not_after));
	put_revoked(j, r->state, r->when, r->reason);
	return rows_put(rows, j);
}

static enum sg_err
row_print(void *arg, const struct ca_row *r)
{
	struct rows *rows = arg;
	char until[16];

	if (rows->json)
		return row_json(rows, r);
	date_text(until, r->not_after);
	/* Some, as KDCs', have no subject. */
	(void)printf("%-32s  %-7s  %s  %s\n", r->hex,
	    state_name(r->state, r->not_after), until,
	    *r->subject != '\0' ? r->subject : r->label);
	return SG_OK;
}

/* --after is the serial number that the page before ended with. */
static enum sg_err
after_serial(int64_t *out, const struct ca_store *s, const struct options *o)
{
	auto_done(buf) serial = { 0 };
	struct ca_row r;

	if (o->after == NULL)
		return SG_OK;
	SG_TRY(sg_while(ca_serial_parse(&serial, o->after), "--after"));
	SG_TRY(sg_while(ca_certs_status(&r, s, buf_bytes(&serial)),
	    "--after"));
	*out = r.id;
	return SG_OK;
}

static enum sg_err
run_list(const struct options *o)
{
	auto_free(ca_store) s = NULL;
	struct ca_query q = { .limit = o->limit, .text = o->operand,
		.template = o->template, .upn = o->upn,
		.revoked = o->revoked };
	struct rows rows;

	SG_TRY(ca_store_open(&s, o->dir));
	SG_TRY(after_serial(&q.after, s, o));
	rows_begin(&rows, o);
	SG_TRY(ca_certs_each(s, &q, row_print, &rows));
	rows_end(&rows);
	return SG_OK;
}

#define PAGE_TEXT \
	"  --revoked            only what is revoked or held\n" \
	"  --template NAME      only of that template\n" \
	"  --limit N            so many at most\n" \
	"  --after SERIAL       only what was issued after that one\n" \
	"  --json               for programs\n"

static const enum opt list_options[] = { OPT_DIR, OPT_REVOKED, OPT_TEMPLATE,
	OPT_UPN, OPT_LIMIT, OPT_AFTER, OPT_JSON, OPT_END };

const struct verb verb_cert_list = {
	.name = "cert list",
	.alias = "list",
	.summary = "lists what was issued",
	.usage = "cert list --dir DIR [OPTIONS]",
	.text = "Serial number, state, end of validity and subject, the oldest"
	    " first.\n\n" PAGE_TEXT
	    "  --upn USER@DOMAIN    only that user's\n",
	.options = list_options,
	.run = run_list,
};

const struct verb verb_cert_search = {
	.name = "cert search",
	.summary = "finds certificates by a part of their names",
	.usage = "cert search --dir DIR TEXT [OPTIONS]",
	.text = "The text may stand anywhere in subject, UPN or first name, in"
	    " capitals or not; or\nit is a whole serial number.\n\n"
	    PAGE_TEXT,
	.options = list_options,
	.operands = 1,
	.run = run_list,
};

static enum sg_err
show_json(const struct ca_record *r, const struct fields *f)
{
	auto_free(json_out) j = NULL;

	SG_TRY(rows_object(&j));
	json_put_fields(j, f);
	if (r->request > 0)
		json_put_num(j, "request", r->request);
	json_put_str(j, "state", state_name(r->state, r->cert->not_after));
	json_put_str(j, "ca", ca_level_name(r->level));
	json_put_num(j, "ca_certificate", r->index);
	put_revoked(j, r->state, r->when, r->reason);
	json_close(j);
	return json_print(j, stdout);
}

static void
show_state(const struct ca_record *r)
{
	(void)printf("%-22s %s%s%s\n", "State:",
	    state_name(r->state, r->cert->not_after),
	    r->state != CA_VALID ? ", " : "",
	    r->state != CA_VALID ? crl_reason_name(r->reason) : "");
	if (r->request > 0)
		(void)printf("%-22s %lld\n", "Request:",
		    (long long)r->request);
	(void)printf("%-22s %s, certificate %u\n", "CA:",
	    ca_level_name(r->level), r->index);
}

static enum sg_err
run_show(const struct options *o)
{
	auto_free(ca_store) s = NULL;
	auto_done(ca_record) r = { 0 };
	auto_done(fields) f = { 0 };
	auto_done(buf) text = { 0 };

	SG_TRY(ca_store_open(&s, o->dir));
	SG_TRY(ca_certs_get(&r, s, o->operand));
	SG_TRY(cert_fields(&f, r.cert));
	if (o->json)
		return show_json(&r, &f);
	SG_TRY(fields_text(&text, &f));
	(void)fwrite(text.p, 1, text.n, stdout);
	show_state(&r);
	return SG_OK;
}

static const enum opt show_options[] = { OPT_DIR, OPT_JSON, OPT_END };

const struct verb verb_cert_show = {
	.name = "cert show",
	.alias = "show",
	.summary = "shows one certificate",
	.usage = "cert show --dir DIR SERIAL [--json]",
	.text = "Everything in it, its request, and whether it was revoked.\n",
	.options = show_options,
	.operands = 1,
	.run = run_show,
};

static enum sg_err
run_export(const struct options *o)
{
	auto_free(ca_store) s = NULL;
	auto_done(ca_record) r = { 0 };
	auto_done(buf) pem = { 0 };

	SG_TRY(option_needed(o->out, "out"));
	SG_TRY(ca_store_open(&s, o->dir));
	SG_TRY(ca_certs_get(&r, s, o->operand));
	if (o->der)
		return write_out(o->out, buf_bytes(&r.cert->der));
	SG_TRY(cert_pem(&pem, r.cert));
	return write_out(o->out, buf_bytes(&pem));
}

static const enum opt export_options[] = { OPT_DIR, OPT_OUT, OPT_DER,
	OPT_END };

const struct verb verb_cert_export = {
	.name = "cert export",
	.summary = "writes a certificate to a file",
	.usage = "cert export --dir DIR SERIAL --out FILE [--der]",
	.text = "  --out FILE           PEM; '-' is standard output\n"
	    "  --der                DER instead\n",
	.options = export_options,
	.operands = 1,
	.run = run_export,
};
