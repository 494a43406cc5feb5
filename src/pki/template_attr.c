/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/template_attr.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pki/period.h"

#define AT(field) offsetof(struct template, field)
#define USAGE_LEN_MAX 2

static const struct template_attr order[] = {
	{ "objectClass", ATTR_EXTRA, 0 },
	{ "cn", ATTR_TEXT, AT(cn) },
	{ "distinguishedName", ATTR_EXTRA, 0 },
	{ "instanceType", ATTR_EXTRA, 0 },
	{ "whenCreated", ATTR_EXTRA, 0 },
	{ "whenChanged", ATTR_EXTRA, 0 },
	{ "displayName", ATTR_TEXT, AT(display_name) },
	{ "uSNCreated", ATTR_EXTRA, 0 },
	{ "uSNChanged", ATTR_EXTRA, 0 },
	{ "showInAdvancedViewOnly", ATTR_EXTRA, 0 },
	{ "nTSecurityDescriptor", ATTR_SDDL, AT(security) },
	{ "name", ATTR_EXTRA, 0 },
	{ "objectGUID", ATTR_EXTRA, 0 },
	{ "flags", ATTR_NUMBER, AT(flags) },
	{ "revision", ATTR_NUMBER, AT(revision) },
	{ "objectCategory", ATTR_EXTRA, 0 },
	{ "pKIDefaultKeySpec", ATTR_NUMBER, AT(key_spec) },
	{ "pKIKeyUsage", ATTR_USAGE, AT(key_usage) },
	{ "pKIMaxIssuingDepth", ATTR_NUMBER, AT(max_depth) },
	{ "pKICriticalExtensions", ATTR_LIST, AT(critical) },
	{ "pKIExpirationPeriod", ATTR_PERIOD, AT(validity) },
	{ "pKIOverlapPeriod", ATTR_PERIOD, AT(overlap) },
	{ "pKIExtendedKeyUsage", ATTR_LIST, AT(eku) },
	{ "pKIDefaultCSPs", ATTR_LIST, AT(csps) },
	{ "dSCorePropagationData", ATTR_EXTRA, 0 },
	{ "msPKI-RA-Signature", ATTR_NUMBER, AT(ra_signatures) },
	{ "msPKI-Enrollment-Flag", ATTR_NUMBER, AT(enrollment_flag) },
	{ "msPKI-Private-Key-Flag", ATTR_NUMBER, AT(private_key_flag) },
	{ "msPKI-Certificate-Name-Flag", ATTR_NUMBER, AT(name_flag) },
	{ "msPKI-Minimal-Key-Size", ATTR_NUMBER, AT(minimal_key_size) },
	{ "msPKI-Template-Schema-Version", ATTR_NUMBER, AT(schema) },
	{ "msPKI-Template-Minor-Revision", ATTR_NUMBER, AT(minor) },
	{ "msPKI-Cert-Template-OID", ATTR_TEXT, AT(oid) },
	{ "msPKI-Supersede-Templates", ATTR_LIST, AT(supersedes) },
	{ "msPKI-RA-Policies", ATTR_LIST, AT(ra_policies) },
	{ "msPKI-RA-Application-Policies", ATTR_LIST, AT(ra_app_policies) },
	{ "msPKI-Certificate-Policy", ATTR_LIST, AT(policies) },
	{ "msPKI-Certificate-Application-Policy", ATTR_LIST,
	    AT(app_policies) },
};
#define ORDER_LEN (sizeof(order) / sizeof(order[0]))

const struct template_attr *
template_attr_at(size_t i)
{
	return i < ORDER_LEN ? &order[i] : NULL;
}

const struct template_attr *
template_attr_find(const char *name)
{
	for (size_t i = 0; i < ORDER_LEN; i++)
		if (strcasecmp(order[i].name, name) == 0)
			return &order[i];
	return NULL;
}

/* The field of a template; what it is follows from the attribute's kind. */
static const void *
field(const struct template *t, const struct template_attr *a)
{
	return (const char *)t + a->at;
}

static void *
field_mut(struct template *t, const struct template_attr *a)
{
	return (char *)t + a->at;
}

