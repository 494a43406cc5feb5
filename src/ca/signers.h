/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_SIGNERS_H
#define SG_CA_SIGNERS_H

/* Those who signed a request, in the store. */

#include "ca/store.h"

void ca_signers_done(struct ca_signers *l);
/* SG_ELIMIT. */
enum sg_err ca_signers_add(struct ca_signers *l, const char *serial,
    enum ca_role role);

/* Keeps them with a request; inside a transaction. */
enum sg_err ca_signers_put(const struct ca_store *s, int64_t request,
    const struct ca_signers *l);
/* In the order in which they signed, the last first. */
enum sg_err ca_signers_get(struct ca_signers *out, const struct ca_store *s,
    int64_t request);

/*
 * May a certificate's owner sign as the template's agent?  It names the uses
 * and the issuance policies that the template wants of agents; without any, it
 * is an enrollment agent's ("Certificate Request Agent").  Not by having no
 * use or any.  SG_EVERIFY.
 */
enum sg_err ca_agent_fits(const struct template *t, const struct cert *c);

/* Do all of the order's signers stand, by the store at this moment?  The
 * verdict is a denial if one is revoked or held, or is an agent that the
 * template does not want; otherwise it is left alone. */
enum sg_err ca_signers_hold(struct ca_verdict *v, const struct ca_store *s,
    const struct ca_order *o);

#endif
