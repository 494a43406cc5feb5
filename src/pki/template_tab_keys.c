/* SPDX-License-Identifier: BSD-2-Clause */

/* The tabs Compatibility, Request Handling, Cryptography, Key Attestation. */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "pki/template_tabs.h"

#define VERSION_2008	2u	/* server; Vista as a client */
#define VERSION_WIN8	4u	/* Server 2012; Windows 8 */

#define KEY_SIZE_MIN	384
#define KEY_SIZE_MAX	16384

/* msPKI-Key-Usage, NCRYPT_ALLOW_*. */
#define USAGE_SIGN	"2"
#define USAGE_ALL	"16777215"

/* Nibble values, MS-CRTD 2.27; place in the list is the value. */
static const char *const servers[] = { "none", "2003", "2008", "2008r2",
	"2012", "2012r2", "2016", NULL };
static const char *const clients[] = { "none", "xp", "vista", "7", "8", "8.1",
	"10", NULL };

static uint32_t
version(const struct template *t, int shift)
{
	return t->private_key_flag >> shift & KEY_VERSION_MASK;
}

static void
version_set(struct template *t, int shift, uint32_t v)
{
	t->private_key_flag &= ~(KEY_VERSION_MASK << shift);
	t->private_key_flag |= v << shift;
}

/* "Windows Server 2012 R2" and "Windows 8 / Windows Server 2012" as the
 * console writes them: the first product, without "Windows", "Server" and
 * blanks.  "2012 or 2012 R2" is the older of both. */
static enum sg_err
product(char **out, const char *value)
{
	static const char *const skipped[] = { "windows ", "server " };
	auto_done(buf) b = { 0 };

	for (size_t i = 0; i < sizeof(skipped) / sizeof(skipped[0]); i++)
		if (strncasecmp(value, skipped[i], strlen(skipped[i])) == 0)
			value += strlen(skipped[i]);
	for (; *value != '\0' && *value != '/' &&
	     strncasecmp(value, " or ", 4) != 0; value++)
		if (*value != ' ')
			SG_TRY(buf_add_u8(&b,
			    (uint8_t)tolower((unsigned char)*value)));
	return str_from_bytes(out, buf_bytes(&b));
}

/* Clients also by the server that is as old. */
static enum sg_err
version_parse(uint32_t *out, const char *value, bool client)
{
	auto_str text = NULL;
	size_t i;

	SG_TRY(product(&text, value));
	if (client && tab_choice(&i, text, clients) == SG_OK) {
		*out = (uint32_t)i;
		return SG_OK;
	}
	if (client && tab_choice(&i, text, servers) != SG_OK)
		return tab_choice(&i, text, clients);
	SG_TRY(tab_choice(&i, text, servers));
	*out = (uint32_t)i;
	return SG_OK;
}

static enum sg_err
version_get(char **out, const struct template *t, int shift,
    const char *const *names)
{
	uint32_t v = version(t, shift), n = 0;

	while (names[n] != NULL)
		n++;
	return v < n ? str_dup(out, names[v])
		     : str_printf(out, "version %u", v);
}

static enum sg_err
ca_get(char **out, const struct template *t)
{
	return version_get(out, t, KEY_SERVER_SHIFT, servers);
}

static enum sg_err
recipient_get(char **out, const struct template *t)
{
	return version_get(out, t, KEY_CLIENT_SHIFT, clients);
}

bool
template_uses_ksp(const struct template *t)
{
	return t->schema == 3 || (t->schema >= 4 &&
	    (t->private_key_flag & KEY_LEGACY_PROVIDER) == 0);
}

static const char *const categories[] = { "csp", "ksp",
	"Legacy Cryptographic Service Provider", "Key Storage Provider",
	NULL };

static enum sg_err
category_get(char **out, const struct template *t)
{
	return str_dup(out, categories[template_uses_ksp(t)]);
}

static enum sg_err
packed_usage(struct template *t)
{
	return template_packed_set(t, PACKED_KEY_USAGE,
	    template_purpose(t) == PURPOSE_SIGNATURE ? USAGE_SIGN : USAGE_ALL);
}