static struct template_extra *
extra_find(const struct template *t, const char *name)
{
	for (size_t i = 0; i < t->extra_count; i++)
		if (strcasecmp(t->extra[i].name, name) == 0)
			return &t->extra[i];
	return NULL;
}

static void
extra_remove(struct template *t, const char *name)
{
	struct template_extra *x = extra_find(t, name);
	size_t i;

	if (x == NULL)
		return;
	i = (size_t)(x - t->extra);
	free(x->name);
	texts_done(&x->values);
	t->extra_count--;
	memmove(x, x + 1, (t->extra_count - i) * sizeof(*x));
}

static enum sg_err
extra_put(struct template *t, const char *name, const struct texts *values)
{
	struct template_extra *grown;
	struct template_extra fresh = { 0 };

	extra_remove(t, name);
	if (values->n == 0)
		return SG_OK;
	if (t->extra_count >= ATTR_EXTRA_MAX)
		return sg_fail(SG_ELIMIT, "more than %d attributes that are "
		    "not known here", ATTR_EXTRA_MAX);
	grown = reallocarray(t->extra, t->extra_count + 1, sizeof(*grown));
	if (grown == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	t->extra = grown;
	SG_TRY(str_dup(&fresh.name, name));
	t->extra[t->extra_count++] = fresh;
	return texts_add_all(&t->extra[t->extra_count - 1].values, values);
}

static enum sg_err
usage_get(struct texts *out, const struct template *t)
{
	char text[8];
	unsigned u = t->key_usage;

	if (t->key_usage_len == 0)
		return SG_OK;
	if (t->key_usage_len == 1)
		(void)snprintf(text, sizeof(text), "%02x", u & 0xff);
	else
		(void)snprintf(text, sizeof(text), "%02x %02x", u & 0xff,
		    u >> 8 & 0xff);
	return texts_add(out, text);
}

static enum sg_err
number_get(struct texts *out, uint32_t v)
{
	auto_str text = NULL;

	SG_TRY(str_printf(&text, "%d", (int32_t)v));
	return texts_add(out, text);
}

static enum sg_err
period_get(struct texts *out, int64_t seconds)
{
	auto_str text = NULL;

	SG_TRY(period_print(&text, seconds));
	return texts_add(out, text);
}

static enum sg_err
sddl_get(struct texts *out, const struct sd *s)
{
	auto_str text = NULL;

	if (sd_empty(s))
		return SG_OK;
	SG_TRY(sddl_print(&text, s));
	return texts_add(out, text);
}

static enum sg_err
known_get(struct texts *out, const struct template *t,
    const struct template_attr *a)
{
	const void *f = field(t, a);
	const char *text;

	switch (a->kind) {
	case ATTR_TEXT:
		text = *(char *const *)f;
		return text != NULL ? texts_add(out, text) : SG_OK;
	case ATTR_NUMBER:
		return number_get(out, *(const uint32_t *)f);
	case ATTR_LIST:
		return texts_add_all(out, f);
	case ATTR_USAGE:
		return usage_get(out, t);
	case ATTR_PERIOD:
		return period_get(out, *(const int64_t *)f);
	case ATTR_SDDL:
		return sddl_get(out, f);
	case ATTR_EXTRA:
		break;
	}
	return sg_fail(SG_EINTERNAL, "%s has no field", a->name);
}

enum sg_err
template_get(struct texts *out, const struct template *t, const char *name)
{
	const struct template_attr *a = template_attr_find(name);
	const struct template_extra *x;

	if (a != NULL && a->kind != ATTR_EXTRA)
		return known_get(out, t, a);
	x = extra_find(t, name);
	return x != NULL ? texts_add_all(out, &x->values) : SG_OK;
}

static enum sg_err
text_put(char **out, const char *value)
{
	char *fresh = NULL;

	if (value != NULL)
		SG_TRY(str_dup(&fresh, value));
	free(*out);
	*out = fresh;
	return SG_OK;
}

static enum sg_err
number_put(uint32_t *out, const char *value)
{
	char *end;
	long long v = strtoll(value, &end, 10);

	if (end == value || *end != '\0' || v < INT32_MIN || v > UINT32_MAX)
		return sg_fail(SG_EFORMAT, "'%.40s' is not a number of 32 "
		    "bits", value);
	*out = (uint32_t)v;
	return SG_OK;
}

static enum sg_err
list_put(struct texts *out, const struct texts *values)
{
	auto_done(texts) fresh = { 0 };

	SG_TRY(texts_add_all(&fresh, values));
	texts_done(out);
	*out = fresh;
	fresh = (struct texts) { 0 };
	return SG_OK;
}

/* One or two bytes of hex with a blank between. */
static enum sg_err
usage_put(struct template *t, const char *s)
{
	size_t n = strlen(s);
	unsigned v[USAGE_LEN_MAX] = { 0 };
	bool good = n == 2 || (n == 5 && s[2] == ' ');

	for (size_t i = 0; good && i < n; i++)
		good = i == 2 || isxdigit((unsigned char)s[i]);
	if (!good)
		return sg_fail(SG_EFORMAT, "'%.40s' is not one or two bytes "
		    "as in \"a0 00\"", s);
	v[0] = (unsigned)strtoul(s, NULL, 16);
	if (n == 5)
		v[1] = (unsigned)strtoul(s + 3, NULL, 16);
	t->key_usage = v[0] | v[1] << 8;
	t->key_usage_len = n == 5 ? 2 : 1;
	return SG_OK;
}

static enum sg_err
sddl_put(struct sd *out, const char *value)
{
	auto_done(sd) fresh = { 0 };

	if (value != NULL)
		SG_TRY(sddl_parse(&fresh, value));
	sd_done(out);
	*out = fresh;
	fresh = (struct sd) { 0 };
	return SG_OK;
}

static enum sg_err
known_put(struct template *t, const struct template_attr *a,
    const struct texts *values)
{
	const char *one = values->n > 0 ? values->v[0] : NULL;
	void *f = field_mut(t, a);

	if (values->n > 1 && a->kind != ATTR_LIST)
		return sg_fail(SG_EFORMAT, "%s has one value", a->name);
	switch (a->kind) {
	case ATTR_TEXT:
		return text_put(f, one);
	case ATTR_NUMBER:
		return number_put(f, one != NULL ? one : "0");
	case ATTR_LIST:
		return list_put(f, values);
	case ATTR_USAGE:
		t->key_usage = t->key_usage_len = 0;
		return one != NULL ? usage_put(t, one) : SG_OK;
	case ATTR_PERIOD:
		if (period_parse(f, one != NULL ? one : "0 Days") != SG_OK)
			return sg_fail(SG_EFORMAT, "'%.40s' is not a period "
			    "like \"2 Years\"", one);
		return SG_OK;
	case ATTR_SDDL:
		return sddl_put(f, one);
	case ATTR_EXTRA:
		break;
	}
	return extra_put(t, a->name, values);
}

/* What the program relies on wherever a template comes from. */
static enum sg_err
value_check(const struct template_attr *a, const struct texts *values)
{
	if (values->n > ATTR_VALUES_MAX)
		return sg_fail(SG_ELIMIT, "more than %d values",
		    ATTR_VALUES_MAX);
	for (size_t i = 0; i < values->n; i++)
		if (strlen(values->v[i]) > ATTR_VALUE_MAX)
			return sg_fail(SG_ELIMIT, "a value of more than %d "
			    "bytes", ATTR_VALUE_MAX);
	for (size_t i = 0; i < values->n; i++)
		if (!text_plain(values->v[i]))
			return sg_fail(SG_EFORMAT, "a value with control "
			    "characters");
	if (a == NULL || values->n == 0)
		return SG_OK;
	if (a->at == AT(cn) && a->kind == ATTR_TEXT &&
	    template_name_check(values->v[0]) != SG_OK)
		return sg_fail(SG_EFORMAT, "%s", sg_note(SG_EFORMAT));
	if (a->kind == ATTR_TEXT && a->at == AT(oid) &&
	    !oid_valid(values->v[0]))
		return sg_fail(SG_EFORMAT, "'%.100s' is not an OID",
		    values->v[0]);
	return SG_OK;
}

/* All lists but two are of OIDs, or are the packed string. */
static enum sg_err
oids_check(const struct template_attr *a, const struct texts *values)
{
	bool oids = a != NULL && a->kind == ATTR_LIST &&
	    a->at != AT(csps) && a->at != AT(supersedes);

	for (size_t i = 0; oids && i < values->n; i++)
		if (strchr(values->v[i], '`') == NULL &&
		    !oid_valid(values->v[i]))
			return sg_fail(SG_EFORMAT, "'%.100s' is not an OID",
			    values->v[i]);
	return SG_OK;
}

enum sg_err
template_put(struct template *t, const char *name,
    const struct texts *values)
{
	const struct template_attr *a = template_attr_find(name);

	SG_TRY(sg_while(value_check(a, values), "%s", name));
	SG_TRY(sg_while(oids_check(a, values), "%s", name));
	if (a == NULL)
		return extra_put(t, name, values);
	return sg_while(known_put(t, a, values), "%s", a->name);
}

static enum sg_err
copy_into(struct template *out, const struct template *from)
{
	for (size_t i = 0; i < ORDER_LEN; i++) {
		auto_done(texts) values = { 0 };

		if (order[i].kind == ATTR_EXTRA)
			continue;
		SG_TRY(known_get(&values, from, &order[i]));
		SG_TRY(known_put(out, &order[i], &values));
	}
	for (size_t i = 0; i < from->extra_count; i++)
		SG_TRY(extra_put(out, from->extra[i].name,
		    &from->extra[i].values));
	return SG_OK;
}

enum sg_err
template_copy(struct template *out, const struct template *from)
{
	auto_done(template) t;

	template_init(&t);
	SG_TRY(copy_into(&t, from));
	*out = t;
	template_init(&t);
	return SG_OK;
}

void
template_changes_done(struct template_changes *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].name);
		texts_done(&c->v[i].before);
		texts_done(&c->v[i].after);
	}
	free(c->v);
	*c = (struct template_changes) { 0 };
}

