/* SPDX-License-Identifier: BSD-2-Clause */

/* signetd: the daemon that keeps the containers.  See signetd(8). */

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

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
	    (*out = signalfd(-1, &set, SFD_CLOEXEC)) < 0)
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

/* A file that cannot be opened anew stays the old one. */
static void
reopen_audit(const struct settings *o)
{
	enum sg_err e = o->audit == NULL ? SG_OK : trail_open(o->audit);

	if (e != SG_OK)
		log_error("signetd: %s", sg_note(e));
}

static enum sg_err
serve_until_stopped(struct server *s, int signals, const struct settings *o)
{
	struct signalfd_siginfo info = { 0 };

	do {
		SG_TRY(server_run(s, signals));
		if (read(signals, &info, sizeof(info)) != sizeof(info))
			return sg_fail(SG_EIO, "signals: %s",
			    strerror(errno));
		if (info.ssi_signo == SIGHUP)
			reopen_audit(o);
	} while (info.ssi_signo == SIGHUP);
	return SG_OK;
}

static enum sg_err
run(const struct settings *o)
{
	struct keeper_config cfg = { o->state, o->tcti, o->pin_min, o->tries,
		o->containers, &o->keeper, o->users, o->user_count, o->who,
		o->without_tpm };
	struct serving serving = { .audit = o->audit,
		.audit_required = o->audit_required };
	auto_free(keeper) keeper = NULL;
	auto_free(server) server = NULL;
	struct server_calls calls = serve_calls(&serving);
	int signals = -1, fd = -1;
	enum sg_err e;

	if (o->audit != NULL)
		SG_TRY(trail_open(o->audit));
	SG_TRY(take_signals(&signals));
	SG_TRY(keeper_new(&keeper, &cfg));
	serving.keeper = keeper;
	SG_TRY(get_socket(o, &fd));
	SG_TRY(server_new(&server, fd, &daemon_verbs, &calls, &o->server));
	serving.server = server;
	log_info("signetd %s ready", SIGNET_VERSION);
	e = serve_until_stopped(server, signals, o);
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
