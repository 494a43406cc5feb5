/* SPDX-License-Identifier: BSD-2-Clause */

/* What cannot go together in a template, and why. */

#include <stdlib.h>
#include <string.h>

#include "pki/template_edit.h"

#define VERSION_2012	4u
#define VERSION_2012R2	5u

#define NAMES_FROM_DIRECTORY (NAME_ALT_DOMAIN_DNS | NAME_ALT_SPN | \
	NAME_ALT_GUID | NAME_ALT_UPN | NAME_ALT_EMAIL | NAME_ALT_DNS | \
	NAME_DNS_AS_CN | NAME_EMAIL | NAME_COMMON_NAME | NAME_DIRECTORY_PATH)
#define FORMATS (NAME_DNS_AS_CN | NAME_COMMON_NAME | NAME_DIRECTORY_PATH)

static bool
versions_below(const struct template *t, uint32_t least)
{
	uint32_t f = t->private_key_flag;

	return (f >> KEY_SERVER_SHIFT & KEY_VERSION_MASK) < least ||
	    (f >> KEY_CLIENT_SHIFT & KEY_VERSION_MASK) < least;
}

static bool
key_has(const struct template *t, uint32_t bits)
{
	return (t->private_key_flag & bits) != 0;
}

static bool
enroll_has(const struct template *t, uint32_t bits)
{
	return (t->enrollment_flag & bits) != 0;
}

static bool
name_has(const struct template *t, uint32_t bits)
{
	return (t->name_flag & bits) != 0;
}

static bool
same_key_too_old(const struct template *t)
{
	return key_has(t, KEY_SAME_FOR_RENEWAL) &&
	    versions_below(t, VERSION_2012);
}

static bool
attestation_too_old(const struct template *t)
{
	return key_has(t, KEY_ATTEST_MASK) &&
	    versions_below(t, VERSION_2012R2);
}

static bool
attestation_without_ksp(const struct template *t)
{
	return key_has(t, KEY_ATTEST_MASK) && !template_uses_ksp(t);
}

static bool
attested_and_exportable(const struct template *t)
{
	return key_has(t, KEY_ATTEST_MASK) && key_has(t, KEY_EXPORTABLE);
}

static bool
schema_too_high(const struct template *t)
{
	return t->schema >= 4 && versions_below(t, VERSION_2012);
}

static bool
ksp_too_low(const struct template *t)
{
	return template_uses_ksp(t) && versions_below(t, 2);
}

static bool
request_and_directory(const struct template *t)
{
	return name_has(t, NAME_ENROLLEE_SUPPLIES) &&
	    name_has(t, NAMES_FROM_DIRECTORY);
}

static bool
email_without_subject(const struct template *t)
{
	return name_has(t, NAME_EMAIL) && !name_has(t, FORMATS);
}

static bool
old_names_without_request(const struct template *t)
{
	return name_has(t, NAME_OLD_CERT_SUPPLIES) &&
	    !name_has(t, NAME_ENROLLEE_SUPPLIES);
}

static bool
no_name_at_all(const struct template *t)
{
	return !name_has(t, NAMES_FROM_DIRECTORY | NAME_ENROLLEE_SUPPLIES);
}

static bool
archived_signing_key(const struct template *t)
{
	enum template_purpose p = template_purpose(t);

	return key_has(t, KEY_ARCHIVAL) &&
	    (p == PURPOSE_SIGNATURE || p == PURPOSE_SMARTCARD);
}

static bool
renewed_too_late(const struct template *t)
{
	return t->overlap >= t->validity;
}

static bool
signature_policies_for_none(const struct template *t)
{
	auto_done(texts) l = { 0 };

	return t->ra_signatures == 0 && (t->ra_policies.n > 0 ||
	    (template_ra_policies(&l, t) == SG_OK && l.n > 0));
}

static bool
key_based_without_request(const struct template *t)
{
	return enroll_has(t, ENROLL_KEY_BASED_RENEWAL) &&
	    (!name_has(t, NAME_ENROLLEE_SUPPLIES) ||
	    !enroll_has(t, ENROLL_PREVIOUS_APPROVAL));
}

