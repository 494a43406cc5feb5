/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_TEMPLATE_ATTR_H
#define SG_PKI_TEMPLATE_ATTR_H

/*
 * A template by its directory attributes, each a list of values as certutil
 * writes them ("131584", "a0 00", "1 Years", SDDL).  Attributes that struct
 * template does not have are kept as they are.
 */

#include "pki/template.h"

#define ATTR_VALUES_MAX	256	/* of one attribute */
#define ATTR_EXTRA_MAX	64	/* attributes that are not interpreted */
#define ATTR_VALUE_MAX	SDDL_TEXT_MAX	/* bytes of a value */

enum attr_kind {
	ATTR_EXTRA,	/* not interpreted */
	ATTR_TEXT,
	ATTR_NUMBER,	/* 32 bits, written as signed */
	ATTR_LIST,
	ATTR_USAGE,
	ATTR_PERIOD,
	ATTR_SDDL,
};

struct template_attr {
	const char *name;
	enum attr_kind kind;
	size_t at;		/* in struct template */
};

/* In the order in which certutil writes them; NULL behind the last. */
const struct template_attr *template_attr_at(size_t i);
/* Without case; NULL for a name that no template of Windows has. */
const struct template_attr *template_attr_find(const char *name);

/* Appends the values; none when the attribute is absent. */
enum sg_err template_get(struct texts *out, const struct template *t,
    const char *name);
/* Replaces the values; an empty list removes.  SG_EFORMAT says what a value
 * should be, SG_ELIMIT. */
enum sg_err template_put(struct template *t, const char *name,
    const struct texts *values);

enum sg_err template_copy(struct template *out, const struct template *from);

/* One attribute that differs. */
struct template_change {
	char *name;
	struct texts before;
	struct texts after;
};
struct template_changes {
	struct template_change *v;
	size_t n;
};
void template_changes_done(struct template_changes *c);
/* Every attribute whose values are not the same, in certutil's order. */
enum sg_err template_diff(struct template_changes *out,
    const struct template *before, const struct template *after);

#endif
