/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_TEMPLATE_EDIT_H
#define SG_PKI_TEMPLATE_EDIT_H

/*
 * A template in the words of the console's tabs: "purpose", "renew with same
 * key", "provider category".  What a tab writes into which attribute is here
 * and nowhere else.
 */

#include "pki/template.h"

enum template_purpose {
	PURPOSE_SIGNATURE_ENCRYPTION,
	PURPOSE_SIGNATURE,
	PURPOSE_ENCRYPTION,
	PURPOSE_SMARTCARD,	/* "Signature and smartcard logon" */
};
/* There is no attribute for it: it follows from key usage and flags. */
enum template_purpose template_purpose(const struct template *t);
const char *template_purpose_name(enum template_purpose p);

/* Keys by a key storage provider (CNG), not by a CryptoAPI provider? */
bool template_uses_ksp(const struct template *t);

struct template_setting {
	const char *name;	/* "renew-with-same-key" */
	const char *tab;	/* "Request Handling" */
	const char *label;	/* "Renew with same key" */
	const char *values;	/* "yes, no"; for people */
};
/* In the order of the tabs; NULL behind the last. */
const struct template_setting *template_setting_at(size_t i);
/* The value as template_edit() takes it; "" when there is none. */
enum sg_err template_setting_get(char **out, const struct template *t,
    const struct template_setting *s);

/* "NAME=VALUE": a setting, or an attribute by its own name. */
struct template_set {
	const char *name;
	const char *value;
};

/*
 * Changes all of them or none.  Lists take "a, b" for these and no others,
 * "+a" and "-a" for one more or less, "" for none.  Attributes take a value as
 * certutil writes it (several in quotes, with commas between), flags also as
 * template_flags_edit() does.  SG_EPERM for templates of schema version 1,
 * which nobody can change; SG_EARG says which value is wrong or which
 * combination is impossible and why.  Counts the minor revision when something
 * is different.
 */
enum sg_err template_edit(struct template *t, const struct template_set *sets,
    size_t n);

/* SG_EARG names a combination that no CA or client could follow. */
enum sg_err template_consistent(const struct template *t);

/*
 * The console's "Duplicate Template": schema version 2 at least, revision 100,
 * an OID of its own below oid_base.  cn is the display name without blanks when
 * it is NULL.
 */
enum sg_err template_duplicate(struct template *out,
    const struct template *from, const char *display_name, const char *cn,
    const char *oid_base);

#endif
