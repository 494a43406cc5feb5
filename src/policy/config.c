/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/config.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/file.h"
#include "paths.h"

#define FILE_NAME "signet.conf"

void
config_done(struct config *c)
{
	free(c->pinentry);
	free(c->rdp_client);
	free(c->kdc_hostname);
	free(c->card_module);
	for (size_t i = 0; i < c->host_count; i++)
		free(c->hosts[i].pattern);
	free(c->hosts);
	for (size_t i = 0; i < c->profile_count; i++)
		scep_profile_done(&c->profiles[i]);
	free(c->profiles);
	*c = (struct config) { 0 };
}

static enum sg_err
set_text(char **out, const char *value)
{
	char *s;

	if (*value == '\0')
		return sg_fail(SG_EFORMAT, "the value is empty");
	SG_TRY(str_dup(&s, value));
	free(*out);
	*out = s;
	return SG_OK;
}

static enum sg_err
set_pin_entry(enum pin_entry *out, const char *value)
{
	if (strcmp(value, "auto") == 0)
		*out = PIN_ENTRY_AUTO;
	else if (strcmp(value, "protected") == 0)
		*out = PIN_ENTRY_PROTECTED;
	else if (strcmp(value, "application") == 0)
		*out = PIN_ENTRY_APPLICATION;
	else if (strcmp(value, "on-use") == 0)
		*out = PIN_ENTRY_ON_USE;
	else
		return sg_fail(SG_EFORMAT, "pin-entry is auto, protected,"
		    " application or on-use, not '%s'", value);
	return SG_OK;
}

static enum sg_err
set_credential(enum rdp_credential *out, const char *value)
{
	if (strcmp(value, "smartcard") == 0)
		*out = RDP_CREDENTIAL_SMARTCARD;
	else if (strcmp(value, "kerberos") == 0)
		*out = RDP_CREDENTIAL_KERBEROS;
	else
		return sg_fail(SG_EFORMAT,
		    "credential is smartcard or kerberos, not '%s'", value);
	return SG_OK;
}

