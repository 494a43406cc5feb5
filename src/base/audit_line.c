/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/audit_line.h"

#include <stdio.h>
#include <string.h>

#define TIME_SHAPE "dddd-dd-ddTdd:dd:ddZ"

static bool
is_time(struct bytes x)
{
	if (x.n != strlen(TIME_SHAPE))
		return false;
	for (size_t i = 0; i < x.n; i++) {
		bool digit = x.p[i] >= '0' && x.p[i] <= '9';

		if (TIME_SHAPE[i] == 'd' ? !digit : x.p[i] != TIME_SHAPE[i])
			return false;
	}
	return true;
}

/* What stands before the next of these characters, which is passed too; all of
 * it when there is none. */
static struct bytes
cut(struct bytes *left, char until, bool *found)
{
	const uint8_t *at = left->n == 0 ? NULL
					 : memchr(left->p, until, left->n);
	struct bytes word = *left;

	*found = at != NULL;
	if (at != NULL)
		word.n = (size_t)(at - left->p);
	left->p += word.n + *found;
	left->n -= word.n + *found;
	return word;
}

static bool
is_word(struct bytes x)
{
	for (size_t i = 0; i < x.n; i++)
		if ((x.p[i] < 'a' || x.p[i] > 'z') && x.p[i] != '-')
			return false;
	return x.n > 0;
}

static bool
parse_pair(struct bytes *left, struct audit_pair *out)
{
	bool found;

	out->key = cut(left, '=', &found);
	if (!found || !is_word(out->key))
		return false;
	if (left->n == 0 || *left->p != '"') {
		out->value = cut(left, ' ', &found);
		return out->value.n > 0 &&
		    memchr(out->value.p, '"', out->value.n) == NULL;
	}
	left->p++;
	left->n--;
	out->value = cut(left, '"', &found);
	if (!found || (left->n > 0 && *left->p != ' '))
		return false;
	(void)cut(left, ' ', &found);
	return true;
}

static bool
parse(struct bytes left, struct audit_line *out)
{
	bool found;

	out->time = cut(&left, ' ', &found);
	if (!found || !is_time(out->time))
		return false;
	out->what = cut(&left, ' ', &found);
	if (!is_word(out->what))
		return false;
	while (left.n > 0) {
		if (out->count == AUDIT_PAIRS_MAX ||
		    !parse_pair(&left, &out->pairs[out->count]))
			return false;
		out->count++;
	}
	return true;
}

enum sg_err
audit_line_parse(struct bytes line, struct audit_line *out)
{
	memset(out, 0, sizeof(*out));
	if (!parse(line, out))
		return sg_fail(SG_EFORMAT, "that is no line of the audit");
	return SG_OK;
}

struct bytes
audit_line_value(const struct audit_line *l, const char *key)
{
	for (size_t i = 0; i < l->count; i++)
		if (bytes_eq(l->pairs[i].key, bytes_str(key)))
			return l->pairs[i].value;
	return (struct bytes) { 0 };
}

bool
audit_line_concerns(const struct audit_line *l, uint32_t uid)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u", uid);
	return bytes_eq(audit_line_value(l, "uid"), bytes_str(text)) ||
	    bytes_eq(audit_line_value(l, "of"), bytes_str(text));
}
