/* SPDX-License-Identifier: BSD-2-Clause */
#include "slot.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/reader.h"

#define STACK_SIZE	(256 << 10)	/* bytes */

static uint64_t
now_ms(void)
{
	struct timespec t;

	/* Also of the time that the machine slept: a PIN is idle then. */
	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static struct occupant
occupant_now(struct slot *s)
{
	struct occupant o;

	(void)pthread_mutex_lock(&s->lock);
	o = s->now;
	(void)pthread_mutex_unlock(&s->lock);
	return o;
}

/* Whether who was there at power-up still is, with the same to show. */
static bool
same(const struct occupant *a, const struct occupant *b)
{
	return a->taken && b->taken && a->uid == b->uid &&
	    a->generation == b->generation;
}

static void
no_power(struct slot *s)
{
	piv_power_down(s->card);
	s->inside = (struct occupant) { 0 };
}

static enum sg_err
power(struct slot *s, struct buf *out)
{
	struct occupant o = occupant_now(s);

	no_power(s);
	if (!o.taken)
		return sg_fail(SG_ENOENT, "there is no card");
	s->keys.uid = o.uid;
	piv_set_idle(s->card, o.idle_ms);
	SG_TRY(piv_power_up(s->card));
	s->inside = o;
	return buf_set(out, piv_atr());
}

static enum sg_err
transmit(struct slot *s, uint64_t client, struct bytes apdu, struct buf *out)
{
	struct occupant o = occupant_now(s);

	if (!same(&o, &s->inside)) {
		no_power(s);
		return sg_fail(SG_ENOENT, "the card has been taken out");
	}
	return piv_transmit(s->card, client, now_ms(), apdu, out);
}

static bool
answer(int fd, enum sg_err e, const struct buf *data)
{
	uint8_t status = (uint8_t)(e == SG_OK ? LINK_OK : e == SG_ENOENT
	    ? LINK_NO_CARD : LINK_FAILED);
	struct iovec v[2] = { { &status, 1 }, { data->p, data->n } };
	struct msghdr m = { .msg_iov = v, .msg_iovlen = e == SG_OK ? 2 : 1 };

	return sendmsg(fd, &m, MSG_NOSIGNAL) > 0;
}

/* False when the connection is of no more use. */
static bool
request(struct slot *s, int fd, struct bytes x)
{
	struct reader r = reader_of(x);
	auto_done(buf) out = { 0 };
	uint8_t op = read_u8(&r);
	uint64_t client = read_u64(&r);

	if (r.failed)
		return false;
	switch (op) {
	case LINK_POWER_UP:
	case LINK_RESET:
		return answer(fd, power(s, &out), &out);
	case LINK_POWER_DOWN:
		no_power(s);
		return answer(fd, SG_OK, &out);
	case LINK_TRANSMIT:
		return answer(fd, transmit(s, client, r.left, &out), &out);
	case LINK_GONE:
		piv_client_gone(s->card, client);
		return true;
	default:
		return false;
	}
}

static bool
receive(struct slot *s, int fd)
{
	ssize_t n = recv(fd, s->request.p, s->request.cap,
	    MSG_DONTWAIT | MSG_TRUNC);
	bool good;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0 || (size_t)n > s->request.cap)
		return false;
	s->request.n = (size_t)n;
	good = request(s, fd, secret_bytes(&s->request));
	secret_clear(&s->request);
	return good;
}

/* What others have left for the thread; false when it is to end. */
static bool
look(struct slot *s, int *fd)
{
	uint64_t count;
	bool stops;

	if (read(s->wake, &count, sizeof(count)) != sizeof(count))
		return true;
	(void)pthread_mutex_lock(&s->lock);
	stops = s->stops;
	if (s->fresh >= 0) {
		fd_close(fd);
		*fd = s->fresh;
		s->fresh = -1;
		(void)pthread_mutex_unlock(&s->lock);
		no_power(s);
		return !stops;
	}
	(void)pthread_mutex_unlock(&s->lock);
	return !stops;
}

/* What a card that was taken out knows is forgotten at once. */
static void
look_inside(struct slot *s)
{
	struct occupant o = occupant_now(s);

	if (s->inside.taken && !same(&o, &s->inside))
		no_power(s);
}

static void *
be_the_card(void *arg)
{
	struct slot *s = arg;
	auto_fd fd = -1;
	bool goes_on = true;

	(void)sem_post(&s->runs);
	while (goes_on) {
		struct pollfd p[2] = { { s->wake, POLLIN, 0 },
			{ fd, POLLIN, 0 } };
		uint64_t idle = piv_idle(s->card, now_ms());

		if (poll(p, 2, idle == 0 ? -1 : (int)idle) <= 0)
			continue;
		if (p[1].revents != 0 && !receive(s, fd)) {
			fd_close(&fd);
			no_power(s);
		}
		if (p[0].revents != 0) {
			goes_on = look(s, &fd);
			look_inside(s);
		}
	}
	no_power(s);
	keys_done(&s->keys);
	return NULL;
}

static enum sg_err
thread_start(struct slot *s)
{
	pthread_attr_t attr;
	int rc = pthread_attr_init(&attr);

	if (rc == 0)
		rc = pthread_attr_setstacksize(&attr, STACK_SIZE);
	if (rc == 0)
		rc = pthread_create(&s->thread, &attr, be_the_card, s);
	(void)pthread_attr_destroy(&attr);
	if (rc != 0)
		return sg_fail(SG_EIO, "no thread: %s", strerror(rc));
	while (sem_wait(&s->runs) != 0 && errno == EINTR)
		;
	return SG_OK;
}

enum sg_err
slot_start(struct slot *s, const char *signetd)
{
	struct piv_backend backend;

	*s = (struct slot) { .fresh = -1, .keys = { .signetd = signetd } };
	s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->wake < 0 || sem_init(&s->runs, 0, 0) != 0 ||
	    pthread_mutex_init(&s->lock, NULL) != 0)
		return sg_fail(SG_EIO, "slot: %s", strerror(errno));
	backend = keys_backend(&s->keys);
	SG_TRY(piv_card_new(&s->card, &backend, 0));
	SG_TRY(secret_init(&s->request, LINK_REQUEST_MAX));
	return thread_start(s);
}

static void
wake(struct slot *s)
{
	const uint64_t one = 1;

	if (write(s->wake, &one, sizeof(one)) < 0)
		return;		/* it is awake already */
}

void
slot_serve(struct slot *s, int fd)
{
	(void)pthread_mutex_lock(&s->lock);
	fd_close(&s->fresh);
	s->fresh = fd;
	(void)pthread_mutex_unlock(&s->lock);
	wake(s);
}

void
slot_occupy(struct slot *s, const struct occupant *who)
{
	(void)pthread_mutex_lock(&s->lock);
	s->now = *who;
	(void)pthread_mutex_unlock(&s->lock);
	wake(s);
}

bool
slot_stop(struct slot *s, time_t until)
{
	const struct timespec end = { until, 0 };

	(void)pthread_mutex_lock(&s->lock);
	s->stops = true;
	(void)pthread_mutex_unlock(&s->lock);
	wake(s);
	if (pthread_timedjoin_np(s->thread, NULL, &end) != 0)
		return false;
	fd_close(&s->fresh);
	fd_close(&s->wake);
	piv_card_free(s->card);
	secret_done(&s->request);
	(void)pthread_mutex_destroy(&s->lock);
	(void)sem_destroy(&s->runs);
	return true;
}
