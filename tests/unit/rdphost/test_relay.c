/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "ndr.h"
#include "relay.h"

#define PATH "relay.sock"
#define ASKED_MAX 8

/* A card that keeps what it is asked. */
struct world {
	struct relay *r;
	uint32_t codes[ASKED_MAX];
	size_t asked;
	uint32_t forgotten[ASKED_MAX];
	size_t forgotten_n;
	bool away;
	int fd;
};

static char folder[] = "/tmp/relay-XXXXXX";

static enum sg_err
ask(void *arg, uint32_t code, struct bytes body, uint32_t *request)
{
	struct world *w = arg;

	(void)body;
	if (w->away)
		return sg_fail(SG_ENOENT, "no card");
	w->codes[w->asked] = code;
	*request = (uint32_t)++w->asked;
	return SG_OK;
}

static void
forget(void *arg, uint32_t request)
{
	struct world *w = arg;

	w->forgotten[w->forgotten_n++] = request;
}

static int
dial(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = PATH };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct relay_calls calls = { w, ask, forget };

	strcpy(folder, "/tmp/relay-XXXXXX");
	if (mkdtemp(folder) == NULL || chdir(folder) != 0)
		return -1;
	OK(relay_new(&w->r, PATH, &calls));
	w->fd = dial();
	relay_serve(w->r);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	fd_close(&w->fd);
	relay_free(w->r);
	free(w);
	/* The socket is gone, or this fails. */
	return chdir("/") != 0 || rmdir(folder) != 0;
}

static void
say(int fd, uint32_t code)
{
	auto_done(buf) b = { 0 };

	OK(buf_add_le32(&b, code));
	assert_int_equal(send(fd, b.p, b.n, MSG_NOSIGNAL), b.n);
}

/* The reply's status; -1 when the relay hung up, -2 when there is none. */
static long long
hear(int fd)
{
	uint8_t p[64];
	ssize_t n = recv(fd, p, sizeof(p), MSG_DONTWAIT);
	struct reader r;

	if (n <= 0)
		return n == 0 ? -1 : -2;
	r = reader_of(bytes_of(p, (size_t)n));
	return read_le32(&r);
}

static void
a_call_goes_to_the_card_and_its_reply_back(void **state)
{
	struct world *w = *state;

	say(w->fd, RDPESC_TRANSMIT);
	relay_serve(w->r);
	assert_int_equal(w->asked, 1);
	assert_int_equal(w->codes[0], RDPESC_TRANSMIT);
	assert_int_equal(hear(w->fd), -2);
	relay_reply(w->r, 9, 0, bytes_str("nobody's"));
	assert_int_equal(hear(w->fd), -2);
	relay_reply(w->r, 1, 0, bytes_str("answer"));
	assert_int_equal(hear(w->fd), 0);
	assert_int_equal(relay_counted(w->r).apdus, 1);
	assert_int_equal(relay_counted(w->r).calls, 1);
}

static void
without_a_card_the_program_hears_so(void **state)
{
	struct world *w = *state;

	w->away = true;
	say(w->fd, RDPESC_ESTABLISH_CONTEXT);
	relay_serve(w->r);
	assert_int_equal(hear(w->fd), 0xc000009d);
}

static const char context[] = "\x01\x10\x08\0\xcc\xcc\xcc\xcc\x14\0\0\0\0\0\0"
    "\0" "\0\0\0\0" "\4\0\0\0" "\0\0\2\0" "\4\0\0\0" "abcd";

static void
a_context_that_is_left_behind_is_given_up(void **state)
{
	struct world *w = *state;

	say(w->fd, RDPESC_ESTABLISH_CONTEXT);
	relay_serve(w->r);
	relay_reply(w->r, 1, 0, bytes_of(context, sizeof(context) - 1));
	say(w->fd, RDPESC_GET_STATUS_CHANGE);
	relay_serve(w->r);
	fd_close(&w->fd);
	relay_serve(w->r);
	assert_int_equal(w->asked, 4);
	assert_int_equal(w->codes[2], RDPESC_CANCEL);
	assert_int_equal(w->codes[3], RDPESC_RELEASE_CONTEXT);
	assert_int_equal(w->forgotten_n, 3);
	assert_int_equal(w->forgotten[0], 2);
}

static void
a_context_that_was_released_is_not_given_up(void **state)
{
	struct world *w = *state;

	say(w->fd, RDPESC_ESTABLISH_CONTEXT);
	relay_serve(w->r);
	relay_reply(w->r, 1, 0, bytes_of(context, sizeof(context) - 1));
	say(w->fd, RDPESC_RELEASE_CONTEXT);
	relay_serve(w->r);
	relay_reply(w->r, 2, 0, bytes_str(""));
	fd_close(&w->fd);
	relay_serve(w->r);
	assert_int_equal(w->asked, 2);
}

static void
who_breaks_the_rules_is_hung_up_on(void **state)
{
	struct world *w = *state;
	int fd = dial();

	relay_serve(w->r);
	say(fd, 0x12345678);
	say(w->fd, RDPESC_TRANSMIT);
	relay_serve(w->r);
	assert_int_equal(hear(fd), -1);
	fd_close(&fd);
	say(w->fd, RDPESC_TRANSMIT);
	relay_serve(w->r);
	assert_int_equal(hear(w->fd), -1);
	assert_int_equal(w->forgotten_n, 1);
	relay_reply(w->r, 1, 0, bytes_str("late"));
}

static void
one_program_too_many_is_hung_up_on(void **state)
{
	struct world *w = *state;
	int fd[RELAY_CLIENTS_MAX];

	for (size_t i = 0; i < RELAY_CLIENTS_MAX; i++) {
		fd[i] = dial();
		relay_serve(w->r);
	}
	assert_int_equal(hear(fd[RELAY_CLIENTS_MAX - 1]), -1);
	assert_int_equal(hear(fd[0]), -2);
	for (size_t i = 0; i < RELAY_CLIENTS_MAX; i++)
		fd_close(&fd[i]);
}

static void
only_the_user_reaches_the_socket(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(PATH, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_call_goes_to_the_card_and_its_reply_back),
		TEST(without_a_card_the_program_hears_so),
		TEST(a_context_that_is_left_behind_is_given_up),
		TEST(a_context_that_was_released_is_not_given_up),
		TEST(who_breaks_the_rules_is_hung_up_on),
		TEST(one_program_too_many_is_hung_up_on),
		TEST(only_the_user_reaches_the_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
