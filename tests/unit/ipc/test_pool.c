/* SPDX-License-Identifier: BSD-2-Clause */

/* A pool of connections and a server in another process, which answers as the
 * name in FILE says. */

#include "../test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "ipc/desk.h"
#include "ipc/pool.h"
#include "ipc/server.h"

enum { GIVE_FD = 'f', GIVE_BYTES = 'b', REFUSE = 'r',
	HANG = 'h', DIE = 'd' };
#define HANG_US		400000
#define ANSWER_MS	5000
#define GONE_MS		300
#define TEXT		"what the descriptor reads"

static char folder[] = "/tmp/signet-test-XXXXXX";
static char path[64];
static pid_t server_pid;
static struct pool *pool;

/* What done() was called with. */
static unsigned answers;
static enum sg_err errors[64];
static char text[64];

static int
text_fd(void)
{
	int fd[2];

	if (pipe(fd) != 0 || write(fd[1], TEXT, sizeof(TEXT)) < 0)
		_exit(2);
	(void)close(fd[1]);
	return fd[0];
}

static enum sg_err
handle(void *arg, const struct peer *peer, const struct message *in,
    struct answer *out)
{
	(void)arg;
	(void)peer;
	if (in->verb->number != DESK_FILE) {
		out->f[0] = field_u(42);
		return SG_OK;
	}
	if (in->f[0].b.p[0] == REFUSE)
		return sg_fail(SG_ENOENT, "there is none");
	if (in->f[0].b.p[0] == HANG)
		(void)usleep(HANG_US);
	if (in->f[0].b.p[0] == DIE)
		_exit(3);
	out->f[DESK_FILE_BYTES] = field_s(TEXT);
	if (in->f[0].b.p[0] == GIVE_FD) {
		out->fd = text_fd();
		out->f[DESK_FILE_FD] = field_u(1);
	}
	return SG_OK;
}

static void
gone(void *arg, const struct peer *peer)
{
	(void)arg;
	(void)peer;
}

static bool
admits_nobody(void *arg, uid_t uid)
{
	(void)arg;
	(void)uid;
	return false;
}

static void
server_start(bool (*admits)(void *arg, uid_t uid))
{
	const struct server_calls calls = { .at_once = handle,
		.handle = handle, .gone = gone, .admits = admits };
	auto_free(server) s = NULL;
	int fd = -1, stop[2];

	OK(server_listen(path, &fd));
	server_pid = fork();
	assert_true(server_pid >= 0);
	if (server_pid > 0) {
		(void)close(fd);
		return;
	}
	if (pipe(stop) == 0 && server_new(&s, fd, &desk_verbs, &calls,
	    NULL) == SG_OK && server_run(s, stop[0]) == SG_OK)
		_exit(0);
	_exit(1);
}

static void
server_stop(void)
{
	if (server_pid <= 0)
		return;
	(void)kill(server_pid, SIGKILL);
	(void)waitpid(server_pid, NULL, 0);
	server_pid = 0;
	(void)unlink(path);
}

static int
setup(void **state)
{
	const struct pool_config c = { &desk_verbs, path, 2, 20, ANSWER_MS,
		GONE_MS };

	(void)state;
	answers = 0;
	text[0] = '\0';
	(void)snprintf(path, sizeof(path), "%s/desk", folder);
	OK(pool_new(&pool, &c));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pool_free(pool);
	pool = NULL;
	server_stop();
	return 0;
}

static void
done(void *arg, enum sg_err e, const struct message *r, int *fd)
{
	(void)arg;
	errors[answers++] = e;
	if (e == SG_OK && *fd >= 0)
		assert_true(read(*fd, text, sizeof(text)) > 0);
	else if (e == SG_OK && r->verb->number == DESK_FILE)
		(void)snprintf(text, sizeof(text), "%.*s",
		    (int)r->f[DESK_FILE_BYTES].b.n,
		    (const char *)r->f[DESK_FILE_BYTES].b.p);
}

static void
ask(char name, bool again)
{
	const struct field f = field_b(bytes_of(&name, 1));

	OK(pool_ask(pool, verb_of(&desk_verbs, DESK_FILE), &f, again, done,
	    NULL));
}

static void
until(unsigned n)
{
	while (answers < n) {
		struct pollfd p = { pool_fd(pool), POLLIN, 0 };

		pool_turn(pool);
		if (answers < n)
			(void)poll(&p, 1, pool_wait_ms(pool));
	}
	assert_int_equal(answers, n);
}

static void
a_descriptor_comes_along(void **state)
{
	(void)state;
	server_start(NULL);
	ask(GIVE_FD, true);
	until(1);
	assert_int_equal(errors[0], SG_OK);
	assert_string_equal(text, TEXT);
}

static void
bytes_and_refusals_do_too(void **state)
{
	(void)state;
	server_start(NULL);
	ask(GIVE_BYTES, true);
	until(1);
	assert_string_equal(text, TEXT);
	ask(REFUSE, true);
	until(2);
	assert_int_equal(errors[1], SG_ENOENT);
}

