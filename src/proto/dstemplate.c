/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/dstemplate.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pki/access.h"
#include "pki/template_attr.h"
#include "proto/utf.h"

#define VERSION "Version"
#define LIST "TemplateList"
#define NAME_LEN_MAX 128	/* bytes of an attribute's name */

enum place { NOWHERE, IN_VERSION, IN_TEMPLATE, IN_LIST, BEHIND };

struct parser {
	const char *file;
	unsigned line;
	enum place place;
	struct dstemplates out;
	unsigned *begun;	/* line of each one's section */
	/* The attribute whose values are being read. */
	char *name;
	unsigned name_line;
	struct texts values;
	/* A string whose closing quote has not come yet. */
	struct buf open;
	bool in_string;
	unsigned open_line;
	bool comma;		/* the line before promised one more value */
	struct texts listed;
};

static void
parser_done(struct parser *p)
{
	dstemplates_done(&p->out);
	free(p->begun);
	free(p->name);
	texts_done(&p->values);
	buf_done(&p->open);
	texts_done(&p->listed);
}

void
dstemplates_done(struct dstemplates *l)
{
	for (size_t i = 0; i < l->n; i++)
		template_done(&l->v[i]);
	free(l->v);
	*l = (struct dstemplates) { 0 };
}

/* The note will name this line, not the one where it was noticed. */
static enum sg_err
at_line(struct parser *p, unsigned line, enum sg_err e)
{
	if (e != SG_OK)
		p->line = line;
	return e;
}

static struct template *
current(struct parser *p)
{
	return &p->out.v[p->out.n - 1];
}

/* What tells nothing about this template is not kept. */
static bool
implied(const struct parser *p, const char *name, const struct texts *v)
{
	const char *section = p->out.v[p->out.n - 1].cn;

	if (strcasecmp(name, "objectClass") == 0)
		return v->n == 2 && strcmp(v->v[0], "top") == 0 &&
		    strcmp(v->v[1], "pKICertificateTemplate") == 0;
	if (strcasecmp(name, "showInAdvancedViewOnly") == 0)
		return v->n == 1 && strcmp(v->v[0], "TRUE") == 0;
	return strcasecmp(name, "name") == 0 && v->n == 1 &&
	    strcmp(v->v[0], section) == 0;
}

static enum sg_err
attribute_put(struct parser *p, const char *name, const struct texts *v)
{
	struct template *t = current(p);

	if (strcasecmp(name, "cn") == 0) {
		if (v->n != 1 || strcmp(v->v[0], t->cn) != 0)
			return sg_fail(SG_EFORMAT, "the cn is not the name of "
			    "the section, [%s]", t->cn);
		return SG_OK;
	}
	if (v->n == 0)
		return sg_fail(SG_EFORMAT, "%s has no value in quotes", name);
	return implied(p, name, v) ? SG_OK : template_put(t, name, v);
}

/* The values so far belong to an attribute that ends here. */
static enum sg_err
attribute_end(struct parser *p)
{
	enum sg_err e = SG_OK;

	if (p->in_string)
		return at_line(p, p->open_line, sg_fail(SG_EFORMAT,
		    "the closing quote is missing"));
	if (p->name == NULL)
		return SG_OK;
	if (p->place == IN_TEMPLATE)
		e = attribute_put(p, p->name, &p->values);
	else if (p->place == IN_LIST && strcasecmp(p->name, "Template") == 0)
		e = texts_add_all(&p->listed, &p->values);
	free(p->name);
	p->name = NULL;
	texts_done(&p->values);
	return at_line(p, p->name_line, e);
}

