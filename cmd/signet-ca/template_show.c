/* SPDX-License-Identifier: BSD-2-Clause */

/* signet-ca template list, show, lint. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pki/access.h"
#include "pki/template_flags.h"
#include "proto/json.h"
#include "rows.h"
#include "template.h"

static const char *
origin(const struct ca_template *x)
{
	if (!x->built_in)
		return "made here";
	return x->stored ? "built in, changed" : "built in";
}

static void
put_template(struct json_out *j, const struct ca_template *x)
{
	json_put_object(j, NULL);
	json_put_str(j, "name", x->t.cn);
	json_put_str(j, "display_name", x->t.display_name);
	json_put_str(j, "oid", x->t.oid);
	json_put_num(j, "schema", x->t.schema);
	json_put_num(j, "revision", x->t.revision);
	json_put_num(j, "minor_revision", x->t.minor);
	json_put_bool(j, "published", x->published);
	json_put_bool(j, "built_in", x->built_in);
	json_put_bool(j, "changed", x->built_in && x->stored);
	json_close(j);
}

static enum sg_err
list_json(const struct ca_templates *l)
{
	auto_free(json_out) j = NULL;

	SG_TRY(json_out_new(&j));
	json_put_array(j, NULL);
	for (size_t i = 0; i < l->n; i++)
		put_template(j, &l->v[i]);
	json_close(j);
	return json_print(j, stdout);
}

static enum sg_err
run_list(const struct options *o)
{
	auto_free(ca_store) s = NULL;
	auto_done(ca_templates) l = { 0 };
	struct rows rows;

	SG_TRY(ca_store_open(&s, o->dir));
	SG_TRY(ca_template_list(&l, s));
	if (o->json)
		return list_json(&l);
	rows_begin(&rows, o, "STATE      SCHEMA AND REVISION  NAME"
	    "                              DISPLAY NAME", "");
	for (size_t i = 0; i < l.n; i++) {
		const struct ca_template *x = &l.v[i];

		rows_line(&rows, "%-9s  v%u %3u.%-12u  %-32s  %s%s%s",
		    x->published ? "published" : "-", x->t.schema,
		    x->t.revision, x->t.minor, x->t.cn, x->t.display_name,
		    x->stored ? "  -- " : "", x->stored ? origin(x) : "");
	}
	return SG_OK;
}

static const enum opt list_options[] = { OPT_DIR, OPT_JSON, OPT_END };

const struct verb verb_template_list = {
	.name = "template list",
	.summary = "lists the templates",
	.usage = "template list --dir DIR [--json]",
	.text = "Whether the CA issues by it, schema version, revision, name,"
	    " display name.\n",
	.options = list_options,
	.run = run_list,
};

static enum sg_err
show_tabs(const struct template *t)
{
	const struct template_setting *s;
	const char *tab = "";

	for (size_t i = 0; (s = template_setting_at(i)) != NULL; i++) {
		auto_str value = NULL;

		SG_TRY(template_setting_get(&value, t, s));
		if (strcmp(tab, s->tab) != 0)
			(void)printf("\n%s\n", s->tab);
		tab = s->tab;
		(void)printf("  %-46s  %s=%s\n", s->label, s->name, value);
	}
	return SG_OK;
}

static enum sg_err
rights_of(struct buf *out, const struct sd *s, char *trustee)
{
	struct texts who = { .v = &trustee, .n = 1 };

	for (int r = 0; r < ACCESS_RIGHTS; r++)
		if (access_granted(s, &who, (enum access_right)r))
			SG_TRY(buf_printf(out, " %s",
			    access_right_name((enum access_right)r)));
	return buf_terminate(out);
}

static enum sg_err
show_security(const struct template *t)
{
	auto_done(texts) all = { 0 };

	(void)printf("\nSecurity\n");
	SG_TRY(access_trustees(&all, &t->security));
	for (size_t i = 0; i < all.n; i++) {
		auto_done(buf) rights = { 0 };

		SG_TRY(rights_of(&rights, &t->security, all.v[i]));
		(void)printf("  %-46s %s\n", trustee_name(all.v[i]),
		    rights.n > 0 ? (const char *)rights.p : " nothing");
	}
	return SG_OK;
}

static enum sg_err
show_flags(const struct template *t, const struct template_attr *a)
{
	auto_done(texts) value = { 0 }, names = { 0 };

	SG_TRY(template_get(&value, t, a->name));
	SG_TRY(template_flags_names(&names, a->name,
	    (uint32_t)strtoll(value.v[0], NULL, 10)));
	for (size_t i = 0; i < names.n; i++) {
		auto_str text = NULL;

		SG_TRY(template_flags_print(&text, a->name, names.v[i]));
		(void)printf("      %s\n", text);
	}
	return SG_OK;
}

static enum sg_err
show_attributes(const struct template *t)
{
	const struct template_attr *a;

	(void)printf("\nAttributes\n");
	for (size_t i = 0; (a = template_attr_at(i)) != NULL; i++) {
		auto_done(texts) values = { 0 };
		auto_str text = NULL;

		SG_TRY(template_get(&values, t, a->name));
		if (values.n == 0)
			continue;
		SG_TRY(texts_join(&text, &values));
		(void)printf("  %s: %s\n", a->name, text);
		if (template_flags_known(a->name))
			SG_TRY(show_flags(t, a));
	}
	return SG_OK;
}

static void
put_values(struct json_out *j, const char *name, const struct texts *v)
{
	json_put_array(j, name);
	for (size_t i = 0; i < v->n; i++)
		json_put_str(j, NULL, v->v[i]);
	json_close(j);
}

static enum sg_err
put_flags(struct json_out *j, const struct template *t)
{
	const struct template_attr *a;

	json_put_object(j, "flags");
	for (size_t i = 0; (a = template_attr_at(i)) != NULL; i++) {
		auto_done(texts) value = { 0 }, names = { 0 };

		if (!template_flags_known(a->name))
			continue;
		SG_TRY(template_get(&value, t, a->name));
		SG_TRY(template_flags_names(&names, a->name,
		    (uint32_t)strtoll(value.v[0], NULL, 10)));
		put_values(j, a->name, &names);
	}
	json_close(j);
	return SG_OK;
}

static enum sg_err
put_settings(struct json_out *j, const struct template *t)
{
	const struct template_setting *s;

	json_put_object(j, "settings");
	for (size_t i = 0; (s = template_setting_at(i)) != NULL; i++) {
		auto_str value = NULL;

		SG_TRY(template_setting_get(&value, t, s));
		json_put_str(j, s->name, value);
	}
	json_close(j);
	return SG_OK;
}

static enum sg_err
put_attributes(struct json_out *j, const struct template *t)
{
	const struct template_attr *a;

	json_put_object(j, "attributes");
	for (size_t i = 0; (a = template_attr_at(i)) != NULL; i++) {
		auto_done(texts) values = { 0 };

		SG_TRY(template_get(&values, t, a->name));
		if (values.n > 0)
			put_values(j, a->name, &values);
	}
	for (size_t i = 0; i < t->extra_count; i++)
		if (template_attr_find(t->extra[i].name) == NULL)
			put_values(j, t->extra[i].name, &t->extra[i].values);
	json_close(j);
	return SG_OK;
}

static enum sg_err
show_json(const struct template *t)
{
	auto_free(json_out) j = NULL;

	SG_TRY(json_out_new(&j));
	json_put_object(j, NULL);
	json_put_str(j, "name", t->cn);
	SG_TRY(put_settings(j, t));
	SG_TRY(put_attributes(j, t));
	SG_TRY(put_flags(j, t));
	json_close(j);
	return json_print(j, stdout);
}

static enum sg_err
run_show(const struct options *o)
{
	auto_free(ca_store) s = NULL;
	auto_done(template) t;

	template_init(&t);
	SG_TRY(ca_store_open(&s, o->dir));
	SG_TRY(ca_template_get(&t, s, o->operand));
	if (o->json)
		return show_json(&t);
	(void)printf("%s: schema version %u, revision %u.%u\n", t.cn,
	    t.schema, t.revision, t.minor);
	SG_TRY(show_tabs(&t));
	SG_TRY(show_security(&t));
	return show_attributes(&t);
}

static const enum opt show_options[] = { OPT_DIR, OPT_JSON, OPT_END };

const struct verb verb_template_show = {
	.name = "template show",
	.summary = "shows a template, tab by tab",
	.usage = "template show --dir DIR NAME [--json]",
	.text = "By the tabs of the Certificate Templates console, each value"
	    " as 'template set'\ntakes it; then who may do what, and the"
	    " attributes with the names of their\nflags. The name or the"
	    " display name will do.\n",
	.options = show_options,
	.operands = 1,
	.run = run_show,
};

static void
put_finding(struct json_out *j, const struct template *t,
    const struct lint_finding *f)
{
	json_put_object(j, NULL);
	json_put_str(j, "template", t->cn);
	json_put_str(j, "id", f->id);
	json_put_str(j, "severity", lint_severity_name(f->severity));
	json_put_str(j, "text", f->text);
	json_put_str(j, "fix", f->fix);
	json_close(j);
}

struct linting {
	const struct options *o;
	const struct ca_store *s;
	struct json_out *j;	/* NULL: text */
	bool any;
	bool critical;
};