/* The section's entry: the newest one if it has the pattern, or a fresh one. */
static enum sg_err
host_entry(struct config_host **out, struct config *c, const char *pattern)
{
	struct config_host fresh = { 0 };
	struct config_host *grown;

	if (c->host_count > 0 &&
	    strcmp(c->hosts[c->host_count - 1].pattern, pattern) == 0) {
		*out = &c->hosts[c->host_count - 1];
		return SG_OK;
	}
	if (c->host_count == CONFIG_HOST_MAX)
		return sg_fail(SG_ELIMIT, "more than %d [rdp HOST] sections",
		    CONFIG_HOST_MAX);
	grown = reallocarray(c->hosts, c->host_count + 1, sizeof(*grown));
	if (grown == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	c->hosts = grown;
	SG_TRY(str_dup(&fresh.pattern, pattern));
	grown[c->host_count] = fresh;
	*out = &grown[c->host_count++];
	return SG_OK;
}

static enum sg_err
host_key(struct config *c, const struct conf_line *l)
{
	struct config_host *h = NULL;

	if (strcmp(l->key, "credential") == 0) {
		SG_TRY(host_entry(&h, c, l->name));
		return set_credential(&h->credential, l->value);
	}
	if (strcmp(l->key, "remote-guard") == 0) {
		SG_TRY(host_entry(&h, c, l->name));
		h->remote_guard_set = true;
		return conf_bool(&h->remote_guard, l->value);
	}
	return sg_fail(SG_EFORMAT,
	    "unknown key '%s' in [rdp HOST] (credential, remote-guard)",
	    l->key);
}

static enum sg_err
prompt_key(struct config *c, const struct conf_line *l)
{
	if (strcmp(l->key, "pinentry") == 0)
		return set_text(&c->pinentry, l->value);
	return sg_fail(SG_EFORMAT, "unknown key '%s' in [prompt] (pinentry)",
	    l->key);
}

static enum sg_err
pkcs11_key(struct config *c, const struct conf_line *l)
{
	if (strcmp(l->key, "pin-entry") == 0)
		return set_pin_entry(&c->pin_entry, l->value);
	return sg_fail(SG_EFORMAT, "unknown key '%s' in [pkcs11] (pin-entry)",
	    l->key);
}

static enum sg_err
rdp_key(struct config *c, const struct conf_line *l)
{
	if (strcmp(l->key, "client") == 0)
		return set_text(&c->rdp_client, l->value);
	if (strcmp(l->key, "credential") == 0)
		return set_credential(&c->credential, l->value);
	return sg_fail(SG_EFORMAT,
	    "unknown key '%s' in [rdp] (client, credential)", l->key);
}

static enum sg_err
kerberos_key(struct config *c, const struct conf_line *l)
{
	if (strcmp(l->key, "kdc-hostname") == 0)
		return set_text(&c->kdc_hostname, l->value);
	return sg_fail(SG_EFORMAT,
	    "unknown key '%s' in [kerberos] (kdc-hostname)", l->key);
}

/* The section's profile, made when its first key comes. */
static enum sg_err
profile_entry(struct scep_profile **out, struct config *c, const char *name)
{
	struct scep_profile fresh, *grown;

	for (size_t i = 0; i < c->profile_count; i++) {
		if (strcmp(c->profiles[i].name, name) == 0) {
			*out = &c->profiles[i];
			return SG_OK;
		}
	}
	if (c->profile_count == PROFILE_COUNT_MAX)
		return sg_fail(SG_ELIMIT, "more than %d [scep NAME] sections",
		    PROFILE_COUNT_MAX);
	if (scep_profile_check_name(name) != SG_OK)
		return sg_fail(SG_EFORMAT, "%s", sg_note(SG_EFORMAT));
	grown = reallocarray(c->profiles, c->profile_count + 1,
	    sizeof(*grown));
	if (grown == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	c->profiles = grown;
	scep_profile_init(&fresh);
	SG_TRY(str_dup(&fresh.name, name));
	grown[c->profile_count] = fresh;
	*out = &grown[c->profile_count++];
	return SG_OK;
}

static enum sg_err
scep_key(struct config *c, const struct conf_line *l)
{
	struct scep_profile *p = NULL;
	enum sg_err e;

	SG_TRY(profile_entry(&p, c, l->name));
	e = scep_profile_set(p, l->key, l->value);
	return e == SG_EARG ? sg_fail(SG_EFORMAT, "%s", sg_note(e)) : e;
}

/* A later file may name a module where an earlier one had none. */
static enum sg_err
smartcard_key(struct config *c, const struct conf_line *l)
{
	if (strcmp(l->key, "module") != 0)
		return sg_fail(SG_EFORMAT,
		    "unknown key '%s' in [smartcard] (module)", l->key);
	c->cards_off = strcmp(l->value, "none") == 0;
	if (!c->cards_off && *l->value != '/')
		return sg_fail(SG_EFORMAT, "module is the whole path of a"
		    " PKCS#11 module, or none; not '%s'", l->value);
	if (!c->cards_off)
		return set_text(&c->card_module, l->value);
	free(c->card_module);
	c->card_module = NULL;
	return SG_OK;
}

static const struct {
	const char *section;
	bool named;
	enum sg_err (*key)(struct config *c, const struct conf_line *l);
} sections[] = {
	{ "prompt", false, prompt_key },
	{ "pkcs11", false, pkcs11_key },
	{ "rdp", false, rdp_key },
	{ "rdp", true, host_key },
	{ "kerberos", false, kerberos_key },
	{ "scep", true, scep_key },
	{ "smartcard", false, smartcard_key },
};

static enum sg_err
each(void *arg, const struct conf_line *l)
{
	bool named = *l->name != '\0';

	for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++)
		if (strcmp(l->section, sections[i].section) == 0 &&
		    named == sections[i].named)
			return sections[i].key(arg, l);
	if (*l->section == '\0')
		return sg_fail(SG_EFORMAT,
		    "the key '%s' stands before the first section", l->key);
	return sg_fail(SG_EFORMAT, "unknown section [%s%s%s]", l->section,
	    named ? " " : "", l->name);
}

enum sg_err
config_parse(struct config *c, struct bytes text, const char *file)
{
	return conf_parse(text, file, each, c);
}

static enum sg_err
read_into(struct config *c, const char *path)
{
	auto_done(buf) b = { 0 };

	SG_TRY(file_read(&b, path, CONF_FILE_MAX));
	return config_parse(c, buf_bytes(&b), path);
}

static enum sg_err
read_if_there(struct config *c, const char *path)
{
	enum sg_err e = read_into(c, path);

	return e == SG_ENOENT ? SG_OK : e;
}

/* NULL when the environment does not tell where a person's files are. */
static enum sg_err
own_path(char **out)
{
	const char *xdg = secure_getenv("XDG_CONFIG_HOME");
	const char *home = secure_getenv("HOME");

	*out = NULL;
	if (xdg != NULL && *xdg == '/')
		return str_printf(out, "%s/signet/" FILE_NAME, xdg);
	if (home != NULL && *home == '/')
		return str_printf(out, "%s/.config/signet/" FILE_NAME, home);
	return SG_OK;
}

static enum sg_err
read_both(struct config *c)
{
	auto_str own = NULL;

	SG_TRY(read_if_there(c, SIGNET_CONFIG_DIR "/" FILE_NAME));
	SG_TRY(own_path(&own));
	return own != NULL ? read_if_there(c, own) : SG_OK;
}

enum sg_err
config_load(struct config *out)
{
	auto_done(config) c = { 0 };
	const char *only = secure_getenv("SIGNET_CONFIG");

	if (only != NULL && *only != '\0')
		SG_TRY(sg_while(read_into(&c, only), "$SIGNET_CONFIG"));
	else
		SG_TRY(read_both(&c));
	*out = c;
	c = (struct config) { 0 };
	return SG_OK;
}

const struct config_host *
config_host_find(const struct config *c, const char *host)
{
	for (size_t i = c->host_count; i > 0; i--)
		if (fnmatch(c->hosts[i - 1].pattern, host, FNM_CASEFOLD) == 0)
			return &c->hosts[i - 1];
	return NULL;
}

const struct scep_profile *
config_profile_find(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->profile_count; i++)
		if (strcmp(c->profiles[i].name, name) == 0)
			return &c->profiles[i];
	return NULL;
}
