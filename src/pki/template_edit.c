/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/template_edit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pki/template_attr.h"
#include "pki/template_flags.h"
#include "pki/template_tabs.h"

#define REVISION_FIRST	100u	/* of a template that somebody made */
#define OID_ARC_MAX	16777216u

static const struct tab_setting *const tabs[] = { tab_general, tab_keys,
	tab_names, tab_issuance };
#define TABS_LEN (sizeof(tabs) / sizeof(tabs[0]))

/* tab_compatibility() changes these. */
static const char *const together[] = { "ca-compatibility",
	"recipient-compatibility", "provider-category" };
#define TOGETHER_LEN (sizeof(together) / sizeof(together[0]))

static const struct tab_setting *
setting_at(size_t i)
{
	for (size_t k = 0; k < TABS_LEN; k++)
		for (const struct tab_setting *s = tabs[k];
		     s->shown.name != NULL; s++)
			if (i-- == 0)
				return s;
	return NULL;
}

const struct template_setting *
template_setting_at(size_t i)
{
	const struct tab_setting *s = setting_at(i);

	return s != NULL ? &s->shown : NULL;
}

enum sg_err
template_setting_get(char **out, const struct template *t,
    const struct template_setting *shown)
{
	/* The first member of its setting. */
	const struct tab_setting *s = (const struct tab_setting *)shown;
	bool set;

	if (s->get != NULL)
		return s->get(out, t);
	set = (*(const uint32_t *)(const void *)((const char *)t + s->at) &
	    s->bit) != 0;
	return str_dup(out, set != s->inverted ? "yes" : "no");
}

static enum sg_err
yes_no(bool *out, const char *value)
{
	static const char *const words[] = { "no", "yes", "off", "on", "false",
		"true", "0", "1", NULL };
	size_t i;

	if (tab_choice(&i, value, words) != SG_OK)
		return sg_fail(SG_EARG, "'%.40s' is neither yes nor no",
		    value);
	*out = i % 2 != 0;
	return SG_OK;
}

static enum sg_err
setting_set(struct template *t, const struct tab_setting *s,
    const char *value)
{
	uint32_t *word;
	bool on = false;

	if (s->set != NULL)
		return s->set(t, value);
	SG_TRY(yes_no(&on, value));
	word = (uint32_t *)(void *)((char *)t + s->at);
	*word = on != s->inverted ? *word | s->bit : *word & ~s->bit;
	return SG_OK;
}

static const struct tab_setting *
setting_find(const char *name)
{
	const struct tab_setting *s;

	for (size_t i = 0; (s = setting_at(i)) != NULL; i++)
		if (strcasecmp(s->shown.name, name) == 0)
			return s;
	return NULL;
}

static const char *
given(const struct template_set *sets, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(sets[i].name, name) == 0)
			return sets[i].value;
	return NULL;
}

/* The name is the object's own; extras mean nothing here. */
static bool
is_attribute(const char *name)
{
	const struct template_attr *a = template_attr_find(name);

	return a != NULL && a->kind != ATTR_EXTRA &&
	    strcmp(a->name, "cn") != 0;
}

static enum sg_err
names_check(const struct template_set *sets, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (setting_find(sets[i].name) == NULL &&
		    !is_attribute(sets[i].name))
			return sg_fail(SG_EARG, "there is no setting '%.60s'",
			    sets[i].name);
		if (given(sets, i, sets[i].name) != NULL)
			return sg_fail(SG_EARG, "%s is said twice",
			    sets[i].name);
	}
	return SG_OK;
}

static bool
is_together(const char *name)
{
	for (size_t i = 0; i < TOGETHER_LEN; i++)
		if (strcmp(together[i], name) == 0)
			return true;
	return false;
}

/* One value, or several in quotes with commas between. */
static enum sg_err
quoted_values(struct texts *out, const char *s)
{
	if (*s != '"')
		return *s != '\0' ? texts_add(out, s) : SG_OK;
	for (;;) {
		const char *end = strchr(s + 1, '"');
		auto_str one = NULL;

		if (*s != '"' || end == NULL)
			return sg_fail(SG_EARG, "several values are written "
			    "\"a\", \"b\"");
		SG_TRY(str_from_bytes(&one, bytes_of(s + 1,
		    (size_t)(end - s - 1))));
		SG_TRY(texts_add(out, one));
		if (end[1] == '\0')
			return SG_OK;
		s = end + 1 + strspn(end + 1, ", ");
	}
}

static enum sg_err
flags_value(struct texts *out, const struct template *t, const char *name,
    const char *value)
{
	auto_done(texts) old = { 0 };
	auto_str number = NULL;
	uint32_t v;

	SG_TRY(template_get(&old, t, name));
	v = old.n > 0 ? (uint32_t)strtoll(old.v[0], NULL, 10) : 0;
	SG_TRY(template_flags_edit(&v, name, value));
	SG_TRY(str_printf(&number, "%d", (int32_t)v));
	return texts_add(out, number);
}

static enum sg_err
attribute_set(struct template *t, const struct template_set *set)
{
	auto_done(texts) values = { 0 };
	enum sg_err e;

	if (template_flags_known(set->name))
		SG_TRY(flags_value(&values, t, set->name, set->value));
	else
		SG_TRY(quoted_values(&values, set->value));
	e = template_put(t, set->name, &values);
	return e == SG_EFORMAT ? sg_fail(SG_EARG, "%s", sg_note(e)) : e;
}

