/* SPDX-License-Identifier: BSD-2-Clause */
#include "service.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "ipc/client_card.h"

#define TABLE_MS	500	/* between two looks at signetd's table */
#define STOP_SECONDS	5
#define FDS_MAX		(2 + SERVICE_NEW_MAX + SERVICE_WATCHERS_MAX)

enum sg_err
service_start(struct service *s, int listener, uint32_t reader_uid,
    const char *signetd)
{
	*s = (struct service) { .listener = listener,
		.reader_uid = reader_uid, .count = LINK_SLOTS_DEFAULT };
	if (strlen(signetd) >= sizeof(s->signetd))
		return sg_fail(SG_EARG, "the socket path '%s' is too long",
		    signetd);
	strcpy(s->signetd, signetd);
	for (size_t i = 0; i < SERVICE_NEW_MAX; i++)
		s->fresh[i] = -1;
	for (size_t i = 0; i < SERVICE_WATCHERS_MAX; i++)
		s->watchers[i].fd = -1;
	for (; s->started < LINK_SLOTS_MAX; s->started++)
		SG_TRY(slot_start(&s->slots[s->started], s->signetd));
	return SG_OK;
}

bool
service_stop(struct service *s)
{
	const time_t until = time(NULL) + STOP_SECONDS;
	bool all = true;

	for (unsigned i = 0; i < s->started; i++)
		all = slot_stop(&s->slots[i], until) && all;
	for (size_t i = 0; i < SERVICE_NEW_MAX; i++)
		fd_close(&s->fresh[i]);
	for (size_t i = 0; i < SERVICE_WATCHERS_MAX; i++)
		fd_close(&s->watchers[i].fd);
	client_free(s->client);
	s->client = NULL;
	return all;
}

/* --- the slots --- */

static void
watcher_tell(struct watcher *w, enum link_presence what)
{
	const uint8_t byte = (uint8_t)what;

	/* One that does not listen is not served. */
	if (w->fd >= 0 && send(w->fd, &byte, 1, MSG_NOSIGNAL |
	    MSG_DONTWAIT) != 1)
		fd_close(&w->fd);
}

static void
tell_all(struct service *s, unsigned slot, enum link_presence what)
{
	for (size_t i = 0; i < SERVICE_WATCHERS_MAX; i++)
		if (s->watchers[i].slot == slot)
			watcher_tell(&s->watchers[i], what);
}

/* A PIN lives as long as the setting says; for programs a change of that is no
 * other card. */
static void
slot_changes(struct service *s, unsigned n, const struct occupant *to)
{
	struct occupant *is = &s->occupants[n];
	bool other = is->taken != to->taken || is->uid != to->uid ||
	    is->generation != to->generation;

	if (!other && is->idle_ms == to->idle_ms)
		return;
	*is = *to;
	/* No card of before is used when its end is known. */
	slot_occupy(&s->slots[n], to);
	if (!other)
		return;
	tell_all(s, n, LINK_ABSENT);
	if (to->taken) {
		tell_all(s, n, LINK_PRESENT);
		log_info("card-in slot=%u uid=%u", n, (unsigned)to->uid);
	} else {
		log_info("card-out slot=%u", n);
	}
}

static enum sg_err
table_ask(struct service *s, struct card_table *out)
{
	enum sg_err e;

	if (s->client == NULL)
		SG_TRY(keys_connect(&s->client, s->signetd));
	e = client_card_table(s->client, out);
	if (e != SG_OK) {
		client_free(s->client);
		s->client = NULL;
	}
	return e;
}

/* Without signetd there is no card. */
static void
table_look(struct service *s)
{
	struct card_table t = { 0 };
	struct occupant now[LINK_SLOTS_MAX] = { 0 };
	enum sg_err e = table_ask(s, &t);

	if (e != SG_OK && !s->silent)
		log_warn("no-cards: %s", sg_note(e));
	if (e == SG_OK && s->silent)
		log_info("signetd answers again");
	s->silent = e != SG_OK;
	if (e == SG_OK && t.slots > 0)
		s->count = t.slots < LINK_SLOTS_MAX ? t.slots : LINK_SLOTS_MAX;
	for (size_t i = 0; i < t.n; i++)
		if (t.v[i].slot < LINK_SLOTS_MAX)
			now[t.v[i].slot] = (struct occupant) { true,
				t.v[i].uid, t.v[i].generation,
				(uint64_t)t.idle_s * 1000 };
	for (unsigned i = 0; i < LINK_SLOTS_MAX; i++)
		slot_changes(s, i, &now[i]);
}

/* --- who connects --- */

static bool
may_connect(const struct service *s, int fd)
{
	struct ucred peer = { 0 };
	socklen_t n = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0)
		return false;
	return peer.uid == 0 || peer.uid == s->reader_uid;
}

