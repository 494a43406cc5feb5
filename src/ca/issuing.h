/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_ISSUING_H
#define SG_CA_ISSUING_H

/*
 * Issuing under load, for the process that signs: requests that come together
 * share one commit, and what is the same for all of them is read once.
 *
 * A request is judged when it is submitted: the key works, and the database is
 * not locked meanwhile.  With the flush all that wait are written and
 * committed, and then, not before, each is handed out.  A process that ends
 * between the two has issued nothing.
 *
 * One thread, one struct ca_issuing.  Nobody else begins a transaction on the
 * store's database during a flush.
 */

#include "ca/submit.h"

struct ca_issuing;
/* Borrows store and issuer, whose certificate should be prepared (as
 * ca_store_key() leaves it).  Flushes by itself when group wait. */
enum sg_err ca_issuing_new(struct ca_issuing **out, const struct ca_store *s,
    const struct ca_issuer *i, size_t group);
/* What waits never happened, and is told so (SG_ECANCEL). */
void ca_issuing_free(struct ca_issuing *g);
SG_AUTO_FREE(ca_issuing)

/* A request from its DER.  A signature that does not hold is no error here:
 * the request is denied when it is submitted. */
enum sg_err ca_issuing_read(struct csr **out, struct ca_issuing *g,
    struct bytes der);
/*
 * ca_template_published() from memory, as long as none has changed in the
 * CA's folder.  It is good until the next call of this function; what was
 * submitted with it is flushed before it goes.
 */
enum sg_err ca_issuing_template(const struct template **out,
    struct ca_issuing *g, const char *name);

/* Called once for each: SG_OK when it is on the disk, and the outcome may be
 * emptied; else it never happened, and the note says why.  It may submit
 * others. */
typedef void ca_handed(void *arg, enum sg_err e, struct ca_outcome *o);
/* The order and all it borrows must stay until it is handed out.  Fails when
 * it could not be judged; handed is not called then. */
enum sg_err ca_issuing_submit(struct ca_issuing *g, const struct ca_order *o,
    ca_handed *handed, void *arg);
/* What came of it, each was told. */
void ca_issuing_flush(struct ca_issuing *g);
size_t ca_issuing_waiting(const struct ca_issuing *g);

#endif
