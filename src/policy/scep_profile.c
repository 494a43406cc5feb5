/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/scep_profile.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/conf.h"
#include "base/text.h"
#include "pki/ext.h"

#define SHA1_DIGITS	40
#define SHA256_DIGITS	64

struct word {
	const char *word;
	unsigned value;
};

static const struct word providers[] = {
	{ "passport", PROFILE_PASSPORT },
	{ "tpm", PROFILE_TPM },
	{ "tpm-or-software", PROFILE_TPM_OR_SOFTWARE },
	{ "software", PROFILE_SOFTWARE },
	{ NULL, 0 },
};

static const struct word key_types[] = {
	{ "rsa2048", PROFILE_RSA2048 },
	{ "p256", PROFILE_P256 },
	{ NULL, 0 },
};

static const struct word renew_keys[] = {
	{ "new", false },
	{ "same", true },
	{ NULL, 0 },
};

static const struct word usages[] = {
	{ "digital-signature", USAGE_DIGITAL_SIGNATURE },
	{ "key-encipherment", USAGE_KEY_ENCIPHERMENT },
	{ NULL, 0 },
};

void
scep_profile_init(struct scep_profile *p)
{
	*p = (struct scep_profile) {
		.provider = PROFILE_PASSPORT,
		.key_type = PROFILE_RSA2048,
		.retry_count = PROFILE_RETRY_COUNT,
		.retry_delay = PROFILE_RETRY_DELAY,
		.renew_at = PROFILE_RENEW_AT,
	};
}

void
scep_profile_done(struct scep_profile *p)
{
	free(p->name);
	texts_done(&p->urls);
	free(p->ca_id);
	texts_done(&p->ca_fingerprints);
	free(p->subject);
	free(p->upn);
	texts_done(&p->dns);
	texts_done(&p->email);
	texts_done(&p->uri);
	texts_done(&p->ekus);
	free(p->template_name);
	scep_profile_init(p);
}

/* --- how values are read --- */

static enum sg_err
word_list(char **out, const struct word *table)
{
	auto_done(buf) b = { 0 };

	for (const struct word *w = table; w->word != NULL; w++)
		SG_TRY(buf_printf(&b, "%s%s", w == table ? "" : ", ",
		    w->word));
	return str_from_bytes(out, buf_bytes(&b));
}

static enum sg_err
word_value(unsigned *out, const struct word *table, const char *value)
{
	auto_str all = NULL;

	for (const struct word *w = table; w->word != NULL; w++) {
		if (strcasecmp(w->word, value) == 0) {
			*out = w->value;
			return SG_OK;
		}
	}
	SG_TRY(word_list(&all, table));
	return sg_fail(SG_EARG, "'%s' is none of %s", value, all);
}

static enum sg_err
set_text(char **out, const char *value)
{
	char *copy;

	SG_TRY(str_dup(&copy, value));
	free(*out);
	*out = copy;
	return SG_OK;
}

static enum sg_err
set_number(unsigned *out, const char *value, long long min, long long max)
{
	long long v;

	SG_TRY(number_parse(&v, value, min, max, "it"));
	*out = (unsigned)v;
	return SG_OK;
}

static enum sg_err
add_text(struct texts *to, const char *value)
{
	if (texts_has(to, value))
		return SG_OK;
	if (to->n == PROFILE_LIST_MAX)
		return sg_fail(SG_EARG, "more than %d of them",
		    PROFILE_LIST_MAX);
	return texts_add(to, value);
}

/* With colons or blanks between the digits, as people copy them. */
static enum sg_err
add_fingerprint(struct texts *to, const char *value)
{
	char hex[SHA256_DIGITS + 1];
	size_t n = 0;

	for (; *value != '\0'; value++) {
		if (*value == ':' || *value == ' ')
			continue;
		if (n == SHA256_DIGITS || !isxdigit((unsigned char)*value))
			return sg_fail(SG_EARG, "a fingerprint is the %d hex"
			    " digits of SHA-256 or the %d of SHA-1",
			    SHA256_DIGITS, SHA1_DIGITS);
		hex[n++] = (char)tolower((unsigned char)*value);
	}
	hex[n] = '\0';
	if (n != SHA1_DIGITS && n != SHA256_DIGITS)
		return sg_fail(SG_EARG, "a fingerprint has %d (SHA-256) or %d"
		    " (SHA-1) hex digits, not %zu", SHA256_DIGITS, SHA1_DIGITS,
		    n);
	return add_text(to, hex);
}

/* A name or number of the usage; in Windows' profiles several are joined. */
static enum sg_err
add_ekus(struct texts *to, const char *value)
{
	auto_str copy = NULL;
	char *rest, *one;

	SG_TRY(str_dup(&copy, value));
	for (one = strtok_r(copy, "+,", &rest); one != NULL;
	    one = strtok_r(NULL, "+,", &rest)) {
		const char *oid;

		one += strspn(one, " ");
		while (*one != '\0' && one[strlen(one) - 1] == ' ')
			one[strlen(one) - 1] = '\0';
		if ((oid = oid_of_name(one)) == NULL)
			return sg_fail(SG_EARG, "'%s' is neither an OID nor a"
			    " known extended key usage", one);
		SG_TRY(add_text(to, oid));
	}
	return SG_OK;
}

