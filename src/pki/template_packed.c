/* SPDX-License-Identifier: BSD-2-Clause */

/* The packed string in msPKI-RA-Application-Policies, MS-CRTD 2.23. */

#include <string.h>

#include "pki/template.h"

#define TICK '`'

/* What the consoles write, in their order: the agents' policies in front. */
static const struct {
	const char *name;
	const char *type;
} order[] = {
	{ PACKED_RA_POLICIES, "PZPWSTR" },
	{ PACKED_ALGORITHM, "PZPWSTR" },
	{ PACKED_HASH, "PZPWSTR" },
	{ PACKED_KEY_SDDL, "PZPWSTR" },
	{ PACKED_KEY_USAGE, "DWORD" },
	{ PACKED_CIPHER, "PZPWSTR" },
	{ PACKED_CIPHER_LEN, "DWORD" },
};
#define ORDER_LEN (sizeof(order) / sizeof(order[0]))

struct triple {
	struct bytes name, type, value;
};

bool
template_packed(const struct template *t)
{
	return t->ra_app_policies.n == 1 &&
	    strchr(t->ra_app_policies.v[0], TICK) != NULL;
}

static const char *
packed_text(const struct template *t)
{
	return template_packed(t) ? t->ra_app_policies.v[0] : "";
}

/* The text up to the next tick, or to the end: real strings lack the last. */
static bool
next_field(struct bytes *out, const char **s)
{
	size_t n = strcspn(*s, "`");

	*out = bytes_of(*s, n);
	*s += n + ((*s)[n] == TICK);
	return out->n > 0;
}

static bool
next_triple(struct triple *out, const char **s)
{
	return next_field(&out->name, s) && next_field(&out->type, s) &&
	    (next_field(&out->value, s) || **s != '\0' || (*s)[-1] == TICK);
}

enum sg_err
template_packed_get(char **out, const struct template *t, const char *name)
{
	const char *s = packed_text(t);
	struct triple x;

	while (next_triple(&x, &s))
		if (bytes_eq(x.name, bytes_str(name)))
			return str_from_bytes(out, x.value);
	return sg_fail(SG_ENOENT, "the template does not say %s", name);
}

static enum sg_err
add(struct buf *b, const char *name, const char *type, const char *value)
{
	return buf_printf(b, "%s`%s`%s`", name, type, value);
}

static bool
in_order(struct bytes name)
{
	for (size_t i = 0; i < ORDER_LEN; i++)
		if (bytes_eq(name, bytes_str(order[i].name)))
			return true;
	return false;
}

/* What is known in its order, one value replaced; the rest behind it. */
static enum sg_err
rebuild(struct buf *b, const struct template *t, const char *name,
    const char *value)
{
	const char *s = packed_text(t);
	struct triple x;

	for (size_t i = 0; i < ORDER_LEN; i++) {
		auto_str old = NULL;
		const char *now = value;

		if (strcmp(order[i].name, name) != 0) {
			enum sg_err e = template_packed_get(&old, t,
			    order[i].name);

			if (e != SG_OK && e != SG_ENOENT)
				return e;
			now = old;
		}
		if (now != NULL)
			SG_TRY(add(b, order[i].name, order[i].type, now));
	}
	while (next_triple(&x, &s))
		if (!in_order(x.name))
			SG_TRY(buf_printf(b, "%.*s`%.*s`%.*s`",
			    (int)x.name.n, (const char *)x.name.p,
			    (int)x.type.n, (const char *)x.type.p,
			    (int)x.value.n, (const char *)x.value.p));
	return SG_OK;
}

static enum sg_err
replace(struct template *t, const char *text)
{
	auto_done(texts) fresh = { 0 };

	if (*text != '\0')
		SG_TRY(texts_add(&fresh, text));
	texts_done(&t->ra_app_policies);
	t->ra_app_policies = fresh;
	fresh = (struct texts) { 0 };
	return SG_OK;
}

static enum sg_err
oids_joined(char **out, const struct texts *l)
{
	auto_done(buf) b = { 0 };

	for (size_t i = 0; i < l->n; i++)
		SG_TRY(buf_printf(&b, "%s%s", i > 0 ? "," : "", l->v[i]));
	return str_from_bytes(out, buf_bytes(&b));
}

enum sg_err
template_packed_set(struct template *t, const char *name, const char *value)
{
	auto_done(buf) b = { 0 };

	if (value != NULL && strchr(value, TICK) != NULL)
		return sg_fail(SG_EARG, "%s: a grave accent ends the value",
		    name);
	if (!template_packed(t) && t->ra_app_policies.n > 0) {
		auto_str oids = NULL;

		SG_TRY(oids_joined(&oids, &t->ra_app_policies));
		texts_done(&t->ra_app_policies);
		SG_TRY(template_packed_set(t, PACKED_RA_POLICIES, oids));
	}
	SG_TRY(rebuild(&b, t, name, value));
	SG_TRY(buf_terminate(&b));
	return replace(t, (const char *)b.p);
}

enum sg_err
template_ra_policies(struct texts *out, const struct template *t)
{
	auto_str all = NULL;
	enum sg_err e;

	if (!template_packed(t))
		return texts_add_all(out, &t->ra_app_policies);
	if ((e = template_packed_get(&all, t, PACKED_RA_POLICIES)) != SG_OK)
		return e == SG_ENOENT ? SG_OK : e;
	for (char *s = all; *s != '\0';) {
		size_t n = strcspn(s, ",");
		char *next = s + n + (s[n] == ',');

		s[n] = '\0';
		if (n > 0)
			SG_TRY(texts_add(out, s));
		s = next;
	}
	return SG_OK;
}

enum sg_err
template_packed_drop(struct template *t)
{
	auto_done(texts) oids = { 0 };

	if (!template_packed(t))
		return SG_OK;
	SG_TRY(template_ra_policies(&oids, t));
	texts_done(&t->ra_app_policies);
	t->ra_app_policies = oids;
	oids = (struct texts) { 0 };
	return SG_OK;
}

enum sg_err
template_algorithm(char **out, const struct template *t)
{
	enum sg_err e = template_packed_get(out, t, PACKED_ALGORITHM);

	return e == SG_ENOENT ? str_dup(out, "RSA") : e;
}

enum digest
template_hash(const struct template *t)
{
	auto_str name = NULL;

	if (template_packed_get(&name, t, PACKED_HASH) != SG_OK)
		return DIGEST_SHA256;
	if (strcmp(name, "SHA384") == 0)
		return DIGEST_SHA384;
	return strcmp(name, "SHA512") == 0 ? DIGEST_SHA512 : DIGEST_SHA256;
}
