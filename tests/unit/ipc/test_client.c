/* SPDX-License-Identifier: BSD-2-Clause */

/* A client whose server is slow, full or unwilling. */

#include "../test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ipc/client.h"
#include "ipc/verbs.h"

#define CROWD_MAX 64

struct world {
	struct sockaddr_un sun;
	char folder[32];
	int fd;			/* listens; nobody accepts */
};

static const struct client_limits patient = { 60000, 60000, 60000, 60000 };
/* Gives up at once, and does not ask again for a minute. */
static const struct client_limits hasty = { 1, 1, 1, 60000 };
/* Gives up at once, and asks again whenever it is told to. */
static const struct client_limits stubborn = { 1, 1, 1, 0 };

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return 1;
	strcpy(w->folder, "/tmp/signet-test-XXXXXX");
	if (mkdtemp(w->folder) == NULL)
		return 1;
	w->sun.sun_family = AF_UNIX;
	(void)snprintf(w->sun.sun_path, sizeof(w->sun.sun_path), "%s/socket",
	    w->folder);
	w->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(w->fd, (struct sockaddr *)&w->sun, sizeof(w->sun)) != 0 ||
	    listen(w->fd, 4) != 0)
		return 1;
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	(void)close(w->fd);
	(void)unlink(w->sun.sun_path);
	(void)rmdir(w->folder);
	free(w);
	return 0;
}

static struct client *
opened(const struct world *w, const struct client_limits *limits)
{
	struct client *c = NULL;

	OK(client_open(&c, w->sun.sun_path));
	client_set_limits(c, limits);
	return c;
}

static void
a_silent_server_is_waited_for_once(void **state)
{
	struct world *w = *state;
	auto_free(client) c = opened(w, &hasty);
	auto_done(status) s = { 0 };
	uint64_t g = 0;

	FAILS_SAYING(SG_ETIMEOUT, "does not answer",
	    client_generation(c, &g));
	FAILS_SAYING(SG_ETIMEOUT, "a moment ago", client_generation(c, &g));
	FAILS_SAYING(SG_ETIMEOUT, "a moment ago", client_glance(c, &s));
	FAILS_SAYING(SG_ETIMEOUT, "a moment ago", client_lock(c));
}

/* Sends a reply over the connection that waits to be accepted longest. */
static int
answer(const struct world *w, const struct message *m)
{
	auto_done(secret) out = { 0 };
	int fd = accept(w->fd, NULL, NULL);

	assert_true(fd >= 0);
	OK(message_write_reply(m, &out));
	assert_int_equal(send(fd, out.p, out.n, 0), out.n);
	return fd;
}

/* The first connection was given up; the second one's reply is there before
 * its request. */
static void
a_server_that_answers_again_is_heard(void **state)
{
	struct world *w = *state;
	auto_free(client) c = opened(w, &stubborn);
	struct message m = { .verb = verb_find(VERB_GENERATION),
		.f = { field_u(7) } };
	uint64_t g = 0;
	int fd;

	FAILS(SG_ETIMEOUT, client_generation(c, &g));
	(void)close(accept(w->fd, NULL, NULL));
	FAILS(SG_ETIMEOUT, client_generation(c, &g));
	(void)close(accept(w->fd, NULL, NULL));
	client_free(c);
	c = opened(w, &patient);
	m.sequence = 1;
	fd = answer(w, &m);
	OK(client_generation(c, &g));
	assert_int_equal(g, 7);
	(void)close(fd);
}

static void
a_refused_connection_says_why(void **state)
{
	struct world *w = *state;
	auto_free(client) c = opened(w, &patient);
	struct message m = { .verb = verb_find(VERB_HELLO),
		.error = SG_ELIMIT, .note = bytes_str("too many of you") };
	uint64_t g = 0;

	(void)close(answer(w, &m));
	FAILS_SAYING(SG_ELIMIT, "too many of you", client_generation(c, &g));
	FAILS(SG_EIO, client_generation(c, &g));
}

static void
a_crowd_at_the_door_keeps_nobody_waiting_for_ever(void **state)
{
	struct world *w = *state;
	int crowd[CROWD_MAX];
	auto_free(client) c = NULL;
	uint64_t g = 0;
	size_t n = 0;

	do {
		crowd[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		assert_true(crowd[n] >= 0);
	} while (connect(crowd[n++], (struct sockaddr *)&w->sun,
	    sizeof(w->sun)) == 0 && n < CROWD_MAX);
	assert_true(n < CROWD_MAX);
	c = opened(w, &hasty);
	FAILS_SAYING(SG_ETIMEOUT, "a moment ago", client_generation(c, &g));
	while (n > 0)
		(void)close(crowd[--n]);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_silent_server_is_waited_for_once),
		CASE(a_server_that_answers_again_is_heard),
		CASE(a_refused_connection_says_why),
		CASE(a_crowd_at_the_door_keeps_nobody_waiting_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
