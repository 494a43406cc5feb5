/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PROTO_SCEP_ATTRS_H
#define SG_PROTO_SCEP_ATTRS_H

/* What requests and answers have in common; between scep*.c. */

#include "proto/scep.h"

/* Signed attributes; RFC 8894 3.2.1. */
enum scep_attr {
	SCEP_ATTR_TYPE,
	SCEP_ATTR_STATUS,
	SCEP_ATTR_FAIL,
	SCEP_ATTR_SENDER,
	SCEP_ATTR_RECIPIENT,
	SCEP_ATTR_TRANSACTION,
	SCEP_ATTR_FAIL_TEXT,
	SCEP_ATTR_HRESULT,	/* NDES's */
	SCEP_ATTRS
};
extern const struct bytes scep_attr_oids[SCEP_ATTRS];

struct scep_attrs {
	int type, status, fail;		/* -1: absent */
	char *transaction;		/* never NULL */
	struct bytes transaction_der;
	struct bytes sender, recipient;	/* nonces; empty: absent */
	char *fail_text;
	bool has_hresult;
	uint32_t hresult;
};
void scep_attrs_done(struct scep_attrs *a);
/* SG_EFORMAT for what is malformed or without a transactionID; SG_ELIMIT. */
enum sg_err scep_attrs_read(struct scep_attrs *out, const struct signed_by *s);

/* Values for writing. */
enum sg_err scep_attr_put_number(struct buf *out, int n);
enum sg_err scep_attr_put_printable(struct buf *out, const char *text);

/* Replaces *out by the message as DER, which it may be already. */
enum sg_err scep_der(struct buf *out, struct bytes message);
/* Appends the certificates of a SignedData's SET.  Those that cannot be read
 * are passed over, but for the first, if strict. */
enum sg_err scep_certs(struct certs *out, struct bytes set, bool strict);
/* Whom it is signed by; NULL. */
struct cert *scep_signer(const struct certs *l, const struct signed_by *s);

#endif
