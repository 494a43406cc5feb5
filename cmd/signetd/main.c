/* SPDX-License-Identifier: BSD-2-Clause */

/* signetd: the daemon that keeps the containers.  See signetd(8). */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
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

#include "base/conf.h"
#include "base/log.h"
#include "base/text.h"
#include "paths.h"
#include "serve.h"

/* sd_listen_fds(3): the first socket that systemd hands over. */
#define LISTEN_FDS_START 3

/* What the TPM gets to end its command and to be shut down in order; an RSA
 * key may take it longer, and then nobody waits for the key any more. */
#define STOP_LIMIT_S 5
#define MMAP_THRESHOLD (128 << 10)	/* bytes; glibc's first own choice */

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct options {
	const char *socket;
	char *state;
	char *tcti;
	const char *config;
	char *audit;
	long long pin_min;
	long long tries;
	long long containers;
	bool debug;
};

static const char usage_text[] =
    "usage: signetd [--socket PATH] [--state FOLDER] [--tcti STRING]\n"
    "               [--config FILE] [--audit FILE] [--debug]\n";

static void
options_done(struct options *o)
{
	free(o->state);
	free(o->tcti);
	free(o->audit);
}

static enum sg_err
replace(char **to, const char *value)
{
	char *fresh = NULL;

	SG_TRY(str_dup(&fresh, value));
	free(*to);
	*to = fresh;
	return SG_OK;
}

static enum sg_err
config_key(void *arg, const struct conf_line *l)
{
	struct options *o = arg;
	bool pin = strcmp(l->section, "pin") == 0;

	if (pin && strcmp(l->key, "min-length") == 0)
		return number_parse(&o->pin_min, l->value, PIN_MIN_LEAST,
		    PIN_MAX, l->key);
	if (pin && strcmp(l->key, "tries") == 0)
		return number_parse(&o->tries, l->value, 1, KEEPER_TRIES_MAX,
		    l->key);
	if (strcmp(l->section, "container") == 0 &&
	    strcmp(l->key, "max") == 0)
		return number_parse(&o->containers, l->value, 1, 100000,
		    l->key);
	if (strcmp(l->section, "container") == 0 &&
	    strcmp(l->key, "folder") == 0)
		return replace(&o->state, l->value);
	if (strcmp(l->section, "tpm") == 0 && strcmp(l->key, "tcti") == 0)
		return replace(&o->tcti, l->value);
	if (strcmp(l->section, "audit") == 0 && strcmp(l->key, "file") == 0)
		return replace(&o->audit, l->value);
	return sg_fail(SG_EFORMAT, "unknown key '%s' in section [%s]",
	    l->key, l->section);
}

static enum sg_err
read_config(struct options *o)
{
	bool named = o->config != NULL;
	enum sg_err e = conf_read(named ? o->config
	    : SIGNET_CONFIG_DIR "/signetd.conf", config_key, o);

	if (e == SG_ENOENT && !named)
		return SG_OK;
	return e;
}

/* First pass: only the configuration's name; its settings come before the
 * command line's. */
static enum sg_err
parse(int argc, char **argv, struct options *o, bool all)
{
	static const struct option longs[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "state", required_argument, NULL, 'd' },
		{ "tcti", required_argument, NULL, 't' },
		{ "config", required_argument, NULL, 'c' },
		{ "audit", required_argument, NULL, 'a' },
		{ "debug", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'c')
			o->config = optarg;
		else if (c == 'h') {
			(void)fputs(usage_text, stdout);
			exit(EXIT_SUCCESS);
		} else if (c == 'V') {
			(void)puts("signetd " SIGNET_VERSION);
			exit(EXIT_SUCCESS);
		} else if (c == '?')
			exit(EXIT_USAGE);
		else if (!all)
			continue;
		else if (c == 's')
			o->socket = optarg;
		else if (c == 'd')
			SG_TRY(replace(&o->state, optarg));
		else if (c == 't')
			SG_TRY(replace(&o->tcti, optarg));
		else if (c == 'a')
			SG_TRY(replace(&o->audit, optarg));
		else
			o->debug = true;
	}
	if (optind < argc)
		return sg_fail(SG_EARG, "'%s' is not an option", argv[optind]);
	return SG_OK;
}

static enum sg_err
get_options(int argc, char **argv, struct options *o)
{
	SG_TRY(replace(&o->state, SIGNET_STATE_DIR));
	SG_TRY(parse(argc, argv, o, false));
	SG_TRY(read_config(o));
	return parse(argc, argv, o, true);
}

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
stop_signals(int *out)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
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

static bool
handed_socket(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");

	return pid != NULL && fds != NULL && atol(pid) == (long)getpid() &&
	    atoi(fds) == 1;
}

static enum sg_err
get_socket(const struct options *o, int *out)
{
	if (o->socket == NULL && handed_socket()) {
		(void)fcntl(LISTEN_FDS_START, F_SETFD, FD_CLOEXEC);
		*out = LISTEN_FDS_START;
		return SG_OK;
	}
	return server_listen(o->socket != NULL ? o->socket
					       : SIGNET_SOCKET_PATH, out);
}

static enum sg_err
open_audit(const struct options *o)
{
	int fd;

	if (o->audit == NULL)
		return SG_OK;
	fd = open(o->audit, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return sg_fail(SG_EIO, "%s: %s", o->audit, strerror(errno));
	audit_set_fd(fd);
	return SG_OK;
}

static enum sg_err
run(const struct options *o)
{
	struct keeper_config cfg = { o->state, o->tcti, (size_t)o->pin_min,
		(uint32_t)o->tries, (uint32_t)o->containers };
	auto_free(keeper) keeper = NULL;
	auto_free(server) server = NULL;
	struct server_calls calls;
	int stop = -1, fd = -1;
	enum sg_err e;

	SG_TRY(open_audit(o));
	SG_TRY(stop_signals(&stop));
	SG_TRY(keeper_new(&keeper, &cfg));
	calls = serve_calls(keeper);
	SG_TRY(get_socket(o, &fd));
	SG_TRY(server_new(&server, fd, &calls, NULL));
	log_info("signetd %s ready", SIGNET_VERSION);
	e = server_run(server, stop);
	log_info("signetd stops");
	limit_stop();
	/* The keeper is this thread's again when the worker is gone. */
	server_drain(server);
	return e;
}

int
main(int argc, char **argv)
{
	struct options o = { .pin_min = PIN_MIN_DEFAULT,
		.tries = KEEPER_TRIES_DEFAULT,
		.containers = KEEPER_CONTAINERS_DEFAULT };
	enum sg_err e;

	harden();
	e = get_options(argc, argv, &o);
	if (e == SG_OK) {
		log_set_level(o.debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
		e = run(&o);
	}
	if (e != SG_OK)
		log_error("signetd: %s", sg_note(e));
	options_done(&o);
	return e == SG_OK ? EXIT_SUCCESS
	    : e == SG_EARG ? EXIT_USAGE : EXIT_FAILED;
}
