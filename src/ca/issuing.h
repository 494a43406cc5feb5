/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_ISSUING_H
#define SG_CA_ISSUING_H

/*
 * Issuing under load, for the process that signs: requests that come together
 * share one transaction, and what is the same for all of them is read once.
 *
 * What was submitted has happened when ca_issuing_commit() says so; before that
 * nothing of it is handed out.  A process that ends between the two has issued
 * nothing.  In between the database is locked for others: whoever submits soon
 * commits.
 *
 * One thread, one struct ca_issuing, and nobody else begins a transaction on
 * the store's database between submission and commit.
 */

#include "ca/enroll.h"

struct ca_issuing;
/* Borrows store and issuer, whose certificate should be prepared (as
 * ca_store_key() leaves it). */
enum sg_err ca_issuing_new(struct ca_issuing **out, const struct ca_store *s,
    const struct ca_issuer *i);
/* Takes back what was not committed. */
void ca_issuing_free(struct ca_issuing *g);
SG_AUTO_FREE(ca_issuing)

/* ca_submit_signed().  One that fails leaves nothing of itself and takes
 * nothing from the others, unless the whole transaction is lost, by a full disk
 * for one: then all fail until ca_issuing_commit(). */
enum sg_err ca_issuing_submit(struct ca_outcome *out, struct ca_issuing *g,
    const struct ca_submission *m);
/* The same of anything else that is to be all there or not at all: deed runs
 * once, in a transaction inside of the group's.  Its error is returned. */
typedef enum sg_err ca_issuing_deed(void *arg, const struct ca_kept *kept);
enum sg_err ca_issuing_do(struct ca_issuing *g, ca_issuing_deed *deed,
    void *arg);
/* When it returns SG_OK, all that was submitted is on the disk; otherwise none
 * of it happened.  Either way the next submission begins anew. */
enum sg_err ca_issuing_commit(struct ca_issuing *g);

#endif
