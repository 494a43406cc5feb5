/* SPDX-License-Identifier: BSD-2-Clause */

/* Each case in a process of its own, since there is no way back. */

#include "../test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/sandbox.h"

/* What the child ends with: 0, or the line where it saw something else. */
#define EXPECT(x)                      \
	do {                           \
		if (!(x))              \
			_exit(__LINE__ & 0xff); \
	} while (0)

static int
status_of(void (*child)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		child();
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

#define PASSES(child) assert_int_equal(status_of(child), 0)
#define IS_KILLED(child)                                             \
	do {                                                         \
		int killed = status_of(child);                       \
		assert_true(WIFSIGNALED(killed));                    \
		assert_int_equal(WTERMSIG(killed), SIGSYS);          \
	} while (0)

static bool
refused(int rc)
{
	return rc == -1 && (errno == EPERM || errno == EACCES ||
	    errno == ENOENT);
}

static void
basics(void)
{
	struct rlimit r;

	EXPECT(sandbox_basics(64) == SG_OK);
	EXPECT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	EXPECT(prctl(PR_GET_DUMPABLE) == 0);
	EXPECT(getrlimit(RLIMIT_CORE, &r) == 0 && r.rlim_max == 0);
	EXPECT(getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_max == 64);
}

static void
the_basics_are_set(void **state)
{
	(void)state;
	PASSES(basics);
}

static void
no_file_is_there(void)
{
	EXPECT(refused(open("/etc/passwd", O_RDONLY)));
	EXPECT(refused(open("/tmp", O_RDONLY | O_DIRECTORY)));
	EXPECT(refused(open("x", O_WRONLY | O_CREAT, 0600)));
	EXPECT(refused(mkdir("/tmp/signet-sandbox-test", 0700)));
}

static void
with_landlock(void)
{
	enum sandbox_files how;
	int fd = open("/dev/null", O_RDWR);

	EXPECT(sandbox_basics(64) == SG_OK);
	EXPECT(sandbox_no_files(&how) == SG_OK);
	no_file_is_there();
	EXPECT(write(fd, "x", 1) == 1);
}

static void
no_file_can_be_opened_any_more(void **state)
{
	(void)state;
	PASSES(with_landlock);
}

/* As a kernel without it answers. */
static void
landlock_hide(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		    SYS_landlock_create_ruleset, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { 4, code };

	EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	EXPECT(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0);
}

static void
with_chroot(void)
{
	enum sandbox_files how;

	landlock_hide();
	EXPECT(sandbox_no_files(&how) == SG_OK);
	EXPECT(how == SANDBOX_CHROOT);
	no_file_is_there();
}

static void
with_neither(void)
{
	enum sandbox_files how;

	landlock_hide();
	EXPECT(getuid() != 0 || setuid(65534) == 0);
	EXPECT(sandbox_no_files(&how) == SG_EUNSUPPORTED);
}

static void
without_landlock_root_has_chroot(void **state)
{
	(void)state;
	if (getuid() != 0)
		skip();
	PASSES(with_chroot);
}

static void
without_either_it_is_told(void **state)
{
	(void)state;
	PASSES(with_neither);
}

static void
serving(void)
{
	int pair[2];
	char c;

	EXPECT(sandbox_basics(64) == SG_OK);
	EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	EXPECT(sandbox_server_calls() == SG_OK);
	EXPECT(write(pair[0], "x", 1) == 1 && read(pair[1], &c, 1) == 1);
	EXPECT(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
	EXPECT(fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0);
	EXPECT(syscall(SYS_tgkill, getpid(), getpid(), 0) == 0);
	EXPECT(malloc(1 << 20) != NULL);
}

static void
a_server_reads_and_writes(void **state)
{
	(void)state;
	PASSES(serving);
}

static void
not_serving(void)
{
	EXPECT(sandbox_basics(64) == SG_OK);
	EXPECT(sandbox_server_calls() == SG_OK);
	EXPECT(refused(open("/dev/null", O_RDONLY)));
	EXPECT(refused((int)syscall(SYS_openat2, AT_FDCWD, "/dev/null", NULL,
	    0)));
	EXPECT(refused(socket(AF_INET, SOCK_STREAM, 0)));
	EXPECT(refused(socket(AF_INET6, SOCK_DGRAM, 0)));
	EXPECT(refused(socket(AF_NETLINK, SOCK_RAW, 0)));
	EXPECT(refused((int)syscall(SYS_fork)));
	EXPECT(refused(kill(getppid(), 0)));
	EXPECT(refused((int)syscall(SYS_tgkill, getppid(), getppid(), 0)));
	EXPECT(refused(fcntl(0, F_SETOWN, getppid())));
	EXPECT(refused(fcntl(0, F_SETSIG, SIGKILL)));
	EXPECT(refused(setuid(0)));
	EXPECT(refused(unlink("/tmp/x")));
	EXPECT(refused(chmod("/tmp", 0700)));
	EXPECT(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EPERM);
	EXPECT(refused((int)syscall(SYS_io_uring_setup, 1, NULL)));
}

static void
a_server_does_nothing_else(void **state)
{
	(void)state;
	PASSES(not_serving);
}

/* A listening socket on the loopback interface, and where. */
static int
listening(struct sockaddr_in *a)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t n = sizeof(*a);

	*a = (struct sockaddr_in) { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	EXPECT(fd >= 0 && bind(fd, (struct sockaddr *)a, n) == 0 &&
	    listen(fd, 1) == 0 &&
	    getsockname(fd, (struct sockaddr *)a, &n) == 0);
	return fd;
}

static int
connected(const struct sockaddr_in *a)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	EXPECT(fd >= 0 && connect(fd, (const struct sockaddr *)a,
	    sizeof(*a)) == 0);
	return fd;
}

/* What a socket that was accepted can be made into. */
static void
dials(int fd, const struct sockaddr_in *a, int there)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct pollfd p = { there, POLLIN, 0 };

	EXPECT(connect(fd, &none, sizeof(none)) == 0);
	EXPECT(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	(void)connect(fd, (const struct sockaddr *)a, sizeof(*a));
	EXPECT(poll(&p, 1, 300) == 0);
}

static void
answering(void)
{
	struct sockaddr_in here, there;
	int ours = listening(&here), theirs = listening(&there);
	int client, s;
	char c = 0;

	EXPECT(sandbox_answers_only(ours) == SG_OK);
	EXPECT(sandbox_answers_only(ours) == SG_OK);
	client = connected(&here);
	s = accept(ours, NULL, NULL);
	EXPECT(write(client, "x", 1) == 1 && read(s, &c, 1) == 1 && c == 'x');
	EXPECT(setsockopt(s, SOL_SOCKET, SO_DETACH_FILTER, &s, sizeof(s)) ==
	    -1);
	EXPECT(sandbox_basics(64) == SG_OK);
	EXPECT(sandbox_server_calls() == SG_OK);
	dials(s, &there, theirs);
	dials(ours, &there, theirs);
}

static void
who_answers_cannot_be_made_to_dial(void **state)
{
	(void)state;
	PASSES(answering);
}

static void
server_execs(void)
{
	EXPECT(sandbox_basics(64) == SG_OK);
	EXPECT(sandbox_server_calls() == SG_OK);
	(void)execl("/bin/true", "true", NULL);
}

static void
server_traces(void)
{
	EXPECT(sandbox_basics(64) == SG_OK);
	EXPECT(sandbox_server_calls() == SG_OK);
	(void)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static void
keeper_execs(void)
{
	EXPECT(sandbox_basics(64) == SG_OK);
	EXPECT(sandbox_keeper_calls(false) == SG_OK);
	(void)execl("/bin/true", "true", NULL);
}

static void
keeper_looks(void)
{
	char c;
	struct iovec here = { &c, 1 }, there = { &c, 1 };

	EXPECT(sandbox_basics(64) == SG_OK);
	EXPECT(sandbox_keeper_calls(true) == SG_OK);
	(void)process_vm_readv(getppid(), &here, 1, &there, 1, 0);
}

static void
keeper_takes(void)
{
	EXPECT(sandbox_basics(64) == SG_OK);
	EXPECT(sandbox_keeper_calls(true) == SG_OK);
	(void)syscall(SYS_pidfd_getfd, -1, 0, 0);
}

static void
whoever_starts_or_traces_a_program_dies(void **state)
{
	(void)state;
	IS_KILLED(server_execs);
	IS_KILLED(server_traces);
	IS_KILLED(keeper_execs);
	IS_KILLED(keeper_looks);
	IS_KILLED(keeper_takes);
}

static void
keeping(void)
{
	EXPECT(sandbox_basics(64) == SG_OK);
	EXPECT(sandbox_keeper_calls(false) == SG_OK);
	EXPECT(open("/dev/null", O_RDWR) >= 0);
	EXPECT(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
	EXPECT(socket(AF_INET, SOCK_STREAM, 0) == -1 &&
	    errno == EAFNOSUPPORT);
	EXPECT(socket(AF_INET6, SOCK_STREAM, 0) == -1);
	EXPECT(socket(AF_NETLINK, SOCK_RAW, 0) == -1);
	EXPECT(refused((int)syscall(SYS_io_uring_setup, 1, NULL)));
	EXPECT(refused((int)syscall(SYS_unshare, 0)));
}

/* A module of an HSM may have begun one before. */
static void *
dial(void *arg)
{
	pthread_barrier_t *loaded = arg;

	(void)pthread_barrier_wait(loaded);
	EXPECT(socket(AF_INET, SOCK_STREAM, 0) == -1);
	return NULL;
}

static void
keeping_with_threads(void)
{
	pthread_barrier_t loaded;
	pthread_t t;

	EXPECT(pthread_barrier_init(&loaded, NULL, 2) == 0);
	EXPECT(pthread_create(&t, NULL, dial, &loaded) == 0);
	EXPECT(sandbox_basics(64) == SG_OK);
	EXPECT(sandbox_keeper_calls(false) == SG_OK);
	(void)pthread_barrier_wait(&loaded);
	EXPECT(pthread_join(t, NULL) == 0);
}

static void
keeping_with_network(void)
{
	EXPECT(sandbox_basics(64) == SG_OK);
	EXPECT(sandbox_keeper_calls(true) == SG_OK);
	EXPECT(socket(AF_INET, SOCK_STREAM, 0) >= 0);
}

static void
a_keeper_has_files_and_no_network(void **state)
{
	(void)state;
	PASSES(keeping);
	PASSES(keeping_with_threads);
	PASSES(keeping_with_network);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_basics_are_set),
		cmocka_unit_test(no_file_can_be_opened_any_more),
		cmocka_unit_test(without_landlock_root_has_chroot),
		cmocka_unit_test(without_either_it_is_told),
		cmocka_unit_test(a_server_reads_and_writes),
		cmocka_unit_test(a_server_does_nothing_else),
		cmocka_unit_test(who_answers_cannot_be_made_to_dial),
		cmocka_unit_test(whoever_starts_or_traces_a_program_dies),
		cmocka_unit_test(a_keeper_has_files_and_no_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
