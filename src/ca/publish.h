/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_PUBLISH_H
#define SG_CA_PUBLISH_H

/*
 * Revocation lists as files that others fetch: a base list, and deltas between
 * two of them if they are wanted.  Each file appears in one step.
 */

#include "ca/issue.h"
#include "ca/ledger.h"

enum ca_list { CA_LIST_BASE, CA_LIST_DELTA, CA_LISTS };
/* "ca.crl" and "delta.crl", "ca(1).crl" and so on of the key of that
 * number. */
enum sg_err ca_list_file(char **out, enum ca_list l, unsigned key);

/* Borrows everything. */
struct ca_publisher {
	const struct cert *cert;
	struct signer signer;
	struct ca_ledger ledger;
	const char *folder;		/* where the files are */
	unsigned key;			/* its number, ca/version.h */
	unsigned base_hours;		/* how long lists are good */
	unsigned delta_hours;		/* 0: there are no deltas */
	const struct texts *delta_urls;	/* where clients find the delta */
};

struct ca_published {
	uint64_t number;
	size_t count;		/* entries */
	int64_t next_publish;	/* Unix seconds */
};

/*
 * Writes a new list in place of the last one.  A delta needs a base: SG_ENOENT
 * without one.  Two that publish at once do so one after the other.
 */
enum sg_err ca_publish(struct ca_published *out,
    const struct ca_publisher *p, enum ca_list which, int64_t now);
/* The base list and, if there are deltas, the first one that adds to it. */
enum sg_err ca_publish_all(struct ca_published *base,
    const struct ca_publisher *p, int64_t now);

/* When a list is to be made anew: some time before it runs out, at once (0)
 * when there is none that can be read, never (INT64_MAX) for deltas that are
 * not wanted. */
int64_t ca_publish_due(const struct ca_publisher *p, enum ca_list which);

#endif
