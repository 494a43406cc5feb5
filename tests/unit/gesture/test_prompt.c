/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
#include "gesture/prompt.h"

/* A folder with the fake pinentry's files, and its path. */
struct world {
	char dir[64];
	char *answers;
	char *log;
	char *fake;
};

static int
world_make(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const char *src = getenv("SIGNET_SRC");

	assert_non_null(w);
	assert_non_null(src);
	strcpy(w->dir, "/tmp/signet-prompt-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	OK(str_printf(&w->answers, "%s/answers", w->dir));
	OK(str_printf(&w->log, "%s/log", w->dir));
	OK(str_printf(&w->fake, "%s/tests/lib/fake-pinentry", src));
	assert_int_equal(setenv("FAKE_PINENTRY_ANSWERS", w->answers, 1), 0);
	assert_int_equal(setenv("FAKE_PINENTRY_LOG", w->log, 1), 0);
	assert_int_equal(setenv("LC_CTYPE", "C.UTF-8", 1), 0);
	*state = w;
	return 0;
}

static int
world_remove(void **state)
{
	struct world *w = *state;

	OK(file_remove(w->answers));
	OK(file_remove(w->log));
	assert_int_equal(rmdir(w->dir), 0);
	free(w->answers);
	free(w->log);
	free(w->fake);
	free(w);
	return 0;
}

static void
answers(const struct world *w, const char *text)
{
	OK(file_replace(w->answers, bytes_str(text), 0600));
}

static bool
log_holds(const struct world *w, const char *text)
{
	auto_done(buf) b = { 0 };

	OK(file_read(&b, w->log, 65536));
	OK(buf_terminate(&b));
	return strstr((const char *)b.p, text) != NULL;
}

static const struct prompt_ask plain = {
	.title = "Signet",
	.text = "Sign in to rdp.example",
	.label = "PIN",
};

static const struct prompt_ask twice = {
	.title = "Signet",
	.text = "Choose a PIN",
	.label = "New PIN",
	.repeat = "Again",
};

static void
pinentry_gives_what_was_entered(void **state)
{
	struct world *w = *state;
	struct prompt p = { .fd = -1, .program = w->fake };
	auto_done(secret) pin = { 0 };
	struct prompt_ask ask = plain;

	OK(secret_init(&pin, 127));
	answers(w, "D 12%25 34\n");
	ask.error = "Wrong PIN, 4 tries left";
	assert_true(prompt_possible(&p));
	OK(prompt_pin(&p, &ask, &pin));
	assert_true(bytes_eq(secret_bytes(&pin), bytes_str("12% 34")));
	assert_true(log_holds(w, "SETTITLE Signet\n"));
	assert_true(log_holds(w, "SETDESC Sign in to rdp.example\n"));
	assert_true(log_holds(w, "SETPROMPT PIN:\n"));
	assert_true(log_holds(w, "SETERROR Wrong PIN, 4 tries left\n"));
	assert_true(log_holds(w, "SETTIMEOUT 120\n"));
	assert_true(log_holds(w, "OPTION lc-ctype=C.UTF-8\n"));
	assert_false(log_holds(w, "1234"));
}

static void
cancelling_and_silence_are_told_apart(void **state)
{
	struct world *w = *state;
	struct prompt p = { .fd = -1, .program = w->fake };
	auto_done(secret) pin = { 0 };

	OK(secret_init(&pin, 127));
	answers(w, "ERR 83886179 Operation cancelled\n");
	FAILS(SG_ECANCEL, prompt_pin(&p, &plain, &pin));
	answers(w, "ERR 83886142 Timeout\n");
	FAILS(SG_ETIMEOUT, prompt_pin(&p, &plain, &pin));
}

static void
a_new_pin_is_entered_until_both_match(void **state)
{
	struct world *w = *state;
	struct prompt p = { .fd = -1, .program = w->fake };
	auto_done(secret) pin = { 0 };

	OK(secret_init(&pin, 127));
	answers(w, "D 1111\nD 2222\nD 345678\nD 345678\n");
	OK(prompt_pin(&p, &twice, &pin));
	assert_true(bytes_eq(secret_bytes(&pin), bytes_str("345678")));
	assert_true(log_holds(w, "SETERROR The two entries differ"));
	answers(w, "D 1\nD 2\nD 1\nD 2\nD 1\nD 2\nD 1\nD 1\n");
	FAILS(SG_EARG, prompt_pin(&p, &twice, &pin));
	assert_int_equal(pin.n, 0);
}

static void
an_entry_that_does_not_fit_is_refused(void **state)
{
	struct world *w = *state;
	struct prompt p = { .fd = -1, .program = w->fake };
	auto_done(secret) pin = { 0 };

	OK(secret_init(&pin, 4));
	answers(w, "D 12345\n");
	FAILS(SG_ELIMIT, prompt_pin(&p, &plain, &pin));
}

static void
confirming_is_a_question(void **state)
{
	struct world *w = *state;
	struct prompt p = { .fd = -1, .program = w->fake };

	/* Confirming prefers a terminal; this test must not have one. */
	pid_t pid = fork();

	if (pid == 0) {
		(void)setsid();
		answers(w, "OK\nERR 83886194 Not confirmed\n");
		if (prompt_confirm(&p, "Delete it?") != SG_OK)
			_exit(1);
		_exit(prompt_confirm(&p, "Delete it?") == SG_ECANCEL ? 0 : 2);
	}
	int status = -1;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(log_holds(w, "SETDESC Delete it?\n"));
}

static void
without_anybody_to_ask_the_note_says_how(void **state)
{
	struct world *w = *state;
	pid_t pid = fork();
	int status = -1;

	(void)w;
	if (pid == 0) {
		struct prompt p = { .fd = -1, .program = "/nowhere/pinentry" };
		auto_done(secret) pin = { 0 };

		(void)setsid();
		OK(secret_init(&pin, 127));
		if (prompt_possible(&p))
			_exit(1);
		if (prompt_pin(&p, &plain, &pin) != SG_EIO)
			_exit(2);
		if (strstr(sg_note(SG_EIO), "--pin-fd") == NULL ||
		    strstr(sg_note(SG_EIO), "/nowhere/pinentry") == NULL)
			_exit(3);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
a_program_that_is_no_pinentry_is_refused(void **state)
{
	pid_t pid = fork();
	int status = -1;

	(void)state;
	if (pid == 0) {
		struct prompt p = { .fd = -1, .program = "/bin/true" };
		auto_done(secret) pin = { 0 };

		(void)setsid();
		OK(secret_init(&pin, 127));
		_exit(prompt_pin(&p, &plain, &pin) == SG_EIO ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
a_descriptor_gives_a_line_per_call(void **state)
{
	int fds[2];
	auto_done(secret) pin = { 0 };
	struct prompt p;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	p = (struct prompt) { .fd = fds[0] };
	OK(secret_init(&pin, 127));
	assert_int_equal(write(fds[1], "123456\r\n654321", 14), 14);
	(void)close(fds[1]);
	OK(prompt_pin(&p, &twice, &pin));
	assert_true(bytes_eq(secret_bytes(&pin), bytes_str("123456")));
	OK(prompt_pin(&p, &plain, &pin));
	assert_true(bytes_eq(secret_bytes(&pin), bytes_str("654321")));
	FAILS(SG_ENOENT, prompt_pin(&p, &plain, &pin));
	(void)close(fds[0]);
}

/* The far side of a pseudo-terminal: what was shown, up to the text. */
static void
see(int master, struct buf *seen, const char *text)
{
	for (;;) {
		char c;

		OK(buf_terminate(seen));
		if (seen->n > 0 && strstr((char *)seen->p, text) != NULL)
			return;
		if (read(master, &c, 1) != 1)
			fail_msg("the terminal ended before \"%s\"; it shows "
			    "\"%s\"", text, (char *)seen->p);
		OK(buf_add(seen, &c, 1));
	}
}

static void
type_keys(int master, const char *keys)
{
	assert_int_equal(write(master, keys, strlen(keys)), strlen(keys));
}

static bool
echoes(int tty)
{
	struct termios t;

	assert_int_equal(tcgetattr(tty, &t), 0);
	return (t.c_lflag & ECHO) != 0;
}

/* In the child: no pinentry is found, so the terminal must do. */
static _Noreturn void
child_asks(const struct prompt_ask *ask, const char *expected)
{
	struct prompt p = { .fd = -1 };
	auto_done(secret) pin = { 0 };
	enum sg_err e;

	(void)setenv("PATH", "/nowhere", 1);
	(void)unsetenv("DISPLAY");
	(void)unsetenv("WAYLAND_DISPLAY");
	if (secret_init(&pin, 127) != SG_OK || !prompt_possible(&p))
		_exit(10);
	e = prompt_pin(&p, ask, &pin);
	if (e != SG_OK)
		_exit((int)e);
	_exit(bytes_eq(secret_bytes(&pin), bytes_str(expected)) ? 0 : 11);
}

static void
the_terminal_shows_nothing_of_the_pin(void **state)
{
	auto_done(buf) seen = { 0 };
	int master, status = -1;
	pid_t pid = forkpty(&master, NULL, NULL, NULL);

	(void)state;
	if (pid == 0)
		child_asks(&twice, "4711x");
	see(master, &seen, "Choose a PIN");
	see(master, &seen, "New PIN: ");
	while (echoes(master))
		(void)usleep(1000);
	type_keys(master, "4711y\177x\n");
	see(master, &seen, "Again: ");
	while (echoes(master))
		(void)usleep(1000);
	type_keys(master, "4711x\n");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(echoes(master));
	assert_null(strstr((char *)seen.p, "4711"));
	(void)close(master);
}

static void
a_signal_finds_the_terminal_restored(void **state)
{
	auto_done(buf) seen = { 0 };
	int master, status = -1;
	pid_t pid = forkpty(&master, NULL, NULL, NULL);

	(void)state;
	if (pid == 0)
		child_asks(&plain, "");
	see(master, &seen, "PIN: ");
	while (echoes(master))
		(void)usleep(1000);
	type_keys(master, "12\003");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGINT);
	assert_true(echoes(master));
	(void)close(master);
}

static void
the_end_of_input_cancels(void **state)
{
	auto_done(buf) seen = { 0 };
	int master, status = -1;
	pid_t pid = forkpty(&master, NULL, NULL, NULL);

	(void)state;
	if (pid == 0)
		child_asks(&plain, "");
	see(master, &seen, "PIN: ");
	while (echoes(master))
		(void)usleep(1000);
	type_keys(master, "\004");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), SG_ECANCEL);
	(void)close(master);
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_make, \
	    world_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(pinentry_gives_what_was_entered),
		WORLD_TEST(cancelling_and_silence_are_told_apart),
		WORLD_TEST(a_new_pin_is_entered_until_both_match),
		WORLD_TEST(an_entry_that_does_not_fit_is_refused),
		WORLD_TEST(confirming_is_a_question),
		WORLD_TEST(without_anybody_to_ask_the_note_says_how),
		cmocka_unit_test(a_program_that_is_no_pinentry_is_refused),
		cmocka_unit_test(a_descriptor_gives_a_line_per_call),
		cmocka_unit_test(the_terminal_shows_nothing_of_the_pin),
		cmocka_unit_test(a_signal_finds_the_terminal_restored),
		cmocka_unit_test(the_end_of_input_cancels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
