/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_SUB_H
#define SG_CA_SUB_H

/* A root signs the request of another CA. */

#include "ca/revocations.h"
#include "pki/csr.h"

#define CA_SUB_RSA_MIN 2048	/* bits of a CA's key */

struct ca_sub {
	const struct csr *request;
	int path_len;		/* CAs that may be below it */
	unsigned days;
	int64_t now;
};

/*
 * SG_EVERIFY, SG_EUNSUPPORTED: the request's signature does not hold, its key
 * is too small, it does not ask for CA:TRUE, has no name or the issuer's own,
 * or a critical extension that is not known; or the issuer may not have such a
 * CA below it.  Of the request count its key, its name and its CA version.
 */
enum sg_err ca_sub_sign(struct cert **out, const struct ca_issuer *i,
    const struct ca_sub *o);

/* Keeps what the root signed, with its audit record. */
enum sg_err ca_sub_keep(const struct ca_store *s, const struct cert *c,
    const struct ca_act *act);

#endif
