/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_SERVE_WEB_H
#define SIGNET_CA_SERVE_WEB_H

/* What web serves to the world: HTTP, and what it asks the signer for. */

#include "ipc/pool.h"
#include "net/http.h"
#include "serve_metrics.h"

struct web_held;

struct web {
	struct pool *pool;
	struct web_held *held;	/* answers whose time has not come */
	struct http_server *http;
	struct http_server *admin;	/* or NULL */
	struct web_counts counts;
	int64_t told_at;	/* the second of the lines below */
	unsigned told;		/* refusals logged in it */
	unsigned long untold;	/* and not logged */
};

/* A request to the signer, and who waits for it. */
struct web_ask {
	struct web *web;
	struct http_later *later;
	bool kept;		/* caches may have it */
	int64_t since_ms;	/* when it came, for web_hold() */
};
/* done gets the ask, which it frees with web_answer(). */
enum sg_err web_ask(struct web *w, const struct http_request *q,
    enum desk_verb verb, const struct field *f, const struct web_ask *like,
    pool_done *done);
/* r may be NULL, as pool.h has it. */
void web_answer(struct web_ask *k, enum sg_err e, const struct message *r,
    struct http_answer *a);

/* The same, but it leaves a whole number of HOLD_MS after the request came, so
 * that nobody learns how long the signer took. */
#define HOLD_MS	250
void web_hold(struct web_ask *k, struct http_answer *a);
/* How long until the next one may leave, -1 without one; lets go of those whose
 * time has come, or of all. */
int web_held_ms(const struct web *w);
void web_held_turn(struct web *w, bool all);
int64_t web_clock_ms(void);

/* The world's, and the administrator's; the handlers' context is a struct
 * web. */
extern const struct http_route web_routes[];
extern const struct http_route admin_routes[];

/* Requests for certificates, and what became of them; serve_enroll.c. */
http_handler enroll_post;
http_handler enroll_get;

/* SCEP; serve_scep.c. */
http_handler scep_get;

/* Counts it, and logs it if it was refused. */
void web_seen(void *ctx, const struct http_event *e);

#endif
