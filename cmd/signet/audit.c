/* SPDX-License-Identifier: BSD-2-Clause */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/audit_line.h"
#include "base/text.h"
#include "ipc/client.h"
#include "options.h"
#include "output.h"
#include "user.h"
#include "verb.h"

#define LIMIT_DEFAULT	50
#define LIMIT_MAX	100000
#define TIME_LEN	20

struct ask {
	uint32_t uid;
	unsigned limit;
	const char *since;	/* "2026-11-21T09:12:04Z", or "" */
};

/* The chosen lines, newest first, each a copy. */
struct found {
	char **lines;
	size_t count;
	bool old;		/* what is older than wanted has come */
};

static void
found_done(struct found *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->lines[i]);
	free(f->lines);
}

static enum sg_err
found_add(struct found *f, struct bytes line)
{
	char **fresh = reallocarray(f->lines, f->count + 1, sizeof(*fresh));

	if (fresh == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	f->lines = fresh;
	SG_TRY(str_from_bytes(&f->lines[f->count], line));
	f->count++;
	return SG_OK;
}

/* The last line of what is left, which becomes shorter. */
static struct bytes
last_line(struct bytes *left)
{
	size_t end = left->n > 0 && left->p[left->n - 1] == '\n' ? left->n - 1
								 : left->n;
	size_t at = end;
	struct bytes line;

	while (at > 0 && left->p[at - 1] != '\n')
		at--;
	line = bytes_of(left->p + at, end - at);
	left->n = at;
	return line;
}

/* Times of this shape compare as text. */
static enum sg_err
choose(struct bytes left, const struct ask *a, struct found *f)
{
	while (left.n > 0 && f->count < a->limit && !f->old) {
		struct bytes line = last_line(&left);
		struct audit_line l;

		if (audit_line_parse(line, &l) != SG_OK)
			continue;
		f->old = memcmp(l.time.p, a->since, strlen(a->since)) < 0;
		if (!f->old)
			SG_TRY(found_add(f, line));
	}
	return SG_OK;
}

static enum sg_err
collect(struct client *c, const struct ask *a, struct found *f)
{
	uint64_t end = UINT64_MAX, start = 0;

	do {
		auto_done(buf) part = { 0 };

		SG_TRY(client_audit(c, a->uid, end, &part, &start));
		/* A file that was cut meanwhile must not lead in circles. */
		if (start >= end)
			break;
		end = start;
		SG_TRY(choose(buf_bytes(&part), a, f));
	} while (start > 0 && f->count < a->limit && !f->old);
	return SG_OK;
}

static enum sg_err
copy_of(const struct audit_line *l, const char *key, char **out)
{
	return str_from_bytes(out, audit_line_value(l, key));
}

/* What the line says of its object: every pair without a column. */
static enum sg_err
about(const struct audit_line *l, struct buf *out)
{
	static const char *const columns[] = { "uid", "pid", "program",
		"result" };

	for (size_t i = 0; i < l->count; i++) {
		bool column = false;

		for (size_t k = 0; k < 4; k++)
			column = column || bytes_eq(l->pairs[i].key,
			    bytes_str(columns[k]));
		if (column)
			continue;
		SG_TRY(buf_printf(out, "%s%.*s=%.*s", out->n > 0 ? " " : "",
		    (int)l->pairs[i].key.n, (const char *)l->pairs[i].key.p,
		    (int)l->pairs[i].value.n,
		    (const char *)l->pairs[i].value.p));
	}
	return buf_terminate(out);
}

/* Local time, out of the line's UTC. */
static void
time_cell(struct table *t, const struct audit_line *l)
{
	char text[TIME_LEN + 1] = { 0 }, moment[DATE_TEXT_MAX];
	struct tm tm = { 0 };

	memcpy(text, l->time.p, TIME_LEN);
	if (strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) == NULL) {
		table_cell(t, text);
		return;
	}
	moment_text(moment, timegm(&tm));
	table_cell(t, moment);
}

static enum sg_err
put_row(struct table *t, const char *line)
{
	auto_str what = NULL;
	auto_str user = NULL;
	auto_str program = NULL;
	auto_str result = NULL;
	auto_done(buf) rest = { 0 };
	struct audit_line l;

	SG_TRY(audit_line_parse(bytes_str(line), &l));
	SG_TRY(str_from_bytes(&what, l.what));
	SG_TRY(copy_of(&l, "uid", &user));
	SG_TRY(copy_of(&l, "program", &program));
	SG_TRY(copy_of(&l, "result", &result));
	SG_TRY(about(&l, &rest));
	time_cell(t, &l);
	table_cell(t, what);
	table_cell(t, result);
	table_cell(t, user);
	table_cell(t, program);
	table_cell(t, (const char *)rest.p);
	return SG_OK;
}

static enum sg_err
print_table(const struct found *f)
{
	static const char *const heads[] = { "TIME", "WHAT", "RESULT",
		"USER", "PROGRAM", "ABOUT" };
	auto_done(table) t = { .heads = heads, .columns = 6 };

	for (size_t i = f->count; i > 0; i--)
		SG_TRY(put_row(&t, f->lines[i - 1]));
	return table_print(&t, "No line of the audit matches.");
}

