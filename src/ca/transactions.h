/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_TRANSACTIONS_H
#define SG_CA_TRANSACTIONS_H

/*
 * SCEP's transactions (RFC 8894 2.2): which request it was that somebody made
 * under a name of his choice.  He is the key that signed the message, so that
 * nobody stumbles over another's transaction, or asks for what became of it.
 * Whoever says the same again is told the same, also by another process.
 */

#include "ca/store.h"
#include "crypto/digest.h"

struct ca_transaction {
	uint8_t hash[SHA256_LEN];	/* of key and name */
	uint8_t asked[SHA256_LEN];	/* of the request (PKCS#10) */
	int64_t request;		/* its number; 0: there is none yet */
};

/* Fills out->hash; who is the key (SubjectPublicKeyInfo), or the certificate
 * that is renewed. */
enum sg_err ca_transaction_name(struct ca_transaction *out,
    struct bytes who, const char *name);
/* Fills asked and request of what has t->hash, or zeroes them. */
enum sg_err ca_transaction_find(struct ca_transaction *t,
    const struct ca_store *s);
/* Keeps it, in place of an earlier one; inside a transaction of the
 * database. */
enum sg_err ca_transaction_put(const struct ca_store *s,
    const struct ca_transaction *t);

#endif
