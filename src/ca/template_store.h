/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_TEMPLATE_STORE_H
#define SG_CA_TEMPLATE_STORE_H

/*
 * The templates of a CA: those that every forest has, changed or not, those
 * that were made here, and which of them the CA issues by ("published", the
 * certificateTemplates of Windows).  In the CA's folder:
 *
 *	templates/NAME.txt	one in certutil's text (proto/dstemplate.h)
 *	published		a name a line; those of a fresh CA if missing
 *
 * Names are compared without case.
 */

#include "ca/store.h"

#define CA_TEMPLATES_MAX 512

/* A template that the CA knows, published or not; by its name or its display
 * name.  SG_ENOENT. */
enum sg_err ca_template_get(struct template *out, const struct ca_store *s,
    const char *name);
/* The same for issuing: SG_ENOENT also when it is not published, with the
 * words of AD CS (0x80094800). */
enum sg_err ca_template_published(struct template *out,
    const struct ca_store *s, const char *name);

struct ca_template {
	struct template t;
	bool published;
	bool built_in;		/* every forest has it */
	bool stored;		/* there is a file: made or changed here */
};
struct ca_templates {
	struct ca_template *v;	/* by name */
	size_t n;
};
void ca_templates_done(struct ca_templates *l);
enum sg_err ca_template_list(struct ca_templates *out,
    const struct ca_store *s);

/* Stores all of them, or none when one cannot be: SG_EEXIST when there is
 * another of its display name or OID; or of its name, unless that may be
 * replaced. */
enum sg_err ca_template_put(const struct ca_store *s,
    const struct template *const *t, size_t n, bool replace);
/* A template made here is gone, a built-in one becomes what it was at first.
 * SG_ENOENT when there is no file; SG_EBUSY while it is published, but for
 * built-in ones. */
enum sg_err ca_template_delete(const struct ca_store *s, const char *name);

/* SG_EEXIST when it is published already, SG_ENOENT when it is not. */
enum sg_err ca_template_publish(const struct ca_store *s, const char *name);
enum sg_err ca_template_withdraw(const struct ca_store *s, const char *name);

#endif
