/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ca/enroll.h"
#include "ca/evidence.h"
#include "verb.h"

/* Who signed says whose it is; an officer who knows better issues. */
static enum sg_err
nothing_said(const struct options *o)
{
	if (o->subject == NULL && o->upn == NULL && o->sid == NULL &&
	    o->email == NULL && o->dns.n == 0 && o->ip.n == 0 &&
	    o->guid == NULL && o->realm == NULL && o->days == 0)
		return SG_OK;
	return sg_fail(SG_EARG, "the request is signed, and by that it is "
	    "known whose it is: names and days are for bare requests");
}

static enum sg_err
by_evidence(struct ca_outcome *out, struct session *s,
    const struct options *o, struct bytes text)
{
	struct ca_issuer i;
	struct ca_submission m = { .message = text, .template = o->template,
		.now = clock_now() };

	SG_TRY(nothing_said(o));
	SG_TRY(session_issuer(&i, s, CA_ISSUING));
	SG_TRY(ca_submit_signed(out, s->store, &i, &m));
	return outcome_check(out);
}

static enum sg_err
by_officer(struct ca_outcome *out, struct session *s,
    const struct options *o, const struct csr *r)
{
	auto_done(identity) id = { 0 };

	SG_TRY(option_needed(o->template, "template"));
	SG_TRY(identity_from(&id, o));
	return issue(out, s, o, &id, r);
}

static enum sg_err
run(const struct options *o)
{
	auto_done(session) s = { 0 };
	auto_done(buf) text = { 0 };
	auto_done(evidence_message) m = { 0 };
	auto_done(ca_outcome) made = { 0 };

	SG_TRY(option_needed(o->out, "out"));
	SG_TRY(outputs_check(o));
	SG_TRY(named_read(&text, o->operand, SIGNED_MAX));
	SG_TRY(sg_while(evidence_parse(&m, buf_bytes(&text)), "%s",
	    o->operand));
	SG_TRY(session_open(&s, o));
	SG_TRY(m.depth > 0 ? by_evidence(&made, &s, o, buf_bytes(&text))
			   : by_officer(&made, &s, o, m.csr));
	return hand_out(&s, o, m.csr, made.cert);
}

static const enum opt options[] = { OPT_DIR, OPT_TEMPLATE, OPT_OUT,
	OPT_CHAIN_OUT, OPT_SUBJECT, OPT_UPN, OPT_SID, OPT_EMAIL, OPT_DNS,
	OPT_IP, OPT_GUID, OPT_REALM, OPT_DAYS, OPT_PASSPHRASE_FD, OPT_END };

const struct verb verb_submit = {
	.name = "submit",
	.summary = "issues by what the signatures around a request prove",
	.usage = "submit --dir DIR FILE --out CERT [--template NAME]"
	    " [OPTIONS]",
	.text = "A request that the old certificate's key signed is a renewal:"
	    " it gets the\nnames of that certificate.  One that enrollment"
	    " agents signed is for whom they\nsay, if the template wants"
	    " agents' signatures.  Either way the template's\naccess list is"
	    " asked ('signet-ca help account').  A bare request is"
	    " the\nofficer's to issue, as by 'issue'.\n\n"
	    "  --template NAME      needed for a bare request, and where the"
	    " request\n"
	    "                       names none\n"
	    "  --out FILE           the certificate, PEM; '-' is standard"
	    " output\n"
	    "  --chain-out FILE     the same followed by its CAs, PEM\n"
	    "  --subject DN         this and what follows for bare requests,"
	    " as of\n"
	    "                       'issue'\n"
	    "  --upn USER@DOMAIN    --sid S-1-5-...    --email ADDRESS\n"
	    "  --dns NAME           --ip ADDRESS       --realm REALM\n"
	    "  --guid GUID          --days N\n"
	    "  --passphrase-fd N    opens the CA's key\n",
	.options = options,
	.operands = 1,
	.run = run,
};
