/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "pki/template_flags.h"
#include "template.h"

#define ANSWER_MAX 16

enum sg_err
confirm(const struct options *o, const char *question)
{
	char answer[ANSWER_MAX];

	if (o->yes)
		return SG_OK;
	if (!isatty(STDIN_FILENO))
		return sg_fail(SG_ECANCEL, "%s (--yes says so where nobody "
		    "can be asked)", question);
	(void)fprintf(stderr, "%s [y/N] ", question);
	if (fgets(answer, sizeof(answer), stdin) != NULL &&
	    (strcasecmp(answer, "y\n") == 0 ||
	    strcasecmp(answer, "yes\n") == 0))
		return SG_OK;
	return sg_fail(SG_ECANCEL, "nothing was changed");
}

/* Names of bits that are in a and not in b. */
static enum sg_err
flags_only_in(const char *mark, const char *attribute, uint32_t a,
    uint32_t b)
{
	auto_done(texts) x = { 0 }, y = { 0 };

	SG_TRY(template_flags_names(&x, attribute, a));
	SG_TRY(template_flags_names(&y, attribute, b));
	for (size_t i = 0; i < x.n; i++)
		if (!texts_has(&y, x.v[i]))
			(void)printf("    %s%s\n", mark, x.v[i]);
	return SG_OK;
}

static uint32_t
flags_value(const struct texts *v)
{
	return v->n > 0 ? (uint32_t)strtoll(v->v[0], NULL, 10) : 0;
}

static enum sg_err
change_print(const struct template_change *c)
{
	auto_str before = NULL, *after = NULL;

	SG_TRY(texts_join(&before, &c->before));
	SG_TRY(texts_join(&after, &c->after));
	(void)printf("  %s: %s -> %s\n", c->name,
	    c->before.n > 0 ? before : "(none)",
	    c->after.n > 0 ? after : "(none)");
	if (!template_flags_known(c->name))
		return SG_OK;
	SG_TRY(flags_only_in("-", c->name, flags_value(&c->before),
	    flags_value(&c->after)));
	return flags_only_in("+", c->name, flags_value(&c->after),
	    flags_value(&c->before));
}

enum sg_err
changes_print(const struct template *before, const struct template *after)
{
	auto_done(template_changes) c = { 0 };

	SG_TRY(template_diff(&c, before, after));
	(void)printf("%s: %s\n", after->cn,
	    c.n > 0 ? "changes" : "nothing changes");
	for (size_t i = 0; i < c.n; i++)
		SG_TRY(change_print(&c.v[i]));
	return SG_OK;
}

void
findings_print(FILE *f, const struct options *o, const char *cn,
    const struct lint_findings *l)
{
	for (size_t i = 0; i < l->n; i++)
		(void)fprintf(f, "%s: %s %s: %s\n    signet-ca %s --dir %s\n",
		    cn, lint_severity_name(l->v[i].severity), l->v[i].id,
		    l->v[i].text, l->v[i].fix, o->dir);
}

enum sg_err
template_audit(const struct session *s, const char *did,
    const struct template *t)
{
	auto_done(db_tx) tx = { 0 };
	auto_str cn = NULL, *detail = NULL;

	SG_TRY(str_dup(&cn, t->cn));
	for (char *p = cn; (p = strchr(p, '"')) != NULL;)
		*p = '?';
	SG_TRY(str_printf(&detail, "did=%s name=\"%s\" oid=%s version=%u.%u",
	    did, cn, t->oid != NULL ? t->oid : "none", t->revision,
	    t->minor));
	SG_TRY(db_begin(&tx, s->store->db, DB_WRITE));
	SG_TRY(ca_audit_add(s->store->db, &(struct ca_audit) {
	    .at = clock_now(), .who = s->who, .what = "template",
	    .detail = detail, .result = "done" }));
	return db_commit(&tx);
}

enum sg_err
template_keep(const struct session *s, const struct template *t,
    bool replace)
{
	const struct template *const one[] = { t };

	return ca_template_put(s->store, one, 1, replace);
}

enum sg_err
change_keep(const struct session *s, const struct options *o,
    const struct template *before, const struct template *after)
{
	auto_done(template_changes) c = { 0 };

	SG_TRY(template_diff(&c, before, after));
	SG_TRY(changes_print(before, after));
	if (o->dry_run || c.n == 0)
		return SG_OK;
	SG_TRY(template_keep(s, after, true));
	return template_audit(s, "change", after);
}

enum sg_err
sets_parse(struct template_set *out, char **words, int n)
{
	if (n > SETS_MAX)
		return sg_fail(SG_EARG, "more than %d settings", SETS_MAX);
	for (int i = 0; i < n; i++) {
		char *eq = strchr(words[i], '=');

		if (eq == NULL)
			return sg_fail(SG_EARG, "'%.80s' is not "
			    "SETTING=VALUE", words[i]);
		*eq = '\0';
		out[i] = (struct template_set) { words[i], eq + 1 };
	}
	return SG_OK;
}