/* The providers of the one category do not make keys of the other. */
static enum sg_err
category_change(struct template *t, bool ksp)
{
	texts_done(&t->csps);
	if (!ksp)
		return template_packed_drop(t);
	SG_TRY(template_packed_set(t, PACKED_ALGORITHM, "RSA"));
	SG_TRY(template_packed_set(t, PACKED_HASH, "SHA256"));
	SG_TRY(packed_usage(t));
	SG_TRY(template_packed_set(t, PACKED_CIPHER, "3DES"));
	return template_packed_set(t, PACKED_CIPHER_LEN, "168");
}

/* Which schema version these need, MS-CRTD 2.16. */
static enum sg_err
schema_settle(struct template *t, bool ksp)
{
	uint32_t server = version(t, KEY_SERVER_SHIFT);
	uint32_t client = version(t, KEY_CLIENT_SHIFT);

	if (ksp && (server < VERSION_2008 || client < VERSION_2008))
		return sg_fail(SG_EARG, "a key storage provider needs schema "
		    "version 3: ca-compatibility=2008 and "
		    "recipient-compatibility=vista, or later ones");
	t->private_key_flag &= ~KEY_LEGACY_PROVIDER;
	if (server >= VERSION_WIN8 && client >= VERSION_WIN8) {
		t->schema = 4;
		t->private_key_flag |= ksp ? 0 : KEY_LEGACY_PROVIDER;
	} else {
		t->schema = ksp ? 3 : 2;
	}
	return SG_OK;
}

enum sg_err
tab_compatibility(struct template *t, const char *ca, const char *recipient,
    const char *category)
{
	bool before = template_uses_ksp(t), ksp = before;
	uint32_t v;
	size_t i;

	if (ca == NULL && recipient == NULL && category == NULL)
		return SG_OK;
	if (ca != NULL) {
		SG_TRY(sg_while(version_parse(&v, ca, false),
		    "ca-compatibility"));
		version_set(t, KEY_SERVER_SHIFT, v);
	}
	if (recipient != NULL) {
		SG_TRY(sg_while(version_parse(&v, recipient, true),
		    "recipient-compatibility"));
		version_set(t, KEY_CLIENT_SHIFT, v);
	}
	if (category != NULL) {
		SG_TRY(sg_while(tab_choice(&i, category, categories),
		    "provider-category"));
		ksp = i % 2 != 0;
	}
	SG_TRY(schema_settle(t, ksp));
	return ksp != before ? category_change(t, ksp) : SG_OK;
}

#define ENCIPHER (USAGE_KEY_AGREEMENT | USAGE_KEY_ENCIPHERMENT | \
	USAGE_DATA_ENCIPHERMENT | USAGE_DECIPHER_ONLY)
#define AUTHORITY (USAGE_CERT_SIGN | USAGE_CRL_SIGN)
#define SIGN (USAGE_DIGITAL_SIGNATURE | USAGE_NON_REPUDIATION)

/* The tests in this order tell what the console shows. */
enum template_purpose
template_purpose(const struct template *t)
{
	bool symmetric = (t->enrollment_flag &
	    ENROLL_SYMMETRIC_ALGORITHMS) != 0;
	bool archived = (t->private_key_flag & KEY_ARCHIVAL) != 0;
	bool removed = (t->enrollment_flag & ENROLL_REMOVE_INVALID) != 0;
	bool asks = (t->enrollment_flag & ENROLL_PROMPT) != 0 ||
	    (t->private_key_flag & KEY_STRONG_PROTECTION) != 0;

	if (t->key_usage == USAGE_DIGITAL_SIGNATURE && !symmetric &&
	    t->key_spec == KEY_SPEC_EXCHANGE && !removed && !archived && asks)
		return PURPOSE_SMARTCARD;
	if ((t->key_usage & (SIGN | AUTHORITY)) == 0 && !removed)
		return PURPOSE_ENCRYPTION;
	if ((t->key_usage & (ENCIPHER | AUTHORITY)) == 0 && !symmetric &&
	    t->key_spec == KEY_SPEC_SIGNATURE && !archived)
		return PURPOSE_SIGNATURE;
	return PURPOSE_SIGNATURE_ENCRYPTION;
}

