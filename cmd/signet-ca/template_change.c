/* SPDX-License-Identifier: BSD-2-Clause */

/* signet-ca template duplicate, set, delete, publish, withdraw. */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "template.h"

/* The console asks before the purpose changes, and so do we. */
static enum sg_err
purpose_confirm(const struct options *o, const struct template *before,
    const struct template *after)
{
	enum template_purpose a = template_purpose(before);
	enum template_purpose b = template_purpose(after);
	auto_str question = NULL;

	if (a == b || o->dry_run)
		return SG_OK;
	SG_TRY(str_printf(&question, "the purpose of %s changes from \"%s\" to"
	    " \"%s\"", after->cn, template_purpose_name(a),
	    template_purpose_name(b)));
	return confirm(o, question);
}

static enum sg_err
run_set(const struct options *o)
{
	struct template_set sets[SETS_MAX];
	auto_done(session) s = { 0 };
	auto_done(template) before;
	auto_done(template) after;
	int n = o->operand_count - 1;

	template_init(&before);
	template_init(&after);
	SG_TRY(sets_parse(sets, o->operands + 1, n));
	SG_TRY(session_open(&s, o));
	SG_TRY(ca_template_get(&before, s.store, o->operand));
	SG_TRY(template_copy(&after, &before));
	SG_TRY(template_edit(&after, sets, (size_t)n));
	SG_TRY(purpose_confirm(o, &before, &after));
	return change_keep(&s, o, &before, &after);
}

static const enum opt set_options[] = { OPT_DIR, OPT_DRY_RUN, OPT_YES,
	OPT_END };

const struct verb verb_template_set = {
	.name = "template set",
	.summary = "changes a template in the words of the console's tabs",
	.usage = "template set --dir DIR NAME SETTING=VALUE... [--dry-run]"
	    " [--yes]",
	.text = "The settings are those that 'template show' prints;"
	    " signet-ca-template(1)\nexplains them. An attribute can be named"
	    " by itself: \"msPKI-Private-Key-Flag=\n+CTPRIVATEKEY_FLAG_HELLO_"
	    "LOGON_KEY\". Lists take +VALUE and -VALUE for one more\nor"
	    " less.\n\n"
	    "  --dry-run            shows the resulting changes, and no more\n"
	    "  --yes                does not ask about the purpose\n",
	.options = set_options,
	.operands = 2,
	.operands_more = -1,
	.run = run_set,
};

/* Taken before anything of the new template is known. */
static enum sg_err
duplicate_make(struct template *out, const struct session *s,
    const struct options *o, const struct template *from)
{
	struct template_set sets[SETS_MAX];
	int n = o->operand_count - 2;

	SG_TRY(template_duplicate(out, from, o->operands[1], o->name,
	    s->store->config.oid_base));
	SG_TRY(sets_parse(sets, o->operands + 2, n));
	return n > 0 ? template_edit(out, sets, (size_t)n) : SG_OK;
}

static enum sg_err
run_duplicate(const struct options *o)
{
	auto_done(session) s = { 0 };
	auto_done(template) from;
	auto_done(template) t;

	template_init(&from);
	template_init(&t);
	SG_TRY(session_open(&s, o));
	SG_TRY(ca_template_get(&from, s.store, o->operand));
	SG_TRY(duplicate_make(&t, &s, o, &from));
	SG_TRY(purpose_confirm(o, &from, &t));
	if (o->dry_run)
		return changes_print(&from, &t);
	SG_TRY(template_keep(&s, &t, false));
	(void)printf("%s\n", t.cn);
	return template_audit(&s, "duplicate", &t);
}

static const enum opt duplicate_options[] = { OPT_DIR, OPT_NAME, OPT_DRY_RUN,
	OPT_YES, OPT_END };

