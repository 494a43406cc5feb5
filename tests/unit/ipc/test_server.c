/* SPDX-License-Identifier: BSD-2-Clause */

/* A real server process and real clients over a socket in a folder. */

#include "../test.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/client.h"
#include "ipc/server.h"
#include "ipc/verbs.h"

static char folder[] = "/tmp/signet-test-XXXXXX";
static char path[64];
static pid_t server_pid;
static int stop_pipe[2];

/* LOGIN says SG_EPIN with two tries left; GENERATION counts the peers that
 * left; LOCK tells the caller's process number; the rest is refused. */
static enum sg_err
handle(void *arg, const struct peer *peer, const struct message *in,
    struct answer *out)
{
	atomic_int *left = arg;

	switch ((int)in->verb->number) {
	case VERB_LOGIN:
		out->detail = 2;
		return sg_fail(SG_EPIN, "wrong PIN of %zu bytes",
		    in->f[0].b.n);
	case VERB_GENERATION:
		out->f[0] = field_u((uint64_t)atomic_load(left));
		return SG_OK;
	case VERB_KEY_USE:
		SG_TRY(buf_add_bytes(&out->hold, in->f[1].b));
		out->f[0] = field_b(buf_bytes(&out->hold));
		return SG_OK;
	case VERB_LOCK:
		return sg_fail(SG_EBUSY, "%ld %u", (long)peer->pid,
		    peer->uid);
	default:
		return sg_fail(SG_EUNSUPPORTED, "not here");
	}
}

static void
gone(void *arg, const struct peer *peer)
{
	(void)peer;
	(void)atomic_fetch_add((atomic_int *)arg, 1);
}

static void
serve(void)
{
	auto_free(server) s = NULL;
	atomic_int left = 0;
	int fd = -1;
	struct server_calls calls = { .at_once = handle, .handle = handle,
		.gone = gone, .arg = &left };

	(void)close(stop_pipe[1]);
	if (server_listen(path, &fd) != SG_OK ||
	    server_new(&s, fd, &daemon_verbs, &calls, NULL) != SG_OK ||
	    server_run(s, stop_pipe[0]) != SG_OK)
		_exit(1);
	server_free(s);
	s = NULL;
	_exit(0);
}

static int
start(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL || pipe(stop_pipe) != 0)
		return 1;
	(void)snprintf(path, sizeof(path), "%s/socket", folder);
	if ((server_pid = fork()) == 0)
		serve();
	(void)close(stop_pipe[0]);
	for (int i = 0; i < 500 && access(path, F_OK) != 0; i++)
		(void)usleep(10000);
	return 0;
}

static int
stop(void **state)
{
	int status = 1;

	(void)state;
	(void)close(stop_pipe[1]);
	(void)waitpid(server_pid, &status, 0);
	(void)unlink(path);
	(void)rmdir(folder);
	return status;
}

static struct client *
connected(void)
{
	struct client *c = NULL;

	OK(client_open(&c, path));
	return c;
}

static enum sg_err
login(struct client *c)
{
	auto_done(secret) pin = { 0 };
	uint32_t left = 0;
	enum sg_err e;

	OK(secret_set(&pin, "428193", 6));
	e = client_login(c, &pin, &left);
	assert_int_equal(left, 2);
	return e;
}

static void
a_refusal_comes_with_note_and_tries(void **state)
{
	auto_free(client) c = connected();

	(void)state;
	FAILS_SAYING(SG_EPIN, "wrong PIN of 6 bytes", login(c));
}

static void
the_caller_is_known_by_the_kernel(void **state)
{
	auto_free(client) c = connected();
	char expected[64];

	(void)state;
	(void)snprintf(expected, sizeof(expected), "%ld %u", (long)getpid(),
	    getuid());
	FAILS_SAYING(SG_EBUSY, expected, client_lock(c));
}

static void
a_large_block_goes_both_ways(void **state)
{
	auto_free(client) c = connected();
	auto_done(buf) in = { 0 };
	auto_done(buf) out = { 0 };
	uint8_t *at;

	(void)state;
	OK(buf_extend(&in, MESSAGE_FRAME_MAX - 64, &at));
	memset(at, 'x', in.n);
	OK(client_key_use(c, "k", buf_bytes(&in), &out));
	assert_true(bytes_eq(buf_bytes(&in), buf_bytes(&out)));
}

