/* SPDX-License-Identifier: BSD-2-Clause */
#include "crl_lists.h"

#include <stdio.h>
#include <stdlib.h>

#include "ca/urls.h"
#include "serve.h"

/* The root revokes an issuing CA at most, and its key should rest. */
#define ROOT_CRL_DAYS	180

void
lists_done(struct lists *l)
{
	serve_config_done(&l->config);
	texts_done(&l->delta_urls);
	ca_ledger_store_done(&l->store);
	free(l->folder);
	*l = (struct lists) { 0 };
}

enum sg_err
lists_init(struct lists *l, struct session *s, enum ca_level level,
    unsigned key, unsigned days)
{
	const struct ca_store *store = s->store;
	const struct ca_version v = { key, key };
	struct ca_issuer i;

	if (days == 0)
		days = level == CA_ROOT ? ROOT_CRL_DAYS
					: store->config.crl_days;
	SG_TRY(session_issuer_of(&i, s, level, key));
	SG_TRY(serve_config_read(&l->config, store->dir));
	SG_TRY(sg_while(ca_urls_expand(&l->delta_urls, &l->config.delta_urls,
	    &v), "serve.conf: delta-url"));
	SG_TRY(str_printf(&l->folder, "%s/%s", store->dir,
	    ca_level_name(level)));
	l->store = (struct ca_ledger_store) { .store = store, .level = level,
		.key = key, .who = s->who };
	l->p = (struct ca_publisher) { .cert = i.cert, .signer = i.signer,
		.ledger = ca_ledger_of_store(&l->store), .key = key,
		.folder = l->folder, .base_hours = days * 24 };
	l->p.delta_urls = &l->delta_urls;
	if (level == CA_ISSUING)
		l->p.delta_hours = l->config.delta_hours;
	return SG_OK;
}

enum sg_err
lists_configure(struct lists *l)
{
	const struct ca_version v = { l->p.key, l->p.key };
	auto_done(serve_config) c = { 0 };
	auto_done(texts) urls = { 0 };

	SG_TRY(serve_config_read(&c, l->store.store->dir));
	SG_TRY(sg_while(ca_urls_expand(&urls, &c.delta_urls, &v),
	    "serve.conf: delta-url"));
	serve_config_done(&l->config);
	texts_done(&l->delta_urls);
	l->config = c;
	l->delta_urls = urls;
	l->p.delta_hours = c.delta_hours;
	c = (struct serve_config) { 0 };
	urls = (struct texts) { 0 };
	return SG_OK;
}

enum sg_err
lists_all(struct ca_published *made, const struct lists *l)
{
	return ca_publish_all(made, &l->p, clock_now());
}

enum sg_err
lists_delta(struct ca_published *made, const struct lists *l)
{
	return ca_publish(made, &l->p, CA_LIST_DELTA, clock_now());
}

static void
say(const struct lists *l, const struct ca_published *made, const char *kind)
{
	char suffix[CA_SUFFIX_MAX];

	ca_suffix(suffix, l->p.key);
	(void)printf("%s %llu of %s%s%s with %zu entries\n", kind,
	    (unsigned long long)made->number, l->p.cert->subject,
	    *suffix != '\0' ? " " : "", suffix, made->count);
}

static enum sg_err
base_publish(struct session *s, enum ca_level level, unsigned key,
    unsigned days)
{
	auto_done(lists) l = { 0 };
	struct ca_published made;

	SG_TRY(lists_init(&l, s, level, key, days));
	SG_TRY(lists_all(&made, &l));
	say(&l, &made, "CRL");
	return SG_OK;
}

static enum sg_err
delta_publish(struct session *s, unsigned key)
{
	auto_done(lists) l = { 0 };
	struct ca_published made;

	SG_TRY(lists_init(&l, s, CA_ISSUING, key, 0));
	SG_TRY(lists_delta(&made, &l));
	say(&l, &made, "delta CRL");
	return SG_OK;
}

unsigned
lists_keys(unsigned keys[CA_INDEX_MAX + 1], const struct session *s,
    enum ca_level level)
{
	const struct ca_generations *l = &s->store->gen[level];
	unsigned n = 0;

	for (unsigned k = 0; k < l->n && k <= CA_INDEX_MAX; k++)
		if (ca_of_key(l, k) != NULL &&
		    ca_key_live(l, k, clock_now()))
			keys[n++] = k;
	return n;
}

bool
lists_stale(const struct session *s, enum ca_level level)
{
	auto_done(ca_generations) now = { 0 };
	const struct ca_generation *last;

	if (ca_generations_load(&now, s->store->db, level) != SG_OK)
		return false;
	last = ca_current(&now);
	return last != NULL && last->version.index !=
	    ca_current(&s->store->gen[level])->version.index;
}

enum sg_err
crl_publish(struct session *s, enum ca_level level, unsigned days)
{
	unsigned keys[CA_INDEX_MAX + 1], n = lists_keys(keys, s, level);

	SG_TRY(ca_store_ready(s->store, level));
	for (unsigned i = 0; i < n; i++)
		SG_TRY(base_publish(s, level, keys[i], days));
	return SG_OK;
}

static enum sg_err
deltas_publish(struct session *s)
{
	unsigned keys[CA_INDEX_MAX + 1], n = lists_keys(keys, s, CA_ISSUING);

	SG_TRY(ca_store_ready(s->store, CA_ISSUING));
	for (unsigned i = 0; i < n; i++)
		SG_TRY(delta_publish(s, keys[i]));
	return SG_OK;
}

enum sg_err
crl_news(struct session *s, enum ca_level level, unsigned key)
{
	auto_done(lists) l = { 0 };

	SG_TRY(lists_init(&l, s, level, key, 0));
	if (l.p.delta_hours > 0 &&
	    ca_publish_due(&l.p, CA_LIST_BASE) > clock_now())
		return delta_publish(s, key);
	return base_publish(s, level, key, 0);
}

/* Of the CAs whose keys are here. */
static enum sg_err
run(const struct options *o)
{
	auto_done(session) s = { 0 };

	if (o->publish)
		return serve_publish(o->dir);
	SG_TRY(session_open(&s, o));
	if (o->delta)
		return deltas_publish(&s);
	for (int i = 0; i < CA_LEVELS; i++)
		if (s.store->ours[i])
			SG_TRY(crl_publish(&s, (enum ca_level)i, o->days));
	return SG_OK;
}

static const enum opt options[] = { OPT_DIR, OPT_DAYS, OPT_DELTA,
	OPT_PUBLISH, OPT_PASSPHRASE_FD, OPT_END };

const struct verb verb_crl = {
	.name = "crl",
	.summary = "makes new revocation lists",
	.usage = "crl --dir DIR [--days N] [--passphrase-fd N]\n"
	    "       signet-ca crl --dir DIR --delta [--passphrase-fd N]\n"
	    "       signet-ca crl --dir DIR --publish",
	.text = "They are DIR/root/ca.crl, DIR/issuing/ca.crl and, if there"
	    " are deltas,\nDIR/issuing/delta.crl (DER), as distribution"
	    " points serve them; ca(1).crl and\nso on of a CA that was"
	    " renewed with a new key.\n\n"
	    "  --days N             how long the base lists are good\n"
	    "  --delta              a new delta list of the issuing CA only\n"
	    "  --publish            the server makes the issuing CA's, with"
	    " its key\n"
	    "  --passphrase-fd N    opens the CA's keys\n",
	.options = options,
	.run = run,
};
