/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "pki/print.h"
#include "rows.h"

static void
put_disposition(struct json_out *j, enum ca_disposition d, uint32_t status,
    const char *words)
{
	char hex[16];

	json_put_str(j, "disposition", ca_disposition_name(d));
	json_put_num(j, "disposition_code", d);
	(void)snprintf(hex, sizeof(hex), "0x%08x", status);
	json_put_str(j, "status", hex);
	json_put_str(j, "message", words);
}

static enum sg_err
row_json(struct rows *rows, const struct ca_request_row *r)
{
	auto_free(json_out) j = NULL;

	SG_TRY(rows_object(&j));
	json_put_num(j, "request", r->id);
	json_put_time(j, "received", r->received);
	json_put_str(j, "template", r->template);
	json_put_str(j, "requester", r->requester);
	json_put_str(j, "evidence", ca_evidence_name(r->evidence));
	put_disposition(j, r->disposition, r->status, r->words);
	if (r->resolved > 0)
		json_put_time(j, "resolved", r->resolved);
	json_put_str(j, "officer", r->officer);
	json_put_str(j, "serial", r->serial);
	return rows_put(rows, j);
}

static enum sg_err
row_print(void *arg, const struct ca_request_row *r)
{
	struct rows *rows = arg;
	char when[32];

	if (rows->json)
		return row_json(rows, r);
	time_text(when, r->received);
	rows_line(rows, "%6lld  %s  %-7s  %-29s  %-12s  %s", (long long)r->id,
	    when, ca_disposition_name(r->disposition), r->template,
	    r->requester, r->serial != NULL ? r->serial
	    : r->disposition == CA_DENIED ? r->words : "");
	return SG_OK;
}

static enum sg_err
run_list(const struct options *o)
{
	auto_free(ca_store) s = NULL;
	struct ca_request_query q = { .limit = o->limit,
		.pending = o->pending };
	struct rows rows;

	SG_TRY(after_number(&q.after, o));
	SG_TRY(ca_store_open(&s, o->dir));
	rows_begin(&rows, o, "NUMBER  RECEIVED              STATE    "
	    "TEMPLATE                       REQUESTER     CERTIFICATE, OR WHY NOT",
	    o->pending ? "No request waits." : "No request was made yet.");
	SG_TRY(ca_requests_each(s, &q, row_print, &rows));
	rows_end(&rows);
	return SG_OK;
}

static const enum opt list_options[] = { OPT_DIR, OPT_PENDING, OPT_LIMIT,
	OPT_AFTER, OPT_JSON, OPT_END };

const struct verb verb_request_list = {
	.name = "request list",
	.summary = "lists requests and what became of them",
	.usage = "request list --dir DIR [--pending] [--limit N]"
	    " [--after N] [--json]",
	.text = "Number, time, disposition, template, who asked, and the"
	    " certificate's serial\nnumber or why it was denied.\n\n"
	    "  --pending            only those that wait for an officer\n"
	    "  --limit N            so many at most\n"
	    "  --after N            only those after that one\n"
	    "  --json               for programs\n",
	.options = list_options,
	.run = run_list,
};

static const char *
role_name(enum ca_role role)
{
	return role == CA_SIGNED_OLD ? "renewed" : "agent";
}

static void
put_signers(struct json_out *j, const struct ca_signers *l)
{
	json_put_array(j, "signed_by");
	for (size_t i = 0; i < l->n; i++) {
		json_put_object(j, NULL);
		json_put_str(j, "serial", l->v[i].serial);
		json_put_str(j, "role", role_name(l->v[i].role));
		json_close(j);
	}
	json_close(j);
}

static enum sg_err
show_json(const struct ca_request *r, const struct fields *f)
{
	auto_free(json_out) j = NULL;

	SG_TRY(rows_object(&j));
	json_put_num(j, "request", r->id);
	json_put_time(j, "received", r->received);
	json_put_str(j, "template", r->template);
	json_put_str(j, "requester", r->requester);
	json_put_str(j, "evidence", ca_evidence_name(r->evidence.kind));
	json_put_num(j, "agents", r->evidence.agents);
	json_put_str(j, "renews", r->renews);
	put_signers(j, &r->signers);
	put_disposition(j, r->disposition, r->status, r->words);
	if (r->resolved > 0)
		json_put_time(j, "resolved", r->resolved);
	json_put_str(j, "officer", r->officer);
	json_put_str(j, "serial", r->serial);
	json_put_str(j, "for_upn", r->identity.upn);
	json_put_str(j, "for_sid", r->identity.sid);
	json_put_object(j, "csr");
	json_put_fields(j, f);
	json_close(j);
	json_close(j);
	return json_print(j, stdout);
}

static void
line(const char *label, const char *value)
{
	if (value != NULL && *value != '\0')
		(void)printf("%-22s %s\n", label, value);
}

