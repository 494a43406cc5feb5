/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/template_flags.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SERVER_MASK	0xf0000u
#define CLIENT_MASK	0xf000000u

struct flag {
	uint32_t value;
	uint32_t mask;		/* the bits the name is about; 0: value */
	const char *name;
};

static const struct flag general[] = {
	{ 0x1, 0, "CT_FLAG_ENROLLEE_SUPPLIES_SUBJECT" },
	{ 0x2, 0, "CT_FLAG_ADD_EMAIL" },
	{ 0x4, 0, "CT_FLAG_ADD_OBJ_GUID" },
	{ 0x8, 0, "CT_FLAG_PUBLISH_TO_DS" },
	{ 0x10, 0, "CT_FLAG_EXPORTABLE_KEY" },
	{ 0x20, 0, "CT_FLAG_AUTO_ENROLLMENT" },
	{ 0x40, 0, "CT_FLAG_MACHINE_TYPE" },
	{ 0x80, 0, "CT_FLAG_IS_CA" },
	{ 0x100, 0, "CT_FLAG_ADD_DIRECTORY_PATH" },
	{ 0x200, 0, "CT_FLAG_ADD_TEMPLATE_NAME" },
	{ 0x400, 0, "CT_FLAG_ADD_SUBJECT_DIRECTORY_PATH" },
	{ 0x800, 0, "CT_FLAG_IS_CROSS_CA" },
	{ 0x1000, 0, "CT_FLAG_DONOTPERSISTINDB" },
	{ 0x10000, 0, "CT_FLAG_IS_DEFAULT" },
	{ 0x20000, 0, "CT_FLAG_IS_MODIFIED" },
	{ 0x40000, 0, "CT_FLAG_IS_DELETED" },
	{ 0x80000, 0, "CT_FLAG_POLICY_MISMATCH" },
};

static const struct flag enrollment[] = {
	{ 0x1, 0, "CT_FLAG_INCLUDE_SYMMETRIC_ALGORITHMS" },
	{ 0x2, 0, "CT_FLAG_PEND_ALL_REQUESTS" },
	{ 0x4, 0, "CT_FLAG_PUBLISH_TO_KRA_CONTAINER" },
	{ 0x8, 0, "CT_FLAG_PUBLISH_TO_DS" },
	{ 0x10, 0, "CT_FLAG_AUTO_ENROLLMENT_CHECK_USER_DS_CERTIFICATE" },
	{ 0x20, 0, "CT_FLAG_AUTO_ENROLLMENT" },
	{ 0x40, 0, "CT_FLAG_PREVIOUS_APPROVAL_VALIDATE_REENROLLMENT" },
	{ 0x80, 0, "CT_FLAG_DOMAIN_AUTHENTICATION_NOT_REQUIRED" },
	{ 0x100, 0, "CT_FLAG_USER_INTERACTION_REQUIRED" },
	{ 0x200, 0, "CT_FLAG_ADD_TEMPLATE_NAME" },
	{ 0x400, 0,
	    "CT_FLAG_REMOVE_INVALID_CERTIFICATE_FROM_PERSONAL_STORE" },
	{ 0x800, 0, "CT_FLAG_ALLOW_ENROLL_ON_BEHALF_OF" },
	{ 0x1000, 0, "CT_FLAG_ADD_OCSP_NOCHECK" },
	{ 0x2000, 0,
	    "CT_FLAG_ENABLE_KEY_REUSE_ON_NT_TOKEN_KEYSET_STORAGE_FULL" },
	{ 0x4000, 0, "CT_FLAG_NOREVOCATIONINFOINISSUEDCERTS" },
	{ 0x8000, 0, "CT_FLAG_INCLUDE_BASIC_CONSTRAINTS_FOR_EE_CERTS" },
	{ 0x10000, 0, "CT_FLAG_ALLOW_PREVIOUS_APPROVAL_KEYBASEDRENEWAL_"
	    "VALIDATE_REENROLLMENT" },
	{ 0x20000, 0, "CT_FLAG_ISSUANCE_POLICIES_FROM_REQUEST" },
	{ 0x40000, 0, "CT_FLAG_SKIP_AUTO_RENEWAL" },
	{ 0x80000, 0, "CT_FLAG_NO_SECURITY_EXTENSION" },
};

