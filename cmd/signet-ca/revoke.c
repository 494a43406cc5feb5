/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "base/log.h"
#include "verb.h"

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
	return crl_news(&s);
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