static void
show_text(const struct ca_request *r)
{
	char received[32], resolved[32] = "";

	time_text(received, r->received);
	if (r->resolved > 0)
		time_text(resolved, r->resolved);
	(void)printf("%-22s %lld\n", "Request:", (long long)r->id);
	line("Received:", received);
	line("Template:", r->template);
	line("Requester:", r->requester);
	line("Evidence:", ca_evidence_name(r->evidence.kind));
	for (size_t i = 0; i < r->signers.n; i++)
		(void)printf("%-22s %s (%s)\n", "Signed by:",
		    r->signers.v[i].serial, role_name(r->signers.v[i].role));
	line("For:", r->identity.upn);
	line("SID:", r->identity.sid);
	line("Renews:", r->renews);
	line("Disposition:", r->words);
	if (r->status != 0)
		(void)printf("%-22s 0x%08x %s\n", "Status:", r->status,
		    ca_status_symbol(r->status) != NULL
		    ? ca_status_symbol(r->status) : "");
	line("Resolved:", resolved);
	line("Officer:", r->officer);
	line("Certificate:", r->serial);
	(void)printf("\n");
}

static enum sg_err
run_show(const struct options *o)
{
	auto_free(ca_store) s = NULL;
	auto_done(ca_request) r = { 0 };
	auto_done(fields) f = { 0 };
	auto_done(buf) text = { 0 };
	int64_t id;

	SG_TRY(operand_number(&id, o));
	SG_TRY(ca_store_open(&s, o->dir));
	SG_TRY(ca_request_get(&r, s, id));
	SG_TRY(csr_fields(&f, r.csr));
	if (o->json)
		return show_json(&r, &f);
	SG_TRY(fields_text(&text, &f));
	show_text(&r);
	(void)fwrite(text.p, 1, text.n, stdout);
	return SG_OK;
}

static const enum opt show_options[] = { OPT_DIR, OPT_JSON, OPT_END };

const struct verb verb_request_show = {
	.name = "request show",
	.summary = "shows one request",
	.usage = "request show --dir DIR NUMBER [--json]",
	.text = "What was asked, by whom, what became of it and why.\n",
	.options = show_options,
	.operands = 1,
	.run = run_show,
};

static enum sg_err
run_approve(const struct options *o)
{
	auto_done(session) s = { 0 };
	auto_done(ca_request) r = { 0 };
	auto_done(template) t = { 0 };
	auto_done(ca_outcome) made = { 0 };
	struct ca_issuer i;
	struct ca_act act;
	int64_t id;

	SG_TRY(operand_number(&id, o));
	SG_TRY(outputs_check(o));
	SG_TRY(session_open(&s, o));
	act = session_act(&s);
	SG_TRY(ca_request_get(&r, s.store, id));
	SG_TRY(session_template(&t, &s, r.template));
	SG_TRY(session_issuer(&i, &s, CA_ISSUING));
	SG_TRY(ca_approve(&made, s.store, &i, &r, &t, &act));
	SG_TRY(outcome_check(&made));
	if (o->out != NULL)
		return hand_out(&s, o, r.csr, made.cert);
	(void)printf("issued %s ('signet-ca cert export' writes it)\n",
	    made.cert->serial);
	return SG_OK;
}

static const enum opt approve_options[] = { OPT_DIR, OPT_OUT, OPT_CHAIN_OUT,
	OPT_PASSPHRASE_FD, OPT_END };

const struct verb verb_request_approve = {
	.name = "request approve",
	.summary = "issues a certificate for a request that waits",
	.usage = "request approve --dir DIR NUMBER [--out CERT]\n"
	    "                                 [--chain-out FILE]"
	    " [--passphrase-fd N]",
	.text = "The template's rules as they are now hold; what they do not"
	    " allow is denied.\n\n"
	    "  --out FILE           the certificate, PEM\n"
	    "  --chain-out FILE     the same followed by its CAs, PEM\n"
	    "  --passphrase-fd N    opens the CA's key\n",
	.options = approve_options,
	.operands = 1,
	.run = run_approve,
};

static enum sg_err
run_deny(const struct options *o)
{
	auto_done(session) s = { 0 };
	struct ca_act act;
	int64_t id;

	SG_TRY(operand_number(&id, o));
	SG_TRY(session_open(&s, o));
	act = session_act(&s);
	SG_TRY(ca_deny(s.store, id, o->why, &act));
	(void)printf("request %lld is denied\n", (long long)id);
	return SG_OK;
}

static const enum opt deny_options[] = { OPT_DIR, OPT_WHY, OPT_END };

const struct verb verb_request_deny = {
	.name = "request deny",
	.summary = "denies a request that waits",
	.usage = "request deny --dir DIR NUMBER [--why TEXT]",
	.text = "  --why TEXT           told to whoever asked\n",
	.options = deny_options,
	.operands = 1,
	.run = run_deny,
};
