/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_LEDGER_STORE_H
#define SG_CA_LEDGER_STORE_H

/* The ledger of a store. */

#include "ca/ledger.h"
#include "ca/revocations.h"

struct ca_ledger_store {
	const struct ca_store *store;
	enum ca_level level;
	unsigned key;			/* what this one signed */
	const char *who;		/* for the audit log */
	struct ca_revocations *walk;	/* private */
};
void ca_ledger_store_done(struct ca_ledger_store *l);
/* l, with all but the last set, as a ledger. */
struct ca_ledger ca_ledger_of_store(struct ca_ledger_store *l);

/* Keeps a responder's certificate like any other, with its audit record. */
enum sg_err ca_responder_keep(const struct ca_store *s,
    const struct cert *c, const struct ca_act *act);

#endif