static enum sg_err
lint_one(struct linting *x, const struct template *t)
{
	auto_done(lint_findings) l = { 0 };

	SG_TRY(template_lint(&l, t));
	x->any = x->any || l.n > 0;
	x->critical = x->critical || lint_critical(&l);
	if (x->j == NULL)
		findings_print(stdout, x->o, t->cn, &l);
	for (size_t i = 0; x->j != NULL && i < l.n; i++)
		put_finding(x->j, t, &l.v[i]);
	return SG_OK;
}

/* Those that the CA issues by. */
static enum sg_err
lint_published(struct linting *x)
{
	auto_done(ca_templates) l = { 0 };

	SG_TRY(ca_template_list(&l, x->s));
	for (size_t i = 0; i < l.n; i++)
		if (l.v[i].published)
			SG_TRY(lint_one(x, &l.v[i].t));
	return SG_OK;
}

static enum sg_err
lint_named(struct linting *x)
{
	for (int i = 0; i < x->o->operand_count; i++) {
		auto_done(template) t;

		template_init(&t);
		SG_TRY(ca_template_get(&t, x->s, x->o->operands[i]));
		SG_TRY(lint_one(x, &t));
	}
	return SG_OK;
}

static enum sg_err
lint_chosen(struct linting *x)
{
	return x->o->operand_count > 0 ? lint_named(x) : lint_published(x);
}