#define SERVER(n, name) { n << 16, SERVER_MASK, "TEMPLATE_SERVER_VER_" name \
	"<<CTPRIVATEKEY_FLAG_SERVERVERSION_SHIFT" }
#define CLIENT(n, name) { n << 24, CLIENT_MASK, "TEMPLATE_CLIENT_VER_" name \
	"<<CTPRIVATEKEY_FLAG_CLIENTVERSION_SHIFT" }

static const struct flag private_key[] = {
	{ 0x1, 0, "CTPRIVATEKEY_FLAG_REQUIRE_PRIVATE_KEY_ARCHIVAL" },
	{ 0x10, 0, "CTPRIVATEKEY_FLAG_EXPORTABLE_KEY" },
	{ 0x20, 0, "CTPRIVATEKEY_FLAG_STRONG_KEY_PROTECTION_REQUIRED" },
	{ 0x40, 0,
	    "CTPRIVATEKEY_FLAG_REQUIRE_ALTERNATE_SIGNATURE_ALGORITHM" },
	{ 0x80, 0, "CTPRIVATEKEY_FLAG_REQUIRE_SAME_KEY_RENEWAL" },
	{ 0x100, 0, "CTPRIVATEKEY_FLAG_USE_LEGACY_PROVIDER" },
	{ 0x200, 0, "CTPRIVATEKEY_FLAG_EK_TRUST_ON_USE" },
	{ 0x400, 0, "CTPRIVATEKEY_FLAG_EK_VALIDATE_CERT" },
	{ 0x800, 0, "CTPRIVATEKEY_FLAG_EK_VALIDATE_KEY" },
	{ 0x1000, 0, "CTPRIVATEKEY_FLAG_ATTEST_PREFERRED" },
	{ 0x2000, 0, "CTPRIVATEKEY_FLAG_ATTEST_REQUIRED" },
	{ 0x4000, 0, "CTPRIVATEKEY_FLAG_ATTESTATION_WITHOUT_POLICY" },
	SERVER(1u, "2003"), SERVER(2u, "2008"), SERVER(3u, "2008R2"),
	SERVER(4u, "WIN8"), SERVER(5u, "WINBLUE"), SERVER(6u, "THRESHOLD"),
	{ 0x100000, 0, "CTPRIVATEKEY_FLAG_HELLO_KSP_KEY" },
	{ 0x200000, 0, "CTPRIVATEKEY_FLAG_HELLO_LOGON_KEY" },
	CLIENT(1u, "XP"), CLIENT(2u, "VISTA"), CLIENT(3u, "WIN7"),
	CLIENT(4u, "WIN8"), CLIENT(5u, "WINBLUE"), CLIENT(6u, "THRESHOLD"),
};

static const struct flag name_flags[] = {
	{ 0x1, 0, "CT_FLAG_ENROLLEE_SUPPLIES_SUBJECT" },
	{ 0x8, 0, "CT_FLAG_OLD_CERT_SUPPLIES_SUBJECT_AND_ALT_NAME" },
	{ 0x10000, 0, "CT_FLAG_ENROLLEE_SUPPLIES_SUBJECT_ALT_NAME" },
	{ 0x400000, 0, "CT_FLAG_SUBJECT_ALT_REQUIRE_DOMAIN_DNS" },
	{ 0x800000, 0, "CT_FLAG_SUBJECT_ALT_REQUIRE_SPN" },
	{ 0x1000000, 0, "CT_FLAG_SUBJECT_ALT_REQUIRE_DIRECTORY_GUID" },
	{ 0x2000000, 0, "CT_FLAG_SUBJECT_ALT_REQUIRE_UPN" },
	{ 0x4000000, 0, "CT_FLAG_SUBJECT_ALT_REQUIRE_EMAIL" },
	{ 0x8000000, 0, "CT_FLAG_SUBJECT_ALT_REQUIRE_DNS" },
	{ 0x10000000, 0, "CT_FLAG_SUBJECT_REQUIRE_DNS_AS_CN" },
	{ 0x20000000, 0, "CT_FLAG_SUBJECT_REQUIRE_EMAIL" },
	{ 0x40000000, 0, "CT_FLAG_SUBJECT_REQUIRE_COMMON_NAME" },
	{ 0x80000000, 0, "CT_FLAG_SUBJECT_REQUIRE_DIRECTORY_PATH" },
};