static const char *const purposes[] = {
	[PURPOSE_SIGNATURE_ENCRYPTION] = "signature and encryption",
	[PURPOSE_SIGNATURE] = "signature",
	[PURPOSE_ENCRYPTION] = "encryption",
	[PURPOSE_SMARTCARD] = "signature and smartcard logon",
	NULL,
};

const char *
template_purpose_name(enum template_purpose p)
{
	return purposes[p];
}

static enum sg_err
purpose_get(char **out, const struct template *t)
{
	return str_dup(out, purposes[template_purpose(t)]);
}

static void
purpose_signs(struct template *t, uint32_t spec)
{
	t->key_usage = USAGE_DIGITAL_SIGNATURE;
	t->key_spec = spec;
	t->enrollment_flag &= ~ENROLL_SYMMETRIC_ALGORITHMS;
	t->private_key_flag &= ~KEY_ARCHIVAL;
}

/* "Signature and smartcard logon" is one only if somebody is asked. */
static void
purpose_smartcard(struct template *t)
{
	purpose_signs(t, KEY_SPEC_EXCHANGE);
	t->enrollment_flag &= ~ENROLL_REMOVE_INVALID;
	if ((t->private_key_flag & KEY_STRONG_PROTECTION) == 0)
		t->enrollment_flag |= ENROLL_PROMPT;
}

static enum sg_err
purpose_set(struct template *t, const char *value)
{
	size_t i;

	SG_TRY(tab_choice(&i, value, purposes));
	if ((t->flags & (TEMPLATE_IS_CA | TEMPLATE_IS_CROSS_CA)) != 0)
		return sg_fail(SG_EARG, "the purpose of a template for CAs is "
		    "to sign certificates");
	if (template_purpose(t) == (enum template_purpose)i)
		return SG_OK;
	t->key_usage_len = 2;
	switch ((enum template_purpose)i) {
	case PURPOSE_SIGNATURE:
		purpose_signs(t, KEY_SPEC_SIGNATURE);
		break;
	case PURPOSE_SMARTCARD:
		purpose_smartcard(t);
		break;
	case PURPOSE_ENCRYPTION:
		t->key_usage = USAGE_KEY_ENCIPHERMENT;
		t->key_spec = KEY_SPEC_EXCHANGE;
		t->enrollment_flag &= ~ENROLL_REMOVE_INVALID;
		break;
	case PURPOSE_SIGNATURE_ENCRYPTION:
		t->key_usage = USAGE_DIGITAL_SIGNATURE |
		    USAGE_KEY_ENCIPHERMENT;
		t->key_spec = KEY_SPEC_EXCHANGE;
		break;
	}
	return template_packed(t) ? packed_usage(t) : SG_OK;
}

static const char *const prompts[] = { "none", "enrollment", "key-use",
	NULL };

static enum sg_err
prompt_get(char **out, const struct template *t)
{
	bool asked = (t->enrollment_flag & ENROLL_PROMPT) != 0;
	bool strong = (t->private_key_flag & KEY_STRONG_PROTECTION) != 0;

	return str_dup(out, prompts[strong ? 2 : asked]);
}

static enum sg_err
prompt_set(struct template *t, const char *value)
{
	size_t i;

	SG_TRY(tab_choice(&i, value, prompts));
	t->enrollment_flag &= ~ENROLL_PROMPT;
	t->private_key_flag &= ~KEY_STRONG_PROTECTION;
	t->enrollment_flag |= i > 0 ? ENROLL_PROMPT : 0;
	t->private_key_flag |= i > 1 ? KEY_STRONG_PROTECTION : 0;
	return SG_OK;
}

static const char *const algorithms[] = { "RSA", "DSA", "DH", "ECDSA_P256",
	"ECDSA_P384", "ECDSA_P521", "ECDH_P256", "ECDH_P384", "ECDH_P521",
	NULL };

