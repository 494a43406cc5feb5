/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_ISSUE_H
#define SG_CA_ISSUE_H

/*
 * The issuing engine: a template, an authenticated identity, a request and the
 * evidence become a certificate.  No files, no clock.
 */

#include "ca/verdict.h"
#include "ca/version.h"
#include "pki/crl.h"
#include "pki/template.h"

/* A CA that signs.  Borrows everything. */
struct ca_issuer {
	const struct cert *cert;
	struct signer signer;
	const struct texts *cdp;	/* URLs of its CRL, may be empty */
	const struct texts *ca_issuers;	/* URLs of its certificate */
	const struct texts *ocsp;	/* URLs of its responder */
};

#define CA_DAYS_MAX 36500

/* By what it is known who asks.  The numbers are stored. */
enum ca_evidence_kind {
	CA_BY_OFFICER = 1,	/* an officer of the CA vouches */
	CA_BY_KERBEROS = 2,
	CA_BY_CERTIFICATE = 3,	/* the key of a certificate of ours */
	CA_BY_CHALLENGE = 4,	/* a secret that was handed out before */
	CA_BY_PASSWORD = 5,
};
/* "officer" and so on; "?" for others. */
const char *ca_evidence_name(enum ca_evidence_kind k);

struct ca_evidence {
	enum ca_evidence_kind kind;
	unsigned agents;	/* enrollment agents whose signatures, and
				 * policies, were verified */
};

/* Certificates of this CA whose keys signed a request.  The numbers are
 * stored. */
enum ca_role {
	CA_SIGNED_OLD = 1,	/* what is to be renewed */
	CA_SIGNED_AGENT = 2,
};
#define CA_SIGNERS_MAX 24
struct ca_signer {
	char *serial;		/* hex */
	enum ca_role role;
};
struct ca_signers {
	struct ca_signer v[CA_SIGNERS_MAX];
	size_t n;
};

/* May the one who asks enroll for the template?  What its security descriptor
 * says; not asked when an officer vouches. */
struct ca_gate {
	bool (*may_enroll)(void *ctx, const struct template *t,
	    const char *requester);
	void *ctx;
};

/* Borrows everything. */
struct ca_order {
	const struct template *template;
	const struct identity *identity;	/* on somebody's word */
	const struct csr *request;
	int64_t now;			/* Unix seconds */
	unsigned days;			/* validity, 0: the template's; only an
					 * officer gets more than that */
	const char *requester;		/* "CORP\\alice"; NULL: not known */
	struct ca_evidence evidence;	/* zeroes: an officer's word */
	const struct ca_gate *gate;	/* NULL: everybody may */
	const struct cert *renews;	/* verified, or NULL */
	bool approved;			/* an officer has seen it */
	const struct ca_signers *signers;	/* NULL: nobody; ca_submit()
					 * asks for each again, and keeps
					 * them */
	bool once;			/* this request is good once only */
	bool forget;			/* a denial is told and not kept */
};

/*
 * Checks the order in the sequence of MS-WCCE 3.2.2.6.2.1, and issues if it is
 * good and need not wait; *out is NULL unless it is issued.  A denial is no
 * error: the verdict says it.  Errors are those of memory and keys.
 *
 * The serial number is 128 random bits; the certificate ends before its issuer
 * does.  What was made is read back and its signature checked.
 */
enum sg_err ca_judge(struct ca_verdict *v, struct cert **out,
    const struct ca_issuer *i, const struct ca_order *o);

/* The same where only a certificate will do: SG_EVERIFY, SG_EARG,
 * SG_EUNSUPPORTED say why there is none. */
enum sg_err ca_issue(struct cert **out, const struct ca_issuer *i,
    const struct ca_order *o);

/* What the request asked for and did not get, a sentence each. */
enum sg_err ca_remarks(struct texts *out, const struct csr *r,
    const struct cert *c);

/* A CA's own certificate, ca/plan.c. */
struct ca_plan {
	const char *name;		/* as pki/name.h reads it; NULL in a
					 * renewal that keeps it */
	int path_len;			/* -1: no limit */
	int64_t now;
	unsigned days;
};
/* Of a renewal. */
struct ca_next {
	struct ca_version version;
	const struct cert *previous;	/* whose name it keeps, and, with the
					 * same key, the key's identifier */
};
/* Signed by i, whose end is its end too, or by itself when i is NULL; n is
 * NULL for the first one. */
enum sg_err ca_make_next(struct cert **out, const struct ca_plan *p,
    const struct ca_next *n, struct signer key, const struct ca_issuer *i);
enum sg_err ca_make(struct cert **out, const struct ca_plan *p,
    struct signer key, const struct ca_issuer *i);
/* The request for it, for another CA to sign: what AD CS asks for a
 * subordinate CA.  Appends DER. */
enum sg_err ca_make_request(struct buf *out, const struct ca_plan *p,
    const struct ca_next *n, struct signer key);

#endif
