/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "net/neighbour.h"

static struct neighbour
of(const char *text)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return neighbour_of((const struct sockaddr *)&v4);
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return neighbour_of((const struct sockaddr *)&v6);
}

static bool
same(const char *a, const char *b)
{
	struct neighbour x = of(a), y = of(b);

	assert_true(neighbour_same(&x, &y) == neighbour_same(&y, &x));
	return neighbour_same(&x, &y);
}

static void
an_ipv4_address_is_one(void **state)
{
	(void)state;
	assert_true(same("192.0.2.1", "192.0.2.1"));
	assert_false(same("192.0.2.1", "192.0.2.2"));
	assert_false(same("192.0.2.1", "193.0.2.1"));
}

static void
a_slash_64_is_one(void **state)
{
	(void)state;
	assert_true(same("2001:db8:1:2::1", "2001:db8:1:2::1"));
	assert_true(same("2001:db8:1:2::1", "2001:db8:1:2:ffff:1:2:3"));
	assert_false(same("2001:db8:1:2::1", "2001:db8:1:3::1"));
	assert_false(same("2001:db8:1:2::1", "3001:db8:1:2::1"));
}

/* Else all IPv4 clients of a socket for both were one. */
static void
a_mapped_address_is_an_ipv4_address(void **state)
{
	(void)state;
	assert_true(same("::ffff:192.0.2.1", "192.0.2.1"));
	assert_false(same("::ffff:192.0.2.1", "::ffff:192.0.2.2"));
	assert_false(same("::ffff:192.0.2.1", "::1"));
	assert_false(same("c000:201::", "192.0.2.1"));
}

static void
what_has_no_address_is_nobodys(void **state)
{
	const struct sockaddr local = { .sa_family = AF_UNIX };
	struct neighbour none = neighbour_of(NULL);
	struct neighbour socket = neighbour_of(&local);

	(void)state;
	assert_false(neighbour_same(&none, &none));
	assert_false(neighbour_same(&none, &socket));
	assert_false(neighbour_same(&socket, &socket));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ipv4_address_is_one),
		cmocka_unit_test(a_slash_64_is_one),
		cmocka_unit_test(a_mapped_address_is_an_ipv4_address),
		cmocka_unit_test(what_has_no_address_is_nobodys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
