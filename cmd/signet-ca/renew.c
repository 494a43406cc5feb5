/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "verb.h"

/* The request that the old certificate was made from, once more. */
static enum sg_err
request_again(struct csr **out, const struct ca_store *s,
    const struct ca_record *old)
{
	auto_done(ca_request) q = { 0 };

	if (old->request == 0)
		return sg_fail(SG_EARG,
		    "its request is not here: --in is needed");
	SG_TRY(ca_request_get(&q, s, old->request));
	*out = q.csr;
	q.csr = NULL;
	return SG_OK;
}

static enum sg_err
renew(struct ca_outcome *out, struct session *s, const struct options *o,
    const struct ca_record *old, const struct csr *r)
{
	auto_done(template) t = { 0 };
	auto_done(identity) id = { 0 };
	const char *name = o->template != NULL ? o->template : old->template;
	struct ca_issuer i;
	struct ca_order order = { .template = &t, .identity = &id,
		.request = r, .now = clock_now(), .days = o->days,
		.requester = s->who, .renews = old->cert };

	if (name == NULL)
		return sg_fail(SG_EARG,
		    "it names no template: --template is needed");
	SG_TRY(ca_identity_of(&id, old->cert));
	SG_TRY(session_template(&t, s, name));
	SG_TRY(session_issuer(&i, s, CA_ISSUING));
	SG_TRY(ca_submit(out, s->store, &i, &order));
	return outcome_check(out);
}

static enum sg_err
run(const struct options *o)
{
	auto_done(session) s = { 0 };
	auto_done(ca_record) old = { 0 };
	auto_done(ca_outcome) made = { 0 };
	auto_free(csr) r = NULL;

	SG_TRY(option_needed(o->out, "out"));
	SG_TRY(outputs_check(o));
	if (o->in != NULL)
		SG_TRY(request_read(&r, o->in));
	SG_TRY(session_open(&s, o));
	SG_TRY(ca_certs_get(&old, s.store, o->operand));
	if (r == NULL)
		SG_TRY(request_again(&r, s.store, &old));
	SG_TRY(renew(&made, &s, o, &old, r));
	return hand_out(&s, o, r, made.cert);
}

static const enum opt options[] = { OPT_DIR, OPT_IN, OPT_OUT, OPT_CHAIN_OUT,
	OPT_TEMPLATE, OPT_DAYS, OPT_PASSPHRASE_FD, OPT_END };

const struct verb verb_cert_renew = {
	.name = "cert renew",
	.summary = "issues a certificate again",
	.usage = "cert renew --dir DIR SERIAL --out CERT [--in REQUEST]"
	    " [OPTIONS]",
	.text = "The names are those of the old certificate, which must be"
	    " valid; it stays so.\nWhere the template wants renewals with the"
	    " same key, the request must have it.\n\n"
	    "  --in FILE            a new request; without it the old one"
	    " counts once more\n"
	    "  --out FILE           the certificate, PEM\n"
	    "  --chain-out FILE     the same followed by its CAs, PEM\n"
	    "  --template NAME      another template\n"
	    "  --days N             instead of the template's validity\n"
	    "  --passphrase-fd N    opens the CA's key\n",
	.options = options,
	.operands = 1,
	.run = run,
};