static enum sg_err
needs_ksp(const struct template *t, const char *what)
{
	if (template_uses_ksp(t))
		return SG_OK;
	return sg_fail(SG_EARG, "with a legacy provider (provider-category="
	    "csp) the provider decides %s", what);
}

/* Providers' own choice is what a template of 2003 says. */
static enum sg_err
algorithm_get(char **out, const struct template *t)
{
	if (!template_uses_ksp(t))
		return str_dup(out, "");
	return template_algorithm(out, t);
}

static enum sg_err
algorithm_set(struct template *t, const char *value)
{
	const char *curve = strchr(value, '_');
	size_t i;

	SG_TRY(tab_choice(&i, value, algorithms));
	SG_TRY(needs_ksp(t, "the algorithm"));
	if (curve != NULL)
		t->minimal_key_size = (uint32_t)strtoul(curve + 2, NULL, 10);
	return template_packed_set(t, PACKED_ALGORITHM, algorithms[i]);
}

static enum sg_err
size_get(char **out, const struct template *t)
{
	return str_printf(out, "%u", t->minimal_key_size);
}

static enum sg_err
size_set(struct template *t, const char *value)
{
	long long n;

	if (strncmp(value, "256", 4) != 0)
		SG_TRY(number_parse(&n, value, KEY_SIZE_MIN, KEY_SIZE_MAX,
		    "the key size"));
	else
		n = 256;
	t->minimal_key_size = (uint32_t)n;
	return SG_OK;
}

/* "2,Name" without the number, in the order of the numbers. */
static enum sg_err
provider_names(struct texts *out, const struct texts *csps)
{
	for (unsigned want = 1; want <= csps->n; want++)
		for (size_t i = 0; i < csps->n; i++) {
			char *name;
			unsigned long n = strtoul(csps->v[i], &name, 10);

			if (n == want && *name == ',')
				SG_TRY(texts_add(out, name + 1));
		}
	return SG_OK;
}

static enum sg_err
providers_get(char **out, const struct template *t)
{
	auto_done(texts) l = { 0 };

	if (t->csps.n == 0)
		return str_dup(out, "any");
	SG_TRY(provider_names(&l, &t->csps));
	return texts_join(out, &l);
}

static enum sg_err
provider_item(struct texts *out, const char *text)
{
	if (strpbrk(text, "\"`") != NULL || !text_plain(text))
		return sg_fail(SG_EARG, "'%.60s' is no provider's name",
		    text);
	return texts_add(out, text);
}

/* The directory has them from the last choice to the first. */
static enum sg_err
providers_set(struct template *t, const char *value)
{
	auto_done(texts) names = { 0 }, fresh = { 0 };

	if (strcasecmp(value, "any") == 0)
		value = "";
	SG_TRY(provider_names(&names, &t->csps));
	SG_TRY(tab_list(&names, value, provider_item));
	for (size_t i = names.n; i-- > 0;) {
		auto_str text = NULL;

		SG_TRY(str_printf(&text, "%zu,%s", i + 1, names.v[i]));
		SG_TRY(texts_add(&fresh, text));
	}
	texts_done(&t->csps);
	t->csps = fresh;
	fresh = (struct texts) { 0 };
	return SG_OK;
}

static const char *const hashes[] = { "SHA1", "SHA256", "SHA384", "SHA512",
	NULL };

static enum sg_err
hash_get(char **out, const struct template *t)
{
	enum sg_err e = template_packed_get(out, t, PACKED_HASH);

	return e == SG_ENOENT ? str_dup(out, "") : e;
}

static enum sg_err
hash_set(struct template *t, const char *value)
{
	size_t i;

	SG_TRY(tab_choice(&i, value, hashes));
	SG_TRY(needs_ksp(t, "the request's hash"));
	return template_packed_set(t, PACKED_HASH, hashes[i]);
}

static const char *const attestations[] = { "none", "preferred", "required",
	NULL };

