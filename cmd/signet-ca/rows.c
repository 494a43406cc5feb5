/* SPDX-License-Identifier: BSD-2-Clause */
#include "rows.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

void
rows_begin(struct rows *r, const struct options *o, const char *heads,
    const char *none)
{
	*r = (struct rows) { heads, none, .json = o->json };
	if (r->json)
		(void)printf("[");
}

void
rows_line(struct rows *r, const char *fmt, ...)
{
	va_list ap;

	if (!r->any)
		told("%s", r->heads);
	r->any = true;
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)putchar('\n');
}

enum sg_err
rows_object(struct json_out **out)
{
	SG_TRY(json_out_new(out));
	json_put_object(*out, NULL);
	return SG_OK;
}

enum sg_err
rows_put(struct rows *r, struct json_out *j)
{
	auto_str text = NULL;

	json_close(j);
	SG_TRY(json_text(j, &text));
	(void)printf("%s\n%s", r->any ? "," : "", text);
	r->any = true;
	return SG_OK;
}

void
rows_end(const struct rows *r)
{
	if (r->json)
		(void)printf("%s]\n", r->any ? "\n" : "");
	else if (!r->any)
		told("%s", r->none);
}

enum sg_err
after_number(int64_t *out, const struct options *o)
{
	long long n = 0;

	if (o->after != NULL)
		SG_TRY(number_parse(&n, o->after, 0, INT64_MAX, "--after"));
	*out = n;
	return SG_OK;
}

enum sg_err
operand_number(int64_t *out, const struct options *o)
{
	long long n;

	SG_TRY(number_parse(&n, o->operand, 1, INT64_MAX, "the request"));
	*out = n;
	return SG_OK;
}

void
date_text(char out[16], int64_t t)
{
	time_t tt = (time_t)t;
	struct tm tm;

	out[0] = '\0';
	if (gmtime_r(&tt, &tm) != NULL)
		(void)strftime(out, 16, "%Y-%m-%d", &tm);
}

void
time_text(char out[32], int64_t t)
{
	time_t tt = (time_t)t;
	struct tm tm;

	out[0] = '\0';
	if (gmtime_r(&tt, &tm) != NULL)
		(void)strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}
