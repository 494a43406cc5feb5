/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

#define BACKLOG 128

static void
info_free(struct addrinfo **a)
{
	if (*a != NULL)
		freeaddrinfo(*a);
}

static enum sg_err
resolve(struct addrinfo **out, const char *where)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
	const char *colon = strrchr(where, ':');
	auto_str host = NULL;
	long long port;
	size_t n;

	if (colon == NULL || colon == where)
		return sg_fail(SG_EARG, "'%.80s' is not ADDRESS:PORT", where);
	SG_TRY(number_parse(&port, colon + 1, 0, UINT16_MAX, "the port"));
	n = (size_t)(colon - where);
	if (where[0] == '[' && where[n - 1] == ']') {
		where++;
		n -= 2;
	}
	SG_TRY(str_from_bytes(&host, bytes_of(where, n)));
	if (getaddrinfo(host, colon + 1, &hints, out) != 0)
		return sg_fail(SG_EARG, "'%.80s' is not ADDRESS:PORT", where);
	return SG_OK;
}

enum sg_err
listen_check(const char *where)
{
	__attribute__((cleanup(info_free))) struct addrinfo *a = NULL;

	return resolve(&a, where);
}

static enum sg_err
fail_errno(const char *where)
{
	enum sg_err e = SG_EIO;

	if (errno == EADDRINUSE)
		e = SG_EBUSY;
	else if (errno == EACCES)
		return sg_fail(SG_EPERM, "listening on %s: ports below 1024 are"
		    " root's", where);
	return sg_fail(e, "listening on %s: %s", where, strerror(errno));
}

enum sg_err
listen_on(int *fd, const char *where)
{
	__attribute__((cleanup(info_free))) struct addrinfo *a = NULL;
	const int yes = 1;
	int s;

	SG_TRY(resolve(&a, where));
	s = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (s < 0)
		return fail_errno(where);
	/* A restart does not wait for connections that are gone. */
	if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
	    bind(s, a->ai_addr, a->ai_addrlen) != 0 ||
	    listen(s, BACKLOG) != 0) {
		enum sg_err e = fail_errno(where);

		(void)close(s);
		return e;
	}
	*fd = s;
	return SG_OK;
}

enum sg_err
listen_where(char **out, int fd)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (getsockname(fd, (struct sockaddr *)&a, &n) != 0 ||
	    getnameinfo((struct sockaddr *)&a, n, host, sizeof(host), port,
	    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return sg_fail(SG_EIO, "a socket has no address");
	return str_printf(out, a.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s",
	    host, port);
}
