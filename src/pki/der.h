/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_DER_H
#define SG_PKI_DER_H

/*
 * DER by hand, for what OpenSSL's templates would hold in memory as a whole
 * (lists of revoked certificates) or spend longer on than on the signature
 * (answers about one certificate).
 */

#include "base/reader.h"

#define DER_BOOLEAN	0x01
#define DER_INTEGER	0x02
#define DER_BIT_STRING	0x03
#define DER_OCTETS	0x04
#define DER_NULL	0x05
#define DER_OID		0x06
#define DER_ENUMERATED	0x0a
#define DER_UTC_TIME	0x17
#define DER_GENERALIZED	0x18
#define DER_SEQUENCE	0x30
#define DER_CONTEXT(n)	(0x80 | (n))	/* [n], primitive */
#define DER_EXPLICIT(n)	(0xa0 | (n))	/* [n], constructed */

#define DER_HEADER_MAX 10	/* a tag, and a length of 64 bits */

/* Writes tag and length of n bytes of contents; returns the bytes used. */
size_t der_header(uint8_t out[DER_HEADER_MAX], uint8_t tag, uint64_t n);
/* Appends one value. */
enum sg_err der_put(struct buf *b, uint8_t tag, struct bytes contents);
/* Makes what was appended since b->n was `from' the contents of one value. */
enum sg_err der_wrap(struct buf *b, size_t from, uint8_t tag);
/* An INTEGER that is not negative, of a big-endian number of any length. */
enum sg_err der_put_number(struct buf *b, struct bytes magnitude);
enum sg_err der_put_u64(struct buf *b, uint64_t v);
/* GeneralizedTime; SG_EARG for years that have not four digits. */
enum sg_err der_put_generalized(struct buf *b, int64_t t);
/* UTCTime through 2049 and GeneralizedTime from then on (RFC 5280 4.1.2.5). */
enum sg_err der_put_time(struct buf *b, int64_t t);

/* The contents of the next value, which has that tag; the reader fails when
 * it has not, or when the length is not the shortest. */
struct bytes der_get(struct reader *r, uint8_t tag);
/* SG_EFORMAT unless every length in it is definite and the shortest, down to
 * the last constructed value, and nothing follows: decoders of OpenSSL read
 * BER.  At most DER_DEPTH_MAX values inside of each other. */
#define DER_DEPTH_MAX 24
enum sg_err der_check(struct bytes der);

/* Has the next value that tag?  False at the end. */
bool der_next_is(const struct reader *r, uint8_t tag);
/* The next value whatever it is, header included. */
struct bytes der_get_whole(struct reader *r);
/* The magnitude of the next INTEGER, without leading zeros but for 0 itself;
 * the reader fails for one that is not the shortest. *negative says that the
 * bytes are those of a two's complement instead. */
struct bytes der_get_integer(struct reader *r, bool *negative);
/* A number that is not negative and fits, or the reader fails. */
uint64_t der_get_u64(struct reader *r);
/* UTCTime or GeneralizedTime as RFC 5280 4.1.2.5 wants them: seconds and Z. */
int64_t der_get_time(struct reader *r);

#endif