static bool
not_stored_but_pending(const struct template *t)
{
	return (t->flags & TEMPLATE_NOT_STORED) != 0 &&
	    (enroll_has(t, ENROLL_PEND) || key_has(t, KEY_ARCHIVAL));
}

static bool
is_ecdsa(const struct template *t)
{
	auto_str name = NULL;

	return template_packed_get(&name, t, PACKED_ALGORITHM) == SG_OK &&
	    strncmp(name, "ECDSA", 5) == 0;
}

/* RFC 8813: such a key signs and nothing else. */
static bool
ecdsa_enciphers(const struct template *t)
{
	return is_ecdsa(t) && (t->key_usage & (USAGE_KEY_ENCIPHERMENT |
	    USAGE_DATA_ENCIPHERMENT | USAGE_KEY_AGREEMENT)) != 0 &&
	    template_purpose(t) == PURPOSE_ENCRYPTION;
}

static bool
size_not_the_curves(const struct template *t)
{
	auto_str name = NULL;
	const char *curve;

	if (template_packed_get(&name, t, PACKED_ALGORITHM) != SG_OK)
		return false;
	curve = strstr(name, "_P");
	if (curve == NULL)
		return t->minimal_key_size < 512;
	return strtoul(curve + 2, NULL, 10) != t->minimal_key_size;
}

static bool
provider_is_cng(const char *csp)
{
	return strstr(csp, "Key Storage Provider") != NULL ||
	    strstr(csp, "Platform Crypto Provider") != NULL;
}

static bool
provider_of_other_category(const struct template *t)
{
	for (size_t i = 0; i < t->csps.n; i++) {
		bool cng = provider_is_cng(t->csps.v[i]);

		if (cng && !template_uses_ksp(t))
			return true;
		if (!cng && template_uses_ksp(t) &&
		    strstr(t->csps.v[i], "Cryptographic Provider") != NULL)
			return true;
	}
	return false;
}

static bool
supersedes_itself(const struct template *t)
{
	return t->cn != NULL && texts_has(&t->supersedes, t->cn);
}

static const struct {
	bool (*broken)(const struct template *t);
	const char *why;
} rules[] = {
	{ same_key_too_old, "renew-with-same-key needs ca-compatibility=2012"
	    " and recipient-compatibility=8 at least" },
	{ attestation_too_old, "key attestation needs ca-compatibility=2012r2"
	    " and recipient-compatibility=8.1 at least" },
	{ attestation_without_ksp, "key attestation needs "
	    "provider-category=ksp" },
	{ attested_and_exportable, "an attested key never leaves its TPM: "
	    "export-key=no, or attestation=none" },
	{ schema_too_high, "schema version 4 needs ca-compatibility=2012 and "
	    "recipient-compatibility=8 at least" },
	{ ksp_too_low, "a key storage provider needs ca-compatibility=2008 "
	    "and recipient-compatibility=vista at least" },
	{ request_and_directory, "names come from the directory or from the "
	    "request (subject=request), not from both" },
	{ email_without_subject, "email-in-subject needs a subject-format" },
	{ old_names_without_request, "old-certificate-names needs "
	    "subject=request" },
	{ no_name_at_all, "a certificate needs a name: subject-format, "
	    "alternative-names or subject=request" },
	{ archived_signing_key, "only a key that encrypts is archived: not "
	    "with this purpose" },
	{ renewed_too_late, "the renewal period must be shorter than the "
	    "validity" },
	{ signature_policies_for_none, "policies are required in a signature, "
	    "but no signature is (signatures=1)" },
	{ key_based_without_request, "key-based-renewal needs subject=request"
	    " and reenrollment=valid-certificate" },
	{ not_stored_but_pending, "a request that waits for approval or holds "
	    "an archived key has to be stored" },
	{ ecdsa_enciphers, "an ECDSA key only signs: algorithm=ECDH_P256, or "
	    "another purpose" },
	{ size_not_the_curves, "minimum-key-size must be that of the curve, "
	    "or 512 at least" },
	{ provider_of_other_category, "a provider of the other category: key "
	    "storage providers go with provider-category=ksp" },
	{ supersedes_itself, "a template cannot supersede itself" },
};

enum sg_err
template_consistent(const struct template *t)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].broken(t))
			return sg_fail(SG_EARG, "%s", rules[i].why);
	return SG_OK;
}
