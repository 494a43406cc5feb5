/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Speaks the helper's side of ipc/handover.h.  $FAKE_PROMPT_ANSWER is the byte
 * it answers (empty: none, it dies); what it found goes to $FAKE_PROMPT_LOG.
 * Without these, as below a setuid host, it answers whether there is nothing
 * but a PATH in its environment.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipc/handover.h"

static int
descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static int
blocked_signals(void)
{
	sigset_t s;
	int n = 0;

	(void)sigprocmask(SIG_SETMASK, NULL, &s);
	for (int i = 1; i < 32; i++)
		n += sigismember(&s, i) == 1;
	return n;
}

static void
log_write(const struct handover *h, int fds, int blocked)
{
	FILE *f = fopen(getenv("FAKE_PROMPT_LOG"), "w");

	if (f == NULL)
		abort();
	(void)fprintf(f, "%.16s %s %u fds %d blocked %d\n",
	    (const char *)h->ticket, h->program, h->pid, fds, blocked);
	(void)fclose(f);
}

static const char *
bare_answer(void)
{
	static const char path[] = "PATH=/usr/bin:/bin";

	return environ[0] != NULL && strcmp(environ[0], path) == 0 &&
	    environ[1] == NULL ? "c" : "w";
}

int
main(void)
{
	const char *answer = getenv("FAKE_PROMPT_ANSWER");
	uint8_t message[HANDOVER_MESSAGE_MAX];
	struct handover h;
	int fds = descriptors(), blocked = blocked_signals();
	ssize_t n;

	if (fork() > 0)
		return 0;
	n = recv(HANDOVER_FD, message, sizeof(message), 0);
	if (n < 0 || handover_read(bytes_of(message, (size_t)n), &h) != SG_OK)
		return 1;
	if (getenv("FAKE_PROMPT_LOG") != NULL)
		log_write(&h, fds, blocked);
	else
		answer = bare_answer();
	if (answer != NULL && strcmp(answer, "slow") == 0) {
		/* Until the test closes the other end or answers by itself. */
		(void)recv(HANDOVER_FD, message, sizeof(message), 0);
		return 0;
	}
	if (answer == NULL || *answer == '\0')
		return 1;
	return send(HANDOVER_FD, answer, 1, MSG_NOSIGNAL) == 1 ? 0 : 1;
}
