/* SPDX-License-Identifier: BSD-2-Clause */

/* The tabs General, Server, Issuance Requirements, Superseded Templates and
 * Extensions, and what all tabs need. */

#include "pki/template_tabs.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "pki/period.h"

#define SIGNATURES_MAX 16

enum sg_err
tab_choice(size_t *out, const char *value, const char *const *choices)
{
	auto_done(buf) all = { 0 };

	for (size_t i = 0; choices[i] != NULL; i++) {
		if (strcasecmp(choices[i], value) == 0) {
			*out = i;
			return SG_OK;
		}
		SG_TRY(buf_printf(&all, "%s%s", i > 0 ? ", " : "",
		    choices[i]));
	}
	SG_TRY(buf_terminate(&all));
	return sg_fail(SG_EARG, "'%.60s' is none of %s", value,
	    (const char *)all.p);
}

static enum sg_err
remove_all(struct texts *list, const struct texts *gone)
{
	for (size_t i = 0; i < gone->n; i++) {
		size_t k = 0;

		while (k < list->n && strcasecmp(list->v[k],
		    gone->v[i]) != 0)
			k++;
		if (k == list->n)
			return sg_fail(SG_EARG, "'%.80s' is not in the list",
			    gone->v[i]);
		free(list->v[k]);
		list->n--;
		memmove(list->v + k, list->v + k + 1,
		    (list->n - k) * sizeof(*list->v));
	}
	return SG_OK;
}

static enum sg_err
add_all(struct texts *list, const struct texts *more)
{
	for (size_t i = 0; i < more->n; i++)
		if (!texts_has(list, more->v[i]))
			SG_TRY(texts_add(list, more->v[i]));
	return SG_OK;
}

/* "a, b" split at the commas, each item through item(). */
static enum sg_err
items(struct texts *out, const char *value, tab_item *item)
{
	while (*value != '\0') {
		auto_str text = NULL;
		size_t n;

		value += strspn(value, " ");
		n = strcspn(value, ",");
		SG_TRY(str_from_bytes(&text, bytes_of(value, n)));
		value += n + (value[n] == ',');
		while (n > 0 && text[n - 1] == ' ')
			text[--n] = '\0';
		if (n > 0)
			SG_TRY(item(out, text));
	}
	return SG_OK;
}

enum sg_err
tab_list(struct texts *list, const char *value, tab_item *item)
{
	char sign = *value == '+' || *value == '-' ? *value : '\0';
	auto_done(texts) said = { 0 };

	SG_TRY(items(&said, sign != '\0' ? value + 1 : value, item));
	if (sign == '-')
		return remove_all(list, &said);
	if (sign == '\0')
		texts_done(list);
	return add_all(list, &said);
}

static enum sg_err
oid_item(struct texts *out, const char *text)
{
	const char *oid = oid_of_name(text);

	if (oid == NULL)
		return sg_fail(SG_EARG, "'%.80s' is neither an OID nor a "
		    "policy known by that name", text);
	return texts_add(out, oid);
}

enum sg_err
tab_oids_set(struct texts *list, const char *value)
{
	return tab_list(list, value, oid_item);
}

enum sg_err
tab_oids_get(char **out, const struct texts *list)
{
	auto_done(buf) b = { 0 };

	for (size_t i = 0; i < list->n; i++)
		SG_TRY(buf_printf(&b, "%s%s", i > 0 ? ", " : "",
		    oid_name(list->v[i])));
	return str_from_bytes(out, buf_bytes(&b));
}

static enum sg_err
display_name_get(char **out, const struct template *t)
{
	return str_dup(out, t->display_name != NULL ? t->display_name : "");
}

static enum sg_err
display_name_set(struct template *t, const char *value)
{
	char *fresh;

	if (*value == '\0' || strchr(value, '"') != NULL ||
	    !text_plain(value))
		return sg_fail(SG_EARG, "it needs a character, and neither "
		    "quotes nor control characters");
	SG_TRY(str_dup(&fresh, value));
	free(t->display_name);
	t->display_name = fresh;
	return SG_OK;
}

static enum sg_err
validity_get(char **out, const struct template *t)
{
	return period_print(out, t->validity);
}

static enum sg_err
validity_set(struct template *t, const char *value)
{
	return period_parse(&t->validity, value);
}

static enum sg_err
renewal_get(char **out, const struct template *t)
{
	return period_print(out, t->overlap);
}

static enum sg_err
renewal_set(struct template *t, const char *value)
{
	return period_parse(&t->overlap, value);
}

static enum sg_err
signatures_get(char **out, const struct template *t)
{
	return str_printf(out, "%u", t->ra_signatures);
}

