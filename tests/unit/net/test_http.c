/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/http.h"
#include "net/listen.h"

#define NOW 1750000000
#define BODY_MAX 100

static struct http_server *server;
static char where[64];
static int calls;

static int64_t
now(void)
{
	return NOW;
}

static enum sg_err
page(void *ctx, const struct http_request *q, struct http_answer *out)
{
	calls++;
	assert_string_equal(ctx, "context");
	assert_string_equal(q->rest, "");
	assert_string_equal(q->peer, "127.0.0.1");
	out->type = "text/plain";
	out->expires = NOW + 60;
	out->modified = NOW - 60;
	(void)snprintf(out->etag, sizeof(out->etag), "v1");
	return buf_add_str(&out->body, "a page");
}

static enum sg_err
echo(void *ctx, const struct http_request *q, struct http_answer *out)
{
	(void)ctx;
	calls++;
	out->type = "text/plain";
	SG_TRY(buf_add_str(&out->body, q->rest));
	return buf_add_bytes(&out->body, q->body);
}

static enum sg_err
file(void *ctx, const struct http_request *q, struct http_answer *out)
{
	static const char zeros[65536];
	char name[] = "/tmp/signet-test-XXXXXX";

	(void)ctx;
	(void)q;
	out->fd = mkstemp(name);
	(void)unlink(name);
	for (int i = 0; i < 32; i++)
		assert_int_equal(write(out->fd, zeros, sizeof(zeros)),
		    sizeof(zeros));
	(void)lseek(out->fd, 0, SEEK_SET);
	out->size = 32 * sizeof(zeros);
	out->type = "application/octet-stream";
	return SG_OK;
}

static enum sg_err
missing(void *ctx, const struct http_request *q, struct http_answer *out)
{
	(void)ctx;
	(void)q;
	SG_TRY(buf_add_str(&out->body, "half an answer"));
	return sg_fail(SG_ENOENT, "/etc/secret: no such file");
}

static enum sg_err
busy(void *ctx, const struct http_request *q, struct http_answer *out)
{
	(void)ctx;
	(void)q;
	(void)out;
	return sg_fail(SG_EBUSY, "later");
}

static enum sg_err
broken(void *ctx, const struct http_request *q, struct http_answer *out)
{
	(void)ctx;
	(void)q;
	(void)out;
	return sg_fail(SG_ECRYPTO, "the key of /etc/secret is broken");
}

/* Waits until the test has an answer. */
static struct http_later *later[4];
static size_t waiting;

static enum sg_err
slow(void *ctx, const struct http_request *q, struct http_answer *out)
{
	(void)ctx;
	(void)out;
	later[waiting++] = http_wait(q);
	return SG_OK;
}

static unsigned seen_status;
static char seen_path[64];

static void
seen(void *ctx, const struct http_event *e)
{
	assert_string_equal(ctx, "context");
	assert_string_equal(e->peer, "127.0.0.1");
	seen_status = e->status;
	(void)snprintf(seen_path, sizeof(seen_path), "%s", e->path);
}

static const struct http_route routes[] = {
	{ "/slow", HTTP_GET | HTTP_POST, "text/plain", BODY_MAX, slow },
	{ "/page", HTTP_GET, NULL, 0, page },
	{ "/echo/", HTTP_GET | HTTP_POST, "text/plain", BODY_MAX, echo },
	{ "/post", HTTP_POST, "text/plain", BODY_MAX, echo },
	{ "/file", HTTP_GET, NULL, 0, file },
	{ "/missing", HTTP_GET, NULL, 0, missing },
	{ "/busy", HTTP_GET, NULL, 0, busy },
	{ "/broken", HTTP_GET, NULL, 0, broken },
	{ NULL, 0, NULL, 0, NULL },
};

static void
start(struct http_limits limits)
{
	static char context[] = "context";
	struct http_config c = { .routes = routes, .ctx = context,
		.limits = limits, .clock = now, .seen = seen };
	auto_str text = NULL;
	int fd = -1;

	OK(listen_on(&fd, "127.0.0.1:0"));
	OK(listen_where(&text, fd));
	(void)snprintf(where, sizeof(where), "%s", text);
	OK(http_start(&server, fd, &c));
}

static int
setup(void **state)
{
	(void)state;
	calls = 0;
	start(http_limits_usual);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	http_server_free(server);
	server = NULL;
	return 0;
}

