/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/certreq_keys.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define USAGE_ALL 0x80ffu
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

struct word {
	const char *name;
	unsigned value;
};

static bool
same(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

static enum sg_err
read_bool(bool *out, const char *value)
{
	if (same(value, "TRUE") || same(value, "1")) {
		*out = true;
		return SG_OK;
	}
	if (same(value, "FALSE") || same(value, "0")) {
		*out = false;
		return SG_OK;
	}
	return sg_fail(SG_EFORMAT, "'%s' is neither TRUE nor FALSE", value);
}

/* Decimal or 0x hexadecimal. */
static bool
read_number(unsigned *out, const char *s)
{
	bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	unsigned long v;
	char *end;

	if (!isxdigit((unsigned char)s[hex ? 2 : 0]))
		return false;
	errno = 0;
	v = strtoul(s, &end, hex ? 16 : 10);
	if (*end != '\0' || errno != 0 || v > UINT32_MAX)
		return false;
	*out = (unsigned)v;
	return true;
}

static bool
read_word(unsigned *out, const char *s, const struct word *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (same(s, words[i].name)) {
			*out = words[i].value;
			return true;
		}
	}
	return false;
}

/* Numbers and symbols joined by '|'. */
static enum sg_err
read_flags(unsigned *out, const char *value, const struct word *words,
    size_t n)
{
	auto_str copy = NULL;
	char *rest, *part;
	unsigned flags = 0, one;

	SG_TRY(str_dup(&copy, value));
	rest = copy;
	while ((part = strsep(&rest, "|")) != NULL) {
		part += strspn(part, " \t");
		part[strcspn(part, " \t")] = '\0';
		if (!read_number(&one, part) &&
		    !read_word(&one, part, words, n))
			return sg_fail(SG_EFORMAT,
			    "'%s' is no number and no known flag", part);
		flags |= one;
	}
	*out = flags;
	return SG_OK;
}

static enum sg_err
set_text(char **out, const char *value)
{
	if (*value == '\0')
		return sg_fail(SG_EFORMAT, "the value is empty");
	return str_dup(out, value);
}

static enum sg_err
set_subject(struct certreq_reading *g, const char *value)
{
	return *value != '\0' ? str_dup(&g->r.subject, value) : SG_OK;
}

static enum sg_err
set_name_flags(struct certreq_reading *g, const char *value)
{
	static const struct word words[] = {
		{ "CERT_X500_NAME_STR", 0x3 },
		{ "CERT_NAME_STR_SEMICOLON_FLAG", 0x40000000 },
	};
	unsigned flags;

	SG_TRY(read_flags(&flags, value, words, COUNT(words)));
	if ((flags & ~0x40000003U) != 0)
		return sg_fail(SG_EUNSUPPORTED, "of its flags only"
		    " CERT_NAME_STR_SEMICOLON_FLAG is supported");
	if ((flags & 0x40000000) != 0)
		g->semicolons = true;
	return SG_OK;
}

static enum sg_err
set_container(struct certreq_reading *g, const char *value)
{
	return set_text(&g->r.container, value);
}

static enum sg_err
set_existing(struct certreq_reading *g, const char *value)
{
	return read_bool(&g->r.existing, value);
}

static enum sg_err
set_provider(struct certreq_reading *g, const char *value)
{
	static const char *const known[] = {
		"Microsoft Passport Key Storage Provider",
		"Microsoft Software Key Storage Provider",
		"Microsoft Smart Card Key Storage Provider",
		"Microsoft Platform Crypto Provider",
	};

	for (size_t i = 0; i < COUNT(known); i++)
		if (same(value, known[i]))
			return set_text(&g->r.content.provider, known[i]);
	return sg_fail(SG_EFORMAT, "'%s' is no key storage provider", value);
}

static enum sg_err
set_friendly(struct certreq_reading *g, const char *value)
{
	return set_text(&g->r.friendly_name, value);
}

static enum sg_err
set_algorithm(struct certreq_reading *g, const char *value)
{
	static const struct word ours[] = {
		{ "RSA", CERTREQ_RSA },
		{ "ECDSA_P256", CERTREQ_P256 },
		{ "ECDH_P256", CERTREQ_P256 },
	};
	static const struct word others[] = {
		{ "DH", 0 }, { "DSA", 0 }, { "ECDH_P384", 0 },
		{ "ECDH_P521", 0 }, { "ECDSA_P384", 0 }, { "ECDSA_P521", 0 },
	};
	unsigned v;

	if (read_word(&v, value, others, COUNT(others)))
		return sg_fail(SG_EUNSUPPORTED, "no %s keys in the container"
		    " (RSA, ECDSA_P256)", value);
	if (!read_word(&v, value, ours, COUNT(ours)))
		return sg_fail(SG_EFORMAT, "'%s' is no key algorithm", value);
	g->r.algorithm = (enum certreq_algorithm)v;
	return SG_OK;
}

