/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * PIN changes that are cut short: whatever dies at whatever moment, exactly
 * one of the old and the new PIN opens the container.  SIGNET_ROUNDS sets how
 * often each is tried.
 */

#include "swtpm.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crypto/digest.h"

#define ROUNDS		20
#define FIRST_MAX	3	/* changes that are let through before */

static unsigned
rounds(void)
{
	const char *s = getenv("SIGNET_ROUNDS");

	return s != NULL && atoi(s) > 0 ? (unsigned)atoi(s) : ROUNDS;
}

/* How long one change takes here, in microseconds. */
static unsigned
measure(struct fixture *f)
{
	struct timespec a, b;

	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	OK(vault_change(f->t, &f->v, &f->pin, &f->pin));
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	return (unsigned)((b.tv_sec - a.tv_sec) * 1000000 +
	    (b.tv_nsec - a.tv_nsec) / 1000);
}

static void
pause_random(unsigned max_us)
{
	struct timespec t = { 0, 0 };
	unsigned us;

	OK(random_fill(&us, sizeof(us)));
	us %= max_us;
	t.tv_sec = us / 1000000;
	t.tv_nsec = (long)(us % 1000000) * 1000;
	(void)nanosleep(&t, NULL);
}

/* Changes the PIN from n to n + 1 and on, until something dies; tells when it
 * starts and of each change that was done. */
static void
change_on_and_on(const struct fixture *f, unsigned n, int told)
{
	auto_free(tpm) t = NULL;

	if (tpm_open(&t, f->swtpm.tcti) != SG_OK || write(told, "", 1) != 1)
		_exit(1);
	for (;; n++) {
		auto_done(secret) old = { 0 };
		auto_done(secret) fresh = { 0 };

		secret_number(&old, n);
		secret_number(&fresh, n + 1);
		if (vault_change(t, &f->v, &old, &fresh) != SG_OK ||
		    write(told, "", 1) != 1)
			_exit(1);
	}
}

static bool
opens(struct fixture *f, unsigned n)
{
	auto_done(secret) pin = { 0 };
	enum sg_err e;

	secret_number(&pin, n);
	e = vault_login(f->t, &f->v, &pin, &f->login);
	if (e != SG_OK && e != SG_EPIN)
		fail_msg("after the crash: %s", sg_note(e));
	return e == SG_OK;
}

static unsigned
assert_one_opens(struct fixture *f, unsigned n)
{
	bool old = opens(f, n), fresh = opens(f, n + 1);

	if (old == fresh)
		fail_msg("PIN %u %s, and so does the next one", n,
		    old ? "opens" : "does not open");
	n += fresh;
	assert_true(opens(f, n));
	OK(fixture_sign(f, &f->login));
	return n;
}

static unsigned
count_bytes(int fd)
{
	unsigned n = 0;
	char c;

	while (read(fd, &c, 1) == 1)
		n++;
	(void)close(fd);
	return n;
}

/* Kills at a random moment after so many changes, within about one more;
 * returns how many are known to be done. */
static unsigned
crash_once(struct fixture *f, unsigned n, unsigned first, unsigned change_us,
    bool kill_tpm)
{
	int told[2];
	pid_t child;
	char c;

	assert_int_equal(pipe(told), 0);
	if ((child = fork()) == 0)
		change_on_and_on(f, n, told[1]);
	assert_true(child > 0);
	(void)close(told[1]);
	for (unsigned i = 0; i <= first; i++)
		assert_int_equal(read(told[0], &c, 1), 1);
	pause_random(change_us + change_us / 2 + 1);
	if (kill_tpm)
		swtpm_kill(&f->swtpm);
	else
		(void)kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	if (kill_tpm)
		swtpm_run(&f->swtpm);
	return first + count_bytes(told[0]);
}

static void
crash_rounds(struct fixture *f, bool kill_tpm)
{
	unsigned n = 123456;		/* the fixture's PIN */
	unsigned done = 0, last = 0, change_us = measure(f);

	for (unsigned i = 0; i < rounds(); i++) {
		unsigned more, now;

		/* Before the child, whose opening flushes what is loaded. */
		tpm_free(f->t);
		f->t = NULL;
		more = crash_once(f, n, i % FIRST_MAX, change_us, kill_tpm);
		OK(tpm_open(&f->t, f->swtpm.tcti));
		now = assert_one_opens(f, n + more);
		done += more;
		last += now != n + more;
		n = now;
	}
	print_message("%u rounds: %u changes done, %u times the one that was "
	    "cut short too\n", rounds(), done, last);
	assert_true(done > 0);
}

static void
the_client_dies_in_a_change(void **state)
{
	crash_rounds(*state, false);
}

static void
the_tpm_dies_in_a_change(void **state)
{
	crash_rounds(*state, true);
}

int
main(void)
{
#define CASE(f) \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		CASE(the_client_dies_in_a_change),
		CASE(the_tpm_dies_in_a_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
