/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_VOUCHED_H
#define SG_CA_VOUCHED_H

#include "ca/certs.h"

#define CA_VOUCHED_MAX 1000	/* renewals of one another */

/*
 * Did somebody who knows them say the names in a certificate: an account, an
 * agent, an officer?  Otherwise, and through all renewals, they are what the
 * request asked for, under a template that allows that; they prove nothing
 * about who holds the key.  SG_ELIMIT for what was renewed too often.
 */
enum sg_err ca_names_vouched(bool *out, const struct ca_store *s,
    const struct ca_record *r);

/* By what the first of them was asked for; CA_BY_OFFICER without a request. */
enum sg_err ca_origin(enum ca_evidence_kind *out, const struct ca_store *s,
    const struct ca_record *r);

#endif
