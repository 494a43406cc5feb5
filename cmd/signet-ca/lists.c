/* SPDX-License-Identifier: BSD-2-Clause */
#include "lists.h"

#include <stdio.h>
#include <stdlib.h>

#include "serve.h"

/* The root revokes an issuing CA at most, and its key should rest. */
#define ROOT_CRL_DAYS	180

void
lists_done(struct lists *l)
{
	serve_config_done(&l->config);
	ca_ledger_store_done(&l->store);
	free(l->folder);
	*l = (struct lists) { 0 };
}

enum sg_err
lists_init(struct lists *l, struct session *s, enum ca_level level,
    unsigned days)
{
	const struct ca_store *store = s->store;
	struct ca_issuer i;

	if (days == 0)
		days = level == CA_ROOT ? ROOT_CRL_DAYS
					: store->config.crl_days;
	SG_TRY(session_issuer(&i, s, level));
	SG_TRY(serve_config_read(&l->config, store->dir));
	SG_TRY(str_printf(&l->folder, "%s/%s", store->dir,
	    level == CA_ROOT ? "root" : "issuing"));
	l->store = (struct ca_ledger_store) { .store = store, .level = level,
		.who = s->who };
	l->p = (struct ca_publisher) { .cert = i.cert, .signer = i.signer,
		.ledger = ca_ledger_of_store(&l->store),
		.folder = l->folder, .base_hours = days * 24 };
	l->p.delta_urls = &l->config.delta_urls;
	if (level == CA_ISSUING)
		l->p.delta_hours = l->config.delta_hours;
	return SG_OK;
}

void
lists_configure(struct lists *l, struct serve_config *c)
{
	serve_config_done(&l->config);
	l->config = *c;
	*c = (struct serve_config) { 0 };
	l->p.delta_hours = l->config.delta_hours;
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
	(void)printf("%s %llu of %s with %zu entries\n", kind,
	    (unsigned long long)made->number, l->p.cert->subject,
	    made->count);
}

enum sg_err
crl_publish(struct session *s, enum ca_level level, unsigned days)
{
	auto_done(lists) l = { 0 };
	struct ca_published made;

	SG_TRY(lists_init(&l, s, level, days));
	SG_TRY(lists_all(&made, &l));
	say(&l, &made, "CRL");
	return SG_OK;
}

static enum sg_err
delta_publish(struct session *s)
{
	auto_done(lists) l = { 0 };
	struct ca_published made;

	SG_TRY(lists_init(&l, s, CA_ISSUING, 0));
	SG_TRY(lists_delta(&made, &l));
	say(&l, &made, "delta CRL");
	return SG_OK;
}

enum sg_err
crl_news(struct session *s)
{
	auto_done(lists) l = { 0 };

	SG_TRY(lists_init(&l, s, CA_ISSUING, 0));
	if (l.p.delta_hours > 0 &&
	    ca_publish_due(&l.p, CA_LIST_BASE) > clock_now())
		return delta_publish(s);
	return crl_publish(s, CA_ISSUING, 0);
}

static enum sg_err
run(const struct options *o)
{
	auto_done(session) s = { 0 };

	if (o->publish)
		return serve_publish(o->dir);
	SG_TRY(session_open(&s, o));
	if (o->delta)
		return delta_publish(&s);
	SG_TRY(crl_publish(&s, CA_ROOT, o->days));
	return crl_publish(&s, CA_ISSUING, o->days);
}

static const enum opt options[] = { OPT_DIR, OPT_DAYS, OPT_DELTA,
	OPT_PUBLISH, OPT_PASSPHRASE_FD, OPT_END };

const struct verb verb_crl = {
	.name = "crl",
	.summary = "makes new revocation lists of both CAs",
	.usage = "crl --dir DIR [--days N] [--passphrase-fd N]\n"
	    "       signet-ca crl --dir DIR --delta [--passphrase-fd N]\n"
	    "       signet-ca crl --dir DIR --publish",
	.text = "They are DIR/root/ca.crl, DIR/issuing/ca.crl and, if there"
	    " are deltas,\nDIR/issuing/delta.crl (DER), as distribution"
	    " points serve them.\n\n"
	    "  --days N             how long the base lists are good\n"
	    "  --delta              a new delta list of the issuing CA only\n"
	    "  --publish            the server makes the issuing CA's, with"
	    " its key\n"
	    "  --passphrase-fd N    opens the CA's keys\n",
	.options = options,
	.run = run,
};
