/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_ISSUER_SERIAL_H
#define SG_PKI_ISSUER_SERIAL_H

/* IssuerAndSerialNumber (RFC 5652 10.2.4): how messages name a certificate. */

#include "base/reader.h"
#include "pki/cert.h"

/* Views of a message. */
struct issuer_serial {
	struct bytes issuer;	/* DER Name */
	struct bytes serial;	/* magnitude; empty for a negative number, which
				 * is no certificate's */
};

/* The next value; the reader fails when it is none. */
struct issuer_serial issuer_serial_get(struct reader *r);
enum sg_err issuer_serial_put(struct buf *b, const struct cert *c);
/* By a DER Name and lower-case hex. */
enum sg_err issuer_serial_put_text(struct buf *b, struct bytes issuer,
    const char *serial);
/* Issuers are compared byte for byte, then as RFC 5280 7.1 compares names:
 * some write them anew in other string types. */
bool issuer_serial_is(const struct issuer_serial *s, const struct cert *c);

#endif
