/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "pki/print.h"
#include "rows.h"

static const char *
state_name(const struct ca_generation *g, const struct ca_generation *now)
{
	if (g->cert == NULL)
		return "waits";
	if (g->cert->not_after <= clock_now())
		return "expired";
	return g == now ? "current" : "valid";
}

/* The key of what others keep is elsewhere. */
static enum sg_err
place_text(char **out, const struct ca_store *s, enum ca_level level,
    unsigned key)
{
	if (!s->ours[level])
		return str_dup(out, "elsewhere");
	if (ca_store_key_place(out, s, level, key) == SG_OK)
		return SG_OK;
	return str_dup(out, "missing");
}

struct line {
	enum ca_level level;
	const struct ca_generation *g;
	const char *state;
	const char *place;
};

static enum sg_err
line_json(struct rows *rows, const struct line *l)
{
	auto_free(json_out) j = NULL;
	const struct cert *c = l->g->cert;

	SG_TRY(rows_object(&j));
	json_put_str(j, "ca", ca_level_name(l->level));
	json_put_num(j, "certificate", l->g->version.index);
	json_put_num(j, "key", l->g->version.key);
	json_put_str(j, "state", l->state);
	json_put_str(j, "key_at", l->place);
	if (c != NULL) {
		json_put_str(j, "subject", c->subject);
		json_put_str(j, "serial", c->serial);
		json_put_time(j, "not_before", c->not_before);
		json_put_time(j, "not_after", c->not_after);
	}
	return rows_put(rows, j);
}

static enum sg_err
line_print(struct rows *rows, const struct line *l)
{
	const struct cert *c = l->g->cert;
	char from[16] = "-", until[16] = "-";

	if (rows->json)
		return line_json(rows, l);
	if (c != NULL) {
		date_text(from, c->not_before);
		date_text(until, c->not_after);
	}
	(void)printf("%-7s  %u.%u  %-7s  %-10s  %-10s  %s  %s\n",
	    ca_level_name(l->level), l->g->version.index, l->g->version.key,
	    l->state, from, until, c != NULL ? c->subject : "-", l->place);
	return SG_OK;
}

static enum sg_err
generation_print(struct rows *rows, const struct ca_store *s,
    enum ca_level level, const struct ca_generation *g)
{
	auto_str place = NULL;
	struct line l = { level, g, state_name(g, ca_current(&s->gen[level])),
		NULL };

	SG_TRY(place_text(&place, s, level, g->version.key));
	l.place = place;
	return line_print(rows, &l);
}

static enum sg_err
run_list(const struct options *o)
{
	auto_free(ca_store) s = NULL;
	struct rows rows;

	SG_TRY(ca_store_open(&s, o->dir));
	rows_begin(&rows, o);
	for (int i = 0; i < CA_LEVELS; i++)
		for (size_t j = 0; j < s->gen[i].n; j++)
			SG_TRY(generation_print(&rows, s, (enum ca_level)i,
			    &s->gen[i].v[j]));
	rows_end(&rows);
	return SG_OK;
}

static const enum opt list_options[] = { OPT_DIR, OPT_JSON, OPT_END };

const struct verb verb_ca_list = {
	.name = "ca list",
	.alias = "status",
	.summary = "lists the CAs' own certificates and keys",
	.usage = "ca list --dir DIR [--json]",
	.text = "CA, number of its certificate and key, state, validity, name,"
	    " and where the key\nis.  A renewal with the same key goes from"
	    " 0.0 to 1.0, with a new one to 1.1.\n\n"
	    "  --json               for programs\n",
	.options = list_options,
	.run = run_list,
};

enum sg_err
level_from(enum ca_level *out, const struct options *o,
    const struct ca_store *s)
{
	*out = s->ours[CA_ISSUING] ? CA_ISSUING : CA_ROOT;
	if (o->level == NULL)
		return SG_OK;
	for (int i = 0; i < CA_LEVELS; i++) {
		*out = (enum ca_level)i;
		if (strcmp(o->level, ca_level_name(*out)) == 0)
			return SG_OK;
	}
	return sg_fail(SG_EARG, "--level: '%s' is none of root, issuing",
	    o->level);
}

static bool
there(const struct certs *l, const struct cert *c)
{
	for (size_t i = 0; i < l->n; i++)
		if (bytes_eq(buf_bytes(&l->v[i]->der), buf_bytes(&c->der)))
			return true;
	return false;
}

static enum sg_err
take(struct certs *out, const struct cert *c)
{
	struct cert *copy;

	if (c == NULL || there(out, c) || c->not_after <= clock_now())
		return SG_OK;
	SG_TRY(cert_parse(&copy, buf_bytes(&c->der)));
	return certs_add(out, copy);
}

/* The newest first, then what is above them. */
static enum sg_err
collect(struct certs *out, const struct ca_store *s, enum ca_level level,
    bool above)
{
	const struct ca_generations *l = &s->gen[level];

	for (size_t i = l->n; i > 0; i--)
		SG_TRY(take(out, l->v[i - 1].cert));
	for (size_t i = l->n; above && i > 0; i--)
		for (size_t j = 0; j < l->v[i - 1].above.n; j++)
			SG_TRY(take(out, l->v[i - 1].above.v[j]));
	return SG_OK;
}

static enum sg_err
run_export(const struct options *o)
{
	auto_free(ca_store) s = NULL;
	auto_done(certs) all = { 0 };
	auto_done(buf) pem = { 0 };
	enum ca_level level;

	SG_TRY(option_needed(o->out, "out"));
	SG_TRY(ca_store_open(&s, o->dir));
	SG_TRY(level_from(&level, o, s));
	SG_TRY(collect(&all, s, level, o->level == NULL));
	if (o->level == NULL)
		SG_TRY(collect(&all, s, CA_ROOT, false));
	if (all.n == 0)
		return sg_fail(SG_ENOENT, "there is no valid certificate of "
		    "that CA in %s", o->dir);
	for (size_t i = 0; i < all.n; i++)
		SG_TRY(cert_pem(&pem, all.v[i]));
	return write_out(o->out, buf_bytes(&pem));
}

static const enum opt export_options[] = { OPT_DIR, OPT_OUT, OPT_LEVEL,
	OPT_END };

const struct verb verb_ca_export = {
	.name = "ca export",
	.alias = "export-ca",
	.summary = "writes all valid CA certificates to a file",
	.usage = "ca export --dir DIR --out FILE [--level root|issuing]",
	.text = "Those that others need, the newest first: the issuing CA's, what"
	    " is above them,\nand the roots.\n\n"
	    "  --out FILE           PEM; '-' is standard output\n"
	    "  --level LEVEL        only the root's (for trust stores) or the"
	    " issuing CA's\n"
	    "                       (for NTAuth)\n",
	.options = export_options,
	.run = run_export,
};
