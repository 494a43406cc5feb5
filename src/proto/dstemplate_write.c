/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "pki/template_attr.h"
#include "proto/dstemplate.h"
#include "proto/utf.h"

#define INDENT "    "

/* A quote inside is doubled, as INF text does it. */
static enum sg_err
value_add(struct buf *out, const char *s)
{
	SG_TRY(buf_add_u8(out, '"'));
	for (; *s != '\0'; s++) {
		if (*s == '\n' || *s == '\r')
			return sg_fail(SG_EARG,
			    "a value cannot hold a line end");
		if (*s == '"')
			SG_TRY(buf_add_u8(out, '"'));
		SG_TRY(buf_add_u8(out, (uint8_t)*s));
	}
	return buf_add_u8(out, '"');
}

static enum sg_err
line_add(struct buf *out, const char *name, bool period,
    const struct texts *values)
{
	if (values->n == 0)
		return SG_OK;
	/* Two blanks before periods: so certutil writes them. */
	SG_TRY(buf_printf(out, INDENT "%s =%s", name, period ? " " : ""));
	for (size_t i = 0; i < values->n; i++) {
		SG_TRY(buf_add_str(out, i > 0 ? ", " : " "));
		SG_TRY(value_add(out, values->v[i]));
	}
	return buf_add_u8(out, '\n');
}

/* What every template has, and what the reader drops for that reason. */
static enum sg_err
implied(struct texts *out, const struct template *t, const char *name)
{
	if (strcmp(name, "objectClass") == 0) {
		SG_TRY(texts_add(out, "top"));
		return texts_add(out, "pKICertificateTemplate");
	}
	if (strcmp(name, "showInAdvancedViewOnly") == 0)
		return texts_add(out, "TRUE");
	return strcmp(name, "name") == 0 ? texts_add(out, t->cn) : SG_OK;
}

static enum sg_err
template_write(struct buf *out, const struct template *t)
{
	const struct template_attr *a;

	SG_TRY(buf_printf(out, "\n\n[%s]\n", t->cn));
	for (size_t i = 0; (a = template_attr_at(i)) != NULL; i++) {
		auto_done(texts) values = { 0 };

		SG_TRY(template_get(&values, t, a->name));
		if (values.n == 0)
			SG_TRY(implied(&values, t, a->name));
		SG_TRY(line_add(out, a->name, a->kind == ATTR_PERIOD,
		    &values));
	}
	for (size_t i = 0; i < t->extra_count; i++)
		if (template_attr_find(t->extra[i].name) == NULL)
			SG_TRY(line_add(out, t->extra[i].name, false,
			    &t->extra[i].values));
	return SG_OK;
}

enum sg_err
dstemplate_write(struct buf *out, const struct template *const *t, size_t n)
{
	SG_TRY(buf_add_str(out, "[Version]\nSignature = \"$Windows NT$\"\n"));
	for (size_t i = 0; i < n; i++)
		SG_TRY(template_write(out, t[i]));
	SG_TRY(buf_add_str(out, "\n\n[TemplateList]\n"));
	for (size_t i = 0; i < n; i++)
		SG_TRY(buf_printf(out, INDENT "Template = \"%s\"\n",
		    t[i]->cn));
	return SG_OK;
}

enum sg_err
dstemplate_windows(struct buf *out, struct bytes text)
{
	auto_done(buf) crlf = { 0 };

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\n')
			SG_TRY(buf_add_u8(&crlf, '\r'));
		SG_TRY(buf_add_u8(&crlf, text.p[i]));
	}
	return utf16_write(out, buf_bytes(&crlf));
}
