/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_TEMPLATE_H
#define SIGNET_CA_TEMPLATE_H

/* Between the verbs about templates. */

#include "pki/template_attr.h"
#include "pki/template_edit.h"
#include "pki/template_lint.h"
#include "verb.h"

/* Asks on the terminal; without one, or when the answer is no, SG_ECANCEL.
 * Nothing is asked with --yes. */
enum sg_err confirm(const struct options *o, const char *question);

/* "attribute: before -> after", the names of flags below. */
enum sg_err changes_print(const struct template *before,
    const struct template *after);
/* What the linter finds, to f; the commands of the fixes are whole. */
void findings_print(FILE *f, const struct options *o, const char *cn,
    const struct lint_findings *l);

/* Shows the changes, then stores them unless --dry-run. */
enum sg_err change_keep(const struct session *s, const struct options *o,
    const struct template *before, const struct template *after);
/* Stores one template. */
enum sg_err template_keep(const struct session *s, const struct template *t,
    bool replace);
/* A record of the audit log about the template. */
enum sg_err template_audit(const struct session *s, const char *did,
    const struct template *t);

/* "NAME=VALUE" words into settings; points into them. */
enum sg_err sets_parse(struct template_set *out, char **words, int n);
#define SETS_MAX 64

#endif
