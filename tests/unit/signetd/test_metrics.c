/* SPDX-License-Identifier: BSD-2-Clause */

/* The text format of Prometheus, held to its letter. */

#include "../test.h"

#include <ctype.h>

#include "ipc/verbs.h"
#include "metrics.h"

#define FAMILIES_MAX 64

struct families {
	char name[FAMILIES_MAX][64];
	char type[FAMILIES_MAX][16];
	size_t count;
};

static size_t
name_length(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_' || s[n] == ':')
		n++;
	return isdigit((unsigned char)s[0]) ? 0 : n;
}

/* {name="value",...} with nothing in the values that needs an escape. */
static const char *
skip_labels(const char *at)
{
	if (*at != '{')
		return at;
	do {
		size_t n = name_length(++at);

		assert_true(n > 0);
		at += n;
		assert_int_equal(at[0], '=');
		assert_int_equal(at[1], '"');
		at += 2 + strcspn(at + 2, "\"\\\n");
		assert_int_equal(*at++, '"');
	} while (*at == ',');
	assert_int_equal(*at, '}');
	return at + 1;
}

/* A family is announced once, with help and type, before its samples. */
static void
check_head(const char *help, const char *type, struct families *f)
{
	size_t n = name_length(help);

	assert_true(n > 0 && n < 64 && help[n] == ' ' && help[n + 1] != '\0');
	assert_int_equal(strncmp(type, "# TYPE ", 7), 0);
	assert_int_equal(strncmp(type + 7, help, n), 0);
	assert_int_equal(type[7 + n], ' ');
	for (size_t i = 0; i < f->count; i++)
		assert_false(strlen(f->name[i]) == n &&
		    strncmp(f->name[i], help, n) == 0);
	assert_true(f->count < FAMILIES_MAX);
	(void)snprintf(f->name[f->count], 64, "%.*s", (int)n, help);
	(void)snprintf(f->type[f->count], 16, "%s", type + 8 + n);
	f->count++;
}

static void
check_sample(const char *line, const struct families *f)
{
	const char *family = f->name[f->count - 1];
	const char *type = f->type[f->count - 1];
	size_t n = name_length(line);
	const char *rest = line + strlen(family);
	char *end;

	assert_int_equal(strncmp(line, family, strlen(family)), 0);
	if (strcmp(type, "summary") == 0)
		assert_true(strncmp(rest, "_sum{", 5) == 0 ||
		    strncmp(rest, "_count{", 7) == 0);
	else
		assert_int_equal(n, strlen(family));
	if (strcmp(type, "counter") == 0)
		assert_string_equal(family + strlen(family) - 6, "_total");
	rest = skip_labels(line + n);
	assert_int_equal(*rest++, ' ');
	(void)strtod(rest, &end);
	assert_true(end > rest && *end == '\0');
}

static void
check(char *text)
{
	struct families f = { 0 };
	size_t length = strlen(text);
	char *save = NULL;

	assert_true(length > 0 && text[length - 1] == '\n');
	for (char *line = strtok_r(text, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "# HELP ", 7) == 0)
			check_head(line + 7, strtok_r(NULL, "\n", &save), &f);
		else {
			assert_true(f.count > 0);
			check_sample(line, &f);
		}
	}
	assert_true(f.count >= 12);
}

static void
write_some(struct buf *out)
{
	struct metrics m = { .load = { 3, 7 }, .resident = 4096,
		.keeper = { 10, 2, 5, 1, 1 }, .audit_lost = 9 };
	struct server_verb_stats *verbs;
	size_t count;

	count = daemon_verbs.count;
	verbs = calloc(count, sizeof(*verbs));
	assert_non_null(verbs);
	verbs[0].results[SG_OK] = 4;
	verbs[0].us = 1000001;
	verbs[3].results[SG_EPIN] = 1;
	verbs[3].results[SG_ETPM] = 2;
	m.server.verbs = verbs;
	m.server.refused[LIMIT_WAITING] = 6;
	OK(metrics_write(&m, out));
	OK(buf_terminate(out));
	free(verbs);
}

static void
every_line_is_one_that_prometheus_reads(void **state)
{
	auto_done(buf) b = { 0 };

	(void)state;
	write_some(&b);
	check((char *)b.p);
}

static void
what_was_counted_is_in_it(void **state)
{
	static const char *const lines[] = {
		"signet_requests_total{verb=\"HELLO\",result=\"ok\"} 4\n",
		"signet_requests_total{verb=\"LOGIN\",result=\"pin\"} 1\n",
		"signet_request_seconds_sum{verb=\"HELLO\"} 1.000001\n",
		"signet_request_seconds_count{verb=\"LOGIN\"} 3\n",
		"signet_quota_refusals_total{quota=\"waiting\"} 6\n",
		"signet_requests_waiting 3\n", "signet_tpm_errors_total 2\n",
		"signet_tpm_commands_total 10\n",
		"signet_signatures_total 5\n",
		"signet_audit_lines_lost_total 9\n" };
	auto_done(buf) b = { 0 };

	(void)state;
	write_some(&b);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_non_null(strstr((char *)b.p, lines[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_is_one_that_prometheus_reads),
		cmocka_unit_test(what_was_counted_is_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
