/* SPDX-License-Identifier: BSD-2-Clause */
#include "slot.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define CONNECT_MS	500	/* between two attempts; how long one takes */
/* For what it says at once, though it may have to be started, and signetd. */
#define COUNT_MS	3000
/* The service itself gives up on signetd sooner. */
#define ANSWER_MS	60000

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
hang_up(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static bool
limit(int fd, int option, int ms)
{
	const struct timeval t = { ms / 1000, ms % 1000 * 1000 };

	return setsockopt(fd, SOL_SOCKET, option, &t, sizeof(t)) == 0;
}

/* A connection of that kind, or -1. */
static int
dial(const struct sockaddr_un *service, enum link_kind kind, uint8_t number,
    int answer_ms)
{
	uint8_t hello[LINK_HELLO_LEN] = { LINK_HELLO };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	hello[LINK_HEAD_LEN] = LINK_VERSION;
	hello[LINK_HEAD_LEN + 1] = (uint8_t)kind;
	hello[LINK_HEAD_LEN + 2] = number;
	if (fd < 0 || !limit(fd, SO_SNDTIMEO, CONNECT_MS) ||
	    !limit(fd, SO_RCVTIMEO, answer_ms) ||
	    connect(fd, (const struct sockaddr *)service,
	    sizeof(*service)) != 0 ||
	    send(fd, hello, sizeof(hello), MSG_NOSIGNAL) !=
	    (ssize_t)sizeof(hello))
		hang_up(&fd);
	return fd;
}

unsigned
slot_count(const struct sockaddr_un *service)
{
	int fd = dial(service, LINK_COUNT, 0, COUNT_MS);
	uint8_t n = 0;
	ssize_t got = fd < 0 ? -1 : recv(fd, &n, sizeof(n), 0);

	hang_up(&fd);
	return got == 1 && n >= 1 && n <= LINK_SLOTS_MAX ? n
	    : LINK_SLOTS_DEFAULT;
}

bool
slot_open(struct slot *s, const struct sockaddr_un *service, uint8_t number)
{
	if (!s->made) {
		s->talk = s->watch = -1;
		s->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		s->made = s->stop >= 0 &&
		    pthread_mutex_init(&s->talk_lock, NULL) == 0 &&
		    pthread_mutex_init(&s->watch_lock, NULL) == 0;
	}
	s->number = number;
	s->service = *service;
	s->asked_ms = now_ms() - CONNECT_MS;
	s->open = s->made;
	return s->open;
}

void
slot_close(struct slot *s)
{
	(void)pthread_mutex_lock(&s->talk_lock);
	hang_up(&s->talk);
	(void)pthread_mutex_unlock(&s->talk_lock);
	(void)pthread_mutex_lock(&s->watch_lock);
	hang_up(&s->watch);
	s->present = s->lost = false;
	(void)pthread_mutex_unlock(&s->watch_lock);
	s->open = false;
}

/* Not more often than now and then, as long as nobody is there. */
static void
watch_connect(struct slot *s)
{
	if (s->watch >= 0 || now_ms() - s->asked_ms < CONNECT_MS)
		return;
	s->asked_ms = now_ms();
	s->watch = dial(&s->service, LINK_WATCH, s->number, ANSWER_MS);
}

/* One message at most, so that pcscd sees every change. */
static void
watch_read(struct slot *s)
{
	uint8_t told = LINK_ABSENT;
	ssize_t n;

	if (s->watch < 0)
		return;
	n = recv(s->watch, &told, sizeof(told), MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != 1 && s->present)
		s->lost = true;
	s->present = n == 1 && told == LINK_PRESENT;
	if (n != 1)
		hang_up(&s->watch);
}

/* A card that pcscd has powered up is not the one of a service that has taken
 * the old one's place meanwhile: pcscd must see it go first. */
static bool
lost(struct slot *s)
{
	if (!s->lost)
		return false;
	s->lost = false;
	slot_stop(s);
	return true;
}

bool
slot_present(struct slot *s)
{
	struct pollfd p = { .events = POLLIN };
	bool fresh, present;

	(void)pthread_mutex_lock(&s->watch_lock);
	if (lost(s)) {
		(void)pthread_mutex_unlock(&s->watch_lock);
		return false;
	}
	fresh = s->watch < 0;
	watch_connect(s);
	/* The first word comes at once, and saves pcscd one round. */
	p.fd = s->watch;
	if (fresh && s->watch >= 0 && poll(&p, 1, CONNECT_MS) > 0)
		watch_read(s);
	present = s->present;
	(void)pthread_mutex_unlock(&s->watch_lock);
	return present;
}

/* Waits for the next word from outside; true when there was one. */
static bool
wait_once(struct slot *s, int timeout_ms)
{
	struct pollfd p[2] = { { s->stop, POLLIN, 0 }, { -1, POLLIN, 0 } };
	bool before, after;
	uint64_t count;

	(void)pthread_mutex_lock(&s->watch_lock);
	watch_connect(s);
	before = s->present;
	p[1].fd = s->watch;
	(void)pthread_mutex_unlock(&s->watch_lock);
	if (p[1].fd < 0 && timeout_ms > CONNECT_MS)
		timeout_ms = CONNECT_MS;
	if (poll(p, 2, timeout_ms) <= 0)
		return false;
	if (p[0].revents != 0 &&
	    read(s->stop, &count, sizeof(count)) == sizeof(count))
		return true;
	(void)pthread_mutex_lock(&s->watch_lock);
	watch_read(s);
	after = s->present;
	(void)pthread_mutex_unlock(&s->watch_lock);
	return before != after;
}

void
slot_wait(struct slot *s, int timeout_ms)
{
	int64_t end = now_ms() + timeout_ms, left = timeout_ms;

	while (left > 0 && !wait_once(s, (int)left))
		left = end - now_ms();
}

void
slot_stop(struct slot *s)
{
	const uint64_t one = 1;

	if (write(s->stop, &one, sizeof(one)) < 0)
		return;		/* it is set already */
}

static bool
tell(int fd, enum link_op op, uint64_t client, const uint8_t *p, size_t n)
{
	uint8_t head[LINK_HEAD_LEN] = { (uint8_t)op };
	struct iovec v[2] = { { head, sizeof(head) },
		{ (void *)(uintptr_t)p, n } };
	struct msghdr m = { .msg_iov = v, .msg_iovlen = n > 0 ? 2 : 1 };

	for (int i = 1; i < LINK_HEAD_LEN; i++)
		head[i] = (uint8_t)(client >> 8 * (LINK_HEAD_LEN - 1 - i));
	return sendmsg(fd, &m, MSG_NOSIGNAL) ==
	    (ssize_t)(sizeof(head) + n);
}

/* The service's answer to the only request on its way. */
static bool
hear(int fd, uint8_t *reply, size_t *reply_n, bool *refused)
{
	uint8_t status = LINK_FAILED;
	struct iovec v[2] = { { &status, 1 }, { reply, *reply_n } };
	struct msghdr m = { .msg_iov = v, .msg_iovlen = 2 };
	ssize_t n;

	do {
		n = recvmsg(fd, &m, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 1 || (m.msg_flags & MSG_TRUNC) != 0)
		return false;
	*refused = status != LINK_OK;
	*reply_n = (size_t)n - 1;
	return true;
}

/* pcscd believes that there is power, and there is no card to have it. */
static void
tell_lost(struct slot *s)
{
	(void)pthread_mutex_lock(&s->watch_lock);
	s->lost = true;
	(void)pthread_mutex_unlock(&s->watch_lock);
	slot_stop(s);
}

bool
slot_ask(struct slot *s, enum link_op op, uint64_t client, const uint8_t *p,
    size_t n, uint8_t *reply, size_t *reply_n)
{
	bool opens = op == LINK_POWER_UP || op == LINK_RESET;
	bool refused = true, gone;

	if (n > PIV_APDU_MAX + 1)
		n = PIV_APDU_MAX + 1;
	(void)pthread_mutex_lock(&s->talk_lock);
	/* What was said to a service that is gone tells the new one nothing:
	 * only power starts anew. */
	for (int i = 0; i < (opens ? 2 : 1); i++) {
		if (s->talk < 0 && opens)
			s->talk = dial(&s->service, LINK_TALK, s->number,
			    ANSWER_MS);
		if (s->talk < 0)
			break;
		if (tell(s->talk, op, client, p, n) &&
		    hear(s->talk, reply, reply_n, &refused))
			break;
		refused = true;
		hang_up(&s->talk);
	}
	gone = s->talk < 0;
	(void)pthread_mutex_unlock(&s->talk_lock);
	if (gone && op == LINK_TRANSMIT)
		tell_lost(s);
	return !refused;
}

void
slot_tell_gone(struct slot *s, uint64_t client)
{
	(void)pthread_mutex_lock(&s->talk_lock);
	if (s->talk >= 0 && !tell(s->talk, LINK_GONE, client, NULL, 0))
		hang_up(&s->talk);
	(void)pthread_mutex_unlock(&s->talk_lock);
}
