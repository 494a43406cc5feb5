/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "net/fetch.h"
#include "net/http.h"
#include "net/listen.h"

/* A server is a process of its own, since a fetch waits for its end. */
static pid_t server;
static char url[96];

static const struct fetch_limits small = {
	.body_max = 1000,
	.header_max = 2000,
	.connect_seconds = 2,
	.idle_seconds = 1,
	.total_seconds = 5,
};

static int
listener(void)
{
	auto_str where = NULL;
	int fd = -1;

	OK(listen_on(&fd, "127.0.0.1:0"));
	OK(listen_where(&where, fd));
	(void)snprintf(url, sizeof(url), "http://%s", where);
	return fd;
}

static int
teardown(void **state)
{
	(void)state;
	if (server > 0) {
		(void)kill(server, SIGKILL);
		(void)waitpid(server, NULL, 0);
	}
	server = 0;
	return 0;
}

/* --- our own server --- */

static enum sg_err
page(void *ctx, const struct http_request *q, struct http_answer *out)
{
	(void)ctx;
	out->type = "Text/Plain; charset=utf-8";
	SG_TRY(buf_add_str(&out->body, q->method == HTTP_POST ? "posted "
							      : "got "));
	SG_TRY(buf_add_str(&out->body, q->path));
	return buf_add_bytes(&out->body, q->body);
}

static enum sg_err
busy(void *ctx, const struct http_request *q, struct http_answer *out)
{
	(void)ctx;
	(void)q;
	out->status = 503;
	out->type = "text/plain";
	return buf_add_str(&out->body, "come\r\nback later\n\n");
}

static int64_t
now(void)
{
	return 1750000000;
}

static void
serve(int fd)
{
	static const struct http_route routes[] = {
		{ "/page", HTTP_GET | HTTP_POST, "application/x", 500, page },
		{ "/busy", HTTP_GET, NULL, 0, busy },
		{ NULL, 0, NULL, 0, NULL },
	};
	struct http_config c = { .routes = routes,
		.limits = http_limits_usual, .clock = now };
	struct http_server *s;

	if (http_start(&s, fd, &c) != SG_OK)
		_exit(1);
	for (;;) {
		struct pollfd p = { http_fd(s), POLLIN, 0 };

		(void)poll(&p, 1, http_wait_ms(s));
		if (http_turn(s) != SG_OK)
			_exit(1);
	}
}

static int
our_server(void **state)
{
	int fd = listener();

	(void)state;
	if ((server = fork()) == 0)
		serve(fd);
	(void)close(fd);
	return 0;
}

/* --- servers that are none --- */

struct script {
	const char *says;	/* at once */
	const char *again;	/* over and over, or NULL */
	size_t times;		/* so often; 0: for ever */
	bool hangs;		/* keeps the connection, in silence */
};

static void
play(int c, const struct script *s)
{
	char in[4096];

	if (read(c, in, sizeof(in)) < 0)
		_exit(1);
	(void)!send(c, s->says, strlen(s->says), MSG_NOSIGNAL);
	for (size_t i = 0; s->again != NULL && (s->times == 0 || i < s->times);
	    i++)
		if (send(c, s->again, strlen(s->again), MSG_NOSIGNAL) < 0)
			break;
	if (s->hangs)
		for (;;)
			(void)pause();
}

static void
start(const struct script *s)
{
	int fd = listener();

	if ((server = fork()) == 0) {
		(void)fcntl(fd, F_SETFL, 0);	/* accept waits */
		for (;;) {
			int c = accept(fd, NULL, NULL);

			play(c, s);
			(void)close(c);
		}
	}
	(void)close(fd);
}

static enum sg_err
get(const char *path, struct fetch_answer *out)
{
	auto_free(fetcher) f = NULL;
	auto_str whole = NULL;
	struct fetch_ask ask = { 0 };

	SG_TRY(str_printf(&whole, "%s%s", url, path));
	ask.url = whole;
	SG_TRY(fetcher_new(&f, (struct bytes) { 0 }, &small));
	return fetch(f, &ask, out);
}

static void
refuses(const struct script *s, enum sg_err e, const char *text)
{
	auto_done(fetch_answer) a = { 0 };

	start(s);
	FAILS_SAYING(e, text, get("/", &a));
	FAILS_SAYING(e, url, get("/", &a));
}

/* --- the cases --- */

static void
a_page_is_fetched(void **state)
{
	auto_done(fetch_answer) a = { 0 };

	(void)state;
	OK(get("/page?x=1", &a));
	OK(fetch_expect_ok(&a));
	assert_string_equal(a.type, "text/plain");
	assert_true(bytes_eq(buf_bytes(&a.body), bytes_str("got /page")));
}

static void
a_body_is_posted_and_the_connection_serves_again(void **state)
{
	auto_free(fetcher) f = NULL;
	auto_str whole = NULL;
	struct fetch_ask ask = { .type = "application/x",
		.body = bytes_str(" this") };

	(void)state;
	OK(str_printf(&whole, "%s/page", url));
	ask.url = whole;
	OK(fetcher_new(&f, (struct bytes) { 0 }, &small));
	for (int i = 0; i < 3; i++) {
		auto_done(fetch_answer) a = { 0 };

		OK(fetch(f, &ask, &a));
		assert_int_equal(a.status, 200);
		assert_true(bytes_eq(buf_bytes(&a.body),
		    bytes_str("posted /page this")));
	}
}