static void
more_than_there_are_connections_are_answered(void **state)
{
	(void)state;
	server_start(NULL);
	for (int i = 0; i < 20; i++)
		ask(GIVE_BYTES, true);
	until(20);
	for (int i = 0; i < 20; i++)
		assert_int_equal(errors[i], SG_OK);
}

static void
too_many_are_refused_at_once(void **state)
{
	const struct field f = field_s("b");

	(void)state;
	for (int i = 0; i < 20; i++)
		ask(GIVE_BYTES, true);
	FAILS(SG_EBUSY, pool_ask(pool, verb_of(&desk_verbs, DESK_FILE), &f,
	    true, done, NULL));
	until(20);
}

static void
nobody_there_is_told_soon(void **state)
{
	(void)state;
	ask(GIVE_BYTES, true);
	until(1);
	assert_int_equal(errors[0], SG_ETIMEOUT);
	assert_int_equal(pool_stats(pool).unanswered, 1);
}

static void
whoever_hangs_is_given_up(void **state)
{
	const struct pool_config c = { &desk_verbs, path, 2, 20, 100,
		GONE_MS };

	(void)state;
	pool_free(pool);
	OK(pool_new(&pool, &c));
	server_start(NULL);
	ask(HANG, true);
	until(1);
	assert_int_equal(errors[0], SG_ETIMEOUT);
	/* It recovers, and so does the pool. */
	(void)usleep(HANG_US);
	ask(GIVE_BYTES, true);
	until(2);
	assert_int_equal(errors[1], SG_OK);
}

static void
a_request_that_kills_is_sent_twice_at_most(void **state)
{
	(void)state;
	server_start(NULL);
	ask(DIE, true);
	until(1);
	assert_int_not_equal(errors[0], SG_OK);
}

static void
what_must_not_be_done_twice_is_not(void **state)
{
	(void)state;
	server_start(NULL);
	ask(DIE, false);
	until(1);
	assert_int_equal(errors[0], SG_EIO);
}

static void
a_new_server_is_found(void **state)
{
	(void)state;
	server_start(NULL);
	ask(GIVE_BYTES, true);
	until(1);
	server_stop();
	server_start(NULL);
	ask(GIVE_BYTES, true);
	until(2);
	assert_int_equal(errors[1], SG_OK);
}

static void
a_stranger_gets_no_answer(void **state)
{
	(void)state;
	server_start(admits_nobody);
	ask(GIVE_BYTES, true);
	until(1);
	assert_int_not_equal(errors[0], SG_OK);
}

static void
what_waits_at_the_end_is_told(void **state)
{
	(void)state;
	ask(GIVE_BYTES, true);
	pool_free(pool);
	pool = NULL;
	assert_int_equal(answers, 1);
	assert_int_equal(errors[0], SG_EIO);
}

/* --- a server that lies --- */

static int
liar(int listener)
{
	int fd;
	struct pollfd p = { pool_fd(pool), POLLIN, 0 };

	ask(GIVE_BYTES, false);
	pool_turn(pool);
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	(void)poll(&p, 1, 0);
	return fd;
}

static void
says(int listener, const void *bytes, size_t n)
{
	int fd = liar(listener);
	unsigned before = answers;

	assert_int_equal(write(fd, bytes, n), n);
	until(before + 1);
	assert_int_equal(errors[before], SG_EIO);
	(void)close(fd);
}

static void
what_makes_no_sense_ends_the_connection(void **state)
{
	auto_str name = NULL;
	struct pool_config c = { &desk_verbs, NULL, 1, 20, ANSWER_MS,
		GONE_MS };
	int fd = -1;

	(void)state;
	OK(server_listen_apart(&name, &fd));
	assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
	c.path = name;
	pool_free(pool);
	OK(pool_new(&pool, &c));
	says(fd, "\xff\xff\xff\xff", 4);
	says(fd, "\0\0\0\0", 4);
	says(fd, "\0\0\0\4junk", 8);
	/* A refusal of another request. */
	says(fd, "\0\0\0\20\0\1\0\0\0\0\0\5\0\0\0\0\0\0\0\0", 20);
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		CASE(a_descriptor_comes_along),
		CASE(bytes_and_refusals_do_too),
		CASE(more_than_there_are_connections_are_answered),
		CASE(too_many_are_refused_at_once),
		CASE(nobody_there_is_told_soon),
		CASE(whoever_hangs_is_given_up),
		CASE(a_request_that_kills_is_sent_twice_at_most),
		CASE(what_must_not_be_done_twice_is_not),
		CASE(a_new_server_is_found),
		CASE(a_stranger_gets_no_answer),
		CASE(what_waits_at_the_end_is_told),
		CASE(what_makes_no_sense_ends_the_connection),
	};
	int failed;

	if (mkdtemp(folder) == NULL)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)rmdir(folder);
	return failed;
}
