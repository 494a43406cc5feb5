/* SPDX-License-Identifier: BSD-2-Clause */

/* A server whose worker is kept waiting: every case has a server process of
 * its own, and lets its requests through one by one. */

#include "world.h"

#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "ipc/client.h"
#include "ipc/server.h"
#include "ipc/verbs.h"

#define WAITING 4
#define TOTAL 24

/* Of the server process. */
struct inside {
	int let;
	int begun;
	atomic_uint done;	/* KEY_MAKE; << 8: LOCK; << 16: gone */
};

/* Takes until somebody lets it through. */
static enum sg_err
slow(void *arg, const struct peer *peer, const struct message *in,
    struct answer *out)
{
	struct inside *i = arg;
	char c = 'b';

	(void)peer;
	(void)out;
	if (write(i->begun, &c, 1) != 1 || read(i->let, &c, 1) != 1)
		return sg_fail(SG_EIO, "the test is over");
	(void)atomic_fetch_add(&i->done,
	    in->verb->number == VERB_LOCK ? 0x100 : 1);
	return SG_OK;
}

static enum sg_err
at_once(void *arg, const struct peer *peer, const struct message *in,
    struct answer *out)
{
	struct inside *i = arg;

	(void)peer;
	if (in->verb->number != VERB_GENERATION)
		return sg_fail(SG_EUNSUPPORTED, "not here");
	out->f[0] = field_u(atomic_load(&i->done));
	return SG_OK;
}

static void
gone(void *arg, const struct peer *peer)
{
	struct inside *i = arg;

	(void)peer;
	(void)atomic_fetch_add(&i->done, 0x10000);
}

static void
serve(const char *path, int stop, int let, int begun)
{
	const struct server_quota quota = { TOTAL, 2 * TOTAL, WAITING,
		SERVER_BYTES_MIN };
	struct inside i = { .let = let, .begun = begun };
	struct server_calls calls = { .at_once = at_once, .handle = slow,
		.gone = gone, .arg = &i };
	struct server *s = NULL;
	int fd = -1;

	if (server_listen(path, &fd) != SG_OK ||
	    server_new(&s, fd, &daemon_verbs, &calls, &quota) != SG_OK ||
	    server_run(s, stop) != SG_OK)
		_exit(1);
	server_drain(s);
	server_free(s);
	_exit(0);
}

static int
setup(void **state)
{
	return world_begin(state, serve);
}

static struct client *
connected(const struct world *w)
{
	struct client *c = NULL;

	OK(client_open(&c, w->path));
	return c;
}

static const char make_request[] =
    "\0\0\0\x1b\0\14\0\0\0\1\0\0\0\1k\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\1";
static const char lock_request[] = "\0\0\0\6\0\10\0\0\0\1";

static const char generation_request[] = "\0\0\0\6\0\12\0\0\0\1";
#define GENERATION_REPLY 28

/* A connection over which a request goes whose reply nobody reads yet.  It was
 * accepted before, so the server reads the request before it answers whatever
 * is sent later. */
static int
asks(const struct world *w, const char *request, size_t n)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char accepted[GENERATION_REPLY];

	strcpy(sun.sun_path, w->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)),
	    0);
	assert_int_equal(send(fd, generation_request, 10, MSG_NOSIGNAL), 10);
	assert_int_equal(recv(fd, accepted, sizeof(accepted), MSG_WAITALL),
	    sizeof(accepted));
	assert_int_equal(send(fd, request, n, MSG_NOSIGNAL), n);
	return fd;
}
#define ASKS(w, request) asks(w, request, sizeof(request) - 1)

static void
let_one(const struct world *w)
{
	assert_int_equal(write(w->let, "l", 1), 1);
}

static void
await_begun(const struct world *w)
{
	char c;

	assert_int_equal(read(w->begun, &c, 1), 1);
}

/* The error of the reply that comes, or -1 for the connection's end. */
static int
reply(int fd)
{
	unsigned char head[12];

	if (recv(fd, head, sizeof(head), MSG_WAITALL) != sizeof(head))
		return -1;
	return head[10] << 8 | head[11];
}

