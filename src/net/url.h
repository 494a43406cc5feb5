/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_NET_URL_H
#define SG_NET_URL_H

/* URLs of HTTP servers (RFC 3986), as far as a client has to look into them.
 * Pure. */

#include "base/bytes.h"

#define URL_MAX 65534	/* bytes; IIS takes no longer query either */

/* SG_EARG with the reason unless it is an http: or https: URL with a host, no
 * user or password, no fragment, and only characters that a URL holds. */
enum sg_err url_check(const char *url);
/* Bytes of scheme, host and port: "https://host:8443". */
size_t url_origin_len(const char *url);
/* Appends base, '?' or '&', and the query, which is escaped already; no NUL at
 * the end. */
enum sg_err url_with_query(struct buf *out, const char *base,
    const char *query);
/* Appends the text; everything but unreserved characters is escaped (2.3). */
enum sg_err url_escape(struct buf *out, struct bytes text);

#endif
