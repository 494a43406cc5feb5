/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve_web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "verb.h"

/* RFC 6960 appendix A; a list's limit is the parser's. */
#define OCSP_REQUEST	"application/ocsp-request"
#define OCSP_RESPONSE	"application/ocsp-response"
/* RFC 2585. */
#define LIST		"application/pkix-crl"
#define CERTIFICATE	"application/pkix-cert"

/* RFC 8551 3.2; RFC 5967. */
#define REQUESTS	"application/pkcs7-mime application/pkcs10"

#define TELL_MAX	10	/* refusals that are logged in a second */

enum sg_err
web_ask(struct web *w, const struct http_request *q, enum desk_verb verb,
    const struct field *f, const struct web_ask *like, pool_done *done)
{
	const struct verb_info *v = verb_of(&desk_verbs, verb);
	struct web_ask *k = malloc(sizeof(*k));
	enum sg_err e;

	if (k == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	*k = *like;
	k->web = w;
	e = pool_ask(w->pool, v, f, desk_rule(v)->again == DESK_AGAIN, done,
	    k);
	if (e != SG_OK) {
		free(k);
		return e;
	}
	k->later = http_wait(q);
	return SG_OK;
}

void
web_answer(struct web_ask *k, enum sg_err e, const struct message *r,
    struct http_answer *a)
{
	/* The signer is not there, or does not answer: later. */
	http_answer(k->later, r == NULL && e != SG_OK ? SG_EBUSY : e, a);
	free(k);
}

/* --- answers that wait --- */

struct web_held {
	struct web_held *next;
	int64_t at_ms;
	struct http_later *later;
	struct http_answer answer;
};

int64_t
web_clock_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
web_hold(struct web_ask *k, struct http_answer *a)
{
	struct web_held *h = malloc(sizeof(*h));
	int64_t took = web_clock_ms() - k->since_ms;

	if (h == NULL) {
		web_answer(k, SG_ENOMEM, NULL, a);
		return;
	}
	*h = (struct web_held) { k->web->held, k->since_ms +
		(took / HOLD_MS + 1) * HOLD_MS, k->later, *a };
	k->web->held = h;
	*a = (struct http_answer) { .fd = -1 };
	free(k);
}

int
web_held_ms(const struct web *w)
{
	int64_t now = web_clock_ms(), first = INT64_MAX;

	for (const struct web_held *h = w->held; h != NULL; h = h->next)
		if (h->at_ms < first)
			first = h->at_ms;
	if (first == INT64_MAX)
		return -1;
	return first > now ? (int)(first - now) : 0;
}

void
web_held_turn(struct web *w, bool all)
{
	int64_t now = w->held != NULL ? web_clock_ms() : 0;

	for (struct web_held **p = &w->held; *p != NULL;) {
		struct web_held *h = *p;

		if (!all && h->at_ms > now) {
			p = &h->next;
			continue;
		}
		*p = h->next;
		http_answer(h->later, SG_OK, &h->answer);
		free(h);
	}
}

/* --- files --- */

static enum sg_err
file_fill(struct http_answer *a, const struct message *r, int *fd)
{
	const struct field *f = r->f;
	off_t size;

	if (f[DESK_FILE_TAG].b.n >= sizeof(a->etag))
		return sg_fail(SG_EFORMAT, "a tag is too long");
	(void)snprintf(a->etag, sizeof(a->etag), "%.*s",
	    (int)f[DESK_FILE_TAG].b.n, (const char *)f[DESK_FILE_TAG].b.p);
	a->modified = (int64_t)f[DESK_FILE_MODIFIED].u;
	a->expires = (int64_t)f[DESK_FILE_EXPIRES].u;
	a->type = *fd < 0 ? CERTIFICATE : LIST;
	if (*fd < 0)
		return buf_set(&a->body, f[DESK_FILE_BYTES].b);
	if ((size = lseek(*fd, 0, SEEK_END)) < 0 ||
	    lseek(*fd, 0, SEEK_SET) != 0)
		return sg_fail(SG_EIO, "a descriptor is no file");
	a->size = (uint64_t)size;
	a->fd = *fd;
	*fd = -1;
	return SG_OK;
}

static void
file_done(void *arg, enum sg_err e, const struct message *r, int *fd)
{
	struct web_ask *k = arg;
	struct http_answer a = { .status = 200, .fd = -1 };

	if (e == SG_OK)
		e = file_fill(&a, r, fd);
	web_answer(k, e, r, &a);
}

static enum sg_err
get_file(void *ctx, const struct http_request *q, struct http_answer *out)
{
	const struct field f = field_s(q->rest);

	(void)out;
	if (f.b.n > DESK_NAME_MAX)
		return sg_fail(SG_ENOENT, "there is no such file");
	return web_ask(ctx, q, DESK_FILE, &f, &(struct web_ask) { 0 },
	    file_done);
}

/* --- OCSP --- */

static void
ocsp_done(void *arg, enum sg_err e, const struct message *r, int *fd)
{
	struct web_ask *k = arg;
	struct http_answer a = { .status = 200, .type = OCSP_RESPONSE,
		.fd = -1 };

	(void)fd;
	if (e == SG_OK)
		e = buf_set(&a.body, r->f[DESK_OCSP_ANSWER].b);
	if (e == SG_OK && k->kept)
		a.expires = (int64_t)r->f[DESK_OCSP_EXPIRES].u;
	if (e == SG_OK && a.expires != 0)
		e = http_etag(a.etag, buf_bytes(&a.body));
	web_answer(k, e, r, &a);
}

/* What may be kept is asked for by GET, RFC 5019 5. */
static enum sg_err
ask_ocsp(struct web *w, const struct http_request *q, struct bytes der)
{
	const struct field f = field_b(der);

	return web_ask(w, q, DESK_OCSP, &f, &(struct web_ask) {
	    .kept = q->method == HTTP_GET }, ocsp_done);
}

static enum sg_err
post_ocsp(void *ctx, const struct http_request *q, struct http_answer *out)
{
	(void)out;
	return ask_ocsp(ctx, q, q->body);
}

/* What is no base64 is no request either, and the signer says so. */
static enum sg_err
get_ocsp(void *ctx, const struct http_request *q, struct http_answer *out)
{
	auto_done(buf) der = { 0 };

	if (q->method == HTTP_POST)
		return post_ocsp(ctx, q, out);
	if (base64_decode(&der, bytes_str(q->rest)) != SG_OK)
		der.n = 0;
	return ask_ocsp(ctx, q, buf_bytes(&der));
}

const struct http_route web_routes[] = {
	{ "/ocsp", HTTP_POST, OCSP_REQUEST, DESK_OCSP_MAX, post_ocsp },
	{ "/ocsp/", HTTP_GET | HTTP_POST, OCSP_REQUEST, DESK_OCSP_MAX,
	    get_ocsp },
	{ "/enroll", HTTP_POST, REQUESTS, DESK_MESSAGE_MAX, enroll_post },
	{ "/enroll/", HTTP_POST, REQUESTS, DESK_MESSAGE_MAX, enroll_post },
	{ "/request/", HTTP_GET, NULL, 0, enroll_get },
	/* What clients of other servers have been told, too; some put a name
	 * of their own behind it. */
	{ "/scep", HTTP_GET | HTTP_POST, NULL, DESK_SCEP_MAX, scep_get },
	{ "/scep/", HTTP_GET | HTTP_POST, NULL, DESK_SCEP_MAX, scep_get },
	{ "/cgi-bin/pkiclient.exe", HTTP_GET | HTTP_POST, NULL, DESK_SCEP_MAX,
	    scep_get },
	{ "/certsrv/mscep/", HTTP_GET | HTTP_POST, NULL, DESK_SCEP_MAX,
	    scep_get },
	{ "/", HTTP_GET, NULL, 0, get_file },
	{ NULL, 0, NULL, 0, NULL },
};

/* --- what was served --- */

static bool
may_tell(struct web *w)
{
	int64_t now = clock_now();

	if (now != w->told_at) {
		if (w->untold > 0)
			log_info("refused-more count=%lu", w->untold);
		w->told_at = now;
		w->told = 0;
		w->untold = 0;
	}
	if (w->told++ < TELL_MAX)
		return true;
	w->untold++;
	return false;
}

void
web_seen(void *ctx, const struct http_event *e)
{
	struct web *w = ctx;

	web_count(&w->counts, web_routes, e);
	if (e->status < 400 || !may_tell(w))
		return;
	log_info("refused peer=%s method=\"%s\" path=\"%s\" status=%u",
	    e->peer[0] != '\0' ? e->peer : "-", audit_text(e->method).s,
	    audit_text(e->path).s, e->status);
}
