/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "base/log.h"
#include "verb.h"

static enum sg_err
run_crl(const struct options *o)
{
	auto_done(session) s = { 0 };

	SG_TRY(session_open(&s, o));
	SG_TRY(crl_publish(&s, CA_ROOT, o->days));
	return crl_publish(&s, CA_ISSUING, o->days);
}

static const enum opt crl_options[] = { OPT_DIR, OPT_DAYS, OPT_PASSPHRASE_FD,
	OPT_END };

const struct verb verb_crl = {
	.name = "crl",
	.summary = "makes new revocation lists of both CAs",
	.usage = "crl --dir DIR [--days N] [--passphrase-fd N]",
	.text = "They are DIR/root/ca.crl and DIR/issuing/ca.crl (DER), as"
	    " distribution points\nserve them.\n\n"
	    "  --days N             how long they are good\n"
	    "  --passphrase-fd N    opens the CA's keys\n",
	.options = crl_options,
	.run = run_crl,
};

static enum sg_err
run_revoke(const struct options *o)
{
	auto_done(session) s = { 0 };
	enum crl_reason reason = CRL_UNSPECIFIED;
	struct ca_issuer i;

	if (o->reason != NULL)
		SG_TRY(sg_while(crl_reason_parse(&reason, o->reason),
		    "--reason"));
	SG_TRY(session_open(&s, o));
	/* A revocation that nobody hears of is none: the key comes first. */
	SG_TRY(session_issuer(&i, &s, CA_ISSUING));
	SG_TRY(ca_store_revoke(s.store, o->operand, clock_now(), reason));
	audit("revoke", "serial=%s reason=%s", o->operand,
	    crl_reason_name(reason));
	(void)printf("revoked %s (%s)\n", o->operand,
	    crl_reason_name(reason));
	return crl_publish(&s, CA_ISSUING, 0);
}

static const enum opt revoke_options[] = { OPT_DIR, OPT_REASON,
	OPT_PASSPHRASE_FD, OPT_END };

const struct verb verb_revoke = {
	.name = "revoke",
	.summary = "revokes a certificate and makes a new list",
	.usage = "revoke --dir DIR SERIAL [--reason REASON] "
	    "[--passphrase-fd N]",
	.text = "  --reason REASON      unspecified, keyCompromise,"
	    " affiliationChanged,\n"
	    "                       superseded, cessationOfOperation,"
	    " certificateHold,\n"
	    "                       privilegeWithdrawn\n"
	    "  --passphrase-fd N    opens the CA's key\n",
	.options = revoke_options,
	.operands = 1,
	.run = run_revoke,
};
