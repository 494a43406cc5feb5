/* SPDX-License-Identifier: BSD-2-Clause */
#include "settings.h"

#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/text.h"
#include "ipc/objects_wire.h"
#include "paths.h"

#define CONTAINERS_MAX	100000
#define CONNECTIONS_MAX	100000
#define PROMPTS_MAX	1000
#define CARD_USER_DEFAULT "signet-card"
#define CARD_SESSIONS_DEFAULT "/run/systemd/users"

/* Numbers of signetd.conf. */
static const struct number_key {
	const char *section;
	const char *key;
	long long min;
	long long max;
	size_t at;		/* of a uint32_t in struct settings */
} numbers[] = {
	{ "pin", "min-length", PIN_MIN_LEAST, PIN_MAX,
	    offsetof(struct settings, pin_min) },
	{ "pin", "tries", 1, KEEPER_TRIES_MAX,
	    offsetof(struct settings, tries) },
	{ "container", "max", 1, CONTAINERS_MAX,
	    offsetof(struct settings, containers) },
	{ "quota", "keys", 1, OBJECT_COUNT_MAX,
	    offsetof(struct settings, keeper.keys) },
	{ "quota", "certificates", 1, OBJECT_COUNT_MAX,
	    offsetof(struct settings, keeper.certs) },
	{ "quota", "requests", 1, OBJECT_COUNT_MAX,
	    offsetof(struct settings, keeper.requests) },
	{ "quota", "container-bytes", KEEPER_BYTES_MIN, OBJECTS_WIRE_MAX,
	    offsetof(struct settings, keeper.bytes) },
	{ "quota", "prompts", 1, PROMPTS_MAX,
	    offsetof(struct settings, keeper.prompts) },
	{ "quota", "connections-total", 1, CONNECTIONS_MAX,
	    offsetof(struct settings, server.total) },
	{ "quota", "connections", 1, CONNECTIONS_MAX,
	    offsetof(struct settings, server.connections) },
	{ "quota", "waiting", 1, CONNECTIONS_MAX,
	    offsetof(struct settings, server.waiting) },
	{ "quota", "pending-bytes", SERVER_BYTES_MIN, 1 << 30,
	    offsetof(struct settings, server.bytes) },
};

void
settings_done(struct settings *s)
{
	free(s->state);
	free(s->tcti);
	free(s->audit);
	free(s->card_user);
	free(s->card_sessions);
	*s = (struct settings) { 0 };
}

static enum sg_err
replace(char **to, const char *value)
{
	char *fresh = NULL;

	SG_TRY(str_dup(&fresh, value));
	free(*to);
	*to = fresh;
	return SG_OK;
}

/* "1000" or "1000-1999". */
static enum sg_err
range_parse(char *word, struct uid_range *out)
{
	char *dash = strchr(word, '-');
	long long first, last;

	if (dash != NULL)
		*dash = '\0';
	SG_TRY(number_parse(&first, word, 0, UINT32_MAX - 1, "users"));
	last = first;
	if (dash != NULL)
		SG_TRY(number_parse(&last, dash + 1, first, UINT32_MAX - 1,
		    "users"));
	*out = (struct uid_range) { (uint32_t)first, (uint32_t)last };
	return SG_OK;
}

static enum sg_err
users_parse(struct settings *s, const char *value)
{
	auto_str copy = NULL;
	char *save = NULL;

	SG_TRY(str_dup(&copy, value));
	s->user_count = 0;
	s->who = strcmp(value, "known") == 0 ? KEEPER_KNOWN : KEEPER_LISTED;
	if (s->who == KEEPER_KNOWN)
		return SG_OK;
	for (char *word = strtok_r(copy, " \t", &save); word != NULL;
	    word = strtok_r(NULL, " \t", &save)) {
		if (s->user_count == SETTINGS_USERS_MAX)
			return sg_fail(SG_ELIMIT, "more than %d ranges of "
			    "users", SETTINGS_USERS_MAX);
		SG_TRY(range_parse(word, &s->users[s->user_count]));
		s->user_count++;
	}
	return SG_OK;
}

static bool
is(const struct conf_line *l, const char *section, const char *key)
{
	return strcmp(l->section, section) == 0 && strcmp(l->key, key) == 0;
}

