/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/inf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/utf.h"

#define STRINGS	 "Strings"
#define CONTINUE "_continue_"

struct parser {
	struct inf inf;
	size_t at;		/* section that lines go to, or inf.n */
	size_t lines;
	unsigned line;
};

static void
section_done(struct inf_section *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->lines[i].key);
		free(s->lines[i].value);
	}
	free(s->lines);
	free(s->name);
}

void
inf_done(struct inf *f)
{
	for (size_t i = 0; i < f->n; i++)
		section_done(&f->sections[i]);
	free(f->sections);
	*f = (struct inf) { 0 };
}

const struct inf_section *
inf_find(const struct inf *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcasecmp(f->sections[i].name, name) == 0)
			return &f->sections[i];
	return NULL;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct bytes
trim(struct bytes x)
{
	while (x.n > 0 && is_blank(x.p[0]))
		x = bytes_of(x.p + 1, x.n - 1);
	while (x.n > 0 && is_blank(x.p[x.n - 1]))
		x.n--;
	return x;
}

/* The line up to a ';' that does not stand in quotes. */
static struct bytes
without_comment(struct bytes x)
{
	bool quoted = false;

	for (size_t i = 0; i < x.n; i++) {
		if (x.p[i] == '"')
			quoted = !quoted;
		else if (x.p[i] == ';' && !quoted)
			return bytes_of(x.p, i);
	}
	return x;
}

