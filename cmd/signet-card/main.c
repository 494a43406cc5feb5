/* SPDX-License-Identifier: BSD-2-Clause */

/* signet-card: the smart card that is a container.  See signet-card(8). */

#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/handed.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "ipc/server.h"
#include "paths.h"
#include "sandbox/sandbox.h"
#include "service.h"

/* pcscd's user where it is not root. */
#define READER_USER	"pcscd"
#define DESCRIPTORS	256

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const char usage_text[] =
    "usage: signet-card [--socket PATH] [--signetd PATH] [--reader-user NAME]\n"
    "                   [--debug]\n";

struct options {
	const char *socket;	/* NULL: handed over, or the built-in */
	const char *signetd;
	const char *reader_user;
	bool help;
	bool version;
};

static enum sg_err
parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "signetd", required_argument, NULL, 'd' },
		{ "reader-user", required_argument, NULL, 'u' },
		{ "debug", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == '?')
			return sg_fail(SG_EARG, "'%s' is not an option, or "
			    "lacks its value", argv[optind - 1]);
		if (c == 's')
			o->socket = optarg;
		else if (c == 'd')
			o->signetd = optarg;
		else if (c == 'u')
			o->reader_user = optarg;
		else if (c == 'v')
			log_set_level(LOG_LEVEL_DEBUG);
		else if (c == 'h')
			o->help = true;
		else
			o->version = true;
	}
	if (optind < argc)
		return sg_fail(SG_EARG, "'%s' is not an option", argv[optind]);
	return SG_OK;
}

static enum sg_err
take_signals(int *out)
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

static enum sg_err
get_socket(const struct options *o, int *out)
{
	auto_done(handed) h = { 0 };

	if (o->socket == NULL)
		SG_TRY(handed_take(&h));
	if (h.n == 1) {
		*out = h.fd[0];
		h.fd[0] = -1;
		return SG_OK;
	}
	return server_listen_packets(o->socket != NULL ? o->socket
	    : SIGNET_CARD_SOCKET_PATH, out);
}

/* A machine whose pcscd is root has no such user. */
static enum sg_err
reader_uid(const struct options *o, uint32_t *out)
{
	const char *name = o->reader_user != NULL ? o->reader_user
	    : READER_USER;
	const struct passwd *p = getpwnam(name);

	if (p == NULL && o->reader_user != NULL)
		return sg_fail(SG_EARG, "there is no user '%s'", name);
	*out = p != NULL ? p->pw_uid : 0;
	return SG_OK;
}

/* The folder of the socket, and its name there. */
static enum sg_err
split(const char *path, char **folder, const char **name)
{
	const char *slash = strrchr(path, '/');

	if (path[0] != '/')
		return sg_fail(SG_EARG, "%s: not a whole path", path);
	*name = slash + 1;
	return str_printf(folder, "%.*s", slash > path ? (int)(slash - path)
	    : 1, path);
}

/* Nothing can be opened but local sockets, no program started.  The threads
 * are there already. */
static enum sg_err
give_up(struct service *s)
{
	enum sandbox_files how = SANDBOX_LANDLOCK;
	auto_str folder = NULL;
	const char *name = "";
	uint8_t hash[SHA256_LEN];
	enum sg_err e;

	/* What OpenSSL opens at its first use is open after this. */
	SG_TRY(sha256(bytes_str(""), hash));
	SG_TRY(random_fill(hash, sizeof(hash)));
	SG_TRY(split(s->signetd, &folder, &name));
	e = sandbox_files_beside(folder, &how);
	if (e != SG_OK && e != SG_EUNSUPPORTED)
		return e;
	/* No slot has a connection yet, so nobody reads this. */
	if (e == SG_OK && how == SANDBOX_CHROOT) {
		memmove(s->signetd + 1, name, strlen(name) + 1);
		s->signetd[0] = '/';
	}
	/* The calls' filter refuses to open files, too. */
	log_info("card-confined uid=%u files=%s", (unsigned)getuid(),
	    e != SG_OK ? "calls" : how == SANDBOX_LANDLOCK ? "landlock"
	    : "chroot");
	return sandbox_server_calls();
}

static enum sg_err
run(const struct options *o)
{
	static struct service s;
	auto_fd listener = -1;
	int signals = -1;
	uint32_t uid = 0;
	enum sg_err e;

	SG_TRY(sandbox_basics(DESCRIPTORS));
	SG_TRY(reader_uid(o, &uid));
	SG_TRY(take_signals(&signals));
	SG_TRY(get_socket(o, &listener));
	e = service_start(&s, listener, uid, o->signetd);
	if (e == SG_OK)
		e = give_up(&s);
	if (e == SG_OK) {
		log_info("signet-card %s ready", SIGNET_VERSION);
		e = service_run(&s, signals);
	}
	log_info("signet-card stops");
	if (!service_stop(&s))
		_exit(EXIT_FAILED);
	return e;
}

static enum sg_err
start(int argc, char **argv)
{
	const char *set = secure_getenv("SIGNET_SOCKET");
	struct options o = { .signetd = set != NULL && *set != '\0' ? set
	    : SIGNET_SOCKET_PATH };

	SG_TRY(parse(argc, argv, &o));
	if (o.help)
		(void)fputs(usage_text, stdout);
	else if (o.version)
		(void)puts("signet-card " SIGNET_VERSION);
	else
		return run(&o);
	return SG_OK;
}

int
main(int argc, char **argv)
{
	enum sg_err e;

	(void)umask(077);
	e = start(argc, argv);
	if (e != SG_OK)
		log_error("signet-card: %s", sg_note(e));
	return e == SG_OK ? EXIT_SUCCESS
	    : e == SG_EARG ? EXIT_USAGE : EXIT_FAILED;
}
