/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_NET_FETCH_H
#define SG_NET_FETCH_H

/*
 * An HTTP client for a few small exchanges with a server that nobody vouches
 * for: every size and every wait has a limit.  Proxies are taken from the
 * environment (http_proxy, https_proxy, no_proxy), redirections are followed
 * within the scheme only, cookies and credentials are never sent.
 */

#include "base/bytes.h"

#define FETCH_REDIRECTS_MAX	5
#define FETCH_TYPE_MAX		127	/* bytes of a Content-Type */
#define FETCH_WORDS_MAX		200	/* bytes of its words in a note */

struct fetch_limits {
	size_t body_max;		/* bytes of an answer */
	size_t header_max;		/* bytes of all its headers */
	unsigned connect_seconds;
	unsigned idle_seconds;		/* without a byte either way */
	unsigned total_seconds;
};
extern const struct fetch_limits fetch_limits_usual;

struct fetch_ask {
	const char *url;	/* http: or https:, without a password in it */
	const char *type;	/* Content-Type of the body; NULL: a GET */
	struct bytes body;
};

struct fetch_answer {
	unsigned status;
	char type[FETCH_TYPE_MAX + 1];	/* lower case, without parameters, or
					 * "" */
	struct buf body;
};
void fetch_answer_done(struct fetch_answer *a);

/* A client keeps connections open from one exchange to the next. */
struct fetcher;
/* anchors: PEM certificates that TLS servers may lead to besides the system's
 * own, or empty; copied. */
enum sg_err fetcher_new(struct fetcher **out, struct bytes anchors,
    const struct fetch_limits *limits);
void fetcher_free(struct fetcher *f);
SG_AUTO_FREE(fetcher)

/*
 * One exchange.  Any status is an answer.  SG_EARG for a URL that
 * url_check() refuses (net/url.h);
 * SG_ENOENT when its host has no address; SG_EIO when the server cannot be
 * reached or breaks off; SG_ETIMEOUT; SG_EVERIFY when its TLS certificate does
 * not hold; SG_ELIMIT when it says too much; SG_EFORMAT when it does not speak
 * HTTP.  Notes name the host.
 */
enum sg_err fetch(struct fetcher *f, const struct fetch_ask *ask,
    struct fetch_answer *out);

/* SG_OK for a status of 200; otherwise the status and what the server said in
 * text: SG_EBUSY for 429, 502, 503 and 504, SG_ENOENT for 404 and 410, else
 * SG_EIO.  Pure. */
enum sg_err fetch_expect_ok(const struct fetch_answer *a);

#endif
