/* SPDX-License-Identifier: BSD-2-Clause */

/* The card service's side of a slot, without signetd: whatever a reader sends,
 * it gets an answer in order or is hung up on. */

#include "../test.h"

#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "slot.h"

#define NOBODY	"/nonexistent/signetd"
#define PATIENCE_S 30

static struct slot slot;

static int
begin(void **state)
{
	(void)state;
	OK(slot_start(&slot, NOBODY));
	return 0;
}

static int
end(void **state)
{
	(void)state;
	assert_true(slot_stop(&slot, time(NULL) + PATIENCE_S));
	return 0;
}

/* A connection that the slot serves. */
static int
reader(void)
{
	const struct timeval patience = { PATIENCE_S, 0 };
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	assert_int_equal(setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience)), 0);
	slot_serve(&slot, fd[1]);
	return fd[0];
}

static void
tell(int fd, enum link_op op, const void *p, size_t n)
{
	uint8_t frame[LINK_REQUEST_MAX + 64] = { (uint8_t)op, 0, 0, 0, 0, 0, 0,
		0, 1 };

	if (n > 0)
		memcpy(frame + LINK_HEAD_LEN, p, n);
	assert_int_equal(send(fd, frame, LINK_HEAD_LEN + n, MSG_NOSIGNAL),
	    LINK_HEAD_LEN + n);
}

/* The status that is answered, alone; -1: hung up. */
static int
heard(int fd)
{
	uint8_t p[LINK_REPLY_MAX];
	ssize_t n = recv(fd, p, sizeof(p), 0);

	if (n <= 0)
		return -1;
	assert_int_equal(n, 1);
	return p[0];
}

static void
without_an_occupant_there_is_no_card(void **state)
{
	auto_fd fd = reader();

	(void)state;
	tell(fd, LINK_POWER_UP, NULL, 0);
	assert_int_equal(heard(fd), LINK_NO_CARD);
	tell(fd, LINK_TRANSMIT, "\0\xa4\x04\0", 4);
	assert_int_equal(heard(fd), LINK_NO_CARD);
	tell(fd, LINK_POWER_DOWN, NULL, 0);
	assert_int_equal(heard(fd), LINK_OK);
	/* No answer to this one. */
	tell(fd, LINK_GONE, NULL, 0);
	tell(fd, LINK_RESET, NULL, 0);
	assert_int_equal(heard(fd), LINK_NO_CARD);
}

static void
without_signetd_there_is_no_power(void **state)
{
	const struct occupant who = { true, 1000, 7, 1000 };
	auto_fd fd = reader();

	(void)state;
	slot_occupy(&slot, &who);
	tell(fd, LINK_POWER_UP, NULL, 0);
	assert_int_equal(heard(fd), LINK_FAILED);
	tell(fd, LINK_TRANSMIT, "\0\xa4\x04\0", 4);
	assert_int_equal(heard(fd), LINK_NO_CARD);
}

static void
what_makes_no_sense_is_hung_up_on(void **state)
{
	static const uint8_t ops[] = { 0, LINK_HELLO, LINK_GONE + 1, 255 };
	static const uint8_t zeros[PIV_APDU_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(ops); i++) {
		auto_fd fd = reader();

		tell(fd, ops[i], NULL, 0);
		assert_int_equal(heard(fd), -1);
	}
	auto_fd brief = reader();
	assert_int_equal(send(brief, "\5\0\0", 3, MSG_NOSIGNAL), 3);
	assert_int_equal(heard(brief), -1);
	auto_fd longest = reader();
	tell(longest, LINK_TRANSMIT, zeros, PIV_APDU_MAX + 1);
	assert_int_equal(heard(longest), LINK_NO_CARD);
	tell(longest, LINK_TRANSMIT, zeros, PIV_APDU_MAX + 2);
	assert_int_equal(heard(longest), -1);
}

static void
a_later_reader_takes_the_earlier_ones_place(void **state)
{
	auto_fd first = reader();

	(void)state;
	tell(first, LINK_POWER_DOWN, NULL, 0);
	assert_int_equal(heard(first), LINK_OK);
	auto_fd second = reader();
	tell(second, LINK_POWER_DOWN, NULL, 0);
	assert_int_equal(heard(second), LINK_OK);
	assert_int_equal(heard(first), -1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(without_an_occupant_there_is_no_card),
		CASE(without_signetd_there_is_no_power),
		CASE(what_makes_no_sense_is_hung_up_on),
		CASE(a_later_reader_takes_the_earlier_ones_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