static uint64_t
done(struct client *c)
{
	uint64_t n = 0;

	OK(client_generation(c, &n));
	return n;
}

static void
await_done(struct client *c, uint64_t expected)
{
	while (done(c) != expected)
		(void)usleep(1000);
}

static void
a_busy_worker_keeps_nobody_from_looking(void **state)
{
	struct world *w = *state;
	auto_free(client) c = connected(w);
	int fd = ASKS(w, make_request);

	await_begun(w);
	for (int i = 0; i < 100; i++)
		assert_int_equal(done(c), 0);
	let_one(w);
	assert_int_equal(reply(fd), SG_OK);
	assert_int_equal(done(c), 1);
	(void)close(fd);
}

/* The test's own process stays, so nobody is gone; a child's requests end with
 * it, but for the one that was begun. */
static void
requests_of_who_left_are_not_begun(void **state)
{
	struct world *w = *state;
	auto_free(client) c = connected(w);
	int status = 1, first;
	pid_t pid;

	first = ASKS(w, make_request);
	await_begun(w);
	if ((pid = fork()) == 0) {
		(void)ASKS(w, make_request);
		(void)ASKS(w, make_request);
		_exit(done(connected(w)) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* The server was told before we were; once it has answered twice, it
	 * has also swept up. */
	assert_int_equal(done(c) + done(c), 0);
	let_one(w);
	assert_int_equal(reply(first), SG_OK);
	(void)close(first);
	/* One more of ours would come behind theirs. */
	first = ASKS(w, make_request);
	await_begun(w);
	let_one(w);
	assert_int_equal(reply(first), SG_OK);
	assert_int_equal(done(c), 2);
	(void)close(first);
}

static void
who_leaves_meanwhile_is_forgotten_afterwards(void **state)
{
	struct world *w = *state;
	auto_free(client) c = connected(w);
	int status = 1;
	pid_t pid;

	if ((pid = fork()) == 0) {
		(void)ASKS(w, make_request);
		await_begun(w);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(done(c), 0);
	let_one(w);
	await_done(c, 0x10001);
}

static void
a_lock_comes_first_and_waits_for_nobody(void **state)
{
	struct world *w = *state;
	auto_free(client) c = connected(w);
	int fd[3];

	for (int i = 0; i < 3; i++)
		fd[i] = ASKS(w, make_request);
	await_begun(w);
	(void)close(ASKS(w, lock_request));
	/* By the second answer the server has seen the end of it. */
	(void)done(c);
	(void)done(c);
	let_one(w);
	await_begun(w);
	let_one(w);
	await_done(c, 0x101);
	for (int i = 0; i < 3; i++)
		(void)close(fd[i]);
}

static void
locks_that_nobody_waits_for_are_one(void **state)
{
	struct world *w = *state;
	auto_free(client) c = connected(w);
	int fd = ASKS(w, make_request);

	await_begun(w);
	for (int i = 0; i < 40; i++) {
		(void)close(ASKS(w, lock_request));
		/* By the second answer its end was seen, by the third it is
		 * swept up. */
		for (int answer = 0; answer < 3; answer++)
			(void)done(c);
	}
	let_one(w);
	await_begun(w);
	let_one(w);
	assert_int_equal(reply(fd), SG_OK);
	(void)close(fd);
	/* Any other lock would come before this one. */
	fd = ASKS(w, make_request);
	await_begun(w);
	let_one(w);
	assert_int_equal(reply(fd), SG_OK);
	assert_int_equal(done(c), 0x102);
	(void)close(fd);
}

static void
a_pin_behind_a_lock_opens_nothing(void **state)
{
	static const char login_request[] =
	    "\0\0\0\x0e\0\4\0\0\0\1\0\0\0\4" "1234";
	struct world *w = *state;
	auto_free(client) c = connected(w);
	int first = ASKS(w, make_request), login, lock;

	await_begun(w);
	login = ASKS(w, login_request);
	lock = ASKS(w, lock_request);
	(void)done(c);
	let_one(w);
	await_begun(w);
	let_one(w);
	assert_int_equal(reply(first), SG_OK);
	assert_int_equal(reply(lock), SG_OK);
	assert_int_equal(reply(login), SG_ECANCEL);
	assert_int_equal(done(c), 0x101);
	(void)close(first);
	(void)close(login);
	/* One that comes later does. */
	login = ASKS(w, login_request);
	await_begun(w);
	let_one(w);
	assert_int_equal(reply(login), SG_OK);
	(void)close(login);
	(void)close(lock);
}

static void
a_user_has_so_many_requests_waiting(void **state)
{
	struct world *w = *state;
	auto_free(client) c = connected(w);
	auto_free(client) locking = connected(w);
	int fd[WAITING + 1];

	fd[0] = ASKS(w, make_request);
	await_begun(w);
	for (int i = 1; i <= WAITING; i++)
		fd[i] = ASKS(w, make_request);
	(void)done(c);
	FAILS_SAYING(SG_EBUSY, "the limit is 4 (quota waiting",
	    client_key_make(c, "k", OBJECT_P256,
	    KSP_PASSPORT));
	for (int i = 0; i < WAITING + 2; i++)
		let_one(w);
	/* But a lock may always come. */
	OK(client_lock(locking));
	for (int i = 0; i <= WAITING; i++) {
		assert_int_equal(reply(fd[i]), SG_OK);
		(void)close(fd[i]);
	}
	let_one(w);
	OK(client_key_make(c, "k", OBJECT_P256,
	    KSP_PASSPORT));
}

/* Two of the longest frames, begun and not ended. */
static void
half_frames_have_a_quota(void **state)
{
	struct world *w = *state;
	static const char head[] = "\0\x08\0\0";
	int first = ASKS(w, head), second = ASKS(w, head);
	auto_free(client) c = connected(w);
	uint64_t n;

	FAILS_SAYING(SG_ELIMIT, "1048576 (quota pending-bytes",
	    client_generation(c, &n));
	(void)close(first);
	(void)close(second);
}

static void
all_connections_have_a_quota(void **state)
{
	struct world *w = *state;
	struct client *c[TOTAL];
	struct client *late = NULL;
	uint64_t n;

	for (int i = 0; i < TOTAL; i++) {
		c[i] = connected(w);
		(void)done(c[i]);
	}
	OK(client_open(&late, w->path));
	FAILS_SAYING(SG_ELIMIT, "24 (quota connections-total",
	    client_generation(late, &n));
	client_free(late);
	for (int i = 0; i < TOTAL; i++)
		client_free(c[i]);
}

/* Stopped while one request runs and one waits.  The second may be begun before
 * the stop is noticed; then it fails, since nobody lets it through. */
static void
a_stop_answers_what_runs_and_ends_the_rest(void **state)
{
	struct world *w = *state;
	auto_free(client) c = connected(w);
	int runs = ASKS(w, make_request), waits;

	await_begun(w);
	waits = ASKS(w, make_request);
	(void)done(c);
	world_stop(w);
	let_one(w);
	(void)close(w->let);
	w->let = -1;
	assert_int_equal(reply(runs), SG_OK);
	assert_int_not_equal(reply(waits), SG_OK);
	(void)close(runs);
	(void)close(waits);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, world_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_busy_worker_keeps_nobody_from_looking),
		CASE(requests_of_who_left_are_not_begun),
		CASE(who_leaves_meanwhile_is_forgotten_afterwards),
		CASE(a_lock_comes_first_and_waits_for_nobody),
		CASE(locks_that_nobody_waits_for_are_one),
		CASE(a_pin_behind_a_lock_opens_nothing),
		CASE(a_user_has_so_many_requests_waiting),
		CASE(half_frames_have_a_quota),
		CASE(all_connections_have_a_quota),
		CASE(a_stop_answers_what_runs_and_ends_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
