/* SPDX-License-Identifier: BSD-2-Clause */

#include "card_names.h"

#include <string.h>
#include <strings.h>

#define TAG_DIGITS	6
#define NAME_DIGITS	36	/* of a PIV card's container */

enum sg_err
reader_choose(char **out, const char *names, const char *wanted,
    const char **why)
{
	const char *only = NULL;
	size_t n = 0;

	for (const char *s = names; *s != 0; s += strlen(s) + 1) {
		if (wanted != NULL && strcmp(s, wanted) == 0)
			return str_dup(out, s);
		only = s;
		n++;
	}
	if (n == 0)
		*why = "no smart card reader is redirected";
	else if (wanted != NULL)
		*why = "the reader that the credentials name is not redirected";
	else if (n > 1)
		*why = "several readers are redirected, and the credentials"
		    " name none";
	else
		return str_dup(out, only);
	return SG_ENOENT;
}

/* The certificate objects of PIV and what OpenSC calls their keys. */
static const struct {
	const char *tag;
	uint8_t id;
} objects[] = {
	{ "5fc105", 1 },	/* 9A */
	{ "5fc10a", 2 },	/* 9C */
	{ "5fc10b", 3 },	/* 9D */
	{ "5fc101", 4 },	/* 9E */
};

bool
container_is(const char *container, struct bytes id, const char *label)
{
	size_t n = strlen(container);

	if (n != NAME_DIGITS)
		return strcmp(container, label) == 0;
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		if (strcasecmp(container + n - TAG_DIGITS,
		    objects[i].tag) == 0)
			return id.n == 1 && id.p[0] == objects[i].id;
	return strcmp(container, label) == 0;
}
