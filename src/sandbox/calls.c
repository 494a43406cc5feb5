/* SPDX-License-Identifier: BSD-2-Clause */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

struct filter {
	scmp_filter_ctx ctx;
	int failed;		/* the first negative errno */
};

static void
filter_done(struct filter *f)
{
	if (f->ctx != NULL)
		seccomp_release(f->ctx);
}

#define auto_filter __attribute__((cleanup(filter_done))) struct filter

static void
note(struct filter *f, int rc)
{
	if (rc < 0 && f->failed == 0)
		f->failed = rc;
}

/* A name that this library or machine does not know needs no rule. */
static void
calls_add(struct filter *f, uint32_t action, const char *const *names)
{
	for (; *names != NULL; names++) {
		int n = seccomp_syscall_resolve_name(*names);

		if (n != __NR_SCMP_ERROR)
			note(f, seccomp_rule_add(f->ctx, action, n, 0));
	}
}

static enum sg_err
load(struct filter *f)
{
	/* Threads that are there already, too. */
	note(f, seccomp_attr_set(f->ctx, SCMP_FLTATR_CTL_TSYNC, 1));
	note(f, seccomp_load(f->ctx));
	if (f->failed < 0)
		return sg_fail(SG_EUNSUPPORTED, "seccomp: %s",
		    strerror(-f->failed));
	return SG_OK;
}

/* Whoever tries these is no longer the program that was started. */
static const char *const deadly[] = { "execve", "execveat", "ptrace",
	"process_vm_readv", "process_vm_writev", "pidfd_getfd", NULL };

static const char *const serving[] = {
	/* what is open */
	"read", "readv", "pread64", "write", "writev", "sendfile", "lseek",
	"close", "shutdown",
	/* sockets */
	"accept", "accept4", "connect", "recvfrom", "recvmsg", "sendto",
	"sendmsg", "getsockopt", "setsockopt", "getsockname", "getpeername",
	/* waiting */
	"epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "poll",
	"ppoll", "restart_syscall", "futex", "sched_yield", "nanosleep",
	"clock_nanosleep",
	/* memory */
	"munmap", "mremap", "madvise", "brk", "mlock", "mlock2", "munlock",
	/* what the C library asks for */
	"clock_gettime", "gettimeofday", "time", "getrandom", "getpid",
	"gettid", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
	"sigaltstack", "rseq", "set_robust_list", "exit", "exit_group", NULL };

/* Others of these have the kernel send signals: F_SETOWN, F_SETSIG. */
static void
fcntl_add(struct filter *f)
{
	static const unsigned harmless[] = { F_GETFD, F_SETFD, F_GETFL,
		F_SETFL };

	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		note(f, seccomp_rule_add(f->ctx, SCMP_ACT_ALLOW,
		    SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, harmless[i],
		    0)));
}

enum sg_err
sandbox_server_calls(void)
{
	auto_filter f = { seccomp_init(SCMP_ACT_ERRNO(EPERM)), 0 };

	if (f.ctx == NULL)
		return sg_fail(SG_ENOMEM, "seccomp: no memory");
	calls_add(&f, SCMP_ACT_ALLOW, serving);
	calls_add(&f, SCMP_ACT_KILL_PROCESS, deadly);
	note(&f, seccomp_rule_add(f.ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
	    SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0)));
	/* No code but what is there. */
	note(&f, seccomp_rule_add(f.ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)));
	note(&f, seccomp_rule_add(f.ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect),
	    1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)));
	/* abort(3), which is nobody else's business. */
	note(&f, seccomp_rule_add(f.ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
	    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0)));
	fcntl_add(&f);
	return load(&f);
}

static const char *const never[] = { "bpf", "delete_module",
	"finit_module", "init_module", "kexec_file_load", "kexec_load",
	"keyctl", "mount", "move_mount", "open_tree", "perf_event_open",
	"pivot_root", "request_key", "add_key", "reboot", "setns", "swapon",
	"umount2", "unshare", "userfaultfd",
	/* does what it is told past this filter */
	"io_uring_setup", "io_uring_enter", "io_uring_register", NULL };

enum sg_err
sandbox_keeper_calls(bool network)
{
	auto_filter f = { seccomp_init(SCMP_ACT_ALLOW), 0 };

	if (f.ctx == NULL)
		return sg_fail(SG_ENOMEM, "seccomp: no memory");
	calls_add(&f, SCMP_ACT_KILL_PROCESS, deadly);
	calls_add(&f, SCMP_ACT_ERRNO(EPERM), never);
	if (!network)
		note(&f, seccomp_rule_add(f.ctx,
		    SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
		    SCMP_A0(SCMP_CMP_NE, AF_UNIX, 0)));
	return load(&f);
}
