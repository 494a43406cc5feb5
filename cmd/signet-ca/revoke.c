/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "verb.h"

/* A revocation that nobody hears of is none: the key comes first. */
static enum sg_err
ready(enum ca_level *level, unsigned *key, struct session *s,
    const struct options *o)
{
	struct ca_issuer i;

	SG_TRY(ca_revoker(level, key, s->store, o->operand));
	return session_issuer_of(&i, s, *level, *key);
}

static enum sg_err
revoke(const struct options *o, enum crl_reason reason)
{
	auto_done(session) s = { 0 };
	enum ca_level level;
	unsigned key;
	struct ca_act act;

	SG_TRY(session_open(&s, o));
	SG_TRY(ready(&level, &key, &s, o));
	act = session_act(&s);
	SG_TRY(ca_revoke(s.store, o->operand, reason, &act));
	(void)printf("%s %s (%s)\n", reason == CRL_HOLD ? "held" : "revoked",
	    o->operand, crl_reason_name(reason));
	return crl_news(&s, level, key);
}

static enum sg_err
run_revoke(const struct options *o)
{
	enum crl_reason reason = CRL_UNSPECIFIED;
	const char *name = o->reason;

	/* Where certutil has it. */
	if (name == NULL && o->operand_count > 1)
		name = o->operands[1];
	if (name != NULL)
		SG_TRY(sg_while(crl_reason_parse(&reason, name), "--reason"));
	return revoke(o, reason);
}

static const enum opt revoke_options[] = { OPT_DIR, OPT_REASON,
	OPT_PASSPHRASE_FD, OPT_END };

const struct verb verb_cert_revoke = {
	.name = "cert revoke",
	.alias = "revoke",
	.summary = "revokes a certificate and makes a new list",
	.usage = "cert revoke --dir DIR SERIAL [REASON | --reason REASON]"
	    "\n                              [--passphrase-fd N]",
	.text = "  --reason REASON      unspecified, keyCompromise,"
	    " cACompromise,\n"
	    "                       affiliationChanged, superseded,\n"
	    "                       cessationOfOperation, certificateHold,\n"
	    "                       privilegeWithdrawn, aACompromise; or its"
	    " number\n"
	    "  --passphrase-fd N    opens the CA's key\n",
	.options = revoke_options,
	.operands = 1,
	.operands_more = 1,
	.run = run_revoke,
};

static enum sg_err
run_hold(const struct options *o)
{
	return revoke(o, CRL_HOLD);
}

static const enum opt hold_options[] = { OPT_DIR, OPT_PASSPHRASE_FD,
	OPT_END };

const struct verb verb_cert_hold = {
	.name = "cert hold",
	.summary = "revokes a certificate for the time being",
	.usage = "cert hold --dir DIR SERIAL [--passphrase-fd N]",
	.text = "It can be released, or revoked for good.\n\n"
	    "  --passphrase-fd N    opens the CA's key\n",
	.options = hold_options,
	.operands = 1,
	.run = run_hold,
};

static enum sg_err
run_release(const struct options *o)
{
	auto_done(session) s = { 0 };
	enum ca_level level;
	unsigned key;
	struct ca_act act;

	SG_TRY(session_open(&s, o));
	SG_TRY(ready(&level, &key, &s, o));
	act = session_act(&s);
	SG_TRY(ca_release(s.store, o->operand, &act));
	(void)printf("released %s\n", o->operand);
	return crl_news(&s, level, key);
}

const struct verb verb_cert_release = {
	.name = "cert release",
	.summary = "makes a held certificate valid again",
	.usage = "cert release --dir DIR SERIAL [--passphrase-fd N]",
	.text = "  --passphrase-fd N    opens the CA's key\n",
	.options = hold_options,
	.operands = 1,
	.run = run_release,
};
