/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_AUDIT_H
#define SG_CA_AUDIT_H

/*
 * What happened, in records that each hold the hash of the one before.  A
 * record is written in the transaction of what it tells, so that there is
 * neither one without the other.
 *
 * A record that was changed, removed or moved breaks the chain behind it; the
 * head, kept apart, tells when the last ones are missing.  Who can write to
 * the database can make a new chain, head and all: that shows only beside a
 * copy of a head that he cannot reach.  ca/mirror.h makes one.
 */

#include "crypto/digest.h"
#include "db/db.h"

#define CA_AUDIT_TEXT_MAX 4096	/* bytes of a record's detail or result */

struct ca_audit {
	int64_t seq;		/* from 1, without a gap */
	int64_t at;		/* Unix seconds */
	const char *who;	/* "root", "CORP\\alice" */
	const char *what;	/* "issue" */
	const char *detail;	/* "request=7 serial=41..." */
	const char *result;	/* "issued" */
	uint8_t prev[SHA256_LEN];	/* hash of the one before */
};

struct ca_audit_head {
	int64_t seq;		/* 0: nothing happened yet */
	uint8_t hash[SHA256_LEN];
};

/* Appends; seq and prev of r are not looked at.  Control characters in it
 * become '?'.  Inside a transaction of the caller's. */
enum sg_err ca_audit_add(struct db *db, const struct ca_audit *r);

/* The hash over all of a record. */
enum sg_err ca_audit_hash(const struct ca_audit *r, uint8_t out[SHA256_LEN]);

/* Those behind after, in their order, at most limit (0: all). */
typedef enum sg_err ca_audit_each(void *arg, const struct ca_audit *r);
enum sg_err ca_audit_list(struct db *db, int64_t after, int64_t limit,
    ca_audit_each *each, void *arg);

enum sg_err ca_audit_last(struct ca_audit_head *out, struct db *db);

/*
 * Reads the whole chain.  SG_EVERIFY says which record is wrong.  noted is a
 * head that was written down elsewhere, or NULL: the chain must lead through
 * it.
 */
enum sg_err ca_audit_verify(struct ca_audit_head *out, struct db *db,
    const struct ca_audit_head *noted);

#endif
