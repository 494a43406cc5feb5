/* SPDX-License-Identifier: BSD-2-Clause */

/* signet-ca template export and import, and certutil's words for them. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "pki/name.h"
#include "pki/template_flags.h"
#include "proto/dstemplate.h"
#include "template.h"

#define CONTAINER "CN=Certificate Templates,CN=Public Key Services," \
	"CN=Services,CN=Configuration"

static enum sg_err
put_one(struct template *t, const char *name, char *value)
{
	struct texts one = { .v = &value, .n = 1 };

	return template_put(t, name, &one);
}

/* What the object is called in that forest. */
static enum sg_err
forest_add(struct template *t, const char *forest)
{
	auto_done(buf) der = { 0 };
	auto_str dn = NULL, *category = NULL;

	SG_TRY(sg_while(name_parse(&der, forest), "--forest"));
	SG_TRY(str_printf(&dn, "CN=%s," CONTAINER ",%s", t->cn, forest));
	SG_TRY(str_printf(&category, "CN=PKI-Certificate-Template,CN=Schema,"
	    "CN=Configuration,%s", forest));
	SG_TRY(put_one(t, "distinguishedName", dn));
	return put_one(t, "objectCategory", category);
}

static enum sg_err
text_out(const struct options *o, struct bytes text)
{
	auto_done(buf) windows = { 0 };

	if (o->windows) {
		SG_TRY(dstemplate_windows(&windows, text));
		text = buf_bytes(&windows);
	}
	if (o->out == NULL || strcmp(o->out, "-") == 0)
		return write_out("-", text);
	SG_TRY(write_out(o->out, text));
	told("%s is written", o->out);
	return SG_OK;
}

/* Those that are named, or all. */
static enum sg_err
choose(const struct template ***out, size_t *n, struct ca_templates *l,
    const struct options *o)
{
	const struct template **v = calloc(l->n + 1, sizeof(*v));

	if (v == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	*n = 0;
	*out = v;
	for (size_t i = 0; i < l->n; i++) {
		struct template *t = &l->v[i].t;

		if (o->operand != NULL && strcasecmp(t->cn, o->operand) != 0 &&
		    strcasecmp(t->display_name, o->operand) != 0)
			continue;
		if (o->forest != NULL)
			SG_TRY(forest_add(t, o->forest));
		v[(*n)++] = t;
	}
	return SG_OK;
}

static enum sg_err
text_make(struct buf *out, const struct options *o)
{
	auto_free(ca_store) s = NULL;
	auto_done(ca_templates) l = { 0 };
	const struct template **v = NULL;
	size_t n = 0;
	enum sg_err e;

	SG_TRY(ca_store_open(&s, o->dir));
	SG_TRY(ca_template_list(&l, s));
	e = choose(&v, &n, &l, o);
	if (e == SG_OK && n == 0)
		e = sg_fail(SG_ENOENT, "there is no template '%.80s'",
		    o->operand);
	if (e == SG_OK)
		e = dstemplate_write(out, v, n);
	free(v);
	return e;
}

static enum sg_err
run_export(const struct options *o)
{
	auto_done(buf) text = { 0 };

	SG_TRY(text_make(&text, o));
	return text_out(o, buf_bytes(&text));
}

static const enum opt export_options[] = { OPT_DIR, OPT_OUT, OPT_WINDOWS,
	OPT_FOREST, OPT_END };

const struct verb verb_template_export = {
	.name = "template export",
	.summary = "writes a template, or all, in certutil's text",
	.usage = "template export --dir DIR [NAME] [--out FILE] [OPTIONS]",
	.text = "As 'certutil -dsTemplate' writes it and '-dsAddTemplate'"
	    " reads it.\n\n"
	    "  --out FILE           instead of standard output\n"
	    "  --windows            UTF-16 with CR and LF, as PowerShell"
	    " stores it\n"
	    "  --forest DN          adds the names of the object in that"
	    " forest\n"
	    "                       (DC=corp,DC=example)\n",
	.options = export_options,
	.operands_more = 1,
	.run = run_export,
};

static enum sg_err
text_in(struct dstemplates *out, const char *path)
{
	auto_done(buf) text = { 0 };

	SG_TRY(named_read(&text, path, DSTEMPLATE_FILE_MAX));
	return dstemplate_read(out, buf_bytes(&text),
	    strcmp(path, "-") == 0 ? "standard input" : path);
}

static const struct template *
find(const struct ca_templates *l, const char *cn)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcasecmp(l->v[i].t.cn, cn) == 0)
			return &l->v[i].t;
	return NULL;
}

/* What the file says that is new. */
static enum sg_err
import_show(const struct ca_templates *before, const struct template *t)
{
	const struct template *old = find(before, t->cn);

	if (old != NULL)
		return changes_print(old, t);
	(void)printf("%s: new\n", t->cn);
	return SG_OK;
}

