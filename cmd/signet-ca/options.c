/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"

#include <getopt.h>
#include <limits.h>
#include <string.h>

#include "base/conf.h"
#include "base/text.h"

#define DAYS_MAX 36500
#define TABLE_MAX 32
#define PATH_LENGTH_MAX 100
#define KEY_SIZE_MAX 16384
#define COUNT_MAX 1000000

static const struct option all[] = {
	{ "dir", required_argument, NULL, OPT_DIR },
	{ "from", required_argument, NULL, OPT_FROM },
	{ "host", required_argument, NULL, OPT_HOST },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "root-name", required_argument, NULL, OPT_ROOT_NAME },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "key-at", required_argument, NULL, OPT_KEY_AT },
	{ "root-key-at", required_argument, NULL, OPT_ROOT_KEY_AT },
	{ "ra-key-at", required_argument, NULL, OPT_RA_KEY_AT },
	{ "tcti", required_argument, NULL, OPT_TCTI },
	{ "role", required_argument, NULL, OPT_ROLE },
	{ "level", required_argument, NULL, OPT_LEVEL },
	{ "request-out", required_argument, NULL, OPT_REQUEST_OUT },
	{ "new-key", no_argument, NULL, OPT_NEW_KEY },
	{ "cancel", no_argument, NULL, OPT_CANCEL },
	{ "path-length", required_argument, NULL, OPT_PATH_LENGTH },
	{ "cdp-url", required_argument, NULL, OPT_CDP_URL },
	{ "aia-url", required_argument, NULL, OPT_AIA_URL },
	{ "ocsp-url", required_argument, NULL, OPT_OCSP_URL },
	{ "root-cdp-url", required_argument, NULL, OPT_ROOT_CDP_URL },
	{ "root-aia-url", required_argument, NULL, OPT_ROOT_AIA_URL },
	{ "crl-days", required_argument, NULL, OPT_CRL_DAYS },
	{ "passphrase-fd", required_argument, NULL, OPT_PASSPHRASE_FD },
	{ "template", required_argument, NULL, OPT_TEMPLATE },
	{ "in", required_argument, NULL, OPT_IN },
	{ "out", required_argument, NULL, OPT_OUT },
	{ "key-out", required_argument, NULL, OPT_KEY_OUT },
	{ "chain-out", required_argument, NULL, OPT_CHAIN_OUT },
	{ "subject", required_argument, NULL, OPT_SUBJECT },
	{ "upn", required_argument, NULL, OPT_UPN },
	{ "sid", required_argument, NULL, OPT_SID },
	{ "email", required_argument, NULL, OPT_EMAIL },
	{ "dns", required_argument, NULL, OPT_DNS },
	{ "ip", required_argument, NULL, OPT_IP },
	{ "guid", required_argument, NULL, OPT_GUID },
	{ "realm", required_argument, NULL, OPT_REALM },
	{ "group", required_argument, NULL, OPT_GROUP },
	{ "days", required_argument, NULL, OPT_DAYS },
	{ "eku", required_argument, NULL, OPT_EKU },
	{ "key-size", required_argument, NULL, OPT_KEY_SIZE },
	{ "key-hash", required_argument, NULL, OPT_KEY_HASH },
	{ "valid", required_argument, NULL, OPT_VALID },
	{ "count", required_argument, NULL, OPT_COUNT },
	{ "static", no_argument, NULL, OPT_STATIC },
	{ "reason", required_argument, NULL, OPT_REASON },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "limit", required_argument, NULL, OPT_LIMIT },
	{ "after", required_argument, NULL, OPT_AFTER },
	{ "pending", no_argument, NULL, OPT_PENDING },
	{ "revoked", no_argument, NULL, OPT_REVOKED },
	{ "why", required_argument, NULL, OPT_WHY },
	{ "der", no_argument, NULL, OPT_DER },
	{ "head", required_argument, NULL, OPT_HEAD },
	{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
	{ "yes", no_argument, NULL, OPT_YES },
	{ "replace", no_argument, NULL, OPT_REPLACE },
	{ "windows", no_argument, NULL, OPT_WINDOWS },
	{ "forest", required_argument, NULL, OPT_FOREST },
	{ "allow", required_argument, NULL, OPT_ALLOW },
	{ "deny", required_argument, NULL, OPT_DENY },
	{ "remove", required_argument, NULL, OPT_REMOVE },
	{ "reset", no_argument, NULL, OPT_RESET },
	{ "sddl", required_argument, NULL, OPT_SDDL },
	{ "listen", required_argument, NULL, OPT_LISTEN },
	{ "publish", no_argument, NULL, OPT_PUBLISH },
	{ "delta", no_argument, NULL, OPT_DELTA },
	{ "admin", required_argument, NULL, OPT_ADMIN },
	{ "desk", required_argument, NULL, OPT_DESK },
	{ "connections", required_argument, NULL, OPT_CONNECTIONS },
	{ "per-address", required_argument, NULL, OPT_PER_ADDRESS },
	{ "user", required_argument, NULL, OPT_USER },
	{ "web-user", required_argument, NULL, OPT_WEB_USER },
};
#define ALL_LEN (sizeof(all) / sizeof(all[0]))

