/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/http_reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/condition.h"
#include "net/date.h"

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define RETRY_AFTER TEXT(HTTP_RETRY_SECONDS)

static const char *
header(struct MHD_Connection *c, const char *name)
{
	return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

static void
response_free(struct MHD_Response **r)
{
	if (*r != NULL)
		MHD_destroy_response(*r);
}

#define auto_response \
	__attribute__((cleanup(response_free))) struct MHD_Response *

static bool
add(struct MHD_Response *r, const char *name, const char *value)
{
	return MHD_add_response_header(r, name, value) == MHD_YES;
}

static bool
add_date(struct MHD_Response *r, const char *name, int64_t t)
{
	char date[HTTP_DATE_LEN];

	return http_date_print(date, t) == SG_OK && add(r, name, date);
}

/* RFC 5019 6.2 wants these of OCSP; they do for lists as well. */
static bool
add_cache(struct MHD_Response *r, const struct http_answer *a, int64_t now)
{
	char text[96];

	if (a->expires <= now)
		return add(r, "Cache-Control", "no-store");
	(void)snprintf(text, sizeof(text), "public, max-age=%lld, "
	    "no-transform, must-revalidate", (long long)(a->expires - now));
	return add(r, "Cache-Control", text) &&
	    add_date(r, "Expires", a->expires);
}

static bool
add_headers(struct MHD_Response *r, const struct http_answer *a, int64_t now)
{
	char tag[HTTP_ETAG_MAX + 2], retry[16];

	(void)snprintf(tag, sizeof(tag), "\"%s\"", a->etag);
	(void)snprintf(retry, sizeof(retry), "%u", a->retry_seconds);
	return (a->retry_seconds == 0 || add(r, "Retry-After", retry)) &&
	    (a->etag[0] == '\0' || add(r, "ETag", tag)) &&
	    (a->modified == 0 || add_date(r, "Last-Modified", a->modified)) &&
	    add(r, "X-Content-Type-Options", "nosniff") &&
	    add_cache(r, a, now);
}

/* Body and descriptor belong to the response from here on. */
static struct MHD_Response *
content(struct http_answer *a)
{
	struct MHD_Response *r;

	if (a->fd >= 0) {
		if ((r = MHD_create_response_from_fd64(a->size, a->fd)) !=
		    NULL)
			a->fd = -1;
		return r;
	}
	return MHD_create_response_from_buffer(a->body.n, a->body.p,
	    MHD_RESPMEM_MUST_COPY);
}

static void
answer_done(struct http_answer *a)
{
	if (a->fd >= 0)
		(void)close(a->fd);
	buf_done(&a->body);
	a->fd = -1;
}

enum MHD_Result
http_reply(struct MHD_Connection *c, struct http_answer *a, int64_t now,
    bool last, unsigned *out)
{
	auto_response r = NULL;
	unsigned status = a->status;

	if (status == MHD_HTTP_OK && http_unchanged(
	    header(c, MHD_HTTP_HEADER_IF_NONE_MATCH),
	    header(c, MHD_HTTP_HEADER_IF_MODIFIED_SINCE), a->etag,
	    a->modified)) {
		status = MHD_HTTP_NOT_MODIFIED;
		answer_done(a);
	}
	*out = status;
	r = content(a);
	answer_done(a);
	if (r == NULL || !add_headers(r, a, now) ||
	    (status != MHD_HTTP_NOT_MODIFIED && a->type != NULL &&
	    !add(r, "Content-Type", a->type)) ||
	    (last && !add(r, "Connection", "close")))
		return MHD_NO;
	return MHD_queue_response(c, status, r);
}

enum MHD_Result
http_refuse(struct MHD_Connection *c, unsigned status, const char *allow,
    bool last)
{
	auto_response r = MHD_create_response_from_buffer(0, NULL,
	    MHD_RESPMEM_PERSISTENT);

	if (r == NULL || !add(r, "Cache-Control", "no-store") ||
	    (allow != NULL && !add(r, "Allow", allow)) ||
	    (status == MHD_HTTP_SERVICE_UNAVAILABLE &&
	    !add(r, "Retry-After", RETRY_AFTER)) ||
	    (last && !add(r, "Connection", "close")))
		return MHD_NO;
	return MHD_queue_response(c, status, r);
}