enum sg_err
settings_key(void *settings, const struct conf_line *l)
{
	struct settings *s = settings;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const struct number_key *n = &numbers[i];
		long long v;

		if (!is(l, n->section, n->key))
			continue;
		SG_TRY(number_parse(&v, l->value, n->min, n->max, l->key));
		*(uint32_t *)(void *)((char *)s + n->at) = (uint32_t)v;
		return SG_OK;
	}
	if (is(l, "container", "users"))
		return users_parse(s, l->value);
	if (is(l, "container", "without-tpm"))
		return conf_bool(&s->without_tpm, l->value);
	if (is(l, "container", "folder"))
		return replace(&s->state, l->value);
	if (is(l, "tpm", "tcti"))
		return replace(&s->tcti, l->value);
	if (is(l, "card", "user"))
		return replace(&s->card_user, l->value);
	if (is(l, "card", "sessions"))
		return replace(&s->card_sessions, l->value);
	if (strcmp(l->section, "card") == 0)
		return card_policy_line(&s->card, l);
	if (is(l, "audit", "file"))
		return replace(&s->audit, l->value);
	if (is(l, "audit", "required"))
		return conf_bool(&s->audit_required, l->value);
	return sg_fail(SG_EFORMAT, "unknown key '%s' in section [%s]",
	    l->key, l->section);
}

static enum sg_err
read_config(struct settings *s)
{
	bool named = s->config != NULL;
	enum sg_err e = conf_read(named ? s->config
	    : SIGNET_CONFIG_DIR "/signetd.conf", settings_key, s);

	if (e == SG_ENOENT && !named)
		return SG_OK;
	return e;
}

enum sg_err
settings_card(const struct settings *s, struct card_policy *out)
{
	auto_done(settings) now = { .config = s->config,
		.card = CARD_POLICY_DEFAULT };

	SG_TRY(read_config(&now));
	*out = now.card;
	return SG_OK;
}

/* First pass: only the configuration's name; its settings come before the
 * command line's. */
static enum sg_err
parse(int argc, char **argv, struct settings *s, bool all,
    enum settings_ask *ask)
{
	static const struct option longs[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "state", required_argument, NULL, 'd' },
		{ "tcti", required_argument, NULL, 't' },
		{ "config", required_argument, NULL, 'c' },
		{ "audit", required_argument, NULL, 'a' },
		{ "debug", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == '?')
			return sg_fail(SG_EARG, "'%s' is not an option, or "
			    "lacks its value", argv[optind - 1]);
		if (c == 'h')
			*ask = SETTINGS_HELP;
		else if (c == 'V')
			*ask = SETTINGS_VERSION;
		else if (c == 'c')
			s->config = optarg;
		else if (!all)
			continue;
		else if (c == 's')
			s->socket = optarg;
		else if (c == 'd')
			SG_TRY(replace(&s->state, optarg));
		else if (c == 't')
			SG_TRY(replace(&s->tcti, optarg));
		else if (c == 'a')
			SG_TRY(replace(&s->audit, optarg));
		else
			s->debug = true;
	}
	if (optind < argc)
		return sg_fail(SG_EARG, "'%s' is not an option", argv[optind]);
	return SG_OK;
}

/* systemd says where LogsDirectory= is. */
static enum sg_err
audit_default(struct settings *s)
{
	const char *folder = getenv("LOGS_DIRECTORY");

	if (folder == NULL || *folder != '/' || strchr(folder, ':') != NULL)
		return SG_OK;
	return str_printf(&s->audit, "%s/audit", folder);
}

static enum sg_err
read_all(int argc, char **argv, struct settings *s, enum settings_ask *ask)
{
	SG_TRY(replace(&s->state, SIGNET_STATE_DIR));
	SG_TRY(replace(&s->card_user, CARD_USER_DEFAULT));
	SG_TRY(replace(&s->card_sessions, CARD_SESSIONS_DEFAULT));
	SG_TRY(audit_default(s));
	SG_TRY(users_parse(s, SETTINGS_USERS_DEFAULT));
	SG_TRY(parse(argc, argv, s, false, ask));
	if (*ask != SETTINGS_RUN)
		return SG_OK;
	SG_TRY(read_config(s));
	return parse(argc, argv, s, true, ask);
}

enum sg_err
settings_read(int argc, char **argv, struct settings *out,
    enum settings_ask *ask)
{
	*out = (struct settings) {
		.pin_min = PIN_MIN_DEFAULT,
		.tries = KEEPER_TRIES_DEFAULT,
		.containers = KEEPER_CONTAINERS_DEFAULT,
		.keeper = KEEPER_QUOTA_DEFAULT,
		.server = SERVER_QUOTA_DEFAULT,
		.card = CARD_POLICY_DEFAULT,
	};
	*ask = SETTINGS_RUN;
	return read_all(argc, argv, out, ask);
}