static void
a_refusal_is_told_in_the_servers_words(void **state)
{
	auto_done(fetch_answer) a = { 0 }, b = { 0 };

	(void)state;
	OK(get("/busy", &a));
	FAILS_SAYING(SG_EBUSY, "503: come  back later", fetch_expect_ok(&a));
	OK(get("/nothing", &b));
	FAILS_SAYING(SG_ENOENT, "404", fetch_expect_ok(&b));
}

static void
a_page_in_html_is_not_repeated(void **state)
{
	struct fetch_answer a = { .status = 500, .type = "text/html" };

	(void)state;
	OK(buf_add_str(&a.body, "<html>"));
	FAILS(SG_EIO, fetch_expect_ok(&a));
	assert_null(strstr(sg_note(SG_EIO), "<"));
	fetch_answer_done(&a);
}

static void
where_nothing_listens_nothing_answers(void **state)
{
	auto_done(fetch_answer) a = { 0 };

	(void)state;
	(void)close(listener());
	FAILS_SAYING(SG_EIO, "nothing answers there", get("/", &a));
}

static void
a_name_without_an_address_is_told(void **state)
{
	auto_done(fetch_answer) a = { 0 };

	(void)state;
	(void)snprintf(url, sizeof(url), "http://no-such-host.invalid");
	FAILS_SAYING(SG_ENOENT, "no address", get("/", &a));
}

static void
a_server_that_hangs_up_at_once(void **state)
{
	(void)state;
	refuses(&(struct script) { .says = "" }, SG_EIO, "hung up");
}

static void
a_server_in_silence(void **state)
{
	(void)state;
	refuses(&(struct script) { .says = "", .hangs = true }, SG_ETIMEOUT,
	    "in time");
}

static void
an_answer_that_stops_in_the_middle(void **state)
{
	(void)state;
	refuses(&(struct script) { .says =
	    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf" }, SG_EIO,
	    "in the middle");
}

static void
an_answer_that_goes_on_in_silence(void **state)
{
	(void)state;
	refuses(&(struct script) { .says =
	    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
	    .hangs = true }, SG_ETIMEOUT, "in time");
}

static void
an_answer_without_end(void **state)
{
	(void)state;
	refuses(&(struct script) { .says = "HTTP/1.1 200 OK\r\n\r\n",
	    .again = "more and more and more" }, SG_ELIMIT, "1000 bytes");
}

static void
a_length_that_is_too_large(void **state)
{
	(void)state;
	refuses(&(struct script) { .says =
	    "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
	    .again = "more and more and more" }, SG_ELIMIT, "1000 bytes");
}

static void
chunks_without_end(void **state)
{
	(void)state;
	refuses(&(struct script) { .says =
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
	    .again = "5\r\nhello\r\n" }, SG_ELIMIT, "1000 bytes");
}

static void
headers_without_end(void **state)
{
	(void)state;
	refuses(&(struct script) { .says = "HTTP/1.1 200 OK\r\n",
	    .again = "X: 0123456789012345678901234567890\r\n" }, SG_ELIMIT,
	    "headers are longer");
}

static void
redirections_without_end(void **state)
{
	auto_done(fetch_answer) a = { 0 };

	(void)state;
	start(&(struct script) { .says = "HTTP/1.1 302 Found\r\n"
	    "Location: /\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" });
	FAILS_SAYING(SG_EIO, "without end", get("/", &a));
}

static void
another_scheme_is_not_followed(void **state)
{
	(void)state;
	refuses(&(struct script) { .says = "HTTP/1.1 302 Found\r\n"
	    "Location: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n" },
	    SG_EPERM, "which is not followed");
	(void)teardown(NULL);
	refuses(&(struct script) { .says = "HTTP/1.1 302 Found\r\n"
	    "Location: https://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n" },
	    SG_EPERM, "which is not followed");
}

static void
what_is_no_http(void **state)
{
	auto_done(fetch_answer) a = { 0 };

	(void)state;
	start(&(struct script) { .says = "SSH-2.0-OpenSSH_9.2\r\n" });
	assert_true(get("/", &a) != SG_OK);
}

static void
tls_with_somebody_who_has_none(void **state)
{
	auto_done(fetch_answer) a = { 0 };
	char tls[sizeof(url)];

	(void)state;
	start(&(struct script) { .says = "HTTP/1.1 400 Bad\r\n\r\n" });
	(void)snprintf(tls, sizeof(tls), "https%s", url + 4);
	memcpy(url, tls, sizeof(url));
	FAILS_SAYING(SG_EIO, "TLS", get("/", &a));
}

#define CASE(f) cmocka_unit_test_teardown(f, teardown)
#define OURS(f) cmocka_unit_test_setup_teardown(f, our_server, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		OURS(a_page_is_fetched),
		OURS(a_body_is_posted_and_the_connection_serves_again),
		OURS(a_refusal_is_told_in_the_servers_words),
		CASE(a_page_in_html_is_not_repeated),
		CASE(where_nothing_listens_nothing_answers),
		CASE(a_name_without_an_address_is_told),
		CASE(a_server_that_hangs_up_at_once),
		CASE(a_server_in_silence),
		CASE(an_answer_that_stops_in_the_middle),
		CASE(an_answer_that_goes_on_in_silence),
		CASE(an_answer_without_end),
		CASE(a_length_that_is_too_large),
		CASE(chunks_without_end),
		CASE(headers_without_end),
		CASE(redirections_without_end),
		CASE(another_scheme_is_not_followed),
		CASE(what_is_no_http),
		CASE(tls_with_somebody_who_has_none),
	};

	/* What the machine's own proxy would say is not asked. */
	(void)setenv("no_proxy", "*", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
