/* SPDX-License-Identifier: BSD-2-Clause */

/* Requests for certificates over HTTP: bytes to the signer, and what it made of
 * them back. */

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "ca/verdict.h"
#include "proto/json.h"
#include "serve_web.h"

#define CERTS	"application/pkcs7-mime; smime-type=certs-only"
#define JSON	"application/json"
#define ISSUED_STATUS	200
#define PENDING_STATUS	202
#define DENIED_STATUS	403
#define RETRY_SECONDS	60	/* an officer is a person */

/* Where to ask again. */
static enum sg_err
put_ask(struct json_out *j, uint64_t request, const char *sha256)
{
	auto_str url = NULL;

	SG_TRY(str_printf(&url, "/request/%" PRIu64 "/%s", request, sha256));
	json_put_str(j, "ask", url);
	json_put_num(j, "retry_after", RETRY_SECONDS);
	return SG_OK;
}

static enum sg_err
put_status(struct json_out *j, uint32_t status)
{
	auto_str number = NULL;
	const char *symbol = ca_status_symbol(status);

	SG_TRY(str_printf(&number, "0x%08" PRIx32, status));
	json_put_str(j, "status", number);
	if (symbol != NULL)
		json_put_str(j, "symbol", symbol);
	return SG_OK;
}

/* Why there is no certificate (yet). */
static enum sg_err
explain(struct buf *out, const struct field *f)
{
	auto_free(json_out) j = NULL;
	auto_str words = NULL, *sha256 = NULL, *text = NULL;
	uint64_t d = f[DESK_OUTCOME_DISPOSITION].u;
	uint64_t request = f[DESK_OUTCOME_REQUEST].u;

	SG_TRY(str_from_bytes(&words, f[DESK_OUTCOME_WORDS].b));
	SG_TRY(str_from_bytes(&sha256, f[DESK_OUTCOME_SHA256].b));
	SG_TRY(json_out_new(&j));
	json_put_object(j, NULL);
	if (request != 0)
		json_put_num(j, "request", (long long)request);
	json_put_str(j, "disposition", ca_disposition_name(
	    (enum ca_disposition)d));
	if (d == CA_PENDING)
		SG_TRY(put_ask(j, request, sha256));
	else
		SG_TRY(put_status(j, (uint32_t)f[DESK_OUTCOME_STATUS].u));
	json_put_str(j, "words", words);
	json_close(j);
	SG_TRY(json_text(j, &text));
	SG_TRY(buf_add_str(out, text));
	return buf_add_u8(out, '\n');
}

static enum sg_err
outcome_fill(struct http_answer *a, const struct field *f)
{
	switch (f[DESK_OUTCOME_DISPOSITION].u) {
	case CA_ISSUED:
		a->status = ISSUED_STATUS;
		a->type = CERTS;
		return buf_set(&a->body, f[DESK_OUTCOME_CERTS].b);
	case CA_PENDING:
		a->status = PENDING_STATUS;
		a->type = JSON;
		a->retry_seconds = RETRY_SECONDS;
		return explain(&a->body, f);
	case CA_DENIED:
		a->status = DENIED_STATUS;
		a->type = JSON;
		return explain(&a->body, f);
	default:
		return sg_fail(SG_EFORMAT, "the signer says nonsense");
	}
}

static void
outcome_done(void *arg, enum sg_err e, const struct message *r, int *fd)
{
	struct http_answer a = { .fd = -1 };

	(void)fd;
	if (e == SG_OK)
		e = outcome_fill(&a, r->f);
	web_answer(arg, e, r, &a);
}

enum sg_err
enroll_post(void *ctx, const struct http_request *q, struct http_answer *out)
{
	const struct field f[] = { field_s(q->rest), field_b(q->body) };

	(void)out;
	if (f[0].b.n > DESK_TEMPLATE_MAX)
		return sg_fail(SG_ENOENT, "there is no such template");
	return web_ask(ctx, q, DESK_SUBMIT, f, &(struct web_ask) { 0 },
	    outcome_done);
}

/* "12/0123...": a number and a hash. */
static enum sg_err
request_named(uint64_t *number, struct buf *sha256, const char *rest)
{
	const char *slash = strchr(rest, '/');
	auto_str digits = NULL;
	long long n;

	if (slash == NULL)
		return sg_fail(SG_ENOENT, "there is no such request");
	SG_TRY(str_from_bytes(&digits, bytes_of(rest,
	    (size_t)(slash - rest))));
	if (number_parse(&n, digits, 1, INT64_MAX, "request") != SG_OK ||
	    strlen(slash + 1) != SHA256_LEN * (size_t)2 ||
	    hex_decode(sha256, slash + 1) != SG_OK)
		return sg_fail(SG_ENOENT, "there is no such request");
	*number = (uint64_t)n;
	return SG_OK;
}

enum sg_err
enroll_get(void *ctx, const struct http_request *q, struct http_answer *out)
{
	auto_done(buf) sha256 = { 0 };
	struct field f[2] = { 0 };

	(void)out;
	SG_TRY(request_named(&f[0].u, &sha256, q->rest));
	f[1] = field_b(buf_bytes(&sha256));
	return web_ask(ctx, q, DESK_RETRIEVE, f, &(struct web_ask) { 0 },
	    outcome_done);
}
