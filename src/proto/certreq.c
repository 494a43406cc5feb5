/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/certreq.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/certreq_keys.h"

#define NAME_CHARACTERS                  \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"     \
	"abcdefghijklmnopqrstuvwxyz0123456789-._"

static void
texts_done(struct certreq_texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->v[i]);
	free(t->v);
}

void
certreq_done(struct certreq *r)
{
	free(r->subject);
	free(r->container);
	free(r->provider);
	free(r->friendly_name);
	texts_done(&r->ekus);
	texts_done(&r->policies);
	texts_done(&r->critical);
	for (size_t i = 0; i < r->san_count; i++)
		free(r->sans[i].value);
	free(r->sans);
	for (size_t i = 0; i < r->extension_count; i++) {
		free(r->extensions[i].oid);
		buf_done(&r->extensions[i].der);
	}
	free(r->extensions);
	for (size_t i = 0; i < r->attribute_count; i++) {
		free(r->attributes[i].name);
		free(r->attributes[i].value);
	}
	free(r->attributes);
	*r = (struct certreq) { 0 };
}

/* Room for one more of size bytes each behind n. */
static enum sg_err
list_grow(void **v, size_t n, size_t size)
{
	void *grown;

	if (n == CERTREQ_LIST_MAX)
		return sg_fail(SG_ELIMIT, "more than %d of a kind",
		    CERTREQ_LIST_MAX);
	if ((grown = reallocarray(*v, n + 1, size)) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	*v = grown;
	return SG_OK;
}

/* Dotted decimal, two arcs or more, no leading zeros (X.660). */
static bool
oid_valid(const char *s)
{
	size_t arcs = 0, n = strlen(s);

	if (n > 128 || s[0] < '0' || s[0] > '2' || s[1] != '.')
		return false;
	for (const char *p = s; ; arcs++) {
		size_t digits = strspn(p, "0123456789");

		if (digits == 0 || digits > 20 || (digits > 1 && *p == '0'))
			return false;
		p += digits;
		if (*p == '\0')
			return arcs >= 1;
		if (*p++ != '.')
			return false;
	}
}

enum sg_err
certreq_add_oid(struct certreq_texts *list, const char *oid)
{
	void *v = list->v;

	if (!oid_valid(oid))
		return sg_fail(SG_EARG, "'%s' is not an object identifier",
		    oid);
	SG_TRY(list_grow(&v, list->n, sizeof(*list->v)));
	list->v = v;
	SG_TRY(str_dup(&list->v[list->n], oid));
	list->n++;
	return SG_OK;
}

enum sg_err
certreq_add_san(struct certreq *r, enum certreq_san_kind kind,
    const char *value)
{
	void *v = r->sans;
	char *copy;

	if (*value == '\0' || strchr(value, '&') != NULL)
		return sg_fail(SG_EARG, "'%s' cannot be written as an"
		    " alternative name (empty, or with '&')", value);
	SG_TRY(list_grow(&v, r->san_count, sizeof(*r->sans)));
	r->sans = v;
	SG_TRY(str_dup(&copy, value));
	r->sans[r->san_count++] = (struct certreq_san) { kind, copy };
	return SG_OK;
}

enum sg_err
certreq_add_attribute(struct certreq *r, const char *name, const char *value)
{
	void *v = r->attributes;
	auto_str n = NULL;
	char *copy;

	if (*name == '\0' || strcasecmp(name, "_continue_") == 0 ||
	    strspn(name, NAME_CHARACTERS) != strlen(name))
		return sg_fail(SG_EARG,
		    "'%s' is no name of a request attribute", name);
	SG_TRY(list_grow(&v, r->attribute_count, sizeof(*r->attributes)));
	r->attributes = v;
	SG_TRY(str_dup(&n, name));
	SG_TRY(str_dup(&copy, value));
	r->attributes[r->attribute_count++] =
	    (struct certreq_attribute) { n, copy };
	n = NULL;
	return SG_OK;
}

const char *
certreq_attribute_find(const struct certreq *r, const char *name)
{
	for (size_t i = 0; i < r->attribute_count; i++)
		if (strcasecmp(r->attributes[i].name, name) == 0)
			return r->attributes[i].value;
	return NULL;
}

enum sg_err
certreq_add_extension(struct certreq *r, const char *oid, struct bytes der)
{
	void *v = r->extensions;
	struct certreq_extension x = { 0 };

	if (!oid_valid(oid))
		return sg_fail(SG_EARG, "'%s' is not an object identifier",
		    oid);
	SG_TRY(list_grow(&v, r->extension_count, sizeof(*r->extensions)));
	r->extensions = v;
	SG_TRY(str_dup(&x.oid, oid));
	if (buf_add_bytes(&x.der, der) != SG_OK) {
		free(x.oid);
		return SG_ENOMEM;
	}
	r->extensions[r->extension_count++] = x;
	return SG_OK;
}

/* certreq would take an unquoted comma for the end of the value. */
static enum sg_err
check_commas(const struct inf_line *l)
{
	if (!l->quoted && strchr(l->value, ',') != NULL)
		return sg_fail(SG_EFORMAT,
		    "a value with a comma must stand in quotes");
	return SG_OK;
}

static enum sg_err
version_line(struct certreq *r, const struct inf_line *l)
{
	(void)r;
	if (strcasecmp(l->key, "Signature") != 0)
		return sg_fail(SG_EFORMAT, "unknown key (Signature)");
	if (strcasecmp(l->value, "$Windows NT$") != 0 &&
	    strcasecmp(l->value, "$Chicago$") != 0)
		return sg_fail(SG_EFORMAT, "the signature is \"$Windows NT$\"");
	return SG_OK;
}

static enum sg_err
eku_line(struct certreq *r, const struct inf_line *l)
{
	if (strcasecmp(l->key, "OID") != 0)
		return sg_fail(SG_EFORMAT, "unknown key (OID)");
	return certreq_add_oid(&r->ekus, l->value);
}

static enum sg_err
attribute_line(struct certreq *r, const struct inf_line *l)
{
	SG_TRY(check_commas(l));
	if (certreq_attribute_find(r, l->key) != NULL)
		return sg_fail(SG_EFORMAT, "it stands there twice");
	return certreq_add_attribute(r, l->key, l->value);
}

static enum sg_err
newrequest_line(struct certreq *r, const struct inf_line *l)
{
	SG_TRY(check_commas(l));
	return certreq_key(r, l->key, l->value);
}

static enum sg_err
strings_line(struct certreq *r, const struct inf_line *l)
{
	(void)r;
	(void)l;
	return SG_OK;
}

static enum sg_err
policy_line(struct certreq *r, const struct inf_line *l)
{
	(void)r;
	(void)l;
	return sg_fail(SG_EUNSUPPORTED,
	    "this section is for cross certificates (certreq -policy)");
}

static const struct {
	const char *name;
	enum sg_err (*line)(struct certreq *r, const struct inf_line *l);
	bool repeats;
} sections[] = {
	{ "Version", version_line, false },
	{ "NewRequest", newrequest_line, false },
	{ "Extensions", certreq_extension_line, false },
	{ "EnhancedKeyUsageExtension", eku_line, true },
	{ "RequestAttributes", attribute_line, true },
	{ "Strings", strings_line, true },
	{ "PolicyStatementExtension", policy_line, true },
	{ "ApplicationPolicyStatementExtension", policy_line, true },
	{ "BasicConstraintsExtension", policy_line, true },
	{ "NameConstraintsExtension", policy_line, true },
	{ "CRLDistributionPoint", policy_line, true },
	{ "AuthorityInformationAccess", policy_line, true },
	{ "CrossCertificateDistributionPointsExtension", policy_line, true },
};

static bool
seen_before(const struct inf_section *s, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcasecmp(s->lines[i].key, s->lines[at].key) == 0)
			return true;
	return false;
}

