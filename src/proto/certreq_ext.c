/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "proto/certreq_keys.h"

#define OID_EXT_KEY_USAGE "2.5.29.37"
#define TEXT_MARK "{text}"

static char *
trimmed(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	for (n = strlen(s); n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'); n--)
		s[n - 1] = '\0';
	return s;
}

/* Calls each for the parts between the separators, empty ones left out. */
static enum sg_err
split(const char *text, const char *separators, struct certreq_reading *g,
    enum sg_err (*each)(struct certreq_reading *g, char *part))
{
	auto_str copy = NULL;
	char *rest, *part;

	SG_TRY(str_dup(&copy, text));
	rest = copy;
	while ((part = strsep(&rest, separators)) != NULL) {
		part = trimmed(part);
		if (*part != '\0')
			SG_TRY(each(g, part));
	}
	return SG_OK;
}

static enum sg_err
add_eku(struct certreq_reading *g, char *oid)
{
	return certreq_add_oid(&g->r.content.ext.eku, oid);
}

static enum sg_err
add_policy(struct certreq_reading *g, char *oid)
{
	return certreq_add_oid(&g->r.content.ext.app_policies, oid);
}

static enum sg_err
add_critical(struct certreq_reading *g, char *oid)
{
	return certreq_add_oid(&g->critical, oid);
}

static enum sg_err
add_upn(struct certreq_reading *g, const char *name)
{
	if (g->r.content.ext.upn != NULL)
		return sg_fail(SG_EFORMAT, "two UPNs");
	return certreq_set_upn(&g->r, name);
}

static enum sg_err
add_text_name(struct texts *list, const char *name)
{
	if (*name == '\0')
		return sg_fail(SG_EFORMAT, "an empty name");
	if (list->n == CERTREQ_LIST_MAX)
		return sg_fail(SG_ELIMIT, "more than %d names",
		    CERTREQ_LIST_MAX);
	return texts_add(list, name);
}

static enum sg_err
add_email(struct certreq_reading *g, const char *name)
{
	return add_text_name(&g->r.content.ext.email, name);
}

static enum sg_err
add_dns(struct certreq_reading *g, const char *name)
{
	if (!dns_valid(name))
		return sg_fail(SG_EFORMAT, "'%s' is no DNS name", name);
	return add_text_name(&g->r.content.ext.dns, name);
}

static enum sg_err
add_uri(struct certreq_reading *g, const char *name)
{
	return add_text_name(&g->r.content.ext.uri, name);
}

/* certreq's words; those without a function are known and not supported. */
static const struct {
	const char *word;
	enum sg_err (*add)(struct certreq_reading *g, const char *name);
} names[] = {
	{ "UPN", add_upn },
	{ "EMail", add_email },
	{ "DNS", add_dns },
	{ "URL", add_uri },
	{ "DirectoryName", NULL },
	{ "dn", NULL },
	{ "IPAddress", NULL },
	{ "RegisteredId", NULL },
	{ "Guid", NULL },
};

static enum sg_err
add_name(struct certreq_reading *g, char *part)
{
	char *value = strchr(part, '=');

	if (value == NULL)
		return sg_fail(SG_EFORMAT, "'%s' is not 'kind=name'", part);
	*value++ = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcasecmp(part, names[i].word) != 0)
			continue;
		if (names[i].add == NULL)
			return sg_fail(SG_EUNSUPPORTED, "names of the kind %s"
			    " are not supported in {text} (give base64 DER)",
			    part);
		return names[i].add(g, value);
	}
	if (part[0] >= '0' && part[0] <= '9')
		return sg_fail(SG_EUNSUPPORTED, "other names by OID are not"
		    " supported in {text} (give base64 DER)");
	return sg_fail(SG_EFORMAT, "'%s' is no kind of name", part);
}

static enum sg_err
add_constraint(struct certreq_reading *g, char *part)
{
	if (strncasecmp(part, "pathlength=", 11) == 0)
		return SG_OK;
	if (strcasecmp(part, "ca=0") != 0 && strcasecmp(part, "ca=false") != 0)
		return sg_fail(SG_EUNSUPPORTED,
		    "'%s': a person's certificate is no CA's (ca=0)", part);
	g->r.content.ext.has_basic = true;
	return SG_OK;
}

