/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * rdphost: an RDP host that signs people in as a Windows host does, with the
 * smart card that their client redirects.  See README.md.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <winpr/ssl.h>

#include "base/file.h"
#include "base/text.h"
#include "session.h"

#define BACKLOG		8
#define LINGER_DEFAULT	1000

static const char usage[] =
"usage: rdphost --listen ADDRESS --port N --certificate PEM --key PEM\n"
"    --keytab FILE --logon PROGRAM --module PKCS11 --socket PATH\n"
"    --ccache NAME [--linger MS]\n";

struct options {
	struct session_setup session;
	const char *address;
	long long port;
};

static enum sg_err
option(struct options *o, int c)
{
	long long n;

	switch (c) {
	case 'l': o->address = optarg; break;
	case 'p': return number_parse(&o->port, optarg, 1, 65535, "a port");
	case 'c': o->session.certificate = optarg; break;
	case 'k': o->session.key = optarg; break;
	case 't': o->session.keytab = optarg; break;
	case 'e': o->session.logon.program = optarg; break;
	case 'm': o->session.logon.module = optarg; break;
	case 's': o->session.logon.socket = optarg; break;
	case 'a': o->session.logon.ccache = optarg; break;
	case 'w':
		SG_TRY(number_parse(&n, optarg, 0, 600000, "milliseconds"));
		o->session.linger = (unsigned)n;
		break;
	default:
		return sg_fail(SG_EARG, "an unknown option");
	}
	return SG_OK;
}

static enum sg_err
parse(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "port", required_argument, NULL, 'p' },
		{ "certificate", required_argument, NULL, 'c' },
		{ "key", required_argument, NULL, 'k' },
		{ "keytab", required_argument, NULL, 't' },
		{ "logon", required_argument, NULL, 'e' },
		{ "module", required_argument, NULL, 'm' },
		{ "socket", required_argument, NULL, 's' },
		{ "ccache", required_argument, NULL, 'a' },
		{ "linger", required_argument, NULL, 'w' },
		{ 0 },
	};
	const struct session_setup *s = &o->session;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		SG_TRY(option(o, c));
	if (optind != argc || o->address == NULL || o->port == 0 ||
	    s->certificate == NULL || s->key == NULL || s->keytab == NULL ||
	    s->logon.program == NULL || s->logon.module == NULL ||
	    s->logon.socket == NULL || s->logon.ccache == NULL)
		return sg_fail(SG_EARG, "an option is missing");
	return SG_OK;
}

static enum sg_err
listen_at(int *out, const char *address, uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	auto_fd fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int one = 1;

	if (inet_pton(AF_INET, address, &at.sin_addr) != 1)
		return sg_fail(SG_EARG, "%s is not an address", address);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one,
	    sizeof(one)) != 0 ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(fd, BACKLOG) != 0)
		return sg_fail(SG_EIO, "%s:%u: %s", address, port,
		    strerror(errno));
	*out = fd;
	fd = -1;
	return SG_OK;
}

/* Each connection has a process of its own: what one leaves in memory, or does
 * to FreeRDP, the next does not meet.  Its files are named after it. */
static int
serve(int fd, struct session_setup setup)
{
	auto_str socket = NULL;
	auto_str ccache = NULL;
	enum sg_err e;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGCHLD, SIG_DFL);
	printf("connection=%d\n", (int)getpid());
	e = str_printf(&socket, "%s.%d", setup.logon.socket, (int)getpid());
	if (e == SG_OK)
		e = str_printf(&ccache, "%s.%d", setup.logon.ccache,
		    (int)getpid());
	setup.logon.socket = socket;
	setup.logon.ccache = ccache;
	if (e == SG_OK)
		e = session_run(fd, &setup);
	if (e != SG_OK)
		printf("error=%s\n", sg_note(e));
	(void)fflush(stdout);
	return e == SG_OK ? 0 : 1;
}

static int
accept_all(int listener, const struct session_setup *setup)
{
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		pid_t pid;

		if (fd < 0 && errno != EINTR && errno != ECONNABORTED)
			return 1;
		if (fd < 0)
			continue;
		(void)fflush(stdout);
		pid = fork();
		if (pid == 0) {
			fd_close(&listener);
			_exit(serve(fd, *setup));
		}
		fd_close(&fd);
	}
}

int
main(int argc, char **argv)
{
	struct options o = { .session.linger = LINGER_DEFAULT };
	auto_fd listener = -1;
	enum sg_err e = parse(&o, argc, argv);

	if (e == SG_OK)
		e = listen_at(&listener, o.address, (uint16_t)o.port);
	if (e != SG_OK) {
		(void)fprintf(stderr, "rdphost: %s\n%s", sg_note(e),
		    e == SG_EARG ? usage : "");
		return 2;
	}
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	(void)signal(SIGPIPE, SIG_IGN);
	/* Nobody asks how a connection's process ended. */
	(void)signal(SIGCHLD, SIG_IGN);
	(void)winpr_InitializeSSL(WINPR_SSL_INIT_DEFAULT);
	printf("listening=%s:%lld\n", o.address, o.port);
	return accept_all(listener, &o.session);
}