static enum sg_err
signatures_set(struct template *t, const char *value)
{
	long long n;

	SG_TRY(number_parse(&n, value, 0, SIGNATURES_MAX, "the number"));
	t->ra_signatures = (uint32_t)n;
	return SG_OK;
}

static enum sg_err
ra_policies_get(char **out, const struct template *t)
{
	auto_done(texts) l = { 0 };

	SG_TRY(template_ra_policies(&l, t));
	return tab_oids_get(out, &l);
}

static enum sg_err
ra_policies_set(struct template *t, const char *value)
{
	auto_done(texts) l = { 0 };
	auto_done(buf) b = { 0 };

	if (!template_packed(t))
		return tab_oids_set(&t->ra_app_policies, value);
	SG_TRY(template_ra_policies(&l, t));
	SG_TRY(tab_oids_set(&l, value));
	for (size_t i = 0; i < l.n; i++)
		SG_TRY(buf_printf(&b, "%s%s", i > 0 ? "," : "", l.v[i]));
	SG_TRY(buf_terminate(&b));
	return template_packed_set(t, PACKED_RA_POLICIES,
	    l.n > 0 ? (const char *)b.p : NULL);
}

static enum sg_err
ra_issuance_get(char **out, const struct template *t)
{
	return tab_oids_get(out, &t->ra_policies);
}

static enum sg_err
ra_issuance_set(struct template *t, const char *value)
{
	return tab_oids_set(&t->ra_policies, value);
}

static const char *const reenrollments[] = { "same", "valid-certificate",
	NULL };

static enum sg_err
reenrollment_get(char **out, const struct template *t)
{
	return str_dup(out, reenrollments[(t->enrollment_flag &
	    ENROLL_PREVIOUS_APPROVAL) != 0]);
}

static enum sg_err
reenrollment_set(struct template *t, const char *value)
{
	size_t i;

	SG_TRY(tab_choice(&i, value, reenrollments));
	t->enrollment_flag &= ~ENROLL_PREVIOUS_APPROVAL;
	t->enrollment_flag |= i == 1 ? ENROLL_PREVIOUS_APPROVAL : 0;
	return SG_OK;
}

static enum sg_err
supersedes_get(char **out, const struct template *t)
{
	return texts_join(out, &t->supersedes);
}

static enum sg_err
name_item(struct texts *out, const char *text)
{
	SG_TRY(template_name_check(text));
	return texts_add(out, text);
}

static enum sg_err
supersedes_set(struct template *t, const char *value)
{
	return tab_list(&t->supersedes, value, name_item);
}

static enum sg_err
app_policies_get(char **out, const struct template *t)
{
	return tab_oids_get(out, t->app_policies.n > 0 ? &t->app_policies
						       : &t->eku);
}

/* The console keeps the extended key usage equal. */
static enum sg_err
app_policies_set(struct template *t, const char *value)
{
	SG_TRY(tab_oids_set(&t->app_policies, value));
	texts_done(&t->eku);
	return texts_add_all(&t->eku, &t->app_policies);
}

static enum sg_err
policies_get(char **out, const struct template *t)
{
	return tab_oids_get(out, &t->policies);
}

static enum sg_err
policies_set(struct template *t, const char *value)
{
	return tab_oids_set(&t->policies, value);
}

static const struct {
	const char *name;
	unsigned bit;
} usages[] = {
	{ "digital-signature", USAGE_DIGITAL_SIGNATURE },
	{ "non-repudiation", USAGE_NON_REPUDIATION },
	{ "key-encipherment", USAGE_KEY_ENCIPHERMENT },
	{ "data-encipherment", USAGE_DATA_ENCIPHERMENT },
	{ "key-agreement", USAGE_KEY_AGREEMENT },
	{ "certificate-signing", USAGE_CERT_SIGN },
	{ "crl-signing", USAGE_CRL_SIGN },
	{ "encipher-only", USAGE_ENCIPHER_ONLY },
	{ "decipher-only", USAGE_DECIPHER_ONLY },
};
#define USAGES_LEN (sizeof(usages) / sizeof(usages[0]))

static enum sg_err
usage_names(struct texts *out, unsigned usage)
{
	for (size_t i = 0; i < USAGES_LEN; i++)
		if ((usage & usages[i].bit) != 0)
			SG_TRY(texts_add(out, usages[i].name));
	return SG_OK;
}

static enum sg_err
usage_get(char **out, const struct template *t)
{
	auto_done(texts) l = { 0 };

	SG_TRY(usage_names(&l, t->key_usage));
	return texts_join(out, &l);
}

static enum sg_err
usage_item(struct texts *out, const char *text)
{
	for (size_t i = 0; i < USAGES_LEN; i++)
		if (strcasecmp(usages[i].name, text) == 0)
			return texts_add(out, usages[i].name);
	return sg_fail(SG_EARG, "there is no key usage '%.40s'", text);
}

