/* SPDX-License-Identifier: BSD-2-Clause */

/* signetd: the daemon that keeps the containers.  See signetd(8). */

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/account.h"
#include "base/file.h"
#include "base/handed.h"
#include "base/log.h"
#include "ipc/verbs.h"
#include "paths.h"
#include "serve.h"
#include "settings.h"
#include "trail.h"

/* What the TPM gets to end its command and to be shut down in order; an RSA
 * key may take it longer, and then nobody waits for the key any more. */
#define STOP_LIMIT_S 5
#define MMAP_THRESHOLD (128 << 10)	/* bytes; glibc's first own choice */

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const char usage_text[] =
    "usage: signetd [--socket PATH] [--state FOLDER] [--tcti STRING]\n"
    "               [--config FILE] [--audit FILE] [--debug]\n";

/* Secrets of this process reach neither a core file nor a debugger. */
static void
harden(void)
{
	struct rlimit none = { 0, 0 }, files;

	(void)umask(077);
	(void)setrlimit(RLIMIT_CORE, &none);
	/* Every client costs two descriptors: its socket and its pidfd. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	/* scrypt's block goes back to the system after each login; otherwise
	 * glibc learns to keep it. */
	(void)mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	tpm_quiet();
}

static enum sg_err
take_signals(int *out)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 ||
	    (*out = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
		return sg_fail(SG_EIO, "signals: %s", strerror(errno));
	return SG_OK;
}

static void
stop_is_late(int signal_number)
{
	static const char said[] =
	    "signetd: the TPM does not answer; it was not shut down\n";

	(void)signal_number;
	if (write(STDERR_FILENO, said, sizeof(said) - 1) < 0)
		_exit(EXIT_FAILED);
	_exit(EXIT_FAILED);
}

/* From here on the process ends soon, whatever the TPM does. */
static void
limit_stop(void)
{
	(void)signal(SIGALRM, stop_is_late);
	(void)alarm(STOP_LIMIT_S);
}

static enum sg_err
get_socket(const struct settings *o, int *out)
{
	auto_done(handed) h = { 0 };

	if (o->socket == NULL)
		SG_TRY(handed_take(&h));
	if (h.n == 1) {
		*out = h.fd[0];
		h.fd[0] = -1;
		return SG_OK;
	}
	return server_listen(o->socket != NULL ? o->socket
					       : SIGNET_SOCKET_PATH, out);
}

/* What ends server_run(): a signal, or something that is over. */
struct events {
	int signals;
	int timer;
	int both;		/* readable when one of them is */
};

static void
events_done(struct events *e)
{
	fd_close(&e->both);
	fd_close(&e->timer);
	fd_close(&e->signals);
}

static enum sg_err
events_add(const struct events *e, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN };

	if (epoll_ctl(e->both, EPOLL_CTL_ADD, fd, &ev) != 0)
		return sg_fail(SG_EIO, "epoll: %s", strerror(errno));
	return SG_OK;
}

static enum sg_err
events_init(struct events *e)
{
	SG_TRY(take_signals(&e->signals));
	e->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	e->both = epoll_create1(EPOLL_CLOEXEC);
	if (e->timer < 0 || e->both < 0)
		return sg_fail(SG_EIO, "no timer: %s", strerror(errno));
	SG_TRY(events_add(e, e->signals));
	return events_add(e, e->timer);
}

