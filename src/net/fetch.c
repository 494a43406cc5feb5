/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/fetch.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "net/url.h"
#include "paths.h"

#define SYSTEM_ANCHORS_MAX ((size_t)4 << 20)

const struct fetch_limits fetch_limits_usual = {
	.body_max = (size_t)1 << 20,
	.header_max = (size_t)32 << 10,
	.connect_seconds = 15,
	.idle_seconds = 30,
	.total_seconds = 120,
};

struct fetcher {
	CURL *curl;
	struct buf anchors;	/* PEM, or empty: the system's own file */
	struct fetch_limits limits;
	char error[CURL_ERROR_SIZE];
};

/* What one exchange has brought so far. */
struct taken {
	struct fetch_answer answer;
	const struct fetch_limits *limits;
	size_t headers;
	enum sg_err failed;
};

static void
taken_done(struct taken *t)
{
	fetch_answer_done(&t->answer);
}

void
fetch_answer_done(struct fetch_answer *a)
{
	buf_done(&a->body);
	*a = (struct fetch_answer) { 0 };
}

void
fetcher_free(struct fetcher *f)
{
	if (f == NULL)
		return;
	if (f->curl != NULL)
		curl_easy_cleanup(f->curl);
	curl_global_cleanup();
	buf_done(&f->anchors);
	free(f);
}

/* curl takes one list: a given one comes in place of the system's file. */
static enum sg_err
join_anchors(struct buf *out, struct bytes given)
{
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
	auto_done(buf) system = { 0 };
	enum sg_err e = SG_OK;

	if (given.n == 0)
		return SG_OK;
	if (v->cainfo != NULL)
		e = file_read(&system, v->cainfo, SYSTEM_ANCHORS_MAX);
	if (e != SG_OK && e != SG_ENOENT)
		return e;
	SG_TRY(buf_add_bytes(out, buf_bytes(&system)));
	SG_TRY(buf_add_str(out, "\n"));
	return buf_add_bytes(out, given);
}

enum sg_err
fetcher_new(struct fetcher **out, struct bytes anchors,
    const struct fetch_limits *limits)
{
	auto_free(fetcher) f = NULL;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return sg_fail(SG_EINTERNAL, "libcurl does not start");
	if ((f = calloc(1, sizeof(*f))) == NULL) {
		curl_global_cleanup();
		return sg_fail(SG_ENOMEM, "out of memory");
	}
	f->limits = *limits;
	if ((f->curl = curl_easy_init()) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	SG_TRY(join_anchors(&f->anchors, anchors));
	*out = f;
	f = NULL;
	return SG_OK;
}

/* A count that is not the one given ends the exchange. */
static size_t
take_body(char *p, size_t one, size_t n, void *arg)
{
	struct taken *t = arg;

	(void)one;
	if (n > t->limits->body_max - t->answer.body.n) {
		t->failed = sg_fail(SG_ELIMIT, "the answer is longer than %zu"
		    " bytes", t->limits->body_max);
		return 0;
	}
	t->failed = buf_add(&t->answer.body, p, n);
	return t->failed == SG_OK ? n : 0;
}

static size_t
take_header(char *p, size_t one, size_t n, void *arg)
{
	struct taken *t = arg;

	(void)p;
	(void)one;
	if (n > t->limits->header_max - t->headers) {
		t->failed = sg_fail(SG_ELIMIT, "the answer's headers are"
		    " longer than %zu bytes", t->limits->header_max);
		return 0;
	}
	t->headers += n;
	return n;
}

struct setting {
	CURLoption option;
	long value;
};

static CURLcode
set_numbers(CURL *c, const struct fetch_limits *l)
{
	const struct setting settings[] = {
		{ CURLOPT_NOSIGNAL, 1 },
		{ CURLOPT_FOLLOWLOCATION, 1 },
		{ CURLOPT_MAXREDIRS, FETCH_REDIRECTS_MAX },
		{ CURLOPT_POSTREDIR, CURL_REDIR_POST_ALL },
		{ CURLOPT_CONNECTTIMEOUT, (long)l->connect_seconds },
		{ CURLOPT_TIMEOUT, (long)l->total_seconds },
		{ CURLOPT_LOW_SPEED_LIMIT, 1 },
		{ CURLOPT_LOW_SPEED_TIME, (long)l->idle_seconds },
		{ CURLOPT_SSL_VERIFYPEER, 1 },
		{ CURLOPT_SSL_VERIFYHOST, 2 },
		{ CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
		{ CURLOPT_NETRC, CURL_NETRC_IGNORED },
		{ CURLOPT_HTTP_CONTENT_DECODING, 0 },
	};
	CURLcode e = CURLE_OK;

	for (size_t i = 0; e == CURLE_OK &&
	    i < sizeof(settings) / sizeof(*settings); i++)
		e = curl_easy_setopt(c, settings[i].option, settings[i].value);
	return e;
}

static CURLcode
set_texts(struct fetcher *f, const struct fetch_ask *ask)
{
	const char *scheme = strncasecmp(ask->url, "https:", 6) == 0 ? "https"
								     : "http";
	CURLcode e = curl_easy_setopt(f->curl, CURLOPT_URL, ask->url);

	if (e == CURLE_OK)
		e = curl_easy_setopt(f->curl, CURLOPT_PROTOCOLS_STR, scheme);
	if (e == CURLE_OK)
		e = curl_easy_setopt(f->curl, CURLOPT_REDIR_PROTOCOLS_STR,
		    scheme);
	if (e == CURLE_OK)
		e = curl_easy_setopt(f->curl, CURLOPT_USERAGENT,
		    "signet/" SIGNET_VERSION);
	if (e == CURLE_OK)
		e = curl_easy_setopt(f->curl, CURLOPT_ERRORBUFFER, f->error);
	return e;
}

static CURLcode
set_anchors(struct fetcher *f)
{
	struct curl_blob blob = { f->anchors.p, f->anchors.n,
		CURL_BLOB_NOCOPY };

	if (f->anchors.n == 0)
		return CURLE_OK;
	return curl_easy_setopt(f->curl, CURLOPT_CAINFO_BLOB, &blob);
}

static CURLcode
set_body(CURL *c, const struct fetch_ask *ask, struct curl_slist *headers)
{
	CURLcode e;

	if (ask->type == NULL)
		return curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
	e = curl_easy_setopt(c, CURLOPT_POST, 1L);
	if (e == CURLE_OK)
		e = curl_easy_setopt(c, CURLOPT_POSTFIELDS, ask->body.n > 0
		    ? (const char *)ask->body.p : "");
	if (e == CURLE_OK)
		e = curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)ask->body.n);
	if (e == CURLE_OK)
		e = curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	return e;
}