static enum sg_err
set_usage(unsigned *out, const char *value)
{
	auto_str copy = NULL;
	unsigned all = 0;
	char *rest, *one;

	SG_TRY(str_dup(&copy, value));
	for (one = strtok_r(copy, "+, ", &rest); one != NULL;
	    one = strtok_r(NULL, "+, ", &rest)) {
		unsigned bit = 0;

		SG_TRY(word_value(&bit, usages, one));
		all |= bit;
	}
	*out = all;
	return SG_OK;
}

static enum sg_err
set_upn(struct scep_profile *p, const char *value)
{
	if (!upn_valid(value))
		return sg_fail(SG_EARG, "'%s' is no user principal name"
		    " (YOU@REALM)", value);
	return set_text(&p->upn, value);
}

static enum sg_err
add_dns(struct scep_profile *p, const char *value)
{
	if (!dns_valid(value))
		return sg_fail(SG_EARG, "'%s' is no DNS name", value);
	return add_text(&p->dns, value);
}

/* --- the keys --- */

#define SETTER(name) \
	static enum sg_err name(struct scep_profile *p, const char *v)

SETTER(key_url) { return add_text(&p->urls, v); }
SETTER(key_ca_id) { return set_text(&p->ca_id, v); }
SETTER(key_fingerprint) { return add_fingerprint(&p->ca_fingerprints, v); }
SETTER(key_subject) { return set_text(&p->subject, v); }
SETTER(key_upn) { return set_upn(p, v); }
SETTER(key_dns) { return add_dns(p, v); }
SETTER(key_email) { return add_text(&p->email, v); }
SETTER(key_uri) { return add_text(&p->uri, v); }
SETTER(key_eku) { return add_ekus(&p->ekus, v); }
SETTER(key_usage) { return set_usage(&p->key_usage, v); }
SETTER(key_template) { return set_text(&p->template_name, v); }

SETTER(key_provider)
{
	unsigned x;

	SG_TRY(word_value(&x, providers, v));
	p->provider = (enum profile_provider)x;
	return SG_OK;
}

SETTER(key_type)
{
	unsigned x;

	SG_TRY(word_value(&x, key_types, v));
	p->key_type = (enum profile_key_type)x;
	return SG_OK;
}

SETTER(key_renew_key)
{
	unsigned x;

	SG_TRY(word_value(&x, renew_keys, v));
	p->same_key = x != 0;
	return SG_OK;
}

SETTER(key_legacy) { return conf_bool(&p->allow_legacy, v); }
SETTER(key_delay)
{
	return set_number(&p->retry_delay, v, 1, PROFILE_DELAY_MAX);
}
SETTER(key_renew_at) { return set_number(&p->renew_at, v, 1, 99); }

SETTER(key_count)
{
	SG_TRY(set_number(&p->retry_count, v, 0, 1000000));
	if (p->retry_count > PROFILE_RETRIES_MAX)
		p->retry_count = PROFILE_RETRIES_MAX;
	return SG_OK;
}

static const struct {
	const char *key;
	enum sg_err (*set)(struct scep_profile *p, const char *v);
} keys[] = {
	{ "url", key_url },
	{ "ca-id", key_ca_id },
	{ "ca-fingerprint", key_fingerprint },
	{ "subject", key_subject },
	{ "upn", key_upn },
	{ "dns", key_dns },
	{ "email", key_email },
	{ "uri", key_uri },
	{ "eku", key_eku },
	{ "key-usage", key_usage },
	{ "template", key_template },
	{ "key-provider", key_provider },
	{ "key-type", key_type },
	{ "renew-key", key_renew_key },
	{ "allow-legacy", key_legacy },
	{ "retry-count", key_count },
	{ "retry-delay", key_delay },
	{ "renew-at", key_renew_at },
};

/* It has to fit between brackets, and to be a key's name in a container. */
static bool
name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c != '\0' && strchr("._@/{}-", c) !=
	    NULL);
}

enum sg_err
scep_profile_check_name(const char *name)
{
	size_t n = 0;

	while (name_character(name[n]))
		n++;
	if (n == 0 || name[n] != '\0' || n > PROFILE_NAME_MAX)
		return sg_fail(SG_EARG, "'%.100s' is no name: that is at most"
		    " %d letters, digits and ._@/{}-", name,
		    PROFILE_NAME_MAX);
	return SG_OK;
}

void
scep_profile_tame_name(char *name)
{
	for (; *name != '\0'; name++)
		if (!name_character(*name))
			*name = '-';
}