void
options_done(struct options *o)
{
	texts_done(&o->cdp_url);
	texts_done(&o->aia_url);
	texts_done(&o->ocsp_url);
	texts_done(&o->root_cdp_url);
	texts_done(&o->root_aia_url);
	texts_done(&o->dns);
	texts_done(&o->ip);
	texts_done(&o->group);
	texts_done(&o->eku);
	texts_done(&o->allow);
	texts_done(&o->deny);
	texts_done(&o->remove);
	texts_done(&o->kept);
	*o = (struct options) { .passphrase_fd = -1 };
}

const char *
option_name(enum opt o)
{
	for (size_t i = 0; i < ALL_LEN; i++)
		if (all[i].val == (int)o)
			return all[i].name;
	return "?";
}

enum sg_err
option_needed(const char *value, const char *name)
{
	if (value == NULL)
		return sg_fail(SG_EARG, "--%s is needed", name);
	return SG_OK;
}

static void
table_make(struct option table[TABLE_MAX], const enum opt *allowed)
{
	size_t n = 0;

	for (; *allowed != OPT_END && n < TABLE_MAX - 1; allowed++)
		for (size_t i = 0; i < ALL_LEN; i++)
			if (all[i].val == (int)*allowed)
				table[n++] = all[i];
	table[n] = (struct option) { 0 };
}

static enum sg_err
number_upto(unsigned *out, const char *value, long long max,
    const char *name)
{
	long long v;

	SG_TRY(number_parse(&v, value, 1, max, name));
	*out = (unsigned)v;
	return SG_OK;
}

static enum sg_err
number(unsigned *out, const char *value, const char *name)
{
	return number_upto(out, value, DAYS_MAX, name);
}

static enum sg_err
store_special(struct options *o, int opt, const char *value)
{
	long long v;

	switch (opt) {
	case OPT_CRL_DAYS:
		return number(&o->crl_days, value, "--crl-days");
	case OPT_DAYS:
		return number(&o->days, value, "--days");
	case OPT_CONNECTIONS:
		return number(&o->connections, value, "--connections");
	case OPT_PER_ADDRESS:
		return number(&o->per_address, value, "--per-address");
	case OPT_KEY_SIZE:
		return number_upto(&o->key_size, value, KEY_SIZE_MAX,
		    "--key-size");
	case OPT_COUNT:
		return number_upto(&o->count, value, COUNT_MAX, "--count");
	case OPT_PASSPHRASE_FD:
		SG_TRY(number_parse(&v, value, 0, INT_MAX,
		    "--passphrase-fd"));
		o->passphrase_fd = (int)v;
		return SG_OK;
	case OPT_PATH_LENGTH:
		SG_TRY(number_parse(&v, value, 0, PATH_LENGTH_MAX,
		    "--path-length"));
		o->path_length = (unsigned)v;
		return SG_OK;
	case OPT_LIMIT:
		return number_parse(&o->limit, value, 1, LLONG_MAX,
		    "--limit");
	case OPT_JSON:
		o->json = true;
		return SG_OK;
	case OPT_PUBLISH:
		o->publish = true;
		return SG_OK;
	case OPT_DELTA:
		o->delta = true;
		return SG_OK;
	case OPT_PENDING:
		o->pending = true;
		return SG_OK;
	case OPT_REVOKED:
		o->revoked = true;
		return SG_OK;
	case OPT_DER:
		o->der = true;
		return SG_OK;
	default:
		return sg_fail(SG_EINTERNAL, "an option without a place");
	}
}

/* Those that take no value. */
static bool
store_switch(struct options *o, int opt)
{
	const struct {
		int opt;
		bool *on;
	} switches[] = {
		{ OPT_JSON, &o->json }, { OPT_DRY_RUN, &o->dry_run },
		{ OPT_YES, &o->yes }, { OPT_REPLACE, &o->replace },
		{ OPT_WINDOWS, &o->windows }, { OPT_RESET, &o->reset },
		{ OPT_NEW_KEY, &o->new_key }, { OPT_CANCEL, &o->cancel },
		{ OPT_STATIC, &o->is_static },
	};

	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		if (switches[i].opt != opt)
			continue;
		*switches[i].on = true;
		return true;
	}
	return false;
}