static CURLcode
set_takers(CURL *c, struct taken *t)
{
	CURLcode e = curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);

	if (e == CURLE_OK)
		e = curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	if (e == CURLE_OK)
		e = curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
	if (e == CURLE_OK)
		e = curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
	return e;
}

static enum sg_err
set_up(struct fetcher *f, const struct fetch_ask *ask,
    struct curl_slist *headers, struct taken *t)
{
	CURLcode e;

	/* Connections and what is known of names stay. */
	curl_easy_reset(f->curl);
	e = set_numbers(f->curl, &f->limits);
	if (e == CURLE_OK)
		e = set_texts(f, ask);
	if (e == CURLE_OK)
		e = set_anchors(f);
	if (e == CURLE_OK)
		e = set_body(f->curl, ask, headers);
	if (e == CURLE_OK)
		e = set_takers(f->curl, t);
	if (e == CURLE_OK)
		return SG_OK;
	return sg_fail(SG_EINTERNAL, "libcurl: %s", curl_easy_strerror(e));
}

static void
slist_done(struct curl_slist **l)
{
	curl_slist_free_all(*l);
}

#define auto_slist __attribute__((cleanup(slist_done))) struct curl_slist *

/* Appends, taking care of what failed before. */
static enum sg_err
header_add(struct curl_slist **l, const char *text)
{
	struct curl_slist *longer = curl_slist_append(*l, text);

	if (longer == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	*l = longer;
	return SG_OK;
}

/* Servers of the field stumble over "Expect: 100-continue". */
static enum sg_err
headers_of(struct curl_slist **out, const struct fetch_ask *ask)
{
	auto_str type = NULL;

	if (ask->type == NULL)
		return SG_OK;
	SG_TRY(str_printf(&type, "Content-Type: %s", ask->type));
	SG_TRY(header_add(out, type));
	return header_add(out, "Expect:");
}

/* "type/sub" in lower case, whatever stands behind. */
static void
keep_type(struct fetch_answer *a, CURL *c)
{
	const char *type = NULL;
	size_t n;

	if (curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type) != CURLE_OK ||
	    type == NULL)
		return;
	n = strcspn(type, "; \t\r\n");
	if (n > FETCH_TYPE_MAX)
		n = 0;
	for (size_t i = 0; i < n; i++)
		a->type[i] = (char)tolower((unsigned char)type[i]);
	a->type[n] = '\0';
}

/* Who it is about: everything else in a URL may be long or private. */
static enum sg_err
named(enum sg_err e, const char *url)
{
	return sg_while(e, "%.*s", (int)url_origin_len(url), url);
}