static int
client(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)atoi(strrchr(where, ':') + 1)) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static void
say(int fd, const char *text)
{
	/* Nobody listens any more to what was refused early. */
	(void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* One turn of the server and of the client; false at the end. */
static bool
step(int fd, struct buf *in)
{
	struct pollfd p[] = { { http_fd(server), POLLIN, 0 },
		{ fd, POLLIN, 0 } };
	uint8_t chunk[4096];
	ssize_t n;

	(void)poll(p, 2, http_wait_ms(server) >= 0 ? http_wait_ms(server)
						   : 1000);
	OK(http_turn(server));
	n = recv(fd, chunk, sizeof(chunk), 0);
	if (n > 0)
		OK(buf_add(in, chunk, (size_t)n));
	OK(buf_terminate(in));
	return n > 0 || (n < 0 && errno == EAGAIN);
}

/* Until the server hangs up. */
static void
until_end(int fd, struct buf *in)
{
	in->n = 0;
	while (step(fd, in))
		;
	(void)close(fd);
}

/* A request whose headers, but for "%s", are all there. */
static const char *
get(struct buf *in, const char *request)
{
	const char *at = strstr(request, "%s");
	auto_str text = NULL;
	int fd = client();

	OK(str_printf(&text, "%.*sHost: x\r\nConnection: close%s",
	    (int)(at - request), request, at + 2));
	say(fd, text);
	until_end(fd, in);
	return (const char *)in->p;
}

static bool
answers(const char *request, const char *status, const char *part)
{
	auto_done(buf) in = { 0 };
	const char *all = get(&in, request);

	if (strstr(all, status) == NULL || strstr(all, part) == NULL)
		(void)printf("# %s", all);
	return strncmp(all, "HTTP/1.1 ", 9) == 0 &&
	    strncmp(all + 9, status, strlen(status)) == 0 &&
	    strstr(all, part) != NULL;
}

static void
a_page_comes_with_what_caches_want(void **state)
{
	auto_done(buf) in = { 0 };
	const char *all = get(&in, "GET /page HTTP/1.1\r\n%s\r\n\r\n");

	(void)state;
	assert_non_null(strstr(all, "HTTP/1.1 200 OK\r\n"));
	assert_non_null(strstr(all, "Content-Type: text/plain\r\n"));
	assert_non_null(strstr(all, "Content-Length: 6\r\n"));
	assert_non_null(strstr(all, "ETag: \"v1\"\r\n"));
	assert_non_null(strstr(all, "Cache-Control: public, max-age=60, "
	    "no-transform, must-revalidate\r\n"));
	assert_non_null(strstr(all,
	    "Expires: Sun, 15 Jun 2025 15:07:40 GMT\r\n"));
	assert_non_null(strstr(all,
	    "Last-Modified: Sun, 15 Jun 2025 15:05:40 GMT\r\n"));
	assert_non_null(strstr(all, "\r\n\r\na page"));
}

static void
what_may_not_be_kept_says_so(void **state)
{
	(void)state;
	assert_true(answers("GET /echo/ab HTTP/1.1\r\n%s\r\n\r\n", "200",
	    "Cache-Control: no-store\r\n"));
	assert_true(answers("GET /nothing HTTP/1.1\r\n%s\r\n\r\n", "404",
	    "Cache-Control: no-store\r\n"));
}

static void
head_is_get_without_a_body(void **state)
{
	auto_done(buf) in = { 0 };
	const char *all = get(&in, "HEAD /page HTTP/1.1\r\n%s\r\n\r\n");

	(void)state;
	assert_non_null(strstr(all, "200 OK"));
	assert_non_null(strstr(all, "Content-Length: 6\r\n"));
	assert_null(strstr(all, "a page"));
	assert_int_equal(calls, 1);
}

static void
what_the_client_has_is_not_sent_again(void **state)
{
	auto_done(buf) in = { 0 };
	const char *all = get(&in, "GET /page HTTP/1.1\r\n%s\r\n"
	    "If-None-Match: \"v1\"\r\n\r\n");

	(void)state;
	assert_non_null(strstr(all, "304 Not Modified"));
	assert_non_null(strstr(all, "ETag: \"v1\"\r\n"));
	assert_null(strstr(all, "a page"));
	assert_true(answers("GET /page HTTP/1.1\r\n%s\r\n"
	    "If-None-Match: \"v0\"\r\n\r\n", "200", "a page"));
	assert_true(answers("GET /page HTTP/1.1\r\n%s\r\nIf-Modified-Since: "
	    "Sun, 15 Jun 2025 15:05:40 GMT\r\n\r\n", "304", ""));
}

static void
nothing_but_the_table_is_served(void **state)
{
	static const char *const paths[] = { "/", "/pag", "/page/", "/pages",
		"/../page", "/echo", "/echo/../../etc/passwd",
		"/%2e%2e/%2e%2e/etc/passwd", "//page", "/page%00x/y" };

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		auto_str q = NULL;
		bool echoed = strncmp(paths[i], "/echo/", 6) == 0;

		/* Below a prefix the rest is bytes for the handler. */
		OK(str_printf(&q, "GET %s HTTP/1.1\r\nHost: x\r\n"
		    "Connection: close\r\n\r\n", paths[i]));
		auto_done(buf) in = { 0 };
		int fd = client();
		say(fd, q);
		until_end(fd, &in);
		if (strstr(paths[i], "%00") != NULL)
			continue;	/* the path ends there */
		assert_non_null(strstr((char *)in.p, echoed
		    ? "../../etc/passwd" : "404 Not Found"));
	}
}

static void
methods_are_those_of_the_table(void **state)
{
	(void)state;
	assert_true(answers("POST /page HTTP/1.1\r\n%s\r\n"
	    "Content-Length: 0\r\n\r\n", "405", "Allow: GET, HEAD\r\n"));
	assert_true(answers("GET /post HTTP/1.1\r\n%s\r\n\r\n", "405",
	    "Allow: POST\r\n"));
	assert_true(answers("DELETE /echo/ HTTP/1.1\r\n%s\r\n\r\n", "405",
	    "Allow: GET, HEAD, POST\r\n"));
	assert_int_equal(calls, 0);
}

static void
bodies_are_taken_as_the_table_says(void **state)
{
	(void)state;
	assert_true(answers("POST /post HTTP/1.1\r\n%s\r\nContent-Type: "
	    "Text/Plain; charset=x\r\nContent-Length: 5\r\n\r\nhello", "200",
	    "hello"));
	assert_true(answers("POST /post HTTP/1.1\r\n%s\r\nContent-Type: "
	    "text/plain\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
	    "2\r\nde\r\n0\r\n\r\n", "200", "abcde"));
	assert_int_equal(calls, 2);
	assert_true(answers("POST /post HTTP/1.1\r\n%s\r\nContent-Type: "
	    "text/html\r\nContent-Length: 5\r\n\r\nhello", "415", ""));
	assert_true(answers("POST /post HTTP/1.1\r\n%s\r\n"
	    "Content-Length: 5\r\n\r\nhello", "415", ""));
	assert_int_equal(calls, 2);
}

static void
large_bodies_are_refused(void **state)
{
	char chunk[BODY_MAX + 2];
	auto_str q = NULL;

	(void)state;
	memset(chunk, 'x', sizeof(chunk));
	chunk[BODY_MAX + 1] = '\0';
	assert_true(answers("POST /post HTTP/1.1\r\n%s\r\nContent-Type: "
	    "text/plain\r\nContent-Length: 101\r\n\r\n", "413", ""));
	assert_true(answers("POST /post HTTP/1.1\r\n%s\r\nContent-Type: "
	    "text/plain\r\nContent-Length: 99999999999999999999\r\n\r\n",
	    "4", ""));
	OK(str_printf(&q, "POST /post HTTP/1.1\r\n%%s\r\nContent-Type: "
	    "text/plain\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n%s\r\n"
	    "0\r\n\r\n", chunk));
	assert_true(answers(q, "413", ""));
	assert_int_equal(calls, 0);
}

/* Requests that a proxy in front may take to end elsewhere (RFC 9112 5.1, 6.1,
 * 6.3; RFC 9110 7.2): nothing behind them is looked at. */
static void
requests_of_doubtful_length_are_refused(void **state)
{
	static const char *const doubtful[] = {
		"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n",
		"Content-Length: 0\r\nContent-Length: 40\r\n",
		"Content-Length : 40\r\n",
		"Transfer-Encoding : chunked\r\n",
		"Host: y\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(doubtful) / sizeof(doubtful[0]); i++) {
		auto_done(buf) in = { 0 };
		auto_str text = NULL;
		int fd = client();

		OK(str_printf(&text, "POST /echo/ HTTP/1.1\r\nHost: x\r\n"
		    "Content-Type: text/plain\r\n%s\r\n0\r\n\r\n"
		    "GET /page HTTP/1.1\r\nHost: x\r\n\r\n", doubtful[i]));
		say(fd, text);
		until_end(fd, &in);
		assert_non_null(strstr((char *)in.p, "HTTP/1.1 400"));
		assert_null(strstr((char *)in.p, "200 OK"));
		assert_int_equal(calls, 0);
	}
}

static void
large_headers_are_refused(void **state)
{
	auto_done(buf) q = { 0 }, in = { 0 };
	uint8_t *p;
	int fd = client();

	(void)state;
	OK(buf_add_str(&q, "GET /page HTTP/1.1\r\nHost: x\r\nX: "));
	OK(buf_extend(&q, 20000, &p));
	memset(p, 'x', 20000);
	OK(buf_add_str(&q, "\r\n\r\n"));
	OK(buf_terminate(&q));
	say(fd, (char *)q.p);
	until_end(fd, &in);
	assert_non_null(strstr((char *)in.p, "HTTP/1.1 431"));
	assert_int_equal(calls, 0);
}

static void
failures_are_told_without_notes(void **state)
{
	static const struct {
		const char *path, *status;
	} t[] = { { "missing", "404" }, { "busy", "503" },
		{ "broken", "500" } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		auto_done(buf) in = { 0 };
		auto_str q = NULL;
		const char *all;

		OK(str_printf(&q, "GET /%s HTTP/1.1\r\n%%s\r\n\r\n",
		    t[i].path));
		all = get(&in, q);
		assert_memory_equal(all + 9, t[i].status, 3);
		assert_null(strstr(all, "secret"));
		assert_null(strstr(all, "half an answer"));
	}
}

static void
files_are_sent_whole(void **state)
{
	auto_done(buf) in = { 0 };
	const char *all = get(&in, "GET /file HTTP/1.1\r\n%s\r\n\r\n");
	const char *body = strstr(all, "\r\n\r\n");

	(void)state;
	assert_non_null(body);
	assert_int_equal(in.n - (size_t)(body + 4 - all), 32 * 65536);
}

static void
a_connection_serves_several_requests(void **state)
{
	auto_done(buf) in = { 0 };
	int fd = client();

	(void)state;
	for (int i = 1; i <= 3; i++) {
		in.n = 0;
		say(fd, "GET /page HTTP/1.1\r\nHost: x\r\n\r\n");
		do
			assert_true(step(fd, &in));
		while (in.n == 0 || strstr((char *)in.p, "a page") == NULL);
		assert_int_equal(calls, i);
	}
	(void)close(fd);
}

static void
one_address_has_so_many_connections(void **state)
{
	struct http_limits l = http_limits_usual;
	auto_done(buf) in = { 0 }, last = { 0 };
	int fd[3];

	(void)state;
	http_server_free(server);
	l.per_address = 2;
	start(l);
	fd[0] = client();
	fd[1] = client();
	say(fd[0], "GET /page HTTP/1.1\r\nHost: x\r\n\r\n");
	while (in.n == 0)
		assert_true(step(fd[0], &in));
	fd[2] = client();
	until_end(fd[2], &last);
	assert_int_equal(last.n, 0);
	(void)close(fd[0]);
	(void)close(fd[1]);
}

/* Octet by octet: each comes in time, the request does not. */
static void
slow_requests_are_broken_off(void **state)
{
	struct http_limits l = http_limits_usual;
	auto_done(buf) in = { 0 };
	int fd;

	(void)state;
	http_server_free(server);
	l.request_seconds = 1;
	start(l);
	fd = client();
	say(fd, "GET /page HTTP/1.1\r\nX: ");
	do
		say(fd, "x");
	while (step(fd, &in));
	(void)close(fd);
	assert_int_equal(calls, 0);
}

static void
slow_bodies_are_broken_off(void **state)
{
	struct http_limits l = http_limits_usual;
	auto_done(buf) in = { 0 };
	int fd;

	(void)state;
	http_server_free(server);
	l.request_seconds = 1;
	start(l);
	fd = client();
	say(fd, "POST /post HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain"
	    "\r\nContent-Length: 100\r\n\r\n");
	until_end(fd, &in);
	assert_int_equal(calls, 0);
}

static void
draining_answers_who_is_there(void **state)
{
	auto_done(buf) in = { 0 };
	int fd = client(), late = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)atoi(strrchr(where, ':') + 1)) };

	(void)state;
	http_drain(server);
	assert_false(http_idle(server));
	assert_int_not_equal(connect(late, (struct sockaddr *)&a, sizeof(a)),
	    0);
	say(fd, "GET /page HTTP/1.1\r\nHost: x\r\n\r\n");
	until_end(fd, &in);
	assert_non_null(strstr((char *)in.p, "Connection: close"));
	assert_non_null(strstr((char *)in.p, "a page"));
	assert_true(http_idle(server));
	(void)close(late);
}