static enum sg_err
set_hash(struct certreq_reading *g, const char *value)
{
	static const struct word ours[] = {
		{ "sha256", DIGEST_SHA256 },
		{ "sha384", DIGEST_SHA384 },
		{ "sha512", DIGEST_SHA512 },
	};
	static const struct word weak[] = {
		{ "sha1", 0 }, { "sha", 0 }, { "md5", 0 }, { "md4", 0 },
		{ "md2", 0 },
	};
	unsigned v;

	if (read_word(&v, value, weak, COUNT(weak)))
		return sg_fail(SG_EUNSUPPORTED, "%s is too weak to sign with"
		    " (sha256, sha384, sha512)", value);
	if (!read_word(&v, value, ours, COUNT(ours)))
		return sg_fail(SG_EFORMAT, "'%s' is no hash algorithm", value);
	g->r.hash = (enum digest)v;
	return SG_OK;
}

static enum sg_err
set_pss(struct certreq_reading *g, const char *value)
{
	return read_bool(&g->r.pss, value);
}

static enum sg_err
set_length(struct certreq_reading *g, const char *value)
{
	if (!read_number(&g->r.key_length, value))
		return sg_fail(SG_EFORMAT, "'%s' is no number", value);
	if (g->r.key_length != 2048 && g->r.key_length != 256)
		return sg_fail(SG_EUNSUPPORTED, "keys in the container have"
		    " 2048 (RSA) or 256 bits (ECDSA_P256)");
	return SG_OK;
}

static enum sg_err
set_spec(struct certreq_reading *g, const char *value)
{
	static const struct word words[] = {
		{ "AT_NONE", 0 }, { "AT_KEYEXCHANGE", 1 },
		{ "AT_SIGNATURE", 2 },
	};
	unsigned v;

	/* It means something to cryptographic service providers only. */
	(void)g;
	SG_TRY(read_flags(&v, value, words, COUNT(words)));
	if (v > 2)
		return sg_fail(SG_EFORMAT, "it is 0, 1 or 2");
	return SG_OK;
}

static enum sg_err
set_usage(struct certreq_reading *g, const char *value)
{
	static const struct word words[] = {
		{ "CERT_DIGITAL_SIGNATURE_KEY_USAGE", USAGE_DIGITAL_SIGNATURE },
		{ "CERT_NON_REPUDIATION_KEY_USAGE", USAGE_NON_REPUDIATION },
		{ "CERT_KEY_ENCIPHERMENT_KEY_USAGE", USAGE_KEY_ENCIPHERMENT },
		{ "CERT_DATA_ENCIPHERMENT_KEY_USAGE", USAGE_DATA_ENCIPHERMENT },
		{ "CERT_KEY_AGREEMENT_KEY_USAGE", USAGE_KEY_AGREEMENT },
		{ "CERT_KEY_CERT_SIGN_KEY_USAGE", USAGE_CERT_SIGN },
		{ "CERT_CRL_SIGN_KEY_USAGE", USAGE_CRL_SIGN },
		{ "CERT_ENCIPHER_ONLY_KEY_USAGE", USAGE_ENCIPHER_ONLY },
		{ "CERT_DECIPHER_ONLY_KEY_USAGE", USAGE_DECIPHER_ONLY },
	};

	struct extensions *x = &g->r.content.ext;

	SG_TRY(read_flags(&x->key_usage, value, words, COUNT(words)));
	if ((x->key_usage & ~USAGE_ALL) != 0)
		return sg_fail(SG_EFORMAT, "0x%x has bits that mean nothing",
		    x->key_usage);
	x->key_usage_critical = true;
	return SG_OK;
}

static enum sg_err
set_usage_property(struct certreq_reading *g, const char *value)
{
	static const struct word words[] = {
		{ "NCRYPT_ALLOW_DECRYPT_FLAG", 1 },
		{ "NCRYPT_ALLOW_SIGNING_FLAG", 2 },
		{ "NCRYPT_ALLOW_KEY_AGREEMENT_FLAG", 4 },
		{ "NCRYPT_ALLOW_ALL_USAGES", 0xffffff },
	};
	unsigned v;

	/* A property of the key, which exists already. */
	(void)g;
	return read_flags(&v, value, words, COUNT(words));
}

