/* SPDX-License-Identifier: BSD-2-Clause */

/* A server whose GROUPED requests share a flush.  What is asked for with
 * SUBMIT, the message says: "ok", "no" is refused, "lose" makes the flush fail,
 * and "hold" makes it wait.  Its answer is how often was flushed before. */

#include "world.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "ipc/desk.h"
#include "ipc/server.h"

/* Of the server process. */
struct inside {
	int let;
	int begun;
	bool first;
	bool lose;
	bool hold;
	uint64_t flushed;
};

static enum sg_err
submit(struct inside *i, const struct message *in, struct answer *out)
{
	struct bytes said = in->f[1].b;
	char c = 'b';

	if (i->first && (write(i->begun, &c, 1) != 1 ||
	    read(i->let, &c, 1) != 1))
		return sg_fail(SG_EIO, "the test is over");
	i->first = false;
	out->f[DESK_OUTCOME_REQUEST] = field_u(i->flushed);
	if (bytes_eq(said, bytes_str("no")))
		return sg_fail(SG_EPERM, "not you");
	if (bytes_eq(said, bytes_str("lose")))
		i->lose = true;
	if (bytes_eq(said, bytes_str("hold")))
		i->hold = true;
	return SG_OK;
}

static enum sg_err
handle(void *arg, const struct peer *peer, const struct message *in,
    struct answer *out)
{
	struct inside *i = arg;

	(void)peer;
	if (in->verb->number == DESK_SUBMIT)
		return submit(i, in, out);
	out->f[DESK_OCSP_EXPIRES] = field_u(i->flushed);
	return SG_OK;
}

static enum sg_err
flush(void *arg)
{
	struct inside *i = arg;
	bool lose = i->lose;
	char c = 'f';

	if (i->hold && (write(i->begun, &c, 1) != 1 ||
	    read(i->let, &c, 1) != 1))
		return sg_fail(SG_EIO, "the test is over");
	i->flushed++;
	i->lose = false;
	return lose ? sg_fail(SG_EIO, "the disk is full") : SG_OK;
}

static void
gone(void *arg, const struct peer *peer)
{
	(void)arg;
	(void)peer;
}

static void
serve(const char *path, int stop, int let, int begun)
{
	struct inside i = { .let = let, .begun = begun,
		.first = true };
	struct server_calls calls = { .at_once = handle, .handle = handle,
		.flush = flush, .gone = gone, .arg = &i };
	struct server *s = NULL;
	int fd = -1;

	if (server_listen(path, &fd) != SG_OK ||
	    server_new(&s, fd, &desk_verbs, &calls, NULL) != SG_OK ||
	    server_run(s, stop) != SG_OK)
		_exit(1);
	server_free(s);
	_exit(0);
}

static int
setup(void **state)
{
	return world_begin(state, serve);
}

static int
ask(const struct world *w, enum desk_verb verb, const char *what)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct message m = { .verb = verb_of(&desk_verbs, verb),
		.sequence = 1 };
	auto_done(secret) x = { 0 };

	assert_true(fd >= 0);
	strcpy(a.sun_path, w->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	m.f[verb == DESK_SUBMIT] = field_s(what);
	OK(message_write_request(&m, &x));
	assert_int_equal(send(fd, x.p, x.n, 0), x.n);
	return fd;
}

struct got {
	uint8_t frame[512];
	struct message m;
};

static void
answer(struct got *g, int fd)
{
	uint8_t head[MESSAGE_LENGTH_SIZE];
	size_t n;

	assert_int_equal(recv(fd, head, sizeof(head), MSG_WAITALL),
	    sizeof(head));
	OK(message_length(&desk_verbs, head, &n));
	assert_true(n <= sizeof(g->frame));
	assert_int_equal(recv(fd, g->frame, n, MSG_WAITALL), n);
	OK(message_read_reply(&desk_verbs, bytes_of(g->frame, n), &g->m));
	assert_int_equal(close(fd), 0);
}

/* The server has the first one; what is asked now comes together. */
static void
wait_begun(const struct world *w)
{
	char c;

	assert_int_equal(read(w->begun, &c, 1), 1);
}

/* All of it has reached the worker's lines: who came later was accepted and
 * heard, and the next one after that. */
