/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/json_fields.h"

#include <stdlib.h>
#include <string.h>

static void
put_one(struct json_out *j, const struct field *x)
{
	if (x->form == FIELD_NUMBER)
		json_put_num(j, x->key, strtoll(x->value, NULL, 10));
	else if (x->form == FIELD_FLAG)
		json_put_bool(j, x->key, strcmp(x->value, "true") == 0);
	else
		json_put_str(j, x->key, x->value);
}

/* All values of the list that begins at field i; returns how many. */
static size_t
put_list(struct json_out *j, const struct fields *f, size_t i)
{
	const char *key = f->v[i].key;
	size_t n = 0;

	json_put_array(j, key);
	for (; i + n < f->n && strcmp(f->v[i + n].key, key) == 0; n++)
		json_put_str(j, NULL, f->v[i + n].value);
	json_close(j);
	return n;
}

void
json_put_fields(struct json_out *j, const struct fields *f)
{
	for (size_t i = 0; i < f->n;) {
		if (f->v[i].form == FIELD_LIST) {
			i += put_list(j, f, i);
			continue;
		}
		put_one(j, &f->v[i++]);
	}
}