static enum sg_err
template_begin(struct parser *p, const char *name)
{
	struct template *grown;
	unsigned *begun;

	if (template_name_check(name) != SG_OK)
		return sg_fail(SG_EFORMAT, "%s", sg_note(SG_EARG));
	for (size_t i = 0; i < p->out.n; i++)
		if (strcasecmp(p->out.v[i].cn, name) == 0)
			return sg_fail(SG_EFORMAT, "[%s] is there twice",
			    name);
	if (p->out.n >= DSTEMPLATE_COUNT_MAX)
		return sg_fail(SG_ELIMIT, "more than %d templates",
		    DSTEMPLATE_COUNT_MAX);
	grown = reallocarray(p->out.v, p->out.n + 1, sizeof(*grown));
	if (grown == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	p->out.v = grown;
	begun = reallocarray(p->begun, p->out.n + 1, sizeof(*begun));
	if (begun == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	p->begun = begun;
	begun[p->out.n] = p->line;
	template_init(&grown[p->out.n]);
	p->out.n++;
	return str_dup(&current(p)->cn, name);
}

static enum sg_err
section_begin(struct parser *p, const char *s)
{
	const char *end = strrchr(s, ']');
	auto_str name = NULL;

	SG_TRY(attribute_end(p));
	if (end == NULL || end[1] != '\0' || end == s + 1)
		return sg_fail(SG_EFORMAT, "a section line is '[Name]'");
	SG_TRY(str_from_bytes(&name, bytes_of(s + 1, (size_t)(end - s - 1))));
	if (strcasecmp(name, VERSION) == 0) {
		p->place = IN_VERSION;
		return SG_OK;
	}
	if (strcasecmp(name, LIST) == 0) {
		p->place = IN_LIST;
		return SG_OK;
	}
	p->place = IN_TEMPLATE;
	return template_begin(p, name);
}

static enum sg_err
string_end(struct parser *p)
{
	auto_str text = NULL;

	p->in_string = false;
	if (p->values.n >= ATTR_VALUES_MAX)
		return sg_fail(SG_ELIMIT, "more than %d values",
		    ATTR_VALUES_MAX);
	SG_TRY(str_from_bytes(&text, buf_bytes(&p->open)));
	p->open.n = 0;
	return texts_add(&p->values, text);
}

/* One character of a string; a quote inside is doubled.  *s stays on the last
 * character that was used. */
static enum sg_err
string_char(struct parser *p, const char **s)
{
	if (**s != '"')
		return buf_add_u8(&p->open, (uint8_t)**s);
	if ((*s)[1] != '"')
		return string_end(p);
	++*s;
	return buf_add_u8(&p->open, '"');
}

/* Collects the quoted strings; what stands between them is certutil's own
 * remark, or the ';' of a comment. */
static enum sg_err
strings_read(struct parser *p, const char *s)
{
	p->comma = false;
	for (; *s != '\0' && (p->in_string || *s != ';'); s++) {
		if (p->in_string) {
			SG_TRY(string_char(p, &s));
		} else if (*s == '"') {
			p->in_string = true;
			p->open_line = p->line;
		} else if (!isblank((unsigned char)*s)) {
			p->comma = *s == ',';
		}
	}
	return SG_OK;
}

/* Letters, digits and '-', then '='; sets *n to the name's length. */
static const char *
assignment(const char *s, size_t *n)
{
	const char *end;

	for (*n = 0; isalnum((unsigned char)s[*n]) || s[*n] == '-'; ++*n)
		continue;
	end = s + *n + strspn(s + *n, " \t");
	return *n > 0 && *n <= NAME_LEN_MAX && *end == '=' ? end + 1 : NULL;
}

static enum sg_err
attribute_begin(struct parser *p, const char *s, size_t n,
    const char *values)
{
	SG_TRY(attribute_end(p));
	if (p->place == NOWHERE)
		return sg_fail(SG_EFORMAT,
		    "a line before the first section");
	if (p->place == BEHIND)
		return sg_fail(SG_EFORMAT, "a line behind the status line");
	SG_TRY(str_from_bytes(&p->name, bytes_of(s, n)));
	p->name_line = p->line;
	values += strspn(values, " \t");
	if (*values != '\0' && *values != '"')
		return sg_fail(SG_EFORMAT, "the value is not in quotes");
	return strings_read(p, values);
}

/* "CertUtil: -dsTemplate command completed successfully.", in whatever
 * language. */
static bool
is_status(const char *s)
{
	return strncasecmp(s, "CertUtil: ", 10) == 0;
}

static enum sg_err
status_line(struct parser *p, const char *s)
{
	SG_TRY(attribute_end(p));
	if (strstr(s, "FAILED") != NULL)
		return sg_fail(SG_EFORMAT, "certutil did not succeed: %s", s);
	p->place = BEHIND;
	return SG_OK;
}

/* More values of an attribute whose line ended before them. */
static bool
is_more(const struct parser *p, const char *s)
{
	return p->name != NULL && *s == '"' &&
	    (p->values.n == 0 || p->comma);
}

/* What certutil -v explains: flags, and the entries of a descriptor. */
static bool
is_remark(const struct parser *p, const char *s)
{
	return p->place == IN_TEMPLATE && p->name != NULL &&
	    strchr(s, '"') == NULL && (strstr(s, " -- ") != NULL ||
	    strncmp(s, "Allow ", 6) == 0 || strncmp(s, "Deny ", 5) == 0);
}

/* Inside of a string: what shows that its closing quote was forgotten. */
static bool
begins_anew(const char *s, const char *values)
{
	return *s == '[' || (values != NULL &&
	    values[strspn(values, " \t")] == '"');
}

static enum sg_err
one_line(struct parser *p, const char *s)
{
	size_t n;
	const char *values = assignment(s, &n);

	if (p->in_string && !begins_anew(s, values))
		return strings_read(p, s);
	if (*s == '\0' || *s == ';')
		return SG_OK;
	if (*s == '[')
		return section_begin(p, s);
	if (is_status(s))
		return status_line(p, s);
	if (values != NULL)
		return attribute_begin(p, s, n, values);
	if (is_more(p, s))
		return strings_read(p, s);
	if (is_remark(p, s))
		return SG_OK;
	return sg_fail(SG_EFORMAT, "expected 'attribute = \"value\"'");
}

/* Blanks at both ends go, but not what ends an open string's line. */
static enum sg_err
line_text(char **out, const struct parser *p, struct bytes x)
{
	while (x.n > 0 && (x.p[x.n - 1] == '\r' ||
	    (!p->in_string && isblank(x.p[x.n - 1]))))
		x.n--;
	while (x.n > 0 && isblank(x.p[0]))
		x = bytes_of(x.p + 1, x.n - 1);
	return str_from_bytes(out, x);
}

static enum sg_err
all_lines(struct parser *p, struct bytes text)
{
	while (text.n > 0) {
		const uint8_t *nl = memchr(text.p, '\n', text.n);
		size_t n = nl != NULL ? (size_t)(nl - text.p) : text.n;
		auto_str line = NULL;

		p->line++;
		SG_TRY(line_text(&line, p, bytes_of(text.p, n)));
		SG_TRY(one_line(p, line));
		n += nl != NULL;
		text = bytes_of(text.p + n, text.n - n);
	}
	return attribute_end(p);
}

static enum sg_err
list_check(const struct parser *p)
{
	for (size_t i = 0; i < p->listed.n; i++) {
		size_t k = 0;

		while (k < p->out.n && strcasecmp(p->out.v[k].cn,
		    p->listed.v[i]) != 0)
			k++;
		if (k == p->out.n)
			return sg_fail(SG_EFORMAT, "%s: [" LIST "] names '%s',"
			    " which has no section", p->file, p->listed.v[i]);
	}
	if (p->out.n == 0)
		return sg_fail(SG_ENOENT, "%s: no template in it (certutil "
		    "writes this for a name that it does not know, such as a "
		    "display name)", p->file);
	return SG_OK;
}

/* Without these there is no template. */
static enum sg_err
complete(struct parser *p)
{
	for (size_t i = 0; i < p->out.n; i++) {
		struct template *t = &p->out.v[i];
		const char *lacks = NULL;

		if (t->display_name == NULL)
			SG_TRY(str_dup(&t->display_name, t->cn));
		if (t->validity == 0)
			lacks = "pKIExpirationPeriod";
		else if (t->key_usage_len == 0)
			lacks = "pKIKeyUsage";
		else if (t->schema >= 2 && t->oid == NULL)
			lacks = "msPKI-Cert-Template-OID";
		if (lacks != NULL)
			return at_line(p, p->begun[i], sg_fail(SG_EFORMAT,
			    "[%s] lacks %s", t->cn, lacks));
		/* The attribute came later than the oldest templates. */
		if (t->schema == 0)
			t->schema = 1;
		if (t->schema > 4)
			return at_line(p, p->begun[i],
			    sg_fail(SG_EUNSUPPORTED, "[%s] has schema version"
			    " %u", t->cn, t->schema));
		if (sd_empty(&t->security))
			SG_TRY(access_default(&t->security));
	}
	return SG_OK;
}

static enum sg_err
text_read(struct buf *out, struct bytes text)
{
	if (utf_read(out, text) == SG_OK)
		return SG_OK;
	/* With a mark it has to be what the mark says. */
	if (text.n >= 2 && (text.p[0] >= 0xfe && text.p[1] >= 0xfe))
		return utf_read(out, text);
	out->n = 0;
	return cp1252_read(out, text);
}

enum sg_err
dstemplate_read(struct dstemplates *out, struct bytes text, const char *file)
{
	auto_done(parser) p = { .file = file };
	auto_done(buf) utf8 = { 0 };
	enum sg_err e;

	if (text.n > DSTEMPLATE_FILE_MAX)
		return sg_fail(SG_ELIMIT, "%s: more than %zu bytes", file,
		    DSTEMPLATE_FILE_MAX);
	SG_TRY(sg_while(text_read(&utf8, text), "%s", file));
	if ((e = all_lines(&p, buf_bytes(&utf8))) != SG_OK)
		return sg_while(e, "%s:%u", file, p.line);
	SG_TRY(list_check(&p));
	if ((e = complete(&p)) != SG_OK)
		return sg_while(e, "%s:%u", file, p.line);
	*out = p.out;
	p.out = (struct dstemplates) { 0 };
	return SG_OK;
}
