/* SPDX-License-Identifier: BSD-2-Clause */

/* signet-ca template access: the console's Security tab. */

#include <stdio.h>
#include <string.h>

#include "pki/access.h"
#include "proto/json.h"
#include "template.h"

#define COLUMN 10	/* characters of the longest right */

typedef enum sg_err change(struct sd *s, const char *trustee,
    enum access_right r);

/* "WHO:RIGHT,RIGHT"; rights may be left out where that means all of them. */
static enum sg_err
change_one(struct sd *s, const char *text, change *f, bool all)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon != NULL ? (size_t)(colon - text) : strlen(text);
	auto_str who = NULL, *trustee = NULL;

	SG_TRY(str_from_bytes(&who, bytes_of(text, n)));
	SG_TRY(trustee_parse(&trustee, who));
	if (colon == NULL && all)
		return f(s, trustee, ACCESS_RIGHTS);
	if (colon == NULL)
		return sg_fail(SG_EARG, "'%.80s' is not WHO:RIGHTS", text);
	for (const char *p = colon + 1;; p++) {
		auto_str name = NULL;
		enum access_right r;

		n = strcspn(p, ",");
		SG_TRY(str_from_bytes(&name, bytes_of(p, n)));
		SG_TRY(access_right_parse(&r, name));
		SG_TRY(f(s, trustee, r));
		p += n;
		if (*p == '\0')
			return SG_OK;
	}
}

static enum sg_err
change_all(struct sd *s, const struct texts *l, change *f, bool all,
    const char *option)
{
	for (size_t i = 0; i < l->n; i++)
		SG_TRY(sg_while(change_one(s, l->v[i], f, all), "%s",
		    option));
	return SG_OK;
}

static enum sg_err
apply(struct template *t, const struct options *o)
{
	struct sd *s = &t->security;

	if (o->reset || o->sddl != NULL) {
		auto_done(sd) fresh = { 0 };

		SG_TRY(o->reset ? access_default(&fresh)
				: sg_while(sddl_parse(&fresh, o->sddl),
		    "--sddl"));
		sd_done(s);
		*s = fresh;
		fresh = (struct sd) { 0 };
	}
	SG_TRY(change_all(s, &o->remove, access_remove, true, "--remove"));
	SG_TRY(change_all(s, &o->allow, access_grant, false, "--allow"));
	return change_all(s, &o->deny, access_deny, false, "--deny");
}

static bool
changes_something(const struct options *o)
{
	return o->reset || o->sddl != NULL || o->allow.n > 0 ||
	    o->deny.n > 0 || o->remove.n > 0;
}

/* What the client needs to know that it may enroll by itself. */
static void
autoenroll_mark(struct template *t)
{
	for (size_t i = 0; i < t->security.dacl.n; i++) {
		const struct ace *a = &t->security.dacl.v[i];

		if (t->schema >= 2 && a->type == ACE_ALLOW_OBJECT &&
		    a->object != NULL &&
		    strcmp(a->object, GUID_AUTOENROLL) == 0)
			t->enrollment_flag |= ENROLL_AUTO;
	}
}

static void
put_trustee(struct json_out *j, const struct sd *s, char *trustee)
{
	struct texts who = { .v = &trustee, .n = 1 };

	json_put_object(j, NULL);
	json_put_str(j, "trustee", trustee);
	json_put_str(j, "name", trustee_name(trustee));
	for (int r = 0; r < ACCESS_RIGHTS; r++)
		json_put_bool(j, access_right_name((enum access_right)r),
		    access_granted(s, &who, (enum access_right)r));
	json_close(j);
}

static enum sg_err
show_json(const struct sd *s, const struct texts *all, const char *sddl)
{
	auto_free(json_out) j = NULL;

	SG_TRY(json_out_new(&j));
	json_put_object(j, NULL);
	json_put_str(j, "sddl", sddl);
	json_put_array(j, "access");
	for (size_t i = 0; i < all->n; i++)
		put_trustee(j, s, all->v[i]);
	json_close(j);
	json_close(j);
	return json_print(j, stdout);
}

static void
show_row(const struct sd *s, char *trustee)
{
	struct texts who = { .v = &trustee, .n = 1 };

	(void)printf("%-42s", trustee_name(trustee));
	for (int r = 0; r < ACCESS_RIGHTS; r++) {
		bool may = access_granted(s, &who, (enum access_right)r);

		(void)printf("  %-*s", r + 1 < ACCESS_RIGHTS ? COLUMN : 0,
		    may ? access_right_name((enum access_right)r) : "-");
	}
	(void)printf("\n");
}

static enum sg_err
show(const struct template *t, const struct options *o)
{
	const struct sd *s = &t->security;
	auto_done(texts) all = { 0 };
	auto_str sddl = NULL;

	SG_TRY(access_trustees(&all, s));
	SG_TRY(sddl_print(&sddl, s));
	if (o->json)
		return show_json(s, &all, sddl);
	for (size_t i = 0; i < all.n; i++)
		show_row(s, all.v[i]);
	(void)printf("%s\n", sddl);
	return SG_OK;
}

static enum sg_err
run(const struct options *o)
{
	auto_done(session) s = { 0 };
	auto_done(template) before;
	auto_done(template) after;

	template_init(&before);
	template_init(&after);
	SG_TRY(session_open(&s, o));
	SG_TRY(ca_template_get(&before, s.store, o->operand));
	if (!changes_something(o))
		return show(&before, o);
	SG_TRY(template_copy(&after, &before));
	SG_TRY(apply(&after, o));
	autoenroll_mark(&after);
	return change_keep(&s, o, &before, &after);
}

static const enum opt options[] = { OPT_DIR, OPT_ALLOW, OPT_DENY, OPT_REMOVE,
	OPT_RESET, OPT_SDDL, OPT_DRY_RUN, OPT_JSON, OPT_END };

const struct verb verb_template_access = {
	.name = "template access",
	.summary = "shows or changes who may read, enroll, change",
	.usage = "template access --dir DIR NAME [--allow WHO:RIGHTS]\n"
	    "                        [OPTIONS]",
	.text = "WHO is a SID, an SDDL alias (AU), or a group that every"
	    " domain has\n('Authenticated Users', 'Domain Users'). RIGHTS:"
	    " read, write, enroll,\nautoenroll, full, with commas between."
	    " Schema version 1 takes this, too.\n\n"
	    "  --allow WHO:RIGHTS   may be repeated, as the next two\n"
	    "  --deny WHO:RIGHTS\n"
	    "  --remove WHO[:RIGHTS] all of its entries, or those\n"
	    "  --reset              what a fresh forest has comes first\n"
	    "  --sddl TEXT          this descriptor comes first\n"
	    "  --dry-run            shows the resulting changes, and no more\n"
	    "  --json               output for programs\n",
	.options = options,
	.operands = 1,
	.run = run,
};
