/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "net/url.h"

static void
urls_of_servers_are_taken(void **state)
{
	static const char *const good[] = {
		"http://ca.corp.example/scep",
		"HTTPS://ca.corp.example:8443/certsrv/mscep/mscep.dll?x=%20",
		"http://[::1]:80/",
		"http://10.0.0.1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		OK(url_check(good[i]));
}

static void
what_is_none_is_refused_with_the_reason(void **state)
{
	static const struct {
		const char *url, *why;
	} bad[] = {
		{ "", "begins with" },
		{ "ca.corp.example/scep", "begins with" },
		{ "file:///etc/passwd", "begins with" },
		{ "http://", "names no host" },
		{ "http:///scep", "names no host" },
		{ "http://:80/", "names no host" },
		{ "http://alice:secret@ca/", "user name or password" },
		{ "http://ca/a b", "character 12" },
		{ "http://ca/a\r\nHost: x", "character 12" },
		{ "http://ca/\xc3\xa4", "character 11" },
		{ "http://ca/#x", "fragment" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		FAILS_SAYING(SG_EARG, bad[i].why, url_check(bad[i].url));
}

static void
a_password_is_not_repeated(void **state)
{
	(void)state;
	FAILS(SG_EARG, url_check("http://alice:secret@ca/"));
	assert_null(strstr(sg_note(SG_EARG), "secret"));
}

static void
a_url_that_is_too_long_is_refused(void **state)
{
	auto_done(buf) b = { 0 };
	uint8_t *at;

	(void)state;
	OK(buf_add_str(&b, "http://ca/"));
	OK(buf_extend(&b, URL_MAX, &at));
	memset(at, 'a', URL_MAX);
	OK(buf_terminate(&b));
	FAILS_SAYING(SG_EARG, "longer than", url_check((char *)b.p));
}

static void
the_origin_is_scheme_host_and_port(void **state)
{
	static const char url[] = "https://ca.corp.example:8443/scep?x";

	(void)state;
	assert_int_equal(url_origin_len(url),
	    strlen("https://ca.corp.example:8443"));
	assert_int_equal(url_origin_len("http://ca"), 9);
	assert_int_equal(url_origin_len("what/"), 4);
}

static void
a_query_is_appended_to_what_there_is(void **state)
{
	auto_done(buf) a = { 0 }, b = { 0 };

	(void)state;
	OK(url_with_query(&a, "http://ca/scep", "operation=GetCACaps"));
	assert_true(bytes_eq(buf_bytes(&a),
	    bytes_str("http://ca/scep?operation=GetCACaps")));
	OK(url_with_query(&b, "http://ca/scep?x=1", "y=2"));
	assert_true(bytes_eq(buf_bytes(&b),
	    bytes_str("http://ca/scep?x=1&y=2")));
}

static void
everything_but_unreserved_characters_is_escaped(void **state)
{
	auto_done(buf) b = { 0 };

	(void)state;
	OK(url_escape(&b, bytes_of("aZ09-._~ +/=&%\0\xc3", 16)));
	assert_true(bytes_eq(buf_bytes(&b),
	    bytes_str("aZ09-._~%20%2B%2F%3D%26%25%00%C3")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_of_servers_are_taken),
		cmocka_unit_test(what_is_none_is_refused_with_the_reason),
		cmocka_unit_test(a_password_is_not_repeated),
		cmocka_unit_test(a_url_that_is_too_long_is_refused),
		cmocka_unit_test(the_origin_is_scheme_host_and_port),
		cmocka_unit_test(a_query_is_appended_to_what_there_is),
		cmocka_unit_test(
		    everything_but_unreserved_characters_is_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