/* On the worker's thread; a timer may be set by any. */
static void
set_timer(void *arg, int64_t at)
{
	const struct events *e = arg;
	struct itimerspec when = { .it_value = { at / 1000,
		at % 1000 * 1000000 } };

	(void)timerfd_settime(e->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

/* A file that cannot be opened anew stays the old one. */
static void
reopen_audit(const struct settings *o)
{
	enum sg_err e = o->audit == NULL ? SG_OK : trail_open(o->audit);

	if (e != SG_OK)
		log_error("signetd: %s", sg_note(e));
}

/* The board has it from here on, the keeper when its turn comes.  With a
 * mistake in the file the policy stays what it was. */
static void
reload_card(const struct settings *o, struct keeper *k, struct server *s)
{
	struct card_policy p;
	enum sg_err e = settings_card(o, &p);

	if (e != SG_OK) {
		log_error("signetd: %s; the rules for cards stay as they were",
		    sg_note(e));
		return;
	}
	board_set_policy(keeper_board(k), &p);
	audit("card-policy", "emulation=%s certificates=%s all-users=%s",
	    p.emulation ? "yes" : "no", p.certificates ? "yes" : "no",
	    p.all_users ? "yes" : "no");
	server_chore(s);
}

/* The signal that came, or 0. */
static enum sg_err
next_signal(const struct events *ev, uint32_t *out)
{
	struct signalfd_siginfo info = { 0 };
	ssize_t n = read(ev->signals, &info, sizeof(info));

	*out = 0;
	if (n < 0 && errno == EAGAIN)
		return SG_OK;
	if (n != sizeof(info))
		return sg_fail(SG_EIO, "signals: %s", strerror(errno));
	*out = info.ssi_signo;
	return SG_OK;
}

static enum sg_err
serve_until_stopped(struct server *s, const struct events *ev,
    const struct settings *o, struct keeper *k)
{
	uint32_t signal_number = 0;
	uint64_t ticks;

	do {
		SG_TRY(server_run(s, ev->both));
		if (read(ev->timer, &ticks, sizeof(ticks)) == sizeof(ticks))
			server_chore(s);
		SG_TRY(next_signal(ev, &signal_number));
		if (signal_number != SIGHUP)
			continue;
		reopen_audit(o);
		reload_card(o, k, s);
	} while (signal_number == 0 || signal_number == SIGHUP);
	return SG_OK;
}

/* Without such an account nobody but root shows cards. */
static enum sg_err
find_card_user(const char *name, struct serving *out)
{
	SG_TRY(account_find(name, &out->has_card_user, &out->card_user));
	if (!out->has_card_user)
		log_info("there is no user '%s': nobody shows cards", name);
	return SG_OK;
}

static enum sg_err
run(const struct settings *o)
{
	struct keeper_config cfg = { .folder = o->state, .tcti = o->tcti,
		.pin_min = o->pin_min, .tries = o->tries,
		.containers_max = o->containers, .quota = &o->keeper,
		.users = o->users, .user_count = o->user_count,
		.who = o->who, .without_tpm = o->without_tpm };
	__attribute__((cleanup(events_done))) struct events ev = { -1, -1,
		-1 };
	struct serving serving = { .audit = o->audit,
		.audit_required = o->audit_required,
		.end_changes = set_timer, .end_arg = &ev };
	auto_free(keeper) keeper = NULL;
	auto_free(server) server = NULL;
	struct server_calls calls = serve_calls(&serving);
	int fd = -1;
	enum sg_err e;

	if (o->audit != NULL)
		SG_TRY(trail_open(o->audit));
	SG_TRY(events_init(&ev));
	SG_TRY(find_card_user(o->card_user, &serving));
	SG_TRY(keeper_new(&keeper, &cfg));
	board_set_policy(keeper_board(keeper), &o->card);
	board_set_sessions(keeper_board(keeper), o->card_sessions);
	serving.keeper = keeper;
	SG_TRY(get_socket(o, &fd));
	SG_TRY(server_new(&server, fd, &daemon_verbs, &calls, &o->server));
	serving.server = server;
	log_info("signetd %s ready", SIGNET_VERSION);
	e = serve_until_stopped(server, &ev, o, keeper);
	log_info("signetd stops");
	limit_stop();
	/* The keeper is this thread's again when the worker is gone. */
	server_drain(server);
	return e;
}

static enum sg_err
start(int argc, char **argv)
{
	auto_done(settings) s = { 0 };
	enum settings_ask ask = SETTINGS_RUN;

	SG_TRY(settings_read(argc, argv, &s, &ask));
	if (ask == SETTINGS_HELP)
		(void)fputs(usage_text, stdout);
	if (ask == SETTINGS_VERSION)
		(void)puts("signetd " SIGNET_VERSION);
	if (ask != SETTINGS_RUN)
		return SG_OK;
	log_set_level(s.debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	return run(&s);
}

int
main(int argc, char **argv)
{
	enum sg_err e;

	harden();
	e = start(argc, argv);
	if (e != SG_OK)
		log_error("signetd: %s", sg_note(e));
	return e == SG_OK ? EXIT_SUCCESS
	    : e == SG_EARG ? EXIT_USAGE : EXIT_FAILED;
}
