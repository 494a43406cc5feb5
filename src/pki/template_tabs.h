/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_TEMPLATE_TABS_H
#define SG_PKI_TEMPLATE_TABS_H

/* Between template_edit.c and the files of the tabs; inside of src/pki. */

#include "pki/template_edit.h"

/* One setting: either a bit of a flags attribute, or two functions. */
struct tab_setting {
	struct template_setting shown;
	enum sg_err (*get)(char **out, const struct template *t);
	enum sg_err (*set)(struct template *t, const char *value);
	size_t at;		/* the flags' field when get is NULL */
	uint32_t bit;
	bool inverted;
};

#define TAB_BIT(n, t, l, field, b) { { n, t, l, "yes, no" }, NULL, NULL, \
	offsetof(struct template, field), b, false }
#define TAB_NOT_BIT(n, t, l, field, b) { { n, t, l, "yes, no" }, NULL, NULL, \
	offsetof(struct template, field), b, true }

extern const struct tab_setting tab_general[];
extern const struct tab_setting tab_keys[];
extern const struct tab_setting tab_names[];
extern const struct tab_setting tab_issuance[];

/* Compatibility and provider category decide the schema version together. */
enum sg_err tab_compatibility(struct template *t, const char *ca,
    const char *recipient, const char *category);

/* Lists as template_edit() takes them; each item goes through item. */
typedef enum sg_err tab_item(struct texts *out, const char *text);
enum sg_err tab_list(struct texts *list, const char *value, tab_item *item);
enum sg_err tab_oids_set(struct texts *list, const char *value);
/* OIDs by name where they have one. */
enum sg_err tab_oids_get(char **out, const struct texts *list);
/* The place of value in a list that ends with NULL; SG_EARG names them. */
enum sg_err tab_choice(size_t *out, const char *value,
    const char *const *choices);

#endif