static void
let_through(const struct world *w)
{
	struct got g;

	answer(&g, ask(w, DESK_STATUS, ""));
	answer(&g, ask(w, DESK_STATUS, ""));
	assert_int_equal(write(w->let, "l", 1), 1);
}

static void
those_that_wait_share_a_flush(void **state)
{
	const struct world *w = *state;
	struct got g;
	int fd[4], late;

	fd[0] = ask(w, DESK_SUBMIT, "ok");
	wait_begun(w);
	for (int i = 1; i < 4; i++)
		fd[i] = ask(w, DESK_SUBMIT, "ok");
	late = ask(w, DESK_OCSP, "x");
	let_through(w);
	for (int i = 0; i < 4; i++) {
		answer(&g, fd[i]);
		assert_int_equal(g.m.error, SG_OK);
		assert_int_equal(g.m.f[DESK_OUTCOME_REQUEST].u, 0);
	}
	answer(&g, late);
	assert_int_equal(g.m.f[DESK_OCSP_EXPIRES].u, 1);
	answer(&g, ask(w, DESK_SUBMIT, "ok"));
	assert_int_equal(g.m.f[DESK_OUTCOME_REQUEST].u, 1);
}

static void
a_flush_that_fails_is_everybodys_answer(void **state)
{
	const struct world *w = *state;
	static const struct {
		const char *said;
		enum sg_err e;
		const char *note;
	} all[] = {
		{ "ok", SG_EIO, "the disk is full" },
		{ "lose", SG_EIO, "the disk is full" },
		{ "no", SG_EPERM, "not you" },
		{ "ok", SG_EIO, "the disk is full" },
	};
	struct got g;
	int fd[4];

	fd[0] = ask(w, DESK_SUBMIT, all[0].said);
	wait_begun(w);
	for (int i = 1; i < 4; i++)
		fd[i] = ask(w, DESK_SUBMIT, all[i].said);
	let_through(w);
	for (int i = 0; i < 4; i++) {
		answer(&g, fd[i]);
		assert_int_equal(g.m.error, all[i].e);
		assert_true(bytes_eq(g.m.note, bytes_str(all[i].note)));
	}
	/* And is forgotten. */
	answer(&g, ask(w, DESK_SUBMIT, "ok"));
	assert_int_equal(g.m.error, SG_OK);
}

/* Killed between the two, nobody has an answer. */
static void
nothing_is_answered_before_the_flush(void **state)
{
	struct world *w = *state;
	int fd[3];
	char c;

	fd[0] = ask(w, DESK_SUBMIT, "ok");
	wait_begun(w);
	fd[1] = ask(w, DESK_SUBMIT, "hold");
	fd[2] = ask(w, DESK_SUBMIT, "ok");
	let_through(w);
	wait_begun(w);
	(void)usleep(20000);
	for (int i = 0; i < 3; i++)
		assert_int_equal(recv(fd[i], &c, 1, MSG_DONTWAIT), -1);
	assert_int_equal(kill(w->pid, SIGKILL), 0);
	for (int i = 0; i < 3; i++) {
		assert_true(recv(fd[i], &c, 1, 0) <= 0);
		assert_int_equal(close(fd[i]), 0);
	}
	assert_int_equal(waitpid(w->pid, NULL, 0), w->pid);
	w->pid = 0;
}

/* Who goes away while his request is in a group disturbs nobody. */
static void
somebody_leaves_in_the_middle(void **state)
{
	const struct world *w = *state;
	struct got g;
	int fd[3];

	fd[0] = ask(w, DESK_SUBMIT, "ok");
	wait_begun(w);
	fd[1] = ask(w, DESK_SUBMIT, "ok");
	fd[2] = ask(w, DESK_SUBMIT, "ok");
	assert_int_equal(close(fd[0]), 0);
	assert_int_equal(close(fd[1]), 0);
	let_through(w);
	answer(&g, fd[2]);
	assert_int_equal(g.m.error, SG_OK);
	answer(&g, ask(w, DESK_SUBMIT, "ok"));
	assert_int_equal(g.m.f[DESK_OUTCOME_REQUEST].u, 1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, world_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(those_that_wait_share_a_flush),
		CASE(a_flush_that_fails_is_everybodys_answer),
		CASE(nothing_is_answered_before_the_flush),
		CASE(somebody_leaves_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
