/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * A wire between one client and one swtpm that writes down what passes:
 *
 *	tpm_count LISTEN SWTPM LOG
 *
 * LISTEN and SWTPM are sockets of the file system; the control channel
 * (SWTPM.ctrl) carries no commands and is reached by a link.  A line of LOG is
 * a command's code and the microseconds until its answer; it is there before
 * the client has the answer.
 */

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "measure.h"

#define HEAD_LEN	10	/* tag, length, code */
#define MESSAGE_MAX	8192

static int
unix_socket(const char *path, struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*at = (struct sockaddr_un) { .sun_family = AF_UNIX };
	if (fd < 0 || strlen(path) >= sizeof(at->sun_path))
		die("%s: no socket", path);
	(void)strcpy(at->sun_path, path);
	return fd;
}

static int
dial(const char *path)
{
	struct sockaddr_un at;
	int fd = unix_socket(path, &at);

	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		die("%s: nobody answers", path);
	return fd;
}

static int
listen_at(const char *path)
{
	struct sockaddr_un at;
	int fd = unix_socket(path, &at);

	(void)unlink(path);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(fd, 1) != 0)
		die("%s: cannot listen", path);
	return fd;
}

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static int
fill(int fd, uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t got = read(fd, p, n);

		if (got <= 0)
			return 0;
		p += got;
		n -= (size_t)got;
	}
	return 1;
}

/* One message of the TPM's own framing; 0 at the end. */
static size_t
message(int fd, uint8_t m[MESSAGE_MAX])
{
	size_t n;

	if (!fill(fd, m, HEAD_LEN))
		return 0;
	n = be32(m + 2);
	if (n < HEAD_LEN || n > MESSAGE_MAX)
		die("a message of %zu bytes", n);
	return fill(fd, m + HEAD_LEN, n - HEAD_LEN) ? n : 0;
}

static void
pass(int client, int tpm, FILE *log)
{
	static uint8_t m[MESSAGE_MAX];
	size_t n;

	while ((n = message(client, m)) > 0) {
		uint32_t code = be32(m + 6);
		double start = now_us();

		if (write(tpm, m, n) != (ssize_t)n ||
		    (n = message(tpm, m)) == 0)
			return;
		(void)fprintf(log, "0x%03x %.0f\n", code, now_us() - start);
		(void)fflush(log);
		if (write(client, m, n) != (ssize_t)n)
			return;
	}
}

int
main(int argc, char **argv)
{
	FILE *log;
	int door;

	if (argc != 4)
		die("usage: tpm_count LISTEN SWTPM LOG");
	if ((log = fopen(argv[3], "ae")) == NULL)
		die("%s: cannot write", argv[3]);
	door = listen_at(argv[1]);
	for (;;) {
		int client = accept(door, NULL, NULL), tpm;

		if (client < 0)
			die("no client");
		tpm = dial(argv[2]);
		pass(client, tpm, log);
		(void)close(tpm);
		(void)close(client);
	}
}