static enum sg_err
usage_set(struct template *t, const char *value)
{
	auto_done(texts) l = { 0 };
	unsigned usage = 0;

	SG_TRY(usage_names(&l, t->key_usage));
	SG_TRY(tab_list(&l, value, usage_item));
	for (size_t i = 0; i < USAGES_LEN; i++)
		usage |= texts_has(&l, usages[i].name) ? usages[i].bit : 0;
	t->key_usage = usage;
	t->key_usage_len = 2;
	return SG_OK;
}

static enum sg_err
critical_get(char **out, const struct template *t)
{
	return tab_oids_get(out, &t->critical);
}

static enum sg_err
critical_set(struct template *t, const char *value)
{
	return tab_oids_set(&t->critical, value);
}

#define SERVER "Server"
#define ISSUANCE "Issuance Requirements"
#define EXTENSIONS "Extensions"

const struct tab_setting tab_general[] = {
	{ { "display-name", "General", "Template display name", "text" },
	    display_name_get, display_name_set, 0, 0, false },
	{ { "validity", "General", "Validity period", "1 year" },
	    validity_get, validity_set, 0, 0, false },
	{ { "renewal-period", "General", "Renewal period", "6 weeks" },
	    renewal_get, renewal_set, 0, 0, false },
	TAB_BIT("publish-in-directory", "General",
	    "Publish certificate in Active Directory", enrollment_flag,
	    ENROLL_PUBLISH),
	TAB_BIT("no-duplicate-reenrollment", "General",
	    "Do not automatically reenroll if a duplicate certificate exists",
	    enrollment_flag, ENROLL_CHECK_DS),
	{ { NULL, NULL, NULL, NULL }, NULL, NULL, 0, 0, false },
};

const struct tab_setting tab_issuance[] = {
	TAB_BIT("do-not-store", SERVER,
	    "Do not store certificates and requests in the CA database",
	    flags, TEMPLATE_NOT_STORED),
	TAB_BIT("no-revocation-information", SERVER,
	    "Do not include revocation information in issued certificates",
	    enrollment_flag, ENROLL_NO_REVOCATION_INFO),
	TAB_BIT("approval", ISSUANCE, "CA certificate manager approval",
	    enrollment_flag, ENROLL_PEND),
	{ { "signatures", ISSUANCE, "Number of authorized signatures",
	    "0 to 16" }, signatures_get, signatures_set, 0, 0, false },
	{ { "signature-policies", ISSUANCE,
	    "Application policies required in signature", "policies" },
	    ra_policies_get, ra_policies_set, 0, 0, false },
	{ { "signature-issuance-policies", ISSUANCE,
	    "Issuance policies required in signature", "OIDs" },
	    ra_issuance_get, ra_issuance_set, 0, 0, false },
	{ { "reenrollment", ISSUANCE, "Required for reenrollment",
	    "same, valid-certificate" }, reenrollment_get, reenrollment_set,
	    0, 0, false },
	TAB_BIT("key-based-renewal", ISSUANCE, "Allow key based renewal",
	    enrollment_flag, ENROLL_KEY_BASED_RENEWAL),
	{ { "supersedes", "Superseded Templates", "Superseded templates",
	    "names" }, supersedes_get, supersedes_set, 0, 0, false },
	{ { "application-policies", EXTENSIONS, "Application policies",
	    "policies" }, app_policies_get, app_policies_set, 0, 0, false },
	{ { "issuance-policies", EXTENSIONS, "Issuance policies", "OIDs" },
	    policies_get, policies_set, 0, 0, false },
	TAB_BIT("issuance-policies-from-request", EXTENSIONS,
	    "Issuance policies from the request", enrollment_flag,
	    ENROLL_POLICIES_FROM_REQUEST),
	{ { "key-usage", EXTENSIONS, "Key usage", "digital-signature, ..." },
	    usage_get, usage_set, 0, 0, false },
	{ { "critical-extensions", EXTENSIONS, "Critical extensions",
	    "names or OIDs" }, critical_get, critical_set, 0, 0, false },
	TAB_BIT("basic-constraints", EXTENSIONS, "Basic constraints",
	    enrollment_flag, ENROLL_BASIC_CONSTRAINTS),
	TAB_BIT("ocsp-no-check", EXTENSIONS, "OCSP no revocation checking",
	    enrollment_flag, ENROLL_OCSP_NOCHECK),
	TAB_NOT_BIT("sid-extension", EXTENSIONS,
	    "Security identifier of the account", enrollment_flag,
	    ENROLL_NO_SECURITY_EXTENSION),
	{ { NULL, NULL, NULL, NULL }, NULL, NULL, 0, 0, false },
};
