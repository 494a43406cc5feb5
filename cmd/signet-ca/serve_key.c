/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve_key.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "pki/crl_summary.h"

void
serve_key_done(struct serve_key *k)
{
	responder_free(k->responder);
	cert_free(k->cert);
	pkey_free(k->key);
	lists_done(&k->lists);
	*k = (struct serve_key) { 0 };
}

static enum sg_err
responder_make(struct serve_key *k, struct cert *cert, struct pkey *key)
{
	const struct lists *l = &k->lists;
	const struct responder_config c = { .ca = l->p.cert, .cert = cert,
		.signer = pkey_signer(key), .ledger = l->p.ledger,
		.good_seconds = l->config.ocsp_minutes * 60,
		.counts = &k->totals->ocsp };
	struct responder *r;

	SG_TRY(responder_new(&r, &c));
	responder_free(k->responder);
	if (k->cert != cert)
		cert_free(k->cert);
	if (k->key != key)
		pkey_free(k->key);
	k->responder = r;
	k->cert = cert;
	k->key = key;
	return SG_OK;
}

/* A new key and certificate for the responder, kept like any other that the
 * CA issues. */
static enum sg_err
delegate(struct serve_key *k)
{
	auto_free(pkey) key = NULL;
	auto_free(cert) cert = NULL;
	const struct ca_act act = session_act(k->session);
	struct ca_issuer i;

	SG_TRY(session_issuer_of(&i, k->session, CA_ISSUING, k->number));
	SG_TRY(key_make(&key, k->lists.config.ocsp_key));
	SG_TRY(responder_cert(&cert, &i, pkey_signer(key), act.at,
	    RESPONDER_DAYS));
	SG_TRY(ca_responder_keep(k->session->store, cert, &act));
	SG_TRY(responder_make(k, cert, key));
	cert = NULL;
	key = NULL;
	return SG_OK;
}

enum sg_err
serve_key_init(struct serve_key *k, struct session *s, unsigned number,
    struct serve_totals *totals)
{
	k->session = s;
	k->totals = totals;
	k->number = number;
	SG_TRY(lists_init(&k->lists, s, CA_ISSUING, number, 0));
	return delegate(k);
}

/* With a quarter of its time left. */
static int64_t
delegate_due(const struct serve_key *k)
{
	return k->cert->not_after -
	    (k->cert->not_after - k->cert->not_before) / 4;
}

bool
serve_key_live(const struct serve_key *k)
{
	return ca_key_live(&k->session->store->gen[CA_ISSUING], k->number,
	    clock_now());
}

enum sg_err
serve_key_reload(struct serve_key *k)
{
	SG_TRY(lists_configure(&k->lists));
	return responder_make(k, k->cert, k->key);
}

int64_t
serve_key_list_ends(const struct serve_key *k, enum ca_list which)
{
	const struct ca_publisher *p = &k->lists.p;
	struct crl_summary sum;
	auto_str file = NULL;
	auto_str path = NULL;

	if ((which == CA_LIST_DELTA && p->delta_hours == 0) ||
	    ca_list_file(&file, which, p->key) != SG_OK ||
	    str_printf(&path, "%s/%s", p->folder, file) != SG_OK)
		return 0;
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && crl_summary_read(&sum, fd) == SG_OK
	    ? sum.next_update : 0;
}

int64_t
serve_key_due(const struct serve_key *k)
{
	const int64_t all[] = { ca_publish_due(&k->lists.p, CA_LIST_BASE),
		ca_publish_due(&k->lists.p, CA_LIST_DELTA),
		delegate_due(k) };
	int64_t first = all[0];

	if (!serve_key_live(k))
		return INT64_MAX;
	for (size_t i = 1; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] < first)
			first = all[i];
	return first;
}

static enum sg_err
publish(struct serve_key *k, bool all)
{
	struct ca_published made;

	if (all)
		SG_TRY(lists_all(&made, &k->lists));
	else
		SG_TRY(lists_delta(&made, &k->lists));
	k->totals->bases += all;
	k->totals->deltas += !all;
	log_info("list-published kind=%s key=%u number=%llu entries=%zu",
	    all ? "base" : "delta", k->number,
	    (unsigned long long)made.number, made.count);
	return SG_OK;
}

enum sg_err
serve_key_work(struct serve_key *k)
{
	int64_t now = clock_now();

	if (serve_key_due(k) > now)
		return SG_OK;
	if (delegate_due(k) <= now)
		SG_TRY(delegate(k));
	if (ca_publish_due(&k->lists.p, CA_LIST_BASE) <= now)
		return publish(k, true);
	if (ca_publish_due(&k->lists.p, CA_LIST_DELTA) <= now)
		return publish(k, false);
	return SG_OK;
}

enum sg_err
serve_key_publish(struct serve_key *k)
{
	return publish(k, true);
}
