/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_NET_HTTP_H
#define SG_NET_HTTP_H

/*
 * An HTTP/1.1 server for a few fixed resources, in one thread: the owner polls
 * one descriptor and calls http_turn().  What is served is a table; nothing in
 * a URL ever becomes a path of a file.  Libraries do not log: refusals go to
 * the client only.
 */

#include "base/bytes.h"

#define HTTP_ETAG_MAX 65
#define HTTP_RETRY_SECONDS 5	/* what a 503 asks for */

enum http_method { HTTP_GET = 1, HTTP_POST = 2 };	/* HEAD is a GET */

struct http_request {
	enum http_method method;
	const char *path;	/* of the URL, percent signs undone */
	const char *rest;	/* of it, behind the route's */
	struct bytes body;
	const char *peer;	/* the client's address */
	struct http_later *later;	/* for http_later() */
};

struct http_answer {
	unsigned status;		/* 200 */
	const char *type;		/* Content-Type; a constant */
	struct buf body;
	int fd;				/* in place of the body, or -1; the
					 * server closes it */
	uint64_t size;			/* of the file */
	int64_t modified;		/* Unix seconds, 0: not known */
	int64_t expires;		/* 0: nobody may keep it */
	unsigned retry_seconds;		/* Retry-After, or 0 */
	char etag[HTTP_ETAG_MAX];	/* without quotes, or "" */
};

/* SG_ENOENT is 404, SG_EBUSY and SG_ETIMEOUT are 503, any other failure 500;
 * the client never reads notes. */
typedef enum sg_err http_handler(void *ctx, const struct http_request *q,
    struct http_answer *out);

/*
 * A handler that has no answer yet calls http_wait(q) and returns SG_OK; what
 * it got is to be given to http_answer(), once, with what it would have
 * returned.  Both on the server's thread.  Body and descriptor are taken.  No
 * other client waits meanwhile.  Whoever frees the server ends all of them
 * before.
 */
struct http_later;
struct http_later *http_wait(const struct http_request *q);
void http_answer(struct http_later *l, enum sg_err e, struct http_answer *a);

/* The value of a name in the request's query, percent signs undone and "+" a
 * blank; NULL when it is not there or has none.  Good until the handler
 * returns. */
const char *http_query(const struct http_request *q, const char *name);

/* What became of a request, for counters and logs. */
struct http_event {
	const struct http_route *route;	/* NULL: there is none */
	const char *method;
	const char *path;
	const char *peer;
	unsigned status;
	uint64_t us;		/* since its headers were there */
};

struct http_route {
	const char *path;	/* "/a.crl"; with a slash at the end also
				 * everything below it */
	unsigned methods;	/* HTTP_GET | HTTP_POST */
	const char *body_type;	/* which Content-Type a POST must have; one of
				 * several, with spaces between */
	size_t body_max;	/* bytes of a POST */
	http_handler *handler;	/* NULL ends the table */
};

struct http_limits {
	unsigned connections;
	unsigned per_address;		/* net/neighbour.h */
	size_t header_max;		/* bytes before the body */
	unsigned request_seconds;	/* for a request to arrive whole */
	unsigned answer_seconds;	/* for an answer to be taken */
};
extern const struct http_limits http_limits_usual;

struct http_config {
	const struct http_route *routes;	/* outlives the server */
	void *ctx;				/* of the handlers */
	struct http_limits limits;
	int64_t (*clock)(void);			/* Unix seconds */
	void (*seen)(void *ctx, const struct http_event *e); /* or NULL */
};

struct http_server;
/* Takes over the listening socket, on failure too. */
enum sg_err http_start(struct http_server **out, int listener,
    const struct http_config *c);
/* Breaks off what is going on. */
void http_server_free(struct http_server *s);
SG_AUTO_FREE(http_server)

/* What to poll for reading, and for how long at most (-1: for ever). */
int http_fd(const struct http_server *s);
int http_wait_ms(const struct http_server *s);
/* Does what can be done at once. */
enum sg_err http_turn(struct http_server *s);

/* Takes no more connections, and closes each after the next answer. */
void http_drain(struct http_server *s);
unsigned http_clients(const struct http_server *s);
/* Has every client that came the answer it waits for? */
bool http_idle(const struct http_server *s);

/* A strong ETag of these bytes. */
enum sg_err http_etag(char out[HTTP_ETAG_MAX], struct bytes x);

#endif