static void
addresses_are_numbers(void **state)
{
	static const char *const bad[] = { "", ":", "80", "localhost:80",
		"127.0.0.1", "127.0.0.1:http", "127.0.0.1:99999", "::1" };
	auto_str text = NULL;
	int fd = -1, again;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		FAILS(SG_EARG, listen_on(&fd, bad[i]));
	assert_int_equal(fd, -1);
	FAILS(SG_EBUSY, listen_on(&again, where));
	if (listen_on(&fd, "[::1]:0") == SG_OK) {
		OK(listen_where(&text, fd));
		assert_memory_equal(text, "[::1]:", 6);
		(void)close(fd);
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static void
turns(int n)
{
	while (n-- > 0)
		OK(http_turn(server));
}

/* A client that has asked, and waits. */
static int
asked(const char *request)
{
	size_t before = waiting;
	int fd = client();

	say(fd, request);
	while (waiting == before)
		turns(1);
	return fd;
}

static void
an_answer_may_come_later(void **state)
{
	struct http_answer a = { .status = 200, .fd = -1, .type = "text/plain" };
	auto_done(buf) in = { 0 };
	int first, second;

	(void)state;
	waiting = 0;
	first = asked("GET /slow HTTP/1.1\r\nHost: x\r\n"
	    "Connection: close\r\n\r\n");
	second = asked("POST /slow HTTP/1.1\r\nHost: x\r\n"
	    "Content-Type: text/plain\r\nContent-Length: 2\r\n"
	    "Connection: close\r\n\r\nhi");
	/* Nobody else waits. */
	assert_non_null(strstr(get(&in, "GET /page HTTP/1.1\r\n%s\r\n\r\n"),
	    "a page"));
	assert_false(http_idle(server));
	OK(buf_add_str(&a.body, "the second"));
	http_answer(later[1], SG_OK, &a);
	until_end(second, &in);
	assert_non_null(strstr((char *)in.p, "the second"));
	http_answer(later[0], SG_ETIMEOUT, &a);
	until_end(first, &in);
	assert_non_null(strstr((char *)in.p, "HTTP/1.1 503"));
	assert_non_null(strstr((char *)in.p, "Retry-After: 5"));
	assert_int_equal(seen_status, 503);
	assert_string_equal(seen_path, "/slow");
}

static void
a_client_that_waits_may_go_away(void **state)
{
	struct http_answer a = { .status = 200, .fd = -1 };

	(void)state;
	waiting = 0;
	(void)close(asked("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"));
	turns(5);
	OK(buf_add_str(&a.body, "for nobody"));
	http_answer(later[0], SG_OK, &a);
	turns(5);
	assert_true(http_idle(server));
}

static void
whoever_waits_is_answered_before_the_end(void **state)
{
	struct http_answer a = { .status = 200, .fd = -1 };
	int fd;

	(void)state;
	waiting = 0;
	fd = asked("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
	http_answer(later[0], SG_EBUSY, &a);
	http_server_free(server);
	server = NULL;
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_page_comes_with_what_caches_want),
		CASE(what_may_not_be_kept_says_so),
		CASE(head_is_get_without_a_body),
		CASE(an_answer_may_come_later),
		CASE(a_client_that_waits_may_go_away),
		CASE(whoever_waits_is_answered_before_the_end),
		CASE(what_the_client_has_is_not_sent_again),
		CASE(nothing_but_the_table_is_served),
		CASE(methods_are_those_of_the_table),
		CASE(bodies_are_taken_as_the_table_says),
		CASE(large_bodies_are_refused),
		CASE(requests_of_doubtful_length_are_refused),
		CASE(large_headers_are_refused),
		CASE(failures_are_told_without_notes),
		CASE(files_are_sent_whole),
		CASE(a_connection_serves_several_requests),
		CASE(one_address_has_so_many_connections),
		CASE(slow_requests_are_broken_off),
		CASE(slow_bodies_are_broken_off),
		CASE(draining_answers_who_is_there),
		CASE(addresses_are_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
