/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_ACCOUNTS_H
#define SG_CA_ACCOUNTS_H

/*
 * Who may ask for certificates, their names, and the groups they are in: what
 * a directory would say.  Accounts are those of one domain, the one of their
 * SIDs; "DA" and the like are that domain's groups.
 */

#include "ca/revocations.h"
#include "pki/access.h"

#define CA_ACCOUNT_NAME_MAX 256		/* bytes */
#define CA_ACCOUNT_GROUPS_MAX 256

struct ca_account {
	int64_t id;
	char *name;			/* "CORP\\alice" */
	struct identity identity;	/* for certificates; with a SID */
	struct texts groups;		/* as entries of access lists hold them:
					 * an alias or a SID */
};
void ca_account_done(struct ca_account *a);

/* Each a transaction with its audit record.  SG_EARG without a SID, or for
 * values that are not what they are called; SG_EEXIST when name, SID or UPN
 * are another's. */
enum sg_err ca_account_add(const struct ca_store *s,
    const struct ca_account *a, const struct ca_act *act);
/* SG_ENOENT. */
enum sg_err ca_account_remove(const struct ca_store *s, const char *name,
    const struct ca_act *act);

/* By name or UPN, without case; SG_ENOENT. */
enum sg_err ca_account_find(struct ca_account *out, const struct ca_store *s,
    const char *name);
/* Whose a certificate with these names is: by the SID, or by the UPN when there
 * is none.  SG_ENOENT; SG_EVERIFY when the account's UPN is another by now. */
enum sg_err ca_account_of(struct ca_account *out, const struct ca_store *s,
    const struct identity *id);

typedef enum sg_err ca_account_each(void *arg, const struct ca_account *a);
/* By name. */
enum sg_err ca_accounts_each(const struct ca_store *s, ca_account_each *each,
    void *arg);

/* What the descriptor grants the account, by its SID, its groups, and those
 * that everybody is in; nothing where there is no list of entries.  Errors are
 * those of memory. */
enum sg_err ca_account_may(bool *out, const struct ca_account *a,
    const struct sd *security, enum access_right right);

#endif