/* The n-th is said for n of 1, 2, 4, 8 and so on. */
static void
refuse(struct service *s, int fd)
{
	s->refused++;
	if ((s->refused & (s->refused - 1)) == 0)
		log_warn("refused count=%llu: only root and the user of pcscd "
		    "may connect", (unsigned long long)s->refused);
	(void)close(fd);
}

/* In the place of whoever has said nothing for longest. */
static void
accept_one(struct service *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC |
	    SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (!may_connect(s, fd)) {
		refuse(s, fd);
		return;
	}
	fd_close(&s->fresh[s->oldest]);
	s->fresh[s->oldest] = fd;
	s->oldest = (s->oldest + 1) % SERVICE_NEW_MAX;
}

static bool
anybody(const struct service *s)
{
	for (size_t i = 0; i < SERVICE_WATCHERS_MAX; i++)
		if (s->watchers[i].fd >= 0)
			return true;
	return false;
}

static void
watch(struct service *s, int fd, uint8_t slot)
{
	/* Nobody has looked while there was nobody to tell. */
	if (!anybody(s))
		table_look(s);
	for (size_t i = 0; i < SERVICE_WATCHERS_MAX; i++) {
		struct watcher *w = &s->watchers[i];

		if (w->fd >= 0)
			continue;
		*w = (struct watcher) { fd, slot };
		watcher_tell(w, s->occupants[slot].taken ? LINK_PRESENT
		    : LINK_ABSENT);
		return;
	}
	(void)close(fd);
}

static void
count(const struct service *s, int fd)
{
	struct watcher once = { fd, 0 };
	const uint8_t n = (uint8_t)s->count;

	if (send(fd, &n, 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1)
		log_warn("the reader did not wait for its slots");
	fd_close(&once.fd);
}

/* What the connection is for; it belongs to whoever that is. */
static void
greet(struct service *s, int fd)
{
	uint8_t h[LINK_HELLO_LEN + 1] = { 0 };
	const uint8_t *at = h + LINK_HEAD_LEN;
	ssize_t n = recv(fd, h, sizeof(h), MSG_DONTWAIT);

	if (n == LINK_HELLO_LEN && h[0] == LINK_HELLO &&
	    at[0] == LINK_VERSION && at[2] < LINK_SLOTS_MAX) {
		if (at[1] == LINK_TALK) {
			slot_serve(&s->slots[at[2]], fd);
			return;
		}
		if (at[1] == LINK_WATCH) {
			watch(s, fd, at[2]);
			return;
		}
		if (at[1] == LINK_COUNT) {
			count(s, fd);
			return;
		}
	}
	log_warn("a reader of another version, or no reader, has connected");
	(void)close(fd);
}

/* --- both --- */

static void
fill(const struct service *s, int signals, struct pollfd p[FDS_MAX])
{
	size_t n = 0;

	p[n++] = (struct pollfd) { signals, POLLIN, 0 };
	p[n++] = (struct pollfd) { s->listener, POLLIN, 0 };
	for (size_t i = 0; i < SERVICE_NEW_MAX; i++)
		p[n++] = (struct pollfd) { s->fresh[i], POLLIN, 0 };
	for (size_t i = 0; i < SERVICE_WATCHERS_MAX; i++)
		p[n++] = (struct pollfd) { s->watchers[i].fd, POLLIN, 0 };
}

static void
turn(struct service *s, const struct pollfd p[FDS_MAX])
{
	const struct pollfd *fresh = p + 2, *watchers = fresh +
	    SERVICE_NEW_MAX;

	/* A watcher has nothing to say but that it goes. */
	for (size_t i = 0; i < SERVICE_WATCHERS_MAX; i++)
		if (watchers[i].revents != 0)
			fd_close(&s->watchers[i].fd);
	for (size_t i = 0; i < SERVICE_NEW_MAX; i++) {
		int fd = s->fresh[i];

		if (fresh[i].revents == 0)
			continue;
		s->fresh[i] = -1;
		greet(s, fd);
	}
	if (p[1].revents != 0)
		accept_one(s);
}

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

enum sg_err
service_run(struct service *s, int signals)
{
	struct pollfd p[FDS_MAX];
	int64_t next = now_ms();

	for (;;) {
		int64_t left = next - now_ms();

		if (left <= 0) {
			table_look(s);
			next = now_ms() + TABLE_MS;
			left = TABLE_MS;
		}
		fill(s, signals, p);
		/* Without a reader nobody wants to know. */
		if (poll(p, FDS_MAX, anybody(s) ? (int)left : -1) < 0) {
			if (errno == EINTR)
				continue;
			return sg_fail(SG_EIO, "poll: %s", strerror(errno));
		}
		if (p[0].revents != 0)
			return SG_OK;
		turn(s, p);
	}
}