static enum sg_err
import_all(const struct session *s, const struct dstemplates *l, bool replace)
{
	const struct template **v = calloc(l->n, sizeof(*v));
	enum sg_err e;

	if (v == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	for (size_t i = 0; i < l->n; i++)
		v[i] = &l->v[i];
	e = ca_template_put(s->store, v, l->n, replace);
	free(v);
	return e;
}

static enum sg_err
replaces_check(const struct dstemplates *l, const struct ca_templates *before)
{
	for (size_t i = 0; i < l->n; i++)
		if (find(before, l->v[i].cn) != NULL)
			return sg_fail(SG_EEXIST, "there is a template %s"
			    " already (--dry-run shows what would change,"
			    " --replace changes it)", l->v[i].cn);
	return SG_OK;
}

static enum sg_err
import(const struct options *o, bool replace)
{
	auto_done(session) s = { 0 };
	auto_done(dstemplates) l = { 0 };
	auto_done(ca_templates) before = { 0 };

	SG_TRY(text_in(&l, o->operand));
	SG_TRY(session_open(&s, o));
	SG_TRY(ca_template_list(&before, s.store));
	if (!replace && !o->dry_run)
		SG_TRY(replaces_check(&l, &before));
	if (!o->dry_run)
		SG_TRY(import_all(&s, &l, replace));
	for (size_t i = 0; i < l.n; i++)
		SG_TRY(import_show(&before, &l.v[i]));
	for (size_t i = 0; i < l.n && !o->dry_run; i++)
		SG_TRY(template_audit(&s, "import", &l.v[i]));
	return SG_OK;
}

static enum sg_err
run_import(const struct options *o)
{
	return import(o, o->replace);
}

static const enum opt import_options[] = { OPT_DIR, OPT_REPLACE, OPT_DRY_RUN,
	OPT_END };

const struct verb verb_template_import = {
	.name = "template import",
	.summary = "takes templates from certutil's text",
	.usage = "template import --dir DIR FILE [--replace] [--dry-run]",
	.text = "From a file of ours or of a Windows CA; '-' is standard"
	    " input.\n\n"
	    "  --replace            also those that are there already\n"
	    "  --dry-run            shows what would change, and no more\n",
	.options = import_options,
	.operands = 1,
	.run = run_import,
};

static enum sg_err
value_print(const char *when, const struct template *t, const char *name)
{
	auto_done(texts) values = { 0 }, names = { 0 };
	auto_str text = NULL;
	int32_t v;

	SG_TRY(template_get(&values, t, name));
	SG_TRY(texts_join(&text, &values));
	(void)printf("%s Value:\n", when);
	if (!template_flags_known(name)) {
		(void)printf("  %s = \"%s\"\n\n", name, text);
		return SG_OK;
	}
	v = (int32_t)strtol(text, NULL, 10);
	(void)printf("  %s REG_DWORD = %x (%d)\n", name, (uint32_t)v, v);
	SG_TRY(template_flags_names(&names, name, (uint32_t)v));
	for (size_t i = 0; i < names.n; i++) {
		auto_str shown = NULL;

		SG_TRY(template_flags_print(&shown, name, names.v[i]));
		(void)printf("    %s\n", shown);
	}
	(void)printf("\n");
	return SG_OK;
}

/* certutil -dsTemplate NAME ATTRIBUTE VALUE */
static enum sg_err
attribute_change(const struct options *o)
{
	struct template_set set = { o->operands[1], o->operands[2] };
	auto_done(session) s = { 0 };
	auto_done(template) before;
	auto_done(template) after;

	template_init(&before);
	template_init(&after);
	SG_TRY(session_open(&s, o));
	SG_TRY(ca_template_get(&before, s.store, o->operand));
	SG_TRY(template_copy(&after, &before));
	SG_TRY(template_edit(&after, &set, 1));
	SG_TRY(value_print("Old", &before, set.name));
	SG_TRY(value_print("New", &after, set.name));
	SG_TRY(template_keep(&s, &after, true));
	SG_TRY(template_audit(&s, "change", &after));
	(void)printf("%s\n", DSTEMPLATE_STATUS);
	return SG_OK;
}

static enum sg_err
run_dstemplate(const struct options *o)
{
	auto_done(buf) text = { 0 };

	if (o->operand_count == 3)
		return attribute_change(o);
	if (o->operand_count == 2)
		return sg_fail(SG_EARG, "an attribute needs a value");
	SG_TRY(text_make(&text, o));
	SG_TRY(buf_add_str(&text, DSTEMPLATE_STATUS "\n"));
	return text_out(o, buf_bytes(&text));
}

static const enum opt dstemplate_options[] = { OPT_DIR, OPT_WINDOWS,
	OPT_FOREST, OPT_OUT, OPT_END };

const struct verb verb_dstemplate = {
	.name = "dstemplate",
	.summary = "certutil -dsTemplate: writes or changes a template",
	.usage = "dstemplate --dir DIR [NAME [ATTRIBUTE VALUE]]",
	.text = "'template export', with certutil's closing line; or changes"
	    " one attribute:\n\n"
	    "  signet-ca dstemplate --dir DIR NAME msPKI-Private-Key-Flag \\\n"
	    "      +CTPRIVATEKEY_FLAG_HELLO_LOGON_KEY\n\n"
	    "  --out FILE           instead of standard output\n"
	    "  --windows            UTF-16 with CR and LF, as PowerShell"
	    " stores it\n"
	    "  --forest DN          adds the names of the object in that"
	    " forest\n",
	.options = dstemplate_options,
	.operands_more = 3,
	.run = run_dstemplate,
};

static enum sg_err
run_dsaddtemplate(const struct options *o)
{
	SG_TRY(import(o, true));
	(void)printf("CertUtil: -dsAddTemplate command completed "
	    "successfully.\n");
	return SG_OK;
}

static const enum opt dsaddtemplate_options[] = { OPT_DIR, OPT_DRY_RUN,
	OPT_END };

const struct verb verb_dsaddtemplate = {
	.name = "dsaddtemplate",
	.summary = "certutil -dsAddTemplate: takes templates from a file",
	.usage = "dsaddtemplate --dir DIR FILE",
	.text = "'template import --replace'.\n\n"
	    "  --dry-run            shows what would change, and no more\n",
	.options = dsaddtemplate_options,
	.operands = 1,
	.run = run_dsaddtemplate,
};