static enum sg_err
section_read(struct certreq *r, const struct inf_section *s, const char *file,
    size_t kind)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct inf_line *l = &s->lines[i];
		enum sg_err e;

		if (!sections[kind].repeats && seen_before(s, i))
			e = sg_fail(SG_EFORMAT, "it stands there twice");
		else
			e = sections[kind].line(r, l);
		SG_TRY(sg_while(e == SG_EARG ? SG_EFORMAT : e,
		    "%s:%u: [%s] %s", file, l->line, s->name, l->key));
	}
	return SG_OK;
}

static enum sg_err
any_section(struct certreq *r, const struct inf_section *s, const char *file)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++)
		if (strcasecmp(s->name, sections[i].name) == 0)
			return section_read(r, s, file, i);
	return sg_fail(SG_EFORMAT, "%s:%u: unknown section [%s]", file,
	    s->line, s->name);
}

static enum sg_err
check_whole(const struct certreq *r, const struct inf *f, const char *file)
{
	const struct inf_section *s = inf_find(f, "NewRequest");

	if (s == NULL)
		return sg_fail(SG_EFORMAT, "%s: the section [NewRequest] is"
		    " missing", file);
	if (r->existing && r->container == NULL)
		return sg_fail(SG_EFORMAT, "%s:%u: [NewRequest]"
		    " UseExistingKeySet needs KeyContainer", file, s->line);
	return SG_OK;
}

enum sg_err
certreq_read(struct certreq *out, const struct inf *f, const char *file)
{
	auto_done(certreq) r = { .separator = ',' };

	for (size_t i = 0; i < f->n; i++)
		SG_TRY(any_section(&r, &f->sections[i], file));
	SG_TRY(check_whole(&r, f, file));
	*out = r;
	r = (struct certreq) { 0 };
	return SG_OK;
}
