/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"

#include <string.h>

#include "base/text.h"

#define FD_MAX 1048576

static const struct option *
find(const struct option *table, const char *name, size_t n)
{
	for (const struct option *o = table; o->name != NULL; o++)
		if (strlen(o->name) == n && memcmp(o->name, name, n) == 0)
			return o;
	return NULL;
}

static enum sg_err
store_number(const struct option *o, const char *value)
{
	long long v;

	if (o->fd != NULL) {
		SG_TRY(number_parse(&v, value, 0, FD_MAX, o->name));
		*o->fd = (int)v;
		return SG_OK;
	}
	SG_TRY(number_parse(&v, value, 1, o->max, o->name));
	*o->number = (unsigned)v;
	return SG_OK;
}

static enum sg_err
store(const struct option *o, const char *value)
{
	if (o->text != NULL) {
		*o->text = value;
		return SG_OK;
	}
	if (o->list == NULL)
		return store_number(o, value);
	if (o->list->n == OPTION_LIST_MAX)
		return sg_fail(SG_EARG, "--%s stands there more than %d times",
		    o->name, OPTION_LIST_MAX);
	o->list->v[o->list->n++] = value;
	return SG_OK;
}

/* One option at argv[*at]; *at moves to its last word. */
static enum sg_err
one_option(int argc, char **argv, const struct option *table, int *at)
{
	const char *name = argv[*at] + 2;
	const char *eq = strchr(name, '=');
	size_t n = eq != NULL ? (size_t)(eq - name) : strlen(name);
	const struct option *o = find(table, name, n);

	if (o == NULL)
		return sg_fail(SG_EARG, "there is no option --%.*s (--help"
		    " lists them)", (int)n, name);
	if (o->flag != NULL) {
		if (eq != NULL)
			return sg_fail(SG_EARG, "--%s takes no value", o->name);
		*o->flag = true;
		return SG_OK;
	}
	if (eq == NULL && ++*at == argc)
		return sg_fail(SG_EARG, "--%s needs a value", o->name);
	return store(o, eq != NULL ? eq + 1 : argv[*at]);
}

enum sg_err
options_parse(int argc, char **argv, const struct option *table,
    struct arguments *out)
{
	struct arguments a = { .v = argv + 1 };

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			a.rest = argv + i + 1;
			a.rest_n = argc - i - 1;
			break;
		}
		if (argv[i][0] == '-' && argv[i][1] == '-')
			SG_TRY(one_option(argc, argv, table, &i));
		else if (argv[i][0] == '-' && argv[i][1] != '\0')
			return sg_fail(SG_EARG, "there is no option %s (--help"
			    " lists them)", argv[i]);
		else
			a.v[a.n++] = argv[i];
	}
	*out = a;
	return SG_OK;
}

enum sg_err
arguments_check(const struct arguments *a, int min, int max, const char *what)
{
	if (a->rest_n > 0)
		return sg_fail(SG_EARG, "nothing can follow '--' here");
	if (a->n < min || a->n > max)
		return sg_fail(SG_EARG, "%s expected, %d given", what, a->n);
	return SG_OK;
}
