/* SPDX-License-Identifier: BSD-2-Clause */

/* The tab Subject Name. */

#include <string.h>
#include <strings.h>

#include "pki/template_tabs.h"

#define FORMATS (NAME_DIRECTORY_PATH | NAME_COMMON_NAME | NAME_DNS_AS_CN)
#define ALTERNATIVES (NAME_ALT_DOMAIN_DNS | NAME_ALT_SPN | NAME_ALT_GUID | \
	NAME_ALT_UPN | NAME_ALT_EMAIL | NAME_ALT_DNS)
#define FROM_DIRECTORY (FORMATS | ALTERNATIVES | NAME_EMAIL)

/* Of the attribute "flags": the same bit, for the templates of 2000. */
#define OLD_ENROLLEE_SUPPLIES 0x1u

static const char *const sources[] = { "directory", "request", NULL };

static enum sg_err
source_get(char **out, const struct template *t)
{
	return str_dup(out, sources[(t->name_flag &
	    NAME_ENROLLEE_SUPPLIES) != 0]);
}

/* One of two buttons: what belongs to the other one goes. */
static enum sg_err
source_set(struct template *t, const char *value)
{
	bool was = (t->name_flag & NAME_ENROLLEE_SUPPLIES) != 0;
	size_t i;

	SG_TRY(tab_choice(&i, value, sources));
	if (was == (i == 1))
		return SG_OK;
	if (i == 1) {
		t->name_flag &= ~FROM_DIRECTORY;
		t->name_flag |= NAME_ENROLLEE_SUPPLIES;
	} else {
		t->name_flag &= ~(NAME_ENROLLEE_SUPPLIES |
		    NAME_ENROLLEE_SUPPLIES_ALT | NAME_OLD_CERT_SUPPLIES);
		t->name_flag |= NAME_COMMON_NAME;
		t->flags &= ~OLD_ENROLLEE_SUPPLIES;
	}
	return SG_OK;
}

static const struct {
	const char *name;
	uint32_t bit;
} formats[] = {
	{ "none", 0 },
	{ "common-name", NAME_COMMON_NAME },
	{ "dns-name", NAME_DNS_AS_CN },
	{ "fully-distinguished-name", NAME_DIRECTORY_PATH },
};
#define FORMATS_LEN (sizeof(formats) / sizeof(formats[0]))

static enum sg_err
format_get(char **out, const struct template *t)
{
	size_t i = FORMATS_LEN - 1;

	/* The CA takes the fullest that is set. */
	while (i > 0 && (t->name_flag & formats[i].bit) == 0)
		i--;
	return str_dup(out, formats[i].name);
}

static enum sg_err
format_set(struct template *t, const char *value)
{
	for (size_t i = 0; i < FORMATS_LEN; i++) {
		if (strcasecmp(formats[i].name, value) != 0)
			continue;
		t->name_flag &= ~FORMATS;
		t->name_flag |= formats[i].bit;
		return SG_OK;
	}
	return sg_fail(SG_EARG, "'%.40s' is none of none, common-name, "
	    "dns-name, fully-distinguished-name", value);
}

static const struct {
	const char *name;
	uint32_t bit;
} alternatives[] = {
	{ "email", NAME_ALT_EMAIL },
	{ "dns", NAME_ALT_DNS },
	{ "upn", NAME_ALT_UPN },
	{ "spn", NAME_ALT_SPN },
	{ "domain-dns", NAME_ALT_DOMAIN_DNS },
	{ "guid", NAME_ALT_GUID },
};
#define ALTERNATIVES_LEN (sizeof(alternatives) / sizeof(alternatives[0]))

static enum sg_err
alternatives_list(struct texts *out, uint32_t name_flag)
{
	for (size_t i = 0; i < ALTERNATIVES_LEN; i++)
		if ((name_flag & alternatives[i].bit) != 0)
			SG_TRY(texts_add(out, alternatives[i].name));
	return SG_OK;
}

static enum sg_err
alternatives_get(char **out, const struct template *t)
{
	auto_done(texts) l = { 0 };

	SG_TRY(alternatives_list(&l, t->name_flag));
	return texts_join(out, &l);
}

static enum sg_err
alternative_item(struct texts *out, const char *text)
{
	for (size_t i = 0; i < ALTERNATIVES_LEN; i++)
		if (strcasecmp(alternatives[i].name, text) == 0)
			return texts_add(out, alternatives[i].name);
	return sg_fail(SG_EARG, "'%.40s' is none of email, dns, upn, spn, "
	    "domain-dns, guid", text);
}

static enum sg_err
alternatives_set(struct template *t, const char *value)
{
	auto_done(texts) l = { 0 };

	SG_TRY(alternatives_list(&l, t->name_flag));
	SG_TRY(tab_list(&l, value, alternative_item));
	t->name_flag &= ~ALTERNATIVES;
	for (size_t i = 0; i < ALTERNATIVES_LEN; i++)
		if (texts_has(&l, alternatives[i].name))
			t->name_flag |= alternatives[i].bit;
	return SG_OK;
}

#define SUBJECT "Subject Name"

const struct tab_setting tab_names[] = {
	{ { "subject", SUBJECT, "Subject name",
	    "directory, request" }, source_get, source_set, 0, 0, false },
	TAB_BIT("old-certificate-names", SUBJECT,
	    "Use subject information from existing certificates for renewal",
	    name_flag, NAME_OLD_CERT_SUPPLIES),
	{ { "subject-format", SUBJECT, "Subject name format", "none, "
	    "common-name, dns-name, fully-distinguished-name" }, format_get,
	    format_set, 0, 0, false },
	TAB_BIT("email-in-subject", SUBJECT,
	    "Include e-mail name in subject name", name_flag, NAME_EMAIL),
	{ { "alternative-names", SUBJECT, "Alternative subject name",
	    "email, dns, upn, spn, domain-dns, guid" }, alternatives_get,
	    alternatives_set, 0, 0, false },
	{ { NULL, NULL, NULL, NULL }, NULL, NULL, 0, 0, false },
};
