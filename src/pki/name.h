/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_NAME_H
#define SG_PKI_NAME_H

/*
 * X.500 names: DER inside, RFC 4514 text for people.  In the text the most
 * specific part comes first ("CN=alice,OU=Staff,DC=corp,DC=example"), as LDAP
 * and Windows write it; in the DER it comes last.
 */

#include "base/bytes.h"

#define NAME_TEXT_MAX	4096	/* bytes of a name's text */
#define NAME_PARTS_MAX	64	/* attributes in a name */

/*
 * Appends the DER Name.  The text may use RFC 4514 escapes, Windows' quotes
 * ("a ""b""") and '#hex' values; types are the usual short names or OIDs.  ""
 * is the empty name.  SG_EARG says what is wrong where.
 */
enum sg_err name_parse(struct buf *out, const char *text);

/* The same of "CN=" and that value, if it is short and plain ASCII; false, and
 * nothing done, if not. */
bool name_plain_cn(struct buf *out, const char *value);

/* The RFC 4514 text; SG_EFORMAT unless der is one Name. */
enum sg_err name_print(char **out, struct bytes der);

/* The value of the most specific attribute of that type ("CN") as UTF-8;
 * SG_ENOENT when there is none. */
enum sg_err name_attribute(char **out, struct bytes der, const char *type);

/* RFC 5280 section 7.1: without regard to case and runs of blanks. */
bool name_same(struct bytes a, struct bytes b);
bool name_empty(struct bytes der);

#endif
