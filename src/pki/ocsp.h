/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_OCSP_H
#define SG_PKI_OCSP_H

/* OCSP (RFC 6960) as a responder speaks it: requests are read, answers are
 * written. */

#include "pki/crl.h"
#include "pki/sigalg.h"

#define OCSP_REQUEST_MAX ((size_t)16 << 10)	/* bytes of a request */
#define OCSP_IDS_MAX	32			/* certificates in it */
#define OCSP_SERIAL_MAX	64			/* bytes of a serial number */
#define OCSP_NONCE_MAX	32			/* bytes, RFC 8954 2.1 */

/* One certificate that is asked for; views of the request. */
struct ocsp_id {
	struct bytes der;	/* CertID, as the answer repeats it */
	bool known_hash;	/* false: name and key cannot be compared */
	enum digest hash;
	struct bytes name_hash;	/* of the issuer */
	struct bytes key_hash;
	struct bytes serial;	/* magnitude; empty for a negative number */
};

struct ocsp_request {
	struct ocsp_id id[OCSP_IDS_MAX];
	size_t count;		/* 1 or more */
	struct bytes nonce;	/* empty when there is none */
	struct bytes preferred;	/* PreferredSignatureAlgorithms, or empty */
};

/*
 * SG_EFORMAT for what is not a request in DER, a nonce of another length than
 * 1 to 32 octets, a critical extension that is not known; SG_ELIMIT.  The
 * signature of a signed request is not looked at: nobody is asked who he is.
 */
enum sg_err ocsp_request_parse(struct ocsp_request *out, struct bytes der);

/* The first that the client prefers and we write with this kind of key, or
 * else the one with SHA-256. */
const struct sig_alg *ocsp_preferred(const struct ocsp_request *r,
    enum key_kind kind);

enum ocsp_status { OCSP_GOOD, OCSP_REVOKED, OCSP_UNKNOWN };

struct ocsp_single {
	struct bytes id;	/* CertID */
	enum ocsp_status status;
	int64_t when;		/* of a revocation */
	enum crl_reason reason;
};

/* Borrows everything. */
struct ocsp_answer {
	const struct ocsp_single *v;
	size_t count;
	struct bytes nonce;	/* empty: none */
	int64_t now;		/* producedAt and thisUpdate */
	int64_t next_update;
	int64_t archive_cutoff;	/* 0: none; RFC 6960 4.4.4 */
	const struct cert *responder;	/* goes along */
	const struct sig_alg *alg;
	struct signer signer;
};
/* Appends a signed answer. */
enum sg_err ocsp_answer_write(struct buf *out, const struct ocsp_answer *a);

/* OCSPResponseStatus, but for "successful". */
enum ocsp_error {
	OCSP_MALFORMED = 1,
	OCSP_INTERNAL = 2,
	OCSP_TRY_LATER = 3,
	OCSP_UNAUTHORIZED = 6,
};
/* Appends an answer that says why there is none; nobody signs those. */
enum sg_err ocsp_error_write(struct buf *out, enum ocsp_error e);

#endif