static enum sg_err
attestation_get(char **out, const struct template *t)
{
	uint32_t f = t->private_key_flag;

	if ((f & KEY_ATTEST_REQUIRED) != 0)
		return str_dup(out, attestations[2]);
	return str_dup(out, attestations[(f & KEY_ATTEST_PREFERRED) != 0]);
}

static enum sg_err
attestation_set(struct template *t, const char *value)
{
	size_t i;

	SG_TRY(tab_choice(&i, value, attestations));
	t->private_key_flag &= ~(KEY_ATTEST_PREFERRED | KEY_ATTEST_REQUIRED);
	t->private_key_flag |= i == 1 ? KEY_ATTEST_PREFERRED : 0;
	t->private_key_flag |= i == 2 ? KEY_ATTEST_REQUIRED : 0;
	return SG_OK;
}

#define COMPATIBILITY "Compatibility"
#define REQUEST "Request Handling"
#define CRYPTOGRAPHY "Cryptography"

const struct tab_setting tab_keys[] = {
	{ { "ca-compatibility", COMPATIBILITY, "Certification Authority",
	    "2003, 2008, 2008r2, 2012, 2012r2, 2016" }, ca_get, NULL, 0, 0,
	    false },
	{ { "recipient-compatibility", COMPATIBILITY,
	    "Certificate recipient", "xp, vista, 7, 8, 8.1, 10" },
	    recipient_get, NULL, 0, 0, false },
	{ { "purpose", REQUEST, "Purpose", "signature, encryption, signature"
	    " and encryption, signature and smartcard logon" }, purpose_get,
	    purpose_set, 0, 0, false },
	TAB_BIT("delete-invalid", REQUEST,
	    "Delete revoked or expired certificates", enrollment_flag,
	    ENROLL_REMOVE_INVALID),
	TAB_BIT("include-symmetric-algorithms", REQUEST,
	    "Include symmetric algorithms allowed by the subject",
	    enrollment_flag, ENROLL_SYMMETRIC_ALGORITHMS),
	TAB_BIT("archive-key", REQUEST,
	    "Archive subject's encryption private key", private_key_flag,
	    KEY_ARCHIVAL),
	TAB_BIT("export-key", REQUEST, "Allow private key to be exported",
	    private_key_flag, KEY_EXPORTABLE),
	TAB_BIT("renew-with-same-key", REQUEST, "Renew with the same key",
	    private_key_flag, KEY_SAME_FOR_RENEWAL),
	TAB_BIT("reuse-key", REQUEST,
	    "Use the existing key if a new key cannot be created",
	    enrollment_flag, ENROLL_REUSE_KEY),
	{ { "prompt", REQUEST, "Prompt the user during",
	    "none, enrollment, key-use" }, prompt_get, prompt_set, 0, 0,
	    false },
	{ { "provider-category", CRYPTOGRAPHY, "Provider category",
	    "csp, ksp" }, category_get, NULL, 0, 0, false },
	{ { "algorithm", CRYPTOGRAPHY, "Algorithm name", "RSA, ECDSA_P256, "
	    "ECDSA_P384, ECDSA_P521, ECDH_P256, ..." }, algorithm_get,
	    algorithm_set, 0, 0, false },
	{ { "minimum-key-size", CRYPTOGRAPHY, "Minimum key size", "bits" },
	    size_get, size_set, 0, 0, false },
	{ { "providers", CRYPTOGRAPHY,
	    "Requests must use one of these providers", "names, any" },
	    providers_get, providers_set, 0, 0, false },
	{ { "request-hash", CRYPTOGRAPHY, "Request hash",
	    "SHA256, SHA384, SHA512, SHA1" }, hash_get, hash_set, 0, 0,
	    false },
	TAB_BIT("alternate-signature", CRYPTOGRAPHY,
	    "Use alternate signature format", private_key_flag,
	    KEY_ALTERNATE_SIGNATURE),
	{ { "attestation", "Key Attestation", "Key attestation",
	    "none, preferred, required" }, attestation_get, attestation_set,
	    0, 0, false },
	{ { NULL, NULL, NULL, NULL }, NULL, NULL, 0, 0, false },
};
