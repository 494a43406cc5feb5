/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_ISSUE_H
#define SG_CA_ISSUE_H

/*
 * The issuing engine: a template, an identity and a request become a
 * certificate.  No files, no clock; who may ask is decided elsewhere.
 */

#include "pki/crl.h"
#include "pki/template.h"

/* A CA that signs.  Borrows everything. */
struct ca_issuer {
	const struct cert *cert;
	struct signer signer;
	const struct texts *cdp;	/* URLs of its CRL, may be empty */
	const struct texts *ca_issuers;	/* URLs of its certificate */
};

#define CA_DAYS_MAX 36500

struct ca_order {
	const struct template *template;
	const struct identity *identity;	/* the officer's word */
	const struct csr *request;
	int64_t now;			/* Unix seconds */
	unsigned days;			/* validity, 0: the template's */
};

/*
 * Checks the request against the template and issues.  The serial number is
 * 128 random bits; the certificate ends before its issuer does.  SG_EVERIFY,
 * SG_EARG, SG_EUNSUPPORTED say why not.  What was made is read back and its
 * signature checked before it is returned.
 */
enum sg_err ca_issue(struct cert **out, const struct ca_issuer *i,
    const struct ca_order *o);

/* What the request asked for and did not get, a sentence each. */
enum sg_err ca_remarks(struct texts *out, const struct csr *r,
    const struct cert *c);

/* A new CA's own certificate. */
struct ca_plan {
	const char *name;		/* as pki/name.h reads it */
	int path_len;			/* -1: no limit */
	int64_t now;
	unsigned days;
};
/* Signed by i, or by itself when i is NULL. */
enum sg_err ca_make(struct cert **out, const struct ca_plan *p,
    struct signer key, const struct ca_issuer *i);

/* The issuer's list with c's number and entries, good for days; the rest of c
 * is filled in.  Appends the DER. */
enum sg_err ca_crl(struct buf *out, const struct ca_issuer *i,
    struct crl_content *c, int64_t now, unsigned days);

#endif