static const struct {
	const char *oid;
	const char *separators;
	enum sg_err (*each)(struct certreq_reading *g, char *part);
} texts[] = {
	{ OID_SUBJECT_ALT_NAME, "&", add_name },
	{ OID_EXT_KEY_USAGE, ",", add_eku },
	{ OID_APP_POLICIES, ",", add_policy },
	{ OID_BASIC_CONSTRAINTS, "&", add_constraint },
};

static enum sg_err
extension_text(struct certreq_reading *g, const char *oid, const char *text)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (strcmp(oid, texts[i].oid) == 0)
			return split(text, texts[i].separators, g,
			    texts[i].each);
	return sg_fail(SG_EUNSUPPORTED,
	    "{text} is not known for this extension (give base64 DER)");
}

static enum sg_err
extension_der(struct certreq_reading *g, const char *oid, const char *base64)
{
	auto_done(buf) der = { 0 };

	SG_TRY(base64_decode(&der, bytes_str(base64)));
	if (der.n == 0)
		return sg_fail(SG_EFORMAT, "the value is empty");
	if (!oid_valid(oid))
		return sg_fail(SG_EFORMAT, "'%s' is not an object identifier",
		    oid);
	return extensions_add_raw(&g->r.content.ext, oid, false,
	    buf_bytes(&der));
}

enum sg_err
certreq_extension_line(struct certreq_reading *g, const struct inf_line *l)
{
	size_t mark = strlen(TEXT_MARK);

	if (strcasecmp(l->key, "Critical") == 0)
		return split(l->value, ",", g, add_critical);
	if (strspn(l->key, "0123456789.") != strlen(l->key))
		return sg_fail(SG_EFORMAT, "unknown key (an extension's OID,"
		    " Critical)");
	if (strncasecmp(l->value, TEXT_MARK, mark) == 0)
		return extension_text(g, l->key, l->value + mark);
	if (l->value[0] == '{')
		return sg_fail(SG_EUNSUPPORTED, "a value is {text}... or"
		    " base64 DER");
	return extension_der(g, l->key, l->value);
}

/* Where an extension that we interpret is, and whether it was given. */
struct place {
	const char *oid;
	bool given;
	bool *critical;
};

static bool
set_known(const struct place *places, size_t n, const char *oid)
{
	for (size_t i = 0; i < n; i++) {
		if (!places[i].given || strcmp(places[i].oid, oid) != 0)
			continue;
		*places[i].critical = true;
		return true;
	}
	return false;
}

static bool
set_raw(struct extensions *x, const char *oid)
{
	for (size_t i = 0; i < x->raw_count; i++) {
		if (strcmp(x->raw[i].oid, oid) == 0) {
			x->raw[i].critical = true;
			return true;
		}
	}
	return false;
}

static bool
has_names(const struct extensions *x)
{
	return x->upn != NULL || x->email.n + x->dns.n + x->uri.n > 0;
}

enum sg_err
certreq_extensions_end(struct certreq_reading *g)
{
	struct extensions *x = &g->r.content.ext;
	const struct place places[] = {
		{ OID_KEY_USAGE, x->key_usage != 0, &x->key_usage_critical },
		{ OID_SUBJECT_ALT_NAME, has_names(x), &x->san_critical },
		{ OID_EXT_KEY_USAGE, x->eku.n > 0, &x->eku_critical },
		{ OID_BASIC_CONSTRAINTS, x->has_basic, &x->basic_critical },
	};
	size_t n = sizeof(places) / sizeof(*places);

	for (size_t i = 0; i < x->raw_count; i++)
		for (size_t k = 0; k < n; k++)
			if (places[k].given &&
			    strcmp(places[k].oid, x->raw[i].oid) == 0)
				return sg_fail(SG_EFORMAT, "%s is given twice,"
				    " as DER and otherwise", places[k].oid);
	for (size_t i = 0; i < g->critical.n; i++)
		if (!set_known(places, n, g->critical.v[i]) &&
		    !set_raw(x, g->critical.v[i]))
			return sg_fail(SG_EFORMAT, "Critical names %s, which"
			    " is not among the extensions", g->critical.v[i]);
	return SG_OK;
}