const struct verb verb_template_duplicate = {
	.name = "template duplicate",
	.summary = "makes a template from another",
	.usage = "template duplicate --dir DIR NAME DISPLAY-NAME\n"
	    "                        [SETTING=VALUE...] [--name NAME]",
	.text = "The new template's name is its display name without blanks,"
	    " and is printed.\nSettings are those of 'template set'.\n\n"
	    "  --name NAME          another name\n"
	    "  --dry-run            shows what will be different, and no"
	    " more\n"
	    "  --yes                does not ask about the purpose\n",
	.options = duplicate_options,
	.operands = 2,
	.operands_more = -1,
	.run = run_duplicate,
};

static enum sg_err
run_delete(const struct options *o)
{
	auto_done(session) s = { 0 };
	auto_done(template) t;
	auto_str question = NULL;

	template_init(&t);
	SG_TRY(session_open(&s, o));
	SG_TRY(ca_template_get(&t, s.store, o->operand));
	SG_TRY(str_printf(&question, "%s will be deleted", t.cn));
	SG_TRY(confirm(o, question));
	SG_TRY(ca_template_delete(s.store, t.cn));
	SG_TRY(template_audit(&s, "delete", &t));
	told("%s is deleted", t.cn);
	return SG_OK;
}

static const enum opt delete_options[] = { OPT_DIR, OPT_YES, OPT_END };

const struct verb verb_template_delete = {
	.name = "template delete",
	.summary = "deletes a template that was made here",
	.usage = "template delete --dir DIR NAME [--yes]",
	.text = "A built-in template becomes again what it was at first.\n\n"
	    "  --yes                does not ask\n",
	.options = delete_options,
	.operands = 1,
	.run = run_delete,
};

/* Nobody publishes what lets everybody be anybody without knowing it. */
static enum sg_err
danger_confirm(const struct options *o, const struct template *t)
{
	auto_done(lint_findings) l = { 0 };
	auto_str question = NULL;

	SG_TRY(template_lint(&l, t));
	findings_print(stderr, o, t->cn, &l);
	if (!lint_critical(&l))
		return SG_OK;
	SG_TRY(str_printf(&question, "%s is dangerous as it is and would be "
	    "published", t->cn));
	return confirm(o, question);
}

static enum sg_err
run_publish(const struct options *o)
{
	auto_done(session) s = { 0 };
	auto_done(template) t;

	template_init(&t);
	SG_TRY(session_open(&s, o));
	SG_TRY(ca_template_get(&t, s.store, o->operand));
	SG_TRY(danger_confirm(o, &t));
	SG_TRY(ca_template_publish(s.store, t.cn));
	SG_TRY(template_audit(&s, "publish", &t));
	told("%s is published: the CA issues by it", t.cn);
	return SG_OK;
}

static const enum opt publish_options[] = { OPT_DIR, OPT_YES, OPT_END };

const struct verb verb_template_publish = {
	.name = "template publish",
	.summary = "lets the CA issue by a template",
	.usage = "template publish --dir DIR NAME [--yes]",
	.text = "The console's \"Certificate Template to Issue\". What"
	    " 'template lint' finds is\nsaid; if it is critical, a terminal is"
	    " asked.\n\n"
	    "  --yes                does not ask\n",
	.options = publish_options,
	.operands = 1,
	.run = run_publish,
};

static enum sg_err
run_withdraw(const struct options *o)
{
	auto_done(session) s = { 0 };
	auto_done(template) t;

	template_init(&t);
	SG_TRY(session_open(&s, o));
	SG_TRY(ca_template_get(&t, s.store, o->operand));
	SG_TRY(ca_template_withdraw(s.store, t.cn));
	SG_TRY(template_audit(&s, "withdraw", &t));
	told("%s is withdrawn: the CA issues by it no more", t.cn);
	return SG_OK;
}

static const enum opt withdraw_options[] = { OPT_DIR, OPT_END };

const struct verb verb_template_withdraw = {
	.name = "template withdraw",
	.summary = "the opposite of publish",
	.usage = "template withdraw --dir DIR NAME",
	.text = "What was issued stays good.\n",
	.options = withdraw_options,
	.operands = 1,
	.run = run_withdraw,
};