static enum sg_err
section_begin(struct parser *p, struct bytes x)
{
	struct inf_section fresh = { .line = p->line };
	struct inf_section *grown;
	auto_str name = NULL;

	if (x.n < 3 || x.p[x.n - 1] != ']')
		return sg_fail(SG_EFORMAT, "a section line is '[Name]'");
	SG_TRY(str_from_bytes(&name, trim(bytes_of(x.p + 1, x.n - 2))));
	if (*name == '\0')
		return sg_fail(SG_EFORMAT, "a section without a name");
	for (p->at = 0; p->at < p->inf.n; p->at++)
		if (strcasecmp(p->inf.sections[p->at].name, name) == 0)
			return SG_OK;
	if (p->inf.n == INF_SECTION_MAX)
		return sg_fail(SG_ELIMIT, "more than %d sections",
		    INF_SECTION_MAX);
	grown = reallocarray(p->inf.sections, p->inf.n + 1, sizeof(*grown));
	if (grown == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	fresh.name = name;
	name = NULL;
	p->inf.sections = grown;
	p->inf.sections[p->inf.n++] = fresh;
	return SG_OK;
}

/* Undoes the quotes; "" inside them is one quote. */
static enum sg_err
unquote(struct buf *out, struct bytes x)
{
	size_t i = 1;

	for (; i < x.n; i++) {
		if (x.p[i] == '"' && (i + 1 == x.n || x.p[i + 1] != '"'))
			break;
		if (x.p[i] == '"')
			i++;
		SG_TRY(buf_add_u8(out, x.p[i]));
	}
	if (i >= x.n)
		return sg_fail(SG_EFORMAT, "the closing quote is missing");
	if (i + 1 != x.n)
		return sg_fail(SG_EFORMAT, "text behind the closing quote");
	return SG_OK;
}

static enum sg_err
value_text(struct buf *out, struct bytes x, bool *quoted)
{
	*quoted = x.n > 0 && x.p[0] == '"';
	if (*quoted)
		return unquote(out, x);
	if (x.n > 0 && memchr(x.p, '"', x.n) != NULL)
		return sg_fail(SG_EFORMAT,
		    "a quote inside a value that does not begin with one");
	return buf_add_bytes(out, x);
}

static enum sg_err
line_continue(struct inf_section *s, struct bytes more)
{
	struct inf_line *last;
	auto_str joined = NULL;

	if (s->n == 0)
		return sg_fail(SG_EFORMAT,
		    CONTINUE " without a line that it continues");
	last = &s->lines[s->n - 1];
	if (strlen(last->value) + more.n > INF_VALUE_MAX)
		return sg_fail(SG_ELIMIT, "a value of more than %d bytes",
		    INF_VALUE_MAX);
	SG_TRY(str_printf(&joined, "%s%.*s", last->value, (int)more.n,
	    (const char *)more.p));
	free(last->value);
	last->value = joined;
	joined = NULL;
	return SG_OK;
}

static enum sg_err
line_add(struct parser *p, struct inf_section *s, struct bytes key,
    struct bytes value, bool quoted)
{
	struct inf_line *grown;
	auto_str k = NULL;
	auto_str v = NULL;

	if (++p->lines > INF_LINE_MAX)
		return sg_fail(SG_ELIMIT, "more than %d lines", INF_LINE_MAX);
	if (value.n > INF_VALUE_MAX)
		return sg_fail(SG_ELIMIT, "a value of more than %d bytes",
		    INF_VALUE_MAX);
	SG_TRY(str_from_bytes(&k, key));
	SG_TRY(str_from_bytes(&v, value));
	grown = reallocarray(s->lines, s->n + 1, sizeof(*grown));
	if (grown == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	s->lines = grown;
	s->lines[s->n++] = (struct inf_line) { k, v, quoted, p->line };
	k = NULL;
	v = NULL;
	return SG_OK;
}

static enum sg_err
key_line(struct parser *p, struct bytes x)
{
	const uint8_t *eq = memchr(x.p, '=', x.n);
	auto_done(buf) value = { 0 };
	struct bytes key;
	bool quoted;

	if (eq == NULL)
		return sg_fail(SG_EFORMAT, "expected 'key = value'");
	if (p->at == p->inf.n)
		return sg_fail(SG_EFORMAT, "a line before the first section");
	key = trim(bytes_of(x.p, (size_t)(eq - x.p)));
	if (key.n == 0)
		return sg_fail(SG_EFORMAT, "nothing stands before the '='");
	SG_TRY(value_text(&value, trim(bytes_of(eq + 1,
	    x.n - (size_t)(eq - x.p) - 1)), &quoted));
	if (key.n == strlen(CONTINUE) &&
	    strncasecmp((const char *)key.p, CONTINUE, key.n) == 0)
		return line_continue(&p->inf.sections[p->at],
		    buf_bytes(&value));
	return line_add(p, &p->inf.sections[p->at], key, buf_bytes(&value),
	    quoted);
}

static enum sg_err
one_line(struct parser *p, struct bytes x)
{
	x = trim(without_comment(x));
	if (x.n == 0)
		return SG_OK;
	return x.p[0] == '[' ? section_begin(p, x) : key_line(p, x);
}

static enum sg_err
all_lines(struct parser *p, struct bytes text, const char *file)
{
	while (text.n > 0) {
		const uint8_t *nl = memchr(text.p, '\n', text.n);
		size_t n = nl != NULL ? (size_t)(nl - text.p) : text.n;

		p->line++;
		SG_TRY(sg_while(one_line(p, bytes_of(text.p, n)), "%s:%u",
		    file, p->line));
		n += nl != NULL;
		text = bytes_of(text.p + n, text.n - n);
	}
	return SG_OK;
}

static const char *
string_find(const struct inf_section *strings, const char *name, size_t n)
{
	for (size_t i = 0; strings != NULL && i < strings->n; i++)
		if (strlen(strings->lines[i].key) == n &&
		    strncasecmp(strings->lines[i].key, name, n) == 0)
			return strings->lines[i].value;
	return NULL;
}

/* Appends what a %name% at s stands for; *used are its bytes. */
static enum sg_err
string_add(struct buf *out, const char *s, const struct inf_section *strings,
    size_t *used)
{
	const char *end = strchr(s + 1, '%');
	const char *value;

	if (end == NULL)
		return sg_fail(SG_EFORMAT,
		    "a lone '%%' (write '%%%%' for the character itself)");
	*used = (size_t)(end - s) + 1;
	if (*used == 2)
		return buf_add_u8(out, '%');
	value = string_find(strings, s + 1, *used - 2);
	if (value == NULL)
		return sg_fail(SG_EFORMAT, "%.*s is not in [" STRINGS "]",
		    (int)*used, s);
	return buf_add_str(out, value);
}

static enum sg_err
expand(char **text, const struct inf_section *strings)
{
	auto_done(buf) b = { 0 };
	char *fresh;

	if (strchr(*text, '%') == NULL)
		return SG_OK;
	for (const char *s = *text; *s != '\0';) {
		size_t used = 1;

		if (*s == '%')
			SG_TRY(string_add(&b, s, strings, &used));
		else
			SG_TRY(buf_add_u8(&b, (uint8_t)*s));
		if (b.n > INF_VALUE_MAX)
			return sg_fail(SG_ELIMIT, "more than %d bytes with its"
			    " strings replaced", INF_VALUE_MAX);
		s += used;
	}
	SG_TRY(str_from_bytes(&fresh, buf_bytes(&b)));
	free(*text);
	*text = fresh;
	return SG_OK;
}

static enum sg_err
expand_all(struct inf *f, const char *file)
{
	const struct inf_section *strings = inf_find(f, STRINGS);

	for (size_t i = 0; i < f->n; i++) {
		struct inf_section *s = &f->sections[i];

		for (size_t k = 0; s != strings && k < s->n; k++) {
			struct inf_line *l = &s->lines[k];

			SG_TRY(sg_while(expand(&l->key, strings), "%s:%u",
			    file, l->line));
			SG_TRY(sg_while(expand(&l->value, strings), "%s:%u",
			    file, l->line));
		}
	}
	return SG_OK;
}

static void
parser_done(struct parser *p)
{
	inf_done(&p->inf);
}

enum sg_err
inf_parse(struct inf *out, struct bytes text, const char *file)
{
	auto_done(parser) p = { 0 };
	auto_done(buf) utf8 = { 0 };

	if (text.n > INF_FILE_MAX)
		return sg_fail(SG_ELIMIT, "%s: more than %d bytes", file,
		    INF_FILE_MAX);
	SG_TRY(sg_while(utf_read(&utf8, text), "%s", file));
	SG_TRY(all_lines(&p, buf_bytes(&utf8), file));
	SG_TRY(expand_all(&p.inf, file));
	*out = p.inf;
	p.inf = (struct inf) { 0 };
	return SG_OK;
}

enum sg_err
inf_quote(struct buf *out, const char *value)
{
	SG_TRY(buf_add_u8(out, '"'));
	for (const char *s = value; *s != '\0'; s++) {
		if (*s == '\n' || *s == '\r')
			return sg_fail(SG_EARG,
			    "an INF value cannot hold a line end");
		if (*s == '"' || *s == '%')
			SG_TRY(buf_add_u8(out, (uint8_t)*s));
		SG_TRY(buf_add_u8(out, (uint8_t)*s));
	}
	return buf_add_u8(out, '"');
}
