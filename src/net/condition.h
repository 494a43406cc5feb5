/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_NET_CONDITION_H
#define SG_NET_CONDITION_H

/* Conditional requests (RFC 9110 section 13), as far as GET needs them. */

#include "base/bytes.h"

/*
 * Does the client have it already?  The headers may be NULL; If-None-Match
 * goes before If-Modified-Since.  etag is without quotes, "" when there is
 * none; modified is 0 when not known.
 */
bool http_unchanged(const char *if_none_match, const char *if_modified_since,
    const char *etag, int64_t modified);

#endif