static enum sg_err
lint_json(struct linting *x)
{
	auto_free(json_out) j = NULL;

	SG_TRY(json_out_new(&j));
	x->j = j;
	json_put_array(j, NULL);
	SG_TRY(lint_chosen(x));
	json_close(j);
	return json_print(j, stdout);
}

static enum sg_err
run_lint(const struct options *o)
{
	auto_free(ca_store) s = NULL;
	struct linting x = { .o = o };

	SG_TRY(ca_store_open(&s, o->dir));
	x.s = s;
	SG_TRY(o->json ? lint_json(&x) : lint_chosen(&x));
	if (!o->json && !x.any)
		(void)printf("nothing found\n");
	return x.critical ? sg_fail(SG_EVERIFY,
	    "there are critical findings") : SG_OK;
}

static const enum opt lint_options[] = { OPT_DIR, OPT_JSON, OPT_END };

const struct verb verb_template_lint = {
	.name = "template lint",
	.summary = "tells what makes templates dangerous",
	.usage = "template lint --dir DIR [NAME...] [--json]",
	.text = "Each finding with its class, as the research on AD CS names"
	    " it, what it means,\nand the command that ends it. Without names:"
	    " all templates that the CA issues\nby. The exit status is 1 when"
	    " a finding is critical.\n",
	.options = lint_options,
	.operands_more = -1,
	.run = run_lint,
};
