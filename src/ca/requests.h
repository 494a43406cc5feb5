/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_REQUESTS_H
#define SG_CA_REQUESTS_H

/* The requests of a store, from their receipt to what became of them. */

#include "ca/store.h"

/* What a list shows.  Borrowed: valid until the callback returns. */
struct ca_request_row {
	int64_t id;
	int64_t received;	/* Unix seconds */
	const char *template;	/* cn */
	const char *requester;
	enum ca_evidence_kind evidence;
	enum ca_disposition disposition;
	uint32_t status;
	const char *words;
	int64_t resolved;	/* 0: not yet */
	const char *officer;	/* who approved or denied, or NULL */
	const char *serial;	/* hex, or NULL */
};
struct ca_request_query {
	int64_t after;		/* id */
	int64_t limit;		/* 0: all */
	bool pending;		/* and no others; quick */
};
typedef enum sg_err ca_request_each(void *arg,
    const struct ca_request_row *r);
enum sg_err ca_requests_each(const struct ca_store *s,
    const struct ca_request_query *q, ca_request_each *each, void *arg);

/* All of one. */
struct ca_request {
	int64_t id;
	int64_t received;
	char *template;
	char *requester;
	struct ca_evidence evidence;
	unsigned days;
	char *renews;		/* serial number, hex, or NULL */
	struct ca_signers signers;
	struct identity identity;
	struct csr *csr;
	enum ca_disposition disposition;
	uint32_t status;
	char *words;
	int64_t resolved;
	char *officer;
	char *serial;		/* hex, or NULL */
};
void ca_request_done(struct ca_request *r);
/* SG_ENOENT. */
enum sg_err ca_request_get(struct ca_request *out, const struct ca_store *s,
    int64_t id);

/* Keeps a request and what became of it; cert is NULL unless it was issued.
 * Inside a transaction. */
enum sg_err ca_request_add(int64_t *id, const struct ca_store *s,
    const struct ca_order *o, const struct ca_verdict *v,
    const struct cert *cert);
/* The request with the same bytes that was good once (ca_order.once) and was
 * issued or waits; 0 when there is none. */
enum sg_err ca_request_earlier(int64_t *id, const struct ca_store *s,
    const struct csr *r);
/* The same of one that was denied with that status. */
enum sg_err ca_request_denied(int64_t *id, const struct ca_store *s,
    const struct csr *r, uint32_t status);
/* What became of one that was pending; SG_EEXIST when it is not.  Inside a
 * transaction. */
enum sg_err ca_request_resolve(const struct ca_store *s, int64_t id,
    const struct ca_verdict *v, const struct cert *cert, const char *officer,
    int64_t at);

/* An identity as bytes, and back; SG_EFORMAT. */
enum sg_err ca_identity_encode(struct buf *out, const struct identity *id);
enum sg_err ca_identity_decode(struct identity *out, struct bytes x);
/* Whose a certificate is, by its names. */
enum sg_err ca_identity_of(struct identity *out, const struct cert *c);

#endif
