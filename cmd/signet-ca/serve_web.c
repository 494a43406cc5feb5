/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve_web.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* RFC 6960 appendix A; a list's limit is the parser's. */
#define OCSP_REQUEST	"application/ocsp-request"
#define OCSP_RESPONSE	"application/ocsp-response"
#define OCSP_MAX	((size_t)16 << 10)

static enum sg_err
get_file(void *ctx, const struct http_request *q, struct http_answer *out)
{
	const struct desk *d = ctx;
	struct desk_file f = { .fd = -1 };

	SG_TRY(d->file(d->ctx, q->rest, &f));
	out->type = f.type;
	out->fd = f.fd;
	out->size = f.size;
	out->body = f.bytes;
	out->modified = f.modified;
	out->expires = f.expires;
	(void)snprintf(out->etag, sizeof(out->etag), "%s", f.tag);
	return SG_OK;
}

static enum sg_err
ocsp(struct desk *d, struct bytes request, struct http_answer *out)
{
	out->type = OCSP_RESPONSE;
	SG_TRY(d->ocsp(d->ctx, request, &out->body, &out->expires));
	if (out->expires == 0)
		return SG_OK;
	return http_etag(out->etag, buf_bytes(&out->body));
}

/* What may be kept is asked for by GET, RFC 5019 5. */
static enum sg_err
post_ocsp(void *ctx, const struct http_request *q, struct http_answer *out)
{
	SG_TRY(ocsp(ctx, q->body, out));
	out->expires = 0;
	return SG_OK;
}

/* What is no base64 is no request either, and the desk says so. */
static enum sg_err
get_ocsp(void *ctx, const struct http_request *q, struct http_answer *out)
{
	auto_done(buf) der = { 0 };

	if (q->method == HTTP_POST)
		return post_ocsp(ctx, q, out);
	if (base64_decode(&der, bytes_str(q->rest)) != SG_OK)
		der.n = 0;
	return ocsp(ctx, buf_bytes(&der), out);
}

const struct http_route web_routes[] = {
	{ "/ocsp", HTTP_POST, OCSP_REQUEST, OCSP_MAX, post_ocsp },
	{ "/ocsp/", HTTP_GET | HTTP_POST, OCSP_REQUEST, OCSP_MAX, get_ocsp },
	{ "/", HTTP_GET, NULL, 0, get_file },
	{ NULL, 0, NULL, 0, NULL },
};