static enum sg_err
set_provider_type(struct certreq_reading *g, const char *value)
{
	unsigned v;

	(void)g;
	if (!read_number(&v, value))
		return sg_fail(SG_EFORMAT, "'%s' is no number", value);
	if (v != 0)
		return sg_fail(SG_EUNSUPPORTED, "a key storage provider's"
		    " type is 0");
	return SG_OK;
}

static enum sg_err
set_request_type(struct certreq_reading *g, const char *value)
{
	static const struct word words[] = {
		{ "PKCS10", 1 }, { "PKCS7", 2 }, { "CMC", 3 }, { "Cert", 4 },
		{ "SCEP", 0xfd00 },
	};
	unsigned v;

	(void)g;
	if (!read_number(&v, value) &&
	    !read_word(&v, value, words, COUNT(words)))
		return sg_fail(SG_EFORMAT, "'%s' is no type of request", value);
	if (v != 1)
		return sg_fail(SG_EUNSUPPORTED,
		    "'%s': only PKCS10 requests are written", value);
	return SG_OK;
}

/* Keys that may say no, with the reason why they cannot say yes. */
static const struct {
	const char *name;
	const char *why;
} refusals[] = {
	{ "Exportable", "a passport key never leaves the TPM" },
	{ "ExportableEncrypted", "a passport key never leaves the TPM" },
	{ "PrivateKeyArchive", "a passport key never leaves the TPM" },
	{ "MachineKeySet", "a container belongs to a person, not a machine" },
	{ "SMIME", "S/MIME capabilities are not written" },
	{ "Silent", "signing with a passport key needs the gesture" },
};

/* What certreq knows and this program does not do at all. */
static const struct {
	const char *name;
	const char *why;
} absent[] = {
	{ "SubjectNameFlags", "the subject is taken from Subject" },
	{ "RenewalCert", "renewal by certreq is not supported" },
	{ "RequesterName", "enrolling on behalf of others is not supported" },
	{ "EncryptionAlgorithm", "only with key archival" },
	{ "EncryptionLength", "only with key archival" },
	{ "SecurityDescriptor", "the key belongs to its user alone" },
	{ "KeyProtection", "the key is protected by the gesture" },
	{ "NotBefore", "only for self-signed certificates (RequestType Cert)" },
	{ "NotAfter", "only for self-signed certificates (RequestType Cert)" },
	{ "ValidityPeriod",
	    "only for self-signed certificates (RequestType Cert)" },
	{ "ValidityPeriodUnits",
	    "only for self-signed certificates (RequestType Cert)" },
};

static enum sg_err
set_suppress(struct certreq_reading *g, const char *value)
{
	bool b;

	/* There are no defaults that could be suppressed. */
	(void)g;
	return read_bool(&b, value);
}

static const struct {
	const char *name;
	enum sg_err (*set)(struct certreq_reading *g, const char *value);
} keys[] = {
	{ "Subject", set_subject },
	{ "X500NameFlags", set_name_flags },
	{ "KeyContainer", set_container },
	{ "UseExistingKeySet", set_existing },
	{ "ProviderName", set_provider },
	{ "ProviderType", set_provider_type },
	{ "FriendlyName", set_friendly },
	{ "KeyAlgorithm", set_algorithm },
	{ "KeyLength", set_length },
	{ "KeySpec", set_spec },
	{ "KeyUsage", set_usage },
	{ "KeyUsageProperty", set_usage_property },
	{ "HashAlgorithm", set_hash },
	{ "AlternateSignatureAlgorithm", set_pss },
	{ "RequestType", set_request_type },
	{ "SuppressDefaults", set_suppress },
};

static enum sg_err
refusal(const char *value, const char *why)
{
	bool yes;

	SG_TRY(read_bool(&yes, value));
	return yes ? sg_fail(SG_EUNSUPPORTED, "%s", why) : SG_OK;
}

enum sg_err
certreq_key(struct certreq_reading *g, const char *key, const char *value)
{
	for (size_t i = 0; i < COUNT(keys); i++)
		if (same(key, keys[i].name))
			return keys[i].set(g, value);
	for (size_t i = 0; i < COUNT(refusals); i++)
		if (same(key, refusals[i].name))
			return refusal(value, refusals[i].why);
	for (size_t i = 0; i < COUNT(absent); i++)
		if (same(key, absent[i].name))
			return sg_fail(SG_EUNSUPPORTED, "%s", absent[i].why);
	return sg_fail(SG_EFORMAT, "unknown key");
}
