/* SPDX-License-Identifier: BSD-2-Clause */
#include "output.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define LABEL_WIDTH 14

void
table_done(struct table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->cells[i]);
	free(t->cells);
	*t = (struct table) { 0 };
}

static void
tame(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

static enum sg_err
cell_add(struct table *t, const char *text)
{
	char **grown = reallocarray(t->cells, t->n + 1, sizeof(*grown));

	if (grown == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	t->cells = grown;
	SG_TRY(str_dup(&grown[t->n], *text != '\0' ? text : "-"));
	tame(grown[t->n++]);
	return SG_OK;
}

void
table_cell(struct table *t, const char *text)
{
	if (t->failed == SG_OK)
		t->failed = cell_add(t, text);
}

void
table_date(struct table *t, int64_t unix_seconds)
{
	char text[DATE_TEXT_MAX];

	date_text(text, unix_seconds);
	table_cell(t, text);
}

/* Characters of UTF-8 text, near enough to columns of a terminal. */
static size_t
width(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void
print_row(const char *const *cells, size_t columns, const size_t *widths)
{
	for (size_t i = 0; i < columns; i++) {
		size_t pad = i + 1 < columns ? widths[i] - width(cells[i]) + 2
					     : 0;

		(void)printf("%s%*s", cells[i], (int)pad, "");
	}
	(void)putchar('\n');
}

enum sg_err
table_print(const struct table *t, const char *none)
{
	size_t widths[TABLE_COLUMNS_MAX] = { 0 };

	if (t->failed != SG_OK)
		return t->failed;
	assert(t->columns <= TABLE_COLUMNS_MAX);
	if (t->n == 0) {
		(void)puts(none);
		return SG_OK;
	}
	for (size_t i = 0; i < t->columns; i++)
		widths[i] = width(t->heads[i]);
	for (size_t i = 0; i < t->n; i++) {
		size_t w = width(t->cells[i]);

		if (w > widths[i % t->columns])
			widths[i % t->columns] = w;
	}
	print_row(t->heads, t->columns, widths);
	for (size_t i = 0; i < t->n; i += t->columns)
		print_row((const char *const *)t->cells + i, t->columns,
		    widths);
	return SG_OK;
}

void
field_print(const char *label, const char *value)
{
	auto_str copy = NULL;

	(void)printf("%s%c%*s", label, *label != '\0' ? ':' : ' ',
	    (int)(LABEL_WIDTH - strlen(label) % LABEL_WIDTH), "");
	if (str_dup(&copy, value) == SG_OK) {
		tame(copy);
		(void)puts(copy);
	}
}

enum sg_err
record_print(const struct fields *f)
{
	auto_done(buf) text = { 0 };

	SG_TRY(fields_text(&text, f));
	(void)fwrite(text.p, 1, text.n, stdout);
	return SG_OK;
}

static bool
local_time(struct tm *tm, int64_t unix_seconds)
{
	time_t t = (time_t)unix_seconds;

	return localtime_r(&t, tm) != NULL;
}

void
date_text(char out[DATE_TEXT_MAX], int64_t unix_seconds)
{
	struct tm tm;

	if (!local_time(&tm, unix_seconds) ||
	    strftime(out, DATE_TEXT_MAX, "%Y-%m-%d", &tm) == 0)
		strcpy(out, "?");
}

void
moment_text(char out[DATE_TEXT_MAX], int64_t unix_seconds)
{
	struct tm tm;

	if (!local_time(&tm, unix_seconds) ||
	    strftime(out, DATE_TEXT_MAX, "%Y-%m-%d %H:%M", &tm) == 0)
		strcpy(out, "?");
}

void
progress(const char *text)
{
	if (!isatty(STDERR_FILENO))
		return;
	/* Back to the line's start, and what stood there erased. */
	(void)fprintf(stderr, "\r\033[K%s", text != NULL ? text : "");
	(void)fflush(stderr);
}

static const struct {
	enum object_key_type type;
	const char *name;
} types[] = {
	{ OBJECT_RSA2048, "rsa2048" },
	{ OBJECT_P256, "p256" },
	/* These only tokens have. */
	{ OBJECT_RSA3072, "rsa3072" },
	{ OBJECT_RSA4096, "rsa4096" },
	{ OBJECT_P384, "p384" },
};

const char *
key_type_name(enum object_key_type type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (types[i].type == type)
			return types[i].name;
	return "unknown";
}

enum sg_err
key_type_parse(enum object_key_type *out, const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (strcasecmp(types[i].name, name) == 0) {
			*out = types[i].type;
			return SG_OK;
		}
	}
	return sg_fail(SG_EARG, "'%s' is no type of key (rsa2048, p256; on"
	    " cards also rsa3072, rsa4096, p384)", name);
}
