/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "signin/child.h"

static void
collect(void *arg, const char *line)
{
	OK(buf_printf(arg, "%s|", line));
}

/* Runs a shell line; its output goes to out. */
static enum sg_err
shell(const char *command, struct secret *input, struct buf *out,
    int *status)
{
	char sh[] = "sh", c[] = "-c", text[512], env[] = "MARK=here",
	    path[] = "PATH=/usr/bin:/bin", *argv[] = { sh, c, text, NULL },
	    *environment[] = { env, path, NULL };
	const struct child child = { .program = "/bin/sh", .argv = argv,
		.environment = environment, .input = input,
		.line = collect, .arg = out };

	(void)snprintf(text, sizeof(text), "%s", command);
	return child_run(&child, status);
}

static void
says(const char *command, const char *want, int code)
{
	auto_done(buf) out = { 0 };
	int status = -1;

	OK(shell(command, NULL, &out, &status));
	OK(buf_terminate(&out));
	assert_string_equal((char *)out.p, want);
	assert_int_equal(status, code);
}

static void
both_outputs_come_line_by_line(void **state)
{
	(void)state;
	says("echo a; echo b >&2; printf c; exit 3", "a|b|c|", 3);
}

static void
its_environment_is_the_given_one(void **state)
{
	(void)state;
	assert_int_equal(setenv("LEAK", "1", 1), 0);
	says("echo $MARK$LEAK", "here|", 0);
}

static void
its_standard_input_is_empty(void **state)
{
	(void)state;
	says("cat; echo end", "end|", 0);
}

static void
a_signal_that_ends_it_is_told(void **state)
{
	(void)state;
	says("kill -USR1 $$", "", 128 + SIGUSR1);
}

static void
input_is_on_descriptor_three(void **state)
{
	auto_done(secret) s = { 0 };
	auto_done(buf) out = { 0 };
	int status = -1;

	(void)state;
	OK(secret_set(&s, "one\ntwo\n", 8));
	OK(shell("cat <&3", &s, &out, &status));
	OK(buf_terminate(&out));
	assert_string_equal((char *)out.p, "one|two|");
	assert_int_equal(s.n, 0);
}

static void
no_other_descriptor_is_inherited(void **state)
{
	auto_done(secret) s = { 0 };
	auto_done(buf) out = { 0 };
	int status = -1;

	(void)state;
	assert_int_equal(dup2(STDIN_FILENO, 50), 50);
	OK(secret_set(&s, "x", 1));
	OK(shell("for n in 1 2 3 50; do test -e /proc/$$/fd/$n && echo $n; "
	    "done; true", &s, &out, &status));
	(void)close(50);
	OK(buf_terminate(&out));
	assert_string_equal((char *)out.p, "1|2|3|");
}

static void
input_that_fits_no_pipe_is_refused(void **state)
{
	auto_done(secret) s = { 0 };
	auto_done(buf) out = { 0 };
	int status = -1;

	(void)state;
	OK(secret_init(&s, CHILD_INPUT_MAX + 1));
	s.n = CHILD_INPUT_MAX + 1;
	FAILS(SG_ELIMIT, shell("true", &s, &out, &status));
}

static void
a_long_line_is_split(void **state)
{
	auto_done(buf) out = { 0 };
	int status = -1;

	(void)state;
	OK(shell("head -c 10000 /dev/zero | tr '\\0' x", NULL, &out,
	    &status));
	OK(buf_terminate(&out));
	assert_int_equal(out.n, 10000 + 3);
	assert_int_equal(out.p[CHILD_LINE_MAX - 1], '|');
}

static void
a_missing_program_is_told(void **state)
{
	char name[] = "signet-no-such", *argv[] = { name, NULL },
	    *environment[] = { NULL };
	const struct child c = { .program = name, .argv = argv,
		.environment = environment, .line = collect };
	int status = -1;

	(void)state;
	FAILS_SAYING(SG_ENOENT, "signet-no-such", child_run(&c, &status));
}

/* A process of our own that runs a child and says how it ended. */
static pid_t
run_in_background(const char *command, int report)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		auto_done(buf) out = { 0 };
		int status = -1;

		if (shell(command, NULL, &out, &status) != SG_ECANCEL)
			_exit(99);
		if (write(report, out.p, out.n) < 0)
			_exit(98);
		_exit(7);
	}
	return pid;
}

static void
wait_for_file(const char *path)
{
	for (int i = 0; i < 1000 && access(path, F_OK) != 0; i++)
		(void)usleep(10000);
	assert_int_equal(access(path, F_OK), 0);
}

static void
a_signal_is_passed_on(void **state)
{
	char folder[] = "/tmp/signet-test-XXXXXX", mark[64], command[256],
	    got[64] = "";
	int p[2], status;
	pid_t pid;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(mark, sizeof(mark), "%s/up", folder);
	(void)snprintf(command, sizeof(command), "trap 'echo told; exit 7' "
	    "TERM; : >%s; while :; do sleep 0.05; done", mark);
	assert_int_equal(pipe(p), 0);
	pid = run_in_background(command, p[1]);
	wait_for_file(mark);
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_true(read(p[0], got, sizeof(got) - 1) > 0);
	assert_string_equal(got, "told|");
	(void)unlink(mark);
	(void)rmdir(folder);
}

static void
the_second_signal_kills(void **state)
{
	char folder[] = "/tmp/signet-test-XXXXXX", up[64], told[64],
	    command[256];
	int status;
	pid_t pid;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(up, sizeof(up), "%s/up", folder);
	(void)snprintf(told, sizeof(told), "%s/told", folder);
	(void)snprintf(command, sizeof(command), "trap ': >%s' TERM; : >%s; "
	    "while :; do sleep 0.05; done", told, up);
	pid = run_in_background(command, STDOUT_FILENO);
	wait_for_file(up);
	assert_int_equal(kill(pid, SIGTERM), 0);
	wait_for_file(told);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 7);
	(void)unlink(up);
	(void)unlink(told);
	(void)rmdir(folder);
}

static void
it_dies_with_us(void **state)
{
	char folder[] = "/tmp/signet-test-XXXXXX", mark[64], command[256],
	    text[32] = "";
	pid_t pid, inner;
	int status;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(mark, sizeof(mark), "%s/up", folder);
	(void)snprintf(command, sizeof(command), "echo $$ >%s.new; "
	    "mv %s.new %s; exec sleep 60", mark, mark, mark);
	/* The orphan becomes ours, so that its end can be seen. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	pid = run_in_background(command, STDOUT_FILENO);
	wait_for_file(mark);
	f = fopen(mark, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	(void)fclose(f);
	inner = (pid_t)atoi(text);
	assert_true(inner > 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(waitpid(inner, &status, 0), inner);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
	(void)unlink(mark);
	(void)rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_outputs_come_line_by_line),
		cmocka_unit_test(its_environment_is_the_given_one),
		cmocka_unit_test(its_standard_input_is_empty),
		cmocka_unit_test(a_signal_that_ends_it_is_told),
		cmocka_unit_test(input_is_on_descriptor_three),
		cmocka_unit_test(no_other_descriptor_is_inherited),
		cmocka_unit_test(input_that_fits_no_pipe_is_refused),
		cmocka_unit_test(a_long_line_is_split),
		cmocka_unit_test(a_missing_program_is_told),
		cmocka_unit_test(a_signal_is_passed_on),
		cmocka_unit_test(the_second_signal_kills),
		cmocka_unit_test(it_dies_with_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