static bool
same(const struct texts *a, const struct texts *b)
{
	bool equal = a->n == b->n;

	for (size_t i = 0; equal && i < a->n; i++)
		equal = strcmp(a->v[i], b->v[i]) == 0;
	return equal;
}

static enum sg_err
diff_one(struct template_changes *out, const char *name,
    const struct template *before, const struct template *after)
{
	auto_done(texts) a = { 0 }, b = { 0 };
	struct template_change *grown;

	SG_TRY(template_get(&a, before, name));
	SG_TRY(template_get(&b, after, name));
	if (same(&a, &b))
		return SG_OK;
	grown = reallocarray(out->v, out->n + 1, sizeof(*grown));
	if (grown == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	out->v = grown;
	out->v[out->n] = (struct template_change) { 0 };
	SG_TRY(str_dup(&out->v[out->n].name, name));
	out->v[out->n].before = a;
	out->v[out->n++].after = b;
	a = b = (struct texts) { 0 };
	return SG_OK;
}

static enum sg_err
diff_all(struct template_changes *out, const struct template *before,
    const struct template *after)
{
	for (size_t i = 0; i < ORDER_LEN; i++)
		SG_TRY(diff_one(out, order[i].name, before, after));
	for (size_t i = 0; i < before->extra_count; i++)
		if (template_attr_find(before->extra[i].name) == NULL)
			SG_TRY(diff_one(out, before->extra[i].name, before,
			    after));
	for (size_t i = 0; i < after->extra_count; i++) {
		const char *name = after->extra[i].name;

		if (template_attr_find(name) == NULL &&
		    extra_find(before, name) == NULL)
			SG_TRY(diff_one(out, name, before, after));
	}
	return SG_OK;
}

enum sg_err
template_diff(struct template_changes *out, const struct template *before,
    const struct template *after)
{
	auto_done(template_changes) c = { 0 };

	SG_TRY(diff_all(&c, before, after));
	*out = c;
	c = (struct template_changes) { 0 };
	return SG_OK;
}
