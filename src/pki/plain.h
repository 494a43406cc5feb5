/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_PLAIN_H
#define SG_PKI_PLAIN_H

/*
 * DER in the form that nearly everybody writes, read without OpenSSL's
 * templates, which take several times as long.  Whoever finds something to be
 * unusual here asks those: they say what it means, or what is wrong.  Inside
 * of src/pki only.
 */

#include "pki/der.h"

/* The contents of an OBJECT IDENTIFIER whose numbers end, and have no zeroes
 * in front (X.690 8.19.2). */
bool plain_oid(struct bytes x);
/* An AlgorithmIdentifier without parameters, or with NULL or a curve's
 * name. */
bool plain_algorithm(struct reader *r);
/* The octets of the key in a SubjectPublicKeyInfo with such an algorithm. */
bool plain_key(struct bytes *key, struct bytes spki);
/* Nothing but what ASCII prints, and not too much of it (EXT_TEXT_MAX). */
bool plain_text(struct bytes x);

#define PLAIN_OTHER	0xa0	/* tags of GeneralName, RFC 5280 4.2.1.6 */
#define PLAIN_EMAIL	0x81
#define PLAIN_DNS	0x82
#define PLAIN_URI	0x86
#define PLAIN_IP	0x87

struct plain_name {
	uint8_t tag;
	struct bytes oid;	/* of an otherName: its kind, */
	uint8_t kind;		/* and its value's tag */
	struct bytes value;	/* contents */
};
/* The next GeneralName: an otherName with a UPN or a SID, or a text or an IP
 * address of the kinds above. */
bool plain_name_get(struct plain_name *out, struct reader *r);
bool plain_is_upn(const struct plain_name *n);
bool plain_is_sid(const struct plain_name *n);

#endif
