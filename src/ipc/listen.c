/* SPDX-License-Identifier: BSD-2-Clause */

/* The socket that everybody may connect to. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "ipc/server_impl.h"

#define BACKLOG 1024

static enum sg_err
address(const char *path, struct sockaddr_un *out)
{
	*out = (struct sockaddr_un) { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(out->sun_path))
		return sg_fail(SG_EARG, "the socket path '%s' is too long",
		    path);
	strcpy(out->sun_path, path);
	return SG_OK;
}

static bool
open_to(int fd, const char *path, bool everybody)
{
	const int on = everybody;

	return chmod(path, everybody ? 0666 : 0600) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0;
}

/* Binds and listens under another name first, so that whoever sees the socket
 * can connect to it. */
static enum sg_err
listen_at(int fd, const char *path, bool everybody)
{
	auto_str fresh = NULL;
	struct sockaddr_un sun;

	SG_TRY(str_printf(&fresh, "%s.new", path));
	SG_TRY(address(fresh, &sun));
	(void)unlink(fresh);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0 ||
	    !open_to(fd, fresh, everybody) ||
	    listen(fd, BACKLOG) != 0 || rename(fresh, path) != 0)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	return SG_OK;
}

static enum sg_err
listen_alone(const char *path, int type, bool everybody, int *out)
{
	struct sockaddr_un sun;
	enum sg_err e;
	int fd;

	SG_TRY(address(path, &sun));
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return sg_fail(SG_EIO, "socket: %s", strerror(errno));
	/* EAGAIN: it has not taken those who came before. */
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0 ||
	    errno == EAGAIN)
		e = sg_fail(SG_EBUSY, "somebody listens at %s already", path);
	else
		e = listen_at(fd, path, everybody);
	if (e != SG_OK) {
		(void)close(fd);
		return e;
	}
	*out = fd;
	return SG_OK;
}

enum sg_err
server_listen(const char *path, int *out)
{
	return listen_alone(path, SOCK_STREAM, true, out);
}

enum sg_err
server_listen_packets(const char *path, int *out)
{
	return listen_alone(path, SOCK_SEQPACKET, false, out);
}

/* unix(7): without a name, the kernel chooses one of five hex digits. */
enum sg_err
server_listen_apart(char **name, int *out)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	socklen_t n = sizeof(sun);
	const int one = 1;
	auto_fd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sun,
	    sizeof(sun.sun_family)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)) != 0 ||
	    listen(fd, BACKLOG) != 0 ||
	    getsockname(fd, (struct sockaddr *)&sun, &n) != 0)
		return sg_fail(SG_EIO, "socket: %s", strerror(errno));
	SG_TRY(str_printf(name, "@%.*s", (int)(n - 1 -
	    offsetof(struct sockaddr_un, sun_path)), sun.sun_path + 1));
	*out = fd;
	fd = -1;
	return SG_OK;
}

/* Accepted sockets inherit SO_PASSCRED, so that no message can come without
 * its sender's credentials; set later, it would miss the first ones. */
enum sg_err
listener_check(int fd)
{
	int on = 0, flags = fcntl(fd, F_GETFL);
	socklen_t n = sizeof(on);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, &n) != 0)
		return sg_fail(SG_EIO, "listening socket: %s",
		    strerror(errno));
	if (on == 0)
		return sg_fail(SG_EARG, "the listening socket does not pass "
		    "credentials (systemd: PassCredentials=yes)");
	return SG_OK;
}