static void
a_child_may_not_use_the_connection(void **state)
{
	auto_free(client) c = connected();
	int status = 1;
	pid_t pid;

	(void)state;
	if ((pid = fork()) == 0) {
		uint64_t g;

		_exit(client_generation(c, &g) == SG_EIO ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int
raw_socket(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(sun.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)),
	    0);
	return fd;
}

static const char generation_request[] = "\0\0\0\6\0\12\0\0\0\1";

/* The client library refuses it first; the server must not rely on that. */
static void
bytes_of_a_child_close_the_connection(void **state)
{
	int fd = raw_socket(), status = 1;
	char reply[64];
	pid_t pid;

	(void)state;
	assert_int_equal(send(fd, generation_request, 10, 0), 10);
	assert_true(recv(fd, reply, sizeof(reply), 0) > 10);
	if ((pid = fork()) == 0)
		_exit(send(fd, generation_request, 10, 0) == 10 &&
		    recv(fd, reply, sizeof(reply), 0) <= 0 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)close(fd);
}

static void
nonsense_closes_the_connection_only(void **state)
{
	static const char *const bad[] = { "\xff\xff\xff\xff",
		"\0\0\0\0", "\0\0\0\1x", "\0\0\0\6\xff\xff\0\0\0\1" };
	static const size_t len[] = { 4, 4, 5, 10 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		int fd = raw_socket();
		char reply[8];

		assert_int_equal(send(fd, bad[i], len[i], 0), len[i]);
		assert_true(recv(fd, reply, sizeof(reply), 0) <= 0);
		(void)close(fd);
	}
	the_caller_is_known_by_the_kernel(state);
}

static void
half_a_frame_keeps_nobody_waiting(void **state)
{
	int fd = raw_socket();

	(void)state;
	assert_int_equal(send(fd, generation_request, 7, 0), 7);
	the_caller_is_known_by_the_kernel(state);
	(void)close(fd);
}

/* Earlier tests' connections are closed and their farewells said: what comes
 * back through the worker was behind them. */
static void
settle(struct client *c)
{
	uint64_t n;

	for (int i = 0; i < 2; i++) {
		OK(client_generation(c, &n));
		FAILS(SG_EUNSUPPORTED, client_logout(c));
	}
}

static void
a_dead_process_is_noticed(void **state)
{
	uint64_t before, after = 0;
	auto_free(client) c = connected();
	int status;
	pid_t pid;

	(void)state;
	settle(c);
	OK(client_generation(c, &before));
	if ((pid = fork()) == 0)
		/* Of who only looked around nobody has to be told. */
		_exit(client_lock(connected()) != SG_EBUSY);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	for (int i = 0; i < 500 && after <= before; i++) {
		OK(client_generation(c, &after));
		(void)usleep(10000);
	}
	assert_int_equal(after, before + 1);
}

static void
one_user_cannot_take_every_connection(void **state)
{
	int fd[SERVER_CONNECTIONS_DEFAULT + 8], refused = 0;
	auto_free(client) c = connected();
	char reply[256] = { 0 };

	(void)state;
	settle(c);
	/* One of them is c. */
	for (size_t i = 0; i < SERVER_CONNECTIONS_DEFAULT + 7; i++)
		fd[i] = raw_socket();
	for (size_t i = 0; i < SERVER_CONNECTIONS_DEFAULT + 7; i++) {
		(void)send(fd[i], generation_request, 10, MSG_NOSIGNAL);
		/* The reply's error, behind length, verb and sequence. */
		assert_true(recv(fd[i], reply, sizeof(reply), 0) > 12);
		refused += reply[11] == SG_ELIMIT;
	}
	for (size_t i = 0; i < SERVER_CONNECTIONS_DEFAULT + 7; i++)
		(void)close(fd[i]);
	assert_int_equal(refused, 8);
	assert_non_null(memmem(reply, sizeof(reply), "128 (quota connections",
	    strlen("128 (quota connections")));
}

static void
who_comes_when_descriptors_are_short_is_served_later(void **state)
{
	auto_free(client) first = connected();
	auto_free(client) late = NULL;
	struct rlimit before, none;
	uint64_t left = 0;

	(void)state;
	OK(client_generation(first, &left));
	assert_int_equal(prlimit(server_pid, RLIMIT_NOFILE, NULL, &before), 0);
	none = (struct rlimit) { 0, before.rlim_max };
	assert_int_equal(prlimit(server_pid, RLIMIT_NOFILE, &none, NULL), 0);
	late = connected();
	/* The answer shows that the server was awake since. */
	OK(client_generation(first, &left));
	OK(client_generation(first, &left));
	assert_int_equal(prlimit(server_pid, RLIMIT_NOFILE, &before, NULL), 0);
	OK(client_generation(late, &left));
}

static void
a_second_server_is_refused(void **state)
{
	int fd;

	(void)state;
	FAILS_SAYING(SG_EBUSY, path, server_listen(path, &fd));
}

static void
packets_stay_apart_and_are_the_users_own(void **state)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char at[] = "/tmp/signet-packets-XXXXXX", got[8];
	int listener, fd, again, other;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(at));
	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s/s", at);
	OK(server_listen_packets(to.sun_path, &listener));
	assert_int_equal(stat(to.sun_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	FAILS_SAYING(SG_EBUSY, to.sun_path,
	    server_listen_packets(to.sun_path, &again));
	(void)close(accept(listener, NULL, NULL));
	fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(send(fd, "ab", 2, 0), 2);
	assert_int_equal(send(fd, "c", 1, 0), 1);
	other = accept(listener, NULL, NULL);
	assert_int_equal(recv(other, got, sizeof(got), 0), 2);
	assert_int_equal(recv(other, got, sizeof(got), 0), 1);
	(void)close(other);
	(void)close(fd);
	(void)close(listener);
	OK(server_listen_packets(to.sun_path, &listener));	/* a dead one */
	(void)close(listener);
	(void)unlink(to.sun_path);
	(void)rmdir(at);
}

static void
no_server_is_said_in_words(void **state)
{
	struct client *c = NULL;

	(void)state;
	FAILS_SAYING(SG_EIO, "signetd cannot be reached at /nonexistent",
	    client_open(&c, "/nonexistent"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refusal_comes_with_note_and_tries),
		cmocka_unit_test(the_caller_is_known_by_the_kernel),
		cmocka_unit_test(a_large_block_goes_both_ways),
		cmocka_unit_test(a_child_may_not_use_the_connection),
		cmocka_unit_test(bytes_of_a_child_close_the_connection),
		cmocka_unit_test(nonsense_closes_the_connection_only),
		cmocka_unit_test(half_a_frame_keeps_nobody_waiting),
		cmocka_unit_test(a_dead_process_is_noticed),
		cmocka_unit_test(one_user_cannot_take_every_connection),
		cmocka_unit_test(
		    who_comes_when_descriptors_are_short_is_served_later),
		cmocka_unit_test(a_second_server_is_refused),
		cmocka_unit_test(packets_stay_apart_and_are_the_users_own),
		cmocka_unit_test(no_server_is_said_in_words),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