static const struct {
	CURLcode code;
	enum sg_err e;
	const char *text;
} troubles[] = {
	{ CURLE_UNSUPPORTED_PROTOCOL, SG_EPERM,
	    "it leads away from the scheme that was asked for, which is not"
	    " followed" },
	{ CURLE_TOO_MANY_REDIRECTS, SG_EIO,
	    "it leads from one address to the next without end" },
	{ CURLE_URL_MALFORMAT, SG_EARG, "that is no URL" },
	{ CURLE_COULDNT_RESOLVE_HOST, SG_ENOENT,
	    "the host's name has no address" },
	{ CURLE_COULDNT_RESOLVE_PROXY, SG_ENOENT,
	    "the proxy's name has no address (http_proxy, https_proxy)" },
	{ CURLE_COULDNT_CONNECT, SG_EIO, "nothing answers there" },
	{ CURLE_OPERATION_TIMEDOUT, SG_ETIMEOUT,
	    "the server did not answer in time" },
	{ CURLE_PEER_FAILED_VERIFICATION, SG_EVERIFY,
	    "its TLS certificate does not hold" },
	{ CURLE_SSL_CONNECT_ERROR, SG_EIO, "TLS could not be agreed upon" },
	{ CURLE_SSL_CACERT_BADFILE, SG_EIO,
	    "the trusted certificates cannot be read" },
	{ CURLE_PARTIAL_FILE, SG_EIO,
	    "the server broke off in the middle of its answer" },
	{ CURLE_GOT_NOTHING, SG_EIO, "the server hung up without an answer" },
	{ CURLE_RECV_ERROR, SG_EIO, "the connection broke" },
	{ CURLE_SEND_ERROR, SG_EIO, "the connection broke" },
	{ CURLE_WEIRD_SERVER_REPLY, SG_EFORMAT, "what answers is no HTTP" },
	{ CURLE_HTTP2, SG_EFORMAT, "what answers is no HTTP" },
	{ CURLE_OUT_OF_MEMORY, SG_ENOMEM, "out of memory" },
};

static enum sg_err
trouble(const struct fetcher *f, CURLcode code)
{
	const char *said = f->error[0] != '\0' ? f->error
					       : curl_easy_strerror(code);

	for (size_t i = 0; i < sizeof(troubles) / sizeof(*troubles); i++)
		if (troubles[i].code == code)
			return sg_fail(troubles[i].e, "%s (%s)",
			    troubles[i].text, said);
	return sg_fail(SG_EIO, "the exchange failed (%s)", said);
}

static enum sg_err
exchange(struct fetcher *f, const struct fetch_ask *ask, struct taken *t)
{
	auto_slist headers = NULL;
	CURLcode code;
	long status = 0;

	SG_TRY(headers_of(&headers, ask));
	SG_TRY(set_up(f, ask, headers, t));
	f->error[0] = '\0';
	code = curl_easy_perform(f->curl);
	if (t->failed != SG_OK)
		return t->failed;
	if (code != CURLE_OK)
		return trouble(f, code);
	(void)curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
	t->answer.status = (unsigned)status;
	keep_type(&t->answer, f->curl);
	/* Nothing of ours is left in it. */
	curl_easy_reset(f->curl);
	return SG_OK;
}

enum sg_err
fetch(struct fetcher *f, const struct fetch_ask *ask,
    struct fetch_answer *out)
{
	auto_done(taken) t = { .limits = &f->limits };

	SG_TRY(url_check(ask->url));
	SG_TRY(named(exchange(f, ask, &t), ask->url));
	*out = t.answer;
	t.answer = (struct fetch_answer) { 0 };
	return SG_OK;
}

static enum sg_err
code_of(unsigned status)
{
	switch (status) {
	case 429:
	case 502:
	case 503:
	case 504:
		return SG_EBUSY;
	case 404:
	case 410:
		return SG_ENOENT;
	default:
		return SG_EIO;
	}
}

/* The first words of a text; pages in HTML say too much to say anything. */
static void
words_of(char out[FETCH_WORDS_MAX + 1], const struct fetch_answer *a)
{
	size_t n = 0;

	out[0] = '\0';
	if (strcmp(a->type, "text/plain") != 0)
		return;
	for (size_t i = 0; i < a->body.n && n < FETCH_WORDS_MAX; i++) {
		uint8_t c = a->body.p[i];

		if (c == '\0')
			break;
		out[n++] = (c == '\r' || c == '\n' || c == '\t') ? ' '
								 : (char)c;
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
}

enum sg_err
fetch_expect_ok(const struct fetch_answer *a)
{
	char words[FETCH_WORDS_MAX + 1];

	if (a->status == 200)
		return SG_OK;
	words_of(words, a);
	return sg_fail(code_of(a->status), "the server answered with HTTP"
	    " status %u%s%s", a->status, words[0] != '\0' ? ": " : "", words);
}
