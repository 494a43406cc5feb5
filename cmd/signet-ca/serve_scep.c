/* SPDX-License-Identifier: BSD-2-Clause */

/* SCEP over HTTP (RFC 8894 4): bytes to the signer, and what it made of them
 * back. */

#include <string.h>

#include "proto/scep_http.h"
#include "serve_web.h"
#include "verb.h"

#define BAD_REQUEST	400
#define OPERATION	"PKIOperation"
#define KEEP_SECONDS	600	/* certificates and capabilities in caches */

static void
message_done(void *arg, enum sg_err e, const struct message *r, int *fd)
{
	struct web_ask *k = arg;
	struct http_answer a = { .status = 200, .type = SCEP_TYPE_MESSAGE,
		.fd = -1 };

	(void)fd;
	if (e == SG_OK)
		e = buf_set(&a.body, r->f[DESK_SCEP_MESSAGE].b);
	if (e == SG_OK && r->f[DESK_SCEP_HOLD].u != 0) {
		web_hold(k, &a);
		return;
	}
	/* Nobody is known to whom it could be said in a message. */
	if (r != NULL && (e == SG_EFORMAT || e == SG_ELIMIT ||
	    e == SG_EUNSUPPORTED)) {
		a = (struct http_answer) { .status = BAD_REQUEST, .fd = -1 };
		e = SG_OK;
	}
	web_answer(k, e, r, &a);
}

static enum sg_err
operation(struct web *w, const struct http_request *q, struct bytes message)
{
	const struct field f = field_b(message);

	return web_ask(w, q, DESK_SCEP, &f, &(struct web_ask) {
	    .since_ms = web_clock_ms() }, message_done);
}

static const char *
body_type(uint64_t kind)
{
	switch (kind) {
	case DESK_SCEP_BODY_CAPS:
		return SCEP_TYPE_CAPS;
	case DESK_SCEP_BODY_CERT:
		return SCEP_TYPE_CERT;
	case DESK_SCEP_BODY_CERTS:
		return SCEP_TYPE_CERTS;
	case DESK_SCEP_BODY_NEXT:
		return SCEP_TYPE_NEXT;
	default:
		return NULL;
	}
}

static enum sg_err
body_fill(struct http_answer *a, const struct field *f)
{
	a->type = body_type(f[DESK_SCEP_CA_KIND].u);
	if (a->type == NULL)
		return sg_fail(SG_EFORMAT, "the signer says nonsense");
	a->expires = clock_now() + KEEP_SECONDS;
	SG_TRY(buf_set(&a->body, f[DESK_SCEP_CA_BODY].b));
	return http_etag(a->etag, buf_bytes(&a->body));
}

static void
body_done(void *arg, enum sg_err e, const struct message *r, int *fd)
{
	struct http_answer a = { .status = 200, .fd = -1 };

	(void)fd;
	if (e == SG_OK)
		e = body_fill(&a, r->f);
	web_answer(arg, e, r, &a);
}

static enum sg_err
ask_ca(struct web *w, const struct http_request *q, enum desk_scep_ask what)
{
	const struct field f = field_u(what);

	return web_ask(w, q, DESK_SCEP_CA, &f, &(struct web_ask) { 0 },
	    body_done);
}

static enum sg_err
bad(struct http_answer *out)
{
	out->status = BAD_REQUEST;
	return SG_OK;
}

/* The message is in the URL, several thousand characters of it. */
static enum sg_err
operation_get(struct web *w, const struct http_request *q,
    struct http_answer *out)
{
	const char *value = http_query(q, "message");
	auto_done(buf) der = { 0 };

	if (value == NULL || scep_get_read(&der, bytes_str(value)) != SG_OK ||
	    der.n > DESK_SCEP_MAX)
		return bad(out);
	return operation(w, q, buf_bytes(&der));
}

enum sg_err
scep_get(void *ctx, const struct http_request *q, struct http_answer *out)
{
	static const struct {
		const char *name;
		enum desk_scep_ask what;
	} asks[] = { { "GetCACaps", DESK_SCEP_CAPS },
		{ "GetCACert", DESK_SCEP_CERT },
		{ "GetNextCACert", DESK_SCEP_NEXT } };
	const char *name = http_query(q, "operation");

	/* There is one thing to post, and not all say which. */
	if (name == NULL && q->method == HTTP_POST)
		name = OPERATION;
	if (name == NULL)
		return bad(out);
	if (strcmp(name, OPERATION) == 0)
		return q->method == HTTP_POST ? operation(ctx, q, q->body)
					      : operation_get(ctx, q, out);
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
		if (strcmp(asks[i].name, name) == 0)
			return ask_ca(ctx, q, asks[i].what);
	return bad(out);
}