/* Pairs that are numbers; the rest is text, whatever it looks like. */
static enum sg_err
put_pair(struct json_out *j, const char *key, const char *value)
{
	static const char *const numbers[] = { "uid", "pid", "of", "limit",
		"skipped", "count" };
	long long n;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		if (strcmp(key, numbers[i]) != 0)
			continue;
		SG_TRY(number_parse(&n, value, 0, LLONG_MAX, key));
		json_put_num(j, key, n);
		return SG_OK;
	}
	json_put_str(j, key, value);
	return SG_OK;
}

static enum sg_err
put_json(struct json_out *j, const char *line)
{
	struct audit_line l;
	auto_str time = NULL;
	auto_str what = NULL;

	SG_TRY(audit_line_parse(bytes_str(line), &l));
	SG_TRY(str_from_bytes(&time, l.time));
	SG_TRY(str_from_bytes(&what, l.what));
	json_put_object(j, NULL);
	json_put_str(j, "time", time);
	json_put_str(j, "what", what);
	for (size_t i = 0; i < l.count; i++) {
		auto_str key = NULL;
		auto_str value = NULL;

		SG_TRY(str_from_bytes(&key, l.pairs[i].key));
		SG_TRY(str_from_bytes(&value, l.pairs[i].value));
		SG_TRY(put_pair(j, key, value));
	}
	json_close(j);
	return SG_OK;
}

static enum sg_err
print_json(const struct found *f)
{
	auto_free(json_out) j = NULL;

	SG_TRY(json_out_new(&j));
	json_put_array(j, NULL);
	for (size_t i = f->count; i > 0; i--)
		SG_TRY(put_json(j, f->lines[i - 1]));
	json_close(j);
	return json_print(j, stdout);
}

/* A day or a moment of local time, as UTC in the lines' shape. */
static enum sg_err
since_parse(const char *text, char out[TIME_LEN + 1])
{
	static const char *const shapes[] = { "%Y-%m-%d %H:%M:%S",
		"%Y-%m-%d %H:%M", "%Y-%m-%d" };
	struct tm utc;

	for (size_t i = 0; i < 3; i++) {
		struct tm tm = { .tm_isdst = -1 };
		const char *end = strptime(text, shapes[i], &tm);
		time_t t;

		if (end == NULL || *end != '\0')
			continue;
		t = mktime(&tm);
		(void)gmtime_r(&t, &utc);
		(void)strftime(out, TIME_LEN + 1, "%Y-%m-%dT%H:%M:%SZ", &utc);
		return SG_OK;
	}
	return sg_fail(SG_EARG, "--since takes a day or a moment, as in "
	    "2026-11-21 or '2026-11-21 09:30'");
}

static enum sg_err
who(const char *user, bool all, uint32_t *out)
{
	if (all && user != NULL)
		return sg_fail(SG_EARG, "either --user or --all");
	*out = CLIENT_EVERYBODY;
	return all ? SG_OK : user_id(out, user);
}

static enum sg_err
audit_verb(int argc, char **argv)
{
	auto_free(client) c = NULL;
	__attribute__((cleanup(found_done))) struct found f = { 0 };
	struct arguments args;
	const char *user = NULL, *since = NULL;
	char moment[TIME_LEN + 1] = "";
	bool json = false, all = false;
	struct ask a = { .limit = LIMIT_DEFAULT, .since = moment };
	const struct option table[] = {
		{ .name = "json", .flag = &json },
		{ .name = "all", .flag = &all },
		{ .name = "user", .text = &user },
		{ .name = "since", .text = &since },
		{ .name = "limit", .number = &a.limit, .max = LIMIT_MAX },
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &args));
	SG_TRY(arguments_check(&args, 0, 0, "no argument"));
	SG_TRY(who(user, all, &a.uid));
	if (since != NULL)
		SG_TRY(since_parse(since, moment));
	SG_TRY(client_open(&c, NULL));
	SG_TRY(collect(c, &a, &f));
	return json ? print_json(&f) : print_table(&f);
}

static int
run(int argc, char **argv)
{
	return cli_end(sg_while(audit_verb(argc, argv), "audit"));
}

const struct cli_verb cli_audit = {
	.name = "audit",
	.summary = "lists who did what with your container",
	.usage = "audit [--since WHEN] [--limit N] [--json] [--user USER |"
		" --all]\n",
	.text = "Logins, uses of keys and changes, the latest last, out of the"
		" file that\nsignetd writes. A program's name is what it calls"
		" itself.\n\n"
		"  --since WHEN  from this day or moment on: 2026-11-21,"
		" '2026-11-21 09:30'\n"
		"  --limit N     at most so many lines, the latest (50)\n"
		"  --json        for programs; times are UTC\n"
		"  --user USER   another user's container (root only)\n"
		"  --all         everybody's, and the daemon's own (root"
		" only)\n",
	.run = run,
};
