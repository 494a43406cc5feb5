/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/text.h"

#define DUMP_FLAGS (JSON_INDENT(2) | JSON_PRESERVE_ORDER)

struct json_out {
	json_t *root;
	json_t *open[JSON_DEPTH_MAX];	/* borrowed from root */
	size_t depth;
	enum sg_err failed;
};

enum sg_err
json_out_new(struct json_out **out)
{
	struct json_out *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	*out = j;
	return SG_OK;
}

void
json_out_free(struct json_out *j)
{
	if (j == NULL)
		return;
	json_decref(j->root);
	free(j);
}

/* Puts v, whose reference is given away, where name says. */
static bool
put(struct json_out *j, const char *name, json_t *v)
{
	json_t *in = j->depth > 0 ? j->open[j->depth - 1] : NULL;
	int rc = -1;

	if (j->failed != SG_OK || v == NULL) {
		if (j->failed == SG_OK)
			j->failed = SG_ENOMEM;
		json_decref(v);
		return false;
	}
	if (json_is_object(in) && name != NULL)
		rc = json_object_set_new(in, name, v);
	else if (json_is_array(in) && name == NULL)
		rc = json_array_append_new(in, v);
	else
		json_decref(v);
	if (rc != 0)
		j->failed = SG_EINTERNAL;
	return rc == 0;
}

static void
open_value(struct json_out *j, const char *name, json_t *v)
{
	if (j->depth == JSON_DEPTH_MAX)
		j->failed = SG_ELIMIT;
	if (j->root == NULL && j->failed == SG_OK && v != NULL) {
		j->root = v;
		j->open[j->depth++] = v;
	} else if (put(j, name, v)) {
		j->open[j->depth++] = v;
	}
}

void
json_put_object(struct json_out *j, const char *name)
{
	open_value(j, name, json_object());
}

void
json_put_array(struct json_out *j, const char *name)
{
	open_value(j, name, json_array());
}

void
json_close(struct json_out *j)
{
	if (j->depth == 0)
		j->failed = SG_EINTERNAL;
	else
		j->depth--;
}

/* A copy whose bytes outside ASCII became '?'. */
static json_t *
ascii_string(const char *s)
{
	auto_str copy = NULL;

	if (str_dup(&copy, s) != SG_OK)
		return NULL;
	for (char *p = copy; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	return json_string(copy);
}

void
json_put_str(struct json_out *j, const char *name, const char *value)
{
	json_t *v = value != NULL ? json_string(value) : json_null();

	(void)put(j, name, v != NULL ? v : ascii_string(value));
}

void
json_put_num(struct json_out *j, const char *name, long long value)
{
	(void)put(j, name, json_integer(value));
}

void
json_put_bool(struct json_out *j, const char *name, bool value)
{
	(void)put(j, name, json_boolean(value));
}

void
json_put_hex(struct json_out *j, const char *name, struct bytes value)
{
	auto_str hex = NULL;
	enum sg_err e = hex_encode(&hex, value);

	if (e == SG_OK)
		json_put_str(j, name, hex);
	else if (j->failed == SG_OK)
		j->failed = e;
}

void
json_put_time(struct json_out *j, const char *name, long long value)
{
	time_t t = (time_t)value;
	char text[64] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm) != NULL)
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_put_str(j, name, text);
}

static enum sg_err
whole(const struct json_out *j)
{
	if (j->failed == SG_ENOMEM)
		return sg_fail(SG_ENOMEM, "out of memory");
	if (j->failed == SG_ELIMIT)
		return sg_fail(SG_ELIMIT, "JSON deeper than %d levels",
		    JSON_DEPTH_MAX);
	if (j->failed != SG_OK || j->depth != 0 || j->root == NULL)
		return sg_fail(SG_EINTERNAL, "a JSON document is unfinished");
	return SG_OK;
}

enum sg_err
json_text(const struct json_out *j, char **out)
{
	char *s;

	SG_TRY(whole(j));
	if ((s = json_dumps(j->root, DUMP_FLAGS)) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	*out = s;
	return SG_OK;
}

enum sg_err
json_print(const struct json_out *j, FILE *f)
{
	SG_TRY(whole(j));
	if (json_dumpf(j->root, f, DUMP_FLAGS) != 0 || fputc('\n', f) == EOF ||
	    fflush(f) != 0)
		return sg_fail(SG_EIO, "writing JSON: %s", strerror(errno));
	return SG_OK;
}
