/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_CERTS_H
#define SG_CA_CERTS_H

/* The certificates of a store, and which of them are revoked. */

#include "ca/schema.h"
#include "ca/store.h"

/* What is known without reading the certificate.  Borrowed: valid until the
 * callback returns. */
struct ca_row {
	int64_t id;		/* upwards by time of issue */
	int64_t request;	/* 0: none is known */
	enum ca_level level;	/* which CA issued it, */
	unsigned index;		/* by which of its certificates */
	struct bytes serial;	/* big-endian */
	const char *hex;	/* the same, lower case */
	const char *template;	/* its cn, or OID; NULL when it names none */
	const char *label;	/* never "" */
	const char *subject;	/* RFC 4514, may be "" */
	const char *upn;	/* or NULL */
	const char *sid;
	int64_t not_before;
	int64_t not_after;
	enum ca_state state;
	int64_t when;		/* it was revoked or held */
	enum crl_reason reason;
};

/* Which ones; zeroes are all. */
struct ca_query {
	int64_t after;		/* id */
	int64_t limit;
	const char *text;	/* in label, subject, UPN or serial; no case */
	const char *template;	/* without case */
	const char *upn;	/* exactly; quick */
	bool revoked;		/* and no others */
};
typedef enum sg_err ca_row_each(void *arg, const struct ca_row *r);
enum sg_err ca_certs_each(const struct ca_store *s, const struct ca_query *q,
    ca_row_each *each, void *arg);

/* SG_EARG unless serial is hex of some length. */
enum sg_err ca_serial_parse(struct buf *out, const char *serial);

struct ca_record {
	int64_t id;
	int64_t request;	/* 0: none is known */
	enum ca_level level;
	unsigned index;
	char *template;		/* as in struct ca_row */
	struct cert *cert;
	enum ca_state state;
	int64_t when;
	enum crl_reason reason;
};
void ca_record_done(struct ca_record *r);
/* SG_ENOENT; serial is hex in either case.  SG_EFORMAT when the certificate
 * does not say what its line says. */
enum sg_err ca_certs_get(struct ca_record *out, const struct ca_store *s,
    const char *serial);

/* Its state alone, by a serial number's bytes: what OCSP wants.  SG_ENOENT;
 * hex, label and the like are NULL. */
enum sg_err ca_certs_status(struct ca_row *out, const struct ca_store *s,
    struct bytes serial);

/* Keeps an issued certificate: template is its cn or NULL, request its number
 * or 0.  SG_EEXIST when its serial number is taken.  Inside a transaction. */
enum sg_err ca_certs_add(const struct ca_store *s, const struct cert *c,
    const char *template, int64_t request);

#endif
