/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "rows.h"

static enum sg_err
row_json(struct rows *rows, const struct ca_audit *r)
{
	auto_free(json_out) j = NULL;
	uint8_t hash[SHA256_LEN];

	SG_TRY(ca_audit_hash(r, hash));
	SG_TRY(rows_object(&j));
	json_put_num(j, "seq", r->seq);
	json_put_time(j, "time", r->at);
	json_put_str(j, "who", r->who);
	json_put_str(j, "what", r->what);
	json_put_str(j, "detail", r->detail);
	json_put_str(j, "result", r->result);
	json_put_hex(j, "previous", bytes_of(r->prev, sizeof(r->prev)));
	json_put_hex(j, "hash", bytes_of(hash, sizeof(hash)));
	return rows_put(rows, j);
}

static enum sg_err
row_print(void *arg, const struct ca_audit *r)
{
	struct rows *rows = arg;
	char when[32];

	if (rows->json)
		return row_json(rows, r);
	time_text(when, r->at);
	rows_line(rows, "%6lld  %s  %-10s  %-8s  %s  %s", (long long)r->seq,
	    when, r->who, r->what, r->result, r->detail);
	return SG_OK;
}

static enum sg_err
run_list(const struct options *o)
{
	auto_free(ca_store) s = NULL;
	struct rows rows;
	int64_t after;

	SG_TRY(after_number(&after, o));
	SG_TRY(ca_store_open(&s, o->dir));
	rows_begin(&rows, o, "NUMBER  TIME                  WHO         "
	    "WHAT      RESULT  ABOUT", "No later record is in the audit log.");
	SG_TRY(ca_audit_list(s->db, after, o->limit, row_print, &rows));
	rows_end(&rows);
	return SG_OK;
}

static const enum opt list_options[] = { OPT_DIR, OPT_LIMIT, OPT_AFTER,
	OPT_JSON, OPT_END };

const struct verb verb_audit_list = {
	.name = "audit list",
	.summary = "lists what was done",
	.usage = "audit list --dir DIR [--limit N] [--after N] [--json]",
	.text = "Number, time, who, what, the result and what it is about.\n\n"
	    "  --limit N            so many at most\n"
	    "  --after N            only those after that one\n"
	    "  --json               for programs, with the hashes\n",
	.options = list_options,
	.run = run_list,
};

/* "12:0123..." */
static enum sg_err
head_parse(struct ca_audit_head *out, const char *text)
{
	const char *colon = strchr(text, ':');
	auto_done(buf) hash = { 0 };
	auto_str number = NULL;
	long long seq;

	if (colon == NULL || hex_decode(&hash, colon + 1) != SG_OK ||
	    hash.n != SHA256_LEN)
		return sg_fail(SG_EARG, "--head: not NUMBER:HASH");
	SG_TRY(str_from_bytes(&number, bytes_of(text,
	    (size_t)(colon - text))));
	SG_TRY(number_parse(&seq, number, 1, INT64_MAX, "--head"));
	out->seq = seq;
	memcpy(out->hash, hash.p, SHA256_LEN);
	return SG_OK;
}

static enum sg_err
noted_head(struct ca_audit_head *out, const struct options *o)
{
	auto_done(ca_mirror) m = { .fd = -1 };

	if (o->head != NULL)
		return head_parse(out, o->head);
	SG_TRY(mirror_open(&m, o->dir));
	return ca_mirror_head(out, &m);
}

static enum sg_err
run_verify(const struct options *o)
{
	auto_free(ca_store) s = NULL;
	struct ca_audit_head h, noted;
	auto_str hex = NULL;

	/* Before the chain is read: meanwhile both may grow. */
	SG_TRY(ca_store_open(&s, o->dir));
	SG_TRY(noted_head(&noted, o));
	SG_TRY(ca_audit_verify(&h, s->db, &noted));
	SG_TRY(hex_encode(&hex, bytes_of(h.hash, sizeof(h.hash))));
	(void)printf("the audit log is whole: %lld records, head %lld:%s\n",
	    (long long)h.seq, (long long)h.seq, hex);
	if (noted.seq == 0)
		(void)printf("nothing outside of the database says that no"
		    " record is missing at its end:\naudit.log is empty, and"
		    " there is no --head\n");
	else
		(void)printf("%s says the same up to record %lld\n",
		    o->head != NULL ? "--head" : "audit.log",
		    (long long)noted.seq);
	return SG_OK;
}

static const enum opt verify_options[] = { OPT_DIR, OPT_HEAD, OPT_END };

const struct verb verb_audit_verify = {
	.name = "audit verify",
	.summary = "verifies that nothing was changed or removed",
	.usage = "audit verify --dir DIR [--head NUMBER:HASH]",
	.text = "Each record holds the hash of the one before.  The last ones"
	    " are vouched for by\nthe last line of DIR/audit.log, or better by"
	    " one that was kept elsewhere.\n\n"
	    "  --head NUMBER:HASH   a record's number and hash, as a line of"
	    " audit.log ends,\n"
	    "                       or as this verb has printed it\n",
	.options = verify_options,
	.run = run_verify,
};
