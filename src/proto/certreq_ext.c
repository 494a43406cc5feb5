/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "proto/certreq_keys.h"

#define OID_SAN		"2.5.29.17"
#define OID_CONSTRAINTS "2.5.29.19"
#define OID_EKU		"2.5.29.37"
#define OID_POLICIES	"1.3.6.1.4.1.311.21.10"
#define TEXT_MARK	"{text}"

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
split(const char *text, const char *separators, struct certreq *r,
    enum sg_err (*each)(struct certreq *r, char *part))
{
	auto_str copy = NULL;
	char *rest, *part;

	SG_TRY(str_dup(&copy, text));
	rest = copy;
	while ((part = strsep(&rest, separators)) != NULL) {
		part = trimmed(part);
		if (*part != '\0')
			SG_TRY(each(r, part));
	}
	return SG_OK;
}

static enum sg_err
add_eku(struct certreq *r, char *oid)
{
	return certreq_add_oid(&r->ekus, oid);
}

static enum sg_err
add_policy(struct certreq *r, char *oid)
{
	return certreq_add_oid(&r->policies, oid);
}

static enum sg_err
add_critical(struct certreq *r, char *oid)
{
	return certreq_add_oid(&r->critical, oid);
}

/* certreq's words; kind 0 is known and not supported. */
static const struct {
	const char *word;
	enum certreq_san_kind kind;
} names[] = {
	{ "UPN", CERTREQ_SAN_UPN },
	{ "EMail", CERTREQ_SAN_EMAIL },
	{ "DNS", CERTREQ_SAN_DNS },
	{ "URL", CERTREQ_SAN_URI },
	{ "DirectoryName", 0 },
	{ "dn", 0 },
	{ "IPAddress", 0 },
	{ "RegisteredId", 0 },
	{ "Guid", 0 },
};

static enum sg_err
add_name(struct certreq *r, char *part)
{
	char *value = strchr(part, '=');

	if (value == NULL)
		return sg_fail(SG_EFORMAT, "'%s' is not 'kind=name'", part);
	*value++ = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcasecmp(part, names[i].word) != 0)
			continue;
		if (names[i].kind == 0)
			return sg_fail(SG_EUNSUPPORTED, "names of the kind %s"
			    " are not supported in {text} (give base64 DER)",
			    part);
		return certreq_add_san(r, names[i].kind, value);
	}
	if (part[0] >= '0' && part[0] <= '9')
		return sg_fail(SG_EUNSUPPORTED, "other names by OID are not"
		    " supported in {text} (give base64 DER)");
	return sg_fail(SG_EFORMAT, "'%s' is no kind of name", part);
}

static enum sg_err
add_constraint(struct certreq *r, char *part)
{
	if (strncasecmp(part, "pathlength=", 11) == 0)
		return SG_OK;
	if (strcasecmp(part, "ca=0") != 0 && strcasecmp(part, "ca=false") != 0)
		return sg_fail(SG_EUNSUPPORTED,
		    "'%s': a person's certificate is no CA's (ca=0)", part);
	r->constraints = true;
	return SG_OK;
}

static const struct {
	const char *oid;
	const char *separators;
	enum sg_err (*each)(struct certreq *r, char *part);
} texts[] = {
	{ OID_SAN, "&", add_name },
	{ OID_EKU, ",", add_eku },
	{ OID_POLICIES, ",", add_policy },
	{ OID_CONSTRAINTS, "&", add_constraint },
};

static enum sg_err
extension_text(struct certreq *r, const char *oid, const char *text)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (strcmp(oid, texts[i].oid) == 0)
			return split(text, texts[i].separators, r,
			    texts[i].each);
	return sg_fail(SG_EUNSUPPORTED,
	    "{text} is not known for this extension (give base64 DER)");
}

static enum sg_err
extension_der(struct certreq *r, const char *oid, const char *base64)
{
	auto_done(buf) der = { 0 };

	SG_TRY(base64_decode(&der, bytes_str(base64)));
	if (der.n == 0)
		return sg_fail(SG_EFORMAT, "the value is empty");
	return certreq_add_extension(r, oid, buf_bytes(&der));
}

enum sg_err
certreq_extension_line(struct certreq *r, const struct inf_line *l)
{
	size_t mark = strlen(TEXT_MARK);

	if (strcasecmp(l->key, "Critical") == 0)
		return split(l->value, ",", r, add_critical);
	if (strspn(l->key, "0123456789.") != strlen(l->key))
		return sg_fail(SG_EFORMAT, "unknown key (an extension's OID,"
		    " Critical)");
	if (strncasecmp(l->value, TEXT_MARK, mark) == 0)
		return extension_text(r, l->key, l->value + mark);
	if (l->value[0] == '{')
		return sg_fail(SG_EUNSUPPORTED, "a value is {text}... or"
		    " base64 DER");
	return extension_der(r, l->key, l->value);
}