enum sg_err
scep_profile_set(struct scep_profile *p, const char *key, const char *value)
{
	if (*value == '\0')
		return sg_fail(SG_EARG, "%s: the value is empty", key);
	if (strlen(value) > PROFILE_VALUE_MAX)
		return sg_fail(SG_EARG, "%s: the value is longer than %d"
		    " bytes", key, PROFILE_VALUE_MAX);
	if (!text_plain(value))
		return sg_fail(SG_EARG, "%s: the value is no plain text", key);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (strcmp(keys[i].key, key) == 0)
			return sg_while(keys[i].set(p, value), "%s", key);
	return sg_fail(SG_EARG, "unknown key '%s' in [scep NAME]", key);
}

void
scep_profile_clear(struct scep_profile *p, const char *key)
{
	const struct {
		const char *key;
		struct texts *list;
	} lists[] = {
		{ "url", &p->urls },
		{ "ca-fingerprint", &p->ca_fingerprints },
		{ "dns", &p->dns },
		{ "email", &p->email },
		{ "uri", &p->uri },
		{ "eku", &p->ekus },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		if (strcmp(lists[i].key, key) == 0) {
			texts_done(lists[i].list);
			*lists[i].list = (struct texts) { 0 };
		}
}

/* --- as text --- */

static enum sg_err
write_text(struct buf *out, const char *key, const char *value)
{
	if (value == NULL)
		return SG_OK;
	return buf_printf(out, "%s = %s\n", key, value);
}

static enum sg_err
write_list(struct buf *out, const char *key, const struct texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		SG_TRY(write_text(out, key, t->v[i]));
	return SG_OK;
}

static enum sg_err
write_word(struct buf *out, const char *key, const struct word *table,
    unsigned value)
{
	for (const struct word *w = table; w->word != NULL; w++)
		if (w->value == value)
			return write_text(out, key, w->word);
	return SG_OK;
}

static enum sg_err
write_usage(struct buf *out, unsigned usage)
{
	bool both = usage == (USAGE_DIGITAL_SIGNATURE | USAGE_KEY_ENCIPHERMENT);

	if (both)
		return write_text(out, "key-usage",
		    "digital-signature,key-encipherment");
	return usage != 0 ? write_word(out, "key-usage", usages, usage)
			  : SG_OK;
}

static enum sg_err
write_names(struct buf *out, const struct scep_profile *p)
{
	SG_TRY(write_list(out, "url", &p->urls));
	SG_TRY(write_text(out, "ca-id", p->ca_id));
	SG_TRY(write_list(out, "ca-fingerprint", &p->ca_fingerprints));
	SG_TRY(write_text(out, "subject", p->subject));
	SG_TRY(write_text(out, "upn", p->upn));
	SG_TRY(write_list(out, "dns", &p->dns));
	SG_TRY(write_list(out, "email", &p->email));
	SG_TRY(write_list(out, "uri", &p->uri));
	SG_TRY(write_list(out, "eku", &p->ekus));
	return write_text(out, "template", p->template_name);
}

enum sg_err
scep_profile_write(struct buf *out, const struct scep_profile *p)
{
	SG_TRY(buf_printf(out, "[scep %s]\n", p->name));
	SG_TRY(write_names(out, p));
	SG_TRY(write_usage(out, p->key_usage));
	SG_TRY(write_word(out, "key-provider", providers, p->provider));
	SG_TRY(write_word(out, "key-type", key_types, p->key_type));
	SG_TRY(write_word(out, "renew-key", renew_keys, p->same_key));
	SG_TRY(write_text(out, "allow-legacy",
	    p->allow_legacy ? "yes" : "no"));
	return buf_printf(out, "retry-count = %u\nretry-delay = %u\n"
	    "renew-at = %u\n", p->retry_count, p->retry_delay, p->renew_at);
}

static enum sg_err
each(void *arg, const struct conf_line *l)
{
	struct scep_profile *p = arg;

	if (strcmp(l->section, "scep") != 0 || *l->name == '\0')
		return sg_fail(SG_EFORMAT, "it is not in a [scep NAME]"
		    " section");
	if (p->name == NULL)
		SG_TRY(set_text(&p->name, l->name));
	if (strcmp(p->name, l->name) != 0)
		return sg_fail(SG_EFORMAT, "there are several sections");
	return scep_profile_set(p, l->key, l->value);
}

enum sg_err
scep_profile_read(struct scep_profile *out, struct bytes text,
    const char *what)
{
	auto_done(scep_profile) p = { 0 };
	enum sg_err e;

	scep_profile_init(&p);
	e = conf_parse(text, what, each, &p);
	if (e == SG_EARG)
		return sg_fail(SG_EFORMAT, "%s", sg_note(e));
	SG_TRY(e);
	if (p.name == NULL)
		return sg_fail(SG_EFORMAT, "%s: there is no profile", what);
	*out = p;
	scep_profile_init(&p);
	return SG_OK;
}

enum sg_err
scep_profile_copy(struct scep_profile *out, const struct scep_profile *from)
{
	auto_done(buf) text = { 0 };

	SG_TRY(scep_profile_write(&text, from));
	return scep_profile_read(out, buf_bytes(&text), "the profile");
}
