/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_CRL_H
#define SG_PKI_CRL_H

/* Certificate revocation lists (RFC 5280 section 5). */

#include "pki/cert.h"

#define CRL_MAX		((size_t)4 << 20)	/* bytes of a list */
#define CRL_COUNT_MAX	100000			/* entries in it */

/* RFC 5280 5.3.1. */
enum crl_reason {
	CRL_UNSPECIFIED = 0,
	CRL_KEY_COMPROMISE = 1,
	CRL_CA_COMPROMISE = 2,
	CRL_AFFILIATION_CHANGED = 3,
	CRL_SUPERSEDED = 4,
	CRL_CESSATION = 5,
	CRL_HOLD = 6,
	CRL_REMOVE = 8,		/* no longer on hold; in delta lists only */
	CRL_PRIVILEGE_WITHDRAWN = 9,
	CRL_AA_COMPROMISE = 10,
};
/* "keyCompromise" and so on; "?" for a number that is none. */
const char *crl_reason_name(enum crl_reason r);
/* What one may revoke for, its name or number; SG_EARG, and the note lists the
 * names. */
enum sg_err crl_reason_parse(enum crl_reason *out, const char *name);

struct crl_entry {
	char *serial;		/* hex */
	int64_t when;		/* Unix seconds */
	enum crl_reason reason;
};

/* A list as it was read; crl_write.h writes them. */
struct crl_content {
	struct buf issuer;	/* DER Name */
	uint64_t number;	/* CRLNumber */
	int64_t this_update;	/* Unix seconds */
	int64_t next_update;	/* 0 when absent */
	struct buf aki;
	struct crl_entry *entries;
	size_t count;
};
void crl_content_done(struct crl_content *c);

struct crl {
	struct buf der;
	char *issuer;			/* RFC 4514 */
	struct crl_content content;
	struct X509_crl_st *crl;	/* for src/pki only */
};
void crl_free(struct crl *l);
SG_AUTO_FREE(crl)

/* From DER, or from a file's contents (DER or PEM). */
enum sg_err crl_parse(struct crl **out, struct bytes der);
enum sg_err crl_read(struct crl **out, struct bytes text);
/* SG_EVERIFY unless it is this issuer's. */
enum sg_err crl_verify(const struct crl *l, const struct cert *issuer);

#endif
