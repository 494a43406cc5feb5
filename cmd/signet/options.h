/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_OPTIONS_H
#define SIGNET_OPTIONS_H

/*
 * Options as tables: "--name", "--name VALUE" or "--name=VALUE", anywhere
 * among the arguments and up to "--".
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define OPTION_LIST_MAX 16	/* times that one option may be repeated */

struct option_list {
	const char *v[OPTION_LIST_MAX];
	size_t n;
};

/* Set exactly one of the pointers; the value it points to is the default.
 * Strings point into argv. */
struct option {
	const char *name;		/* without "--" */
	bool *flag;
	const char **text;
	int *fd;			/* a descriptor's number, 0 or more */
	unsigned *number;		/* from 1 to max */
	unsigned max;
	struct option_list *list;	/* may be repeated */
};

/* What is left: arguments before "--", and those behind it. */
struct arguments {
	char **v;		/* points into argv, which is reordered */
	int n;
	char **rest;
	int rest_n;
};

/*
 * Reads argv[1..]; table ends with a NULL name.  SG_EARG for an unknown
 * option, a missing or superfluous value; the last of several counts.
 */
enum sg_err options_parse(int argc, char **argv, const struct option *table,
    struct arguments *out);

/* SG_EARG unless there are min to max arguments and nothing behind "--"; what
 * names them ("one HOST"). */
enum sg_err arguments_check(const struct arguments *a, int min, int max,
    const char *what);

#endif