/* Those that may be repeated. */
static struct texts *
list_of(struct options *o, int opt)
{
	const struct {
		int opt;
		struct texts *list;
	} lists[] = {
		{ OPT_CDP_URL, &o->cdp_url }, { OPT_AIA_URL, &o->aia_url },
		{ OPT_OCSP_URL, &o->ocsp_url },
		{ OPT_ROOT_CDP_URL, &o->root_cdp_url },
		{ OPT_ROOT_AIA_URL, &o->root_aia_url },
		{ OPT_DNS, &o->dns }, { OPT_IP, &o->ip },
		{ OPT_ALLOW, &o->allow }, { OPT_DENY, &o->deny },
		{ OPT_REMOVE, &o->remove }, { OPT_GROUP, &o->group },
		{ OPT_EKU, &o->eku },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (lists[i].opt == opt)
			return lists[i].list;
	return NULL;
}

static enum sg_err
store(struct options *o, int opt, const char *value)
{
	const struct {
		int opt;
		const char **text;
	} texts[] = {
		{ OPT_DIR, &o->dir }, { OPT_NAME, &o->name },
		{ OPT_FROM, &o->from }, { OPT_HOST, &o->host },
		{ OPT_ROOT_NAME, &o->root_name }, { OPT_KEY, &o->key },
		{ OPT_TEMPLATE, &o->template }, { OPT_IN, &o->in },
		{ OPT_OUT, &o->out }, { OPT_KEY_OUT, &o->key_out },
		{ OPT_CHAIN_OUT, &o->chain_out },
		{ OPT_SUBJECT, &o->subject }, { OPT_UPN, &o->upn },
		{ OPT_SID, &o->sid }, { OPT_EMAIL, &o->email },
		{ OPT_GUID, &o->guid }, { OPT_REALM, &o->realm },
		{ OPT_REASON, &o->reason }, { OPT_AFTER, &o->after },
		{ OPT_WHY, &o->why }, { OPT_HEAD, &o->head },
		{ OPT_FOREST, &o->forest }, { OPT_SDDL, &o->sddl },
		{ OPT_LISTEN, &o->listen }, { OPT_KEY_AT, &o->key_at },
		{ OPT_ROOT_KEY_AT, &o->root_key_at },
		{ OPT_RA_KEY_AT, &o->ra_key_at },
		{ OPT_KEY_HASH, &o->key_hash }, { OPT_VALID, &o->valid },
		{ OPT_TCTI, &o->tcti }, { OPT_ADMIN, &o->admin },
		{ OPT_DESK, &o->desk }, { OPT_USER, &o->user },
		{ OPT_WEB_USER, &o->web_user },
		{ OPT_ROLE, &o->role },
		{ OPT_LEVEL, &o->level },
		{ OPT_REQUEST_OUT, &o->request_out },
	};
	struct texts *list = list_of(o, opt);

	if (store_switch(o, opt))
		return SG_OK;
	if (list != NULL)
		return texts_add(list, value);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].opt == opt) {
			*texts[i].text = value;
			return SG_OK;
		}
	}
	return store_special(o, opt, value);
}

static enum sg_err
wrong(int opt, char **argv)
{
	const char *word = argv[optind > 1 ? optind - 1 : 1];

	if (opt == ':')
		return sg_fail(SG_EARG, "%s needs a value", word);
	return sg_fail(SG_EARG, "there is no option %s here", word);
}

static enum sg_err
parse(struct options *o, int argc, char **argv, const struct option *table,
    int least, int most)
{
	int opt;

	/* 0 makes glibc start anew; ':' keeps it silent. */
	optind = 0;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":", table, NULL)) != -1) {
		if (opt == '?' || opt == ':')
			return wrong(opt, argv);
		o->said[opt - OPT_DIR] = true;
		SG_TRY(store(o, opt, optarg));
	}
	if (most >= 0 && argc - optind > most)
		return sg_fail(SG_EARG, "'%s' is one word too many",
		    argv[optind + most]);
	if (argc - optind < least)
		return sg_fail(SG_EARG, "a word is missing");
	o->operands = argv + optind;
	o->operand_count = argc - optind;
	o->operand = o->operand_count > 0 ? argv[optind] : NULL;
	return SG_OK;
}

enum sg_err
options_keep(const char **out, struct options *o, const char *text)
{
	SG_TRY(texts_add(&o->kept, text));
	*out = o->kept.v[o->kept.n - 1];
	return SG_OK;
}

struct from {
	struct options *options;
	const enum opt *allowed;
};

/* A key is an option's name; the command line goes before it. */
static enum sg_err
from_line(void *arg, const struct conf_line *l)
{
	const struct from *f = arg;
	const enum opt *opt = f->allowed;
	const char *value;

	if (strcmp(l->section, "init") != 0)
		return sg_fail(SG_EARG, "all of it belongs into [init]");
	while (*opt != OPT_END && (strcmp(option_name(*opt), l->key) != 0 ||
	    *opt == OPT_FROM))
		opt++;
	if (*opt == OPT_END)
		return sg_fail(SG_EARG, "there is no '%s': keys are the "
		    "options of 'signet-ca help init'", l->key);
	if (f->options->said[*opt - OPT_DIR])
		return SG_OK;
	SG_TRY(options_keep(&value, f->options, l->value));
	return store(f->options, (int)*opt, value);
}

enum sg_err
options_parse(struct options *out, int argc, char **argv,
    const enum opt *allowed, int least, int most)
{
	auto_done(options) o = { .passphrase_fd = -1 };
	struct option table[TABLE_MAX];

	struct from from = { &o, allowed };

	table_make(table, allowed);
	SG_TRY(parse(&o, argc, argv, table, least, most));
	if (o.from != NULL)
		SG_TRY(sg_while(conf_read(o.from, from_line, &from),
		    "--from"));
	*out = o;
	o = (struct options) { 0 };
	return SG_OK;
}