#define TABLE(attribute, t) { attribute, t, sizeof(t) / sizeof((t)[0]) }

struct table {
	const char *attribute;
	const struct flag *v;
	size_t n;
};

static const struct table tables[] = {
	TABLE("flags", general),
	TABLE("msPKI-Enrollment-Flag", enrollment),
	TABLE("msPKI-Private-Key-Flag", private_key),
	TABLE("msPKI-Certificate-Name-Flag", name_flags),
};

static const struct table *
find_table(const char *attribute)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (strcasecmp(tables[i].attribute, attribute) == 0)
			return &tables[i];
	return NULL;
}

bool
template_flags_known(const char *attribute)
{
	return find_table(attribute) != NULL;
}

static uint32_t
mask_of(const struct flag *f)
{
	return f->mask != 0 ? f->mask : f->value;
}

enum sg_err
template_flags_names(struct texts *out, const char *attribute,
    uint32_t value)
{
	const struct table *t = find_table(attribute);
	auto_str rest = NULL;

	for (size_t i = 0; t != NULL && i < t->n; i++) {
		const struct flag *f = &t->v[i];

		if ((value & mask_of(f)) != f->value)
			continue;
		SG_TRY(texts_add(out, f->name));
		value &= ~mask_of(f);
	}
	if (value == 0)
		return SG_OK;
	SG_TRY(str_printf(&rest, "0x%x", value));
	return texts_add(out, rest);
}

/* The flag of that name, also without its prefix up to "FLAG_". */
static const struct flag *
find_flag(const struct table *t, const char *name, size_t n)
{
	for (size_t i = 0; i < t->n; i++) {
		const char *full = t->v[i].name;
		const char *mark = strstr(full, "_FLAG_");
		const char *bare = mark != NULL && t->v[i].mask == 0
		    ? mark + strlen("_FLAG_") : full;

		if ((strlen(full) == n && strncasecmp(full, name, n) == 0) ||
		    (strlen(bare) == n && strncasecmp(bare, name, n) == 0))
			return &t->v[i];
	}
	return NULL;
}

enum sg_err
template_flags_print(char **out, const char *attribute, const char *name)
{
	const struct table *t = find_table(attribute);
	const struct flag *f = t != NULL ? find_flag(t, name, strlen(name))
					 : NULL;

	if (f == NULL)
		return str_dup(out, name);
	if (f->value < 10)
		return str_printf(out, "%s -- %x", f->name, f->value);
	return str_printf(out, "%s -- %x (%d)", f->name, f->value,
	    (int32_t)f->value);
}

static enum sg_err
one(uint32_t *value, uint32_t *mask, const struct table *t, const char *s,
    size_t n)
{
	const struct flag *f = find_flag(t, s, n);
	auto_str text = NULL;
	char *end;
	long long v;

	if (f != NULL) {
		*value = f->value;
		*mask = mask_of(f);
		return SG_OK;
	}
	SG_TRY(str_from_bytes(&text, bytes_of(s, n)));
	v = strtoll(text, &end, 0);
	if (n == 0 || *end != '\0' || v < INT32_MIN || v > UINT32_MAX)
		return sg_fail(SG_EARG, "'%.80s' is not a flag of %s", text,
		    t->attribute);
	*value = *mask = (uint32_t)v;
	return SG_OK;
}

enum sg_err
template_flags_edit(uint32_t *value, const char *attribute,
    const char *text)
{
	const struct table *t = find_table(attribute);
	/* "-5" is a number, "-NAME" is not. */
	char sign = *text == '+' || (*text == '-' &&
	    !isdigit((unsigned char)text[1])) ? *text : '\0';
	uint32_t v = sign != '\0' ? *value : 0;
	const char *s = sign != '\0' ? text + 1 : text;

	if (t == NULL)
		return sg_fail(SG_EARG, "%s does not hold flags", attribute);
	for (;;) {
		size_t n = strcspn(s, "|");
		uint32_t bits = 0, mask = 0;

		SG_TRY(one(&bits, &mask, t, s, n));
		v = (v & ~mask) | (sign == '-' ? 0 : bits);
		if (s[n] == '\0')
			break;
		s += n + 1;
	}
	*value = v;
	return SG_OK;
}