/* In the order of the tabs, whatever the order they are said in. */
static enum sg_err
apply(struct template *t, const struct template_set *sets, size_t n)
{
	const struct tab_setting *s;

	SG_TRY(tab_compatibility(t, given(sets, n, together[0]),
	    given(sets, n, together[1]), given(sets, n, together[2])));
	for (size_t i = 0; (s = setting_at(i)) != NULL; i++) {
		const char *value = given(sets, n, s->shown.name);

		if (value != NULL && !is_together(s->shown.name))
			SG_TRY(sg_while(setting_set(t, s, value), "%s",
			    s->shown.name));
	}
	for (size_t i = 0; i < n; i++)
		if (setting_find(sets[i].name) == NULL)
			SG_TRY(attribute_set(t, &sets[i]));
	return SG_OK;
}

/* Each set of changes that the console saves counts the minor revision. */
static enum sg_err
finish(struct template *t, struct template *fresh)
{
	auto_done(template_changes) c = { 0 };

	SG_TRY(template_diff(&c, t, fresh));
	if (c.n > 0) {
		fresh->minor++;
		fresh->flags &= ~TEMPLATE_IS_DEFAULT;
		fresh->flags |= TEMPLATE_IS_MODIFIED;
	}
	template_done(t);
	*t = *fresh;
	template_init(fresh);
	return SG_OK;
}

static enum sg_err
changeable(const struct template *t)
{
	if (t->schema >= 2)
		return SG_OK;
	return sg_fail(SG_EPERM, "%s has schema version 1 and cannot be "
	    "changed; duplicate it and change the duplicate", t->cn);
}

enum sg_err
template_edit(struct template *t, const struct template_set *sets, size_t n)
{
	auto_done(template) fresh;

	template_init(&fresh);
	SG_TRY(changeable(t));
	SG_TRY(names_check(sets, n));
	SG_TRY(template_copy(&fresh, t));
	SG_TRY(apply(&fresh, sets, n));
	SG_TRY(template_consistent(&fresh));
	return finish(t, &fresh);
}

/* The display name without blanks and what has no place in a name. */
static enum sg_err
name_make(char **out, const char *display_name)
{
	auto_done(buf) b = { 0 };

	for (const char *p = display_name; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80 || isalnum((unsigned char)*p) ||
		    strchr("-_.$@~!&'()", *p) != NULL)
			SG_TRY(buf_add_u8(&b, (uint8_t)*p));
	return str_from_bytes(out, buf_bytes(&b));
}

static enum sg_err
oid_make(char **out, const char *oid_base)
{
	uint32_t arc[2];

	SG_TRY(random_fill(arc, sizeof(arc)));
	return str_printf(out, "%s.%u.%u", oid_base, arc[0] % OID_ARC_MAX,
	    arc[1] % OID_ARC_MAX);
}

/* What the old object was called and when must not follow into the new. */
static enum sg_err
identity_drop(struct template *t)
{
	static const struct texts none = { 0 };

	while (t->extra_count > 0) {
		auto_str name = NULL;

		SG_TRY(str_dup(&name, t->extra[0].name));
		SG_TRY(template_put(t, name, &none));
	}
	return SG_OK;
}

/* A CA of 2003 and a client of the same age, unless it says more. */
static void
versions_least(struct template *t)
{
	uint32_t least = t->schema >= 3 ? 2 : 1;

	for (int shift = KEY_SERVER_SHIFT; shift <= KEY_CLIENT_SHIFT;
	     shift += KEY_CLIENT_SHIFT - KEY_SERVER_SHIFT)
		if ((t->private_key_flag >> shift & KEY_VERSION_MASK) < least)
			t->private_key_flag = (t->private_key_flag &
			    ~(KEY_VERSION_MASK << shift)) | least << shift;
}

static enum sg_err
duplicate(struct template *t, const char *display_name, const char *cn,
    const char *oid_base)
{
	auto_str name = NULL;

	if (*display_name == '\0' || strchr(display_name, '"') != NULL ||
	    !text_plain(display_name))
		return sg_fail(SG_EARG, "a display name needs a character, "
		    "and neither quotes nor control characters");
	if (cn == NULL)
		SG_TRY(name_make(&name, display_name));
	else
		SG_TRY(str_dup(&name, cn));
	SG_TRY(template_name_check(name));
	SG_TRY(identity_drop(t));
	free(t->cn);
	t->cn = name;
	name = NULL;
	free(t->display_name);
	t->display_name = NULL;
	SG_TRY(str_dup(&t->display_name, display_name));
	free(t->oid);
	t->oid = NULL;
	SG_TRY(oid_make(&t->oid, oid_base));
	t->flags = (t->flags & ~TEMPLATE_IS_DEFAULT) | TEMPLATE_IS_MODIFIED;
	t->revision = REVISION_FIRST;
	t->minor = 0;
	if (t->schema < 2) {
		t->schema = 2;
		texts_done(&t->app_policies);
		SG_TRY(texts_add_all(&t->app_policies, &t->eku));
	}
	versions_least(t);
	return SG_OK;
}

enum sg_err
template_duplicate(struct template *out, const struct template *from,
    const char *display_name, const char *cn, const char *oid_base)
{
	auto_done(template) t;

	template_init(&t);
	SG_TRY(template_copy(&t, from));
	SG_TRY(duplicate(&t, display_name, cn, oid_base));
	*out = t;
	template_init(&t);
	return SG_OK;
}
