/* SPDX-License-Identifier: BSD-2-Clause */
#include "container/board_impl.h"

#include <stdlib.h>

#include "container/card_map.h"
#include "container/store.h"
#include "ipc/objects_wire.h"

static void
notice_free(struct notice *n)
{
	if (n == NULL)
		return;
	buf_done(&n->objects);
	card_keys_done(&n->keys);
	free(n->logins);
	free(n);
}
SG_AUTO_FREE(notice)

static enum sg_err
notice_make(const struct container *c, struct bytes only, struct notice **out)
{
	auto_free(notice) n = calloc(1, sizeof(*n));

	if (n == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	n->uid = c->uid;
	n->generation = c->objects.generation;
	n->created = c->created;
	n->tries_limit = container_tries(c);
	SG_TRY(objects_write(&n->objects, &c->objects));
	SG_TRY(card_map(&c->objects, only, &n->keys));
	*out = n;
	n = NULL;
	return SG_OK;
}

enum sg_err
board_new(struct board **out, const char *folder, uint32_t pin_min)
{
	struct board *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	(void)pthread_mutex_init(&b->mutex, NULL);
	b->folder = folder;
	b->pin_min = pin_min;
	b->policy = (struct card_policy) CARD_POLICY_DEFAULT;
	*out = b;
	return SG_OK;
}

void
board_free(struct board *b)
{
	struct notice *n;

	if (b == NULL)
		return;
	while ((n = b->notices) != NULL) {
		b->notices = n->next;
		notice_free(n);
	}
	(void)pthread_mutex_destroy(&b->mutex);
	free(b);
}

void
board_lock(struct board *b)
{
	(void)pthread_mutex_lock(&b->mutex);
}

void
board_unlock(struct board *b)
{
	(void)pthread_mutex_unlock(&b->mutex);
}

struct notice **
board_place(struct board *b, uint32_t uid)
{
	struct notice **at = &b->notices;

	while (*at != NULL && (*at)->uid != uid)
		at = &(*at)->next;
	return at;
}

enum sg_err
board_look(struct board *b, uint32_t uid, struct notice **out)
{
	for (;;) {
		auto_free(notice) fresh = NULL;
		auto_done(container) c = { 0 };
		unsigned long removed;

		board_lock(b);
		if ((*out = *board_place(b, uid)) != NULL)
			return SG_OK;
		removed = b->removed;
		board_unlock(b);
		SG_TRY(store_live(b->folder, uid, &c));
		SG_TRY(notice_make(&c, (struct bytes) { 0 }, &fresh));
		board_lock(b);
		/* Read before or after what was removed?  Nobody knows. */
		if (removed == b->removed && *board_place(b, uid) == NULL) {
			*board_place(b, uid) = fresh;
			fresh = NULL;
		}
		board_unlock(b);
	}
}

enum sg_err
board_objects(struct board *b, uint32_t uid, struct buf *out)
{
	struct notice *n = NULL;
	enum sg_err e;

	SG_TRY(board_look(b, uid, &n));
	e = buf_set(out, buf_bytes(&n->objects));
	board_unlock(b);
	return e;
}

enum sg_err
board_generation(struct board *b, uint32_t uid, uint64_t *out)
{
	struct notice *n = NULL;

	SG_TRY(board_look(b, uid, &n));
	*out = n->generation;
	board_unlock(b);
	return SG_OK;
}

static void
describe(const struct notice *n, const void *process, struct status *s)
{
	s->state = CONTAINER_READY;
	for (size_t i = 0; i < n->login_count; i++)
		if (n->logins[i] == process)
			s->state = CONTAINER_OPEN;
	if (n->seen.known && n->seen.used >= n->seen.limit)
		s->state = CONTAINER_BLOCKED;
	s->tries_used = n->seen.used;
	s->tries_limit = n->tries_limit;
	s->tries_known = n->seen.known;
	s->generation = n->generation;
	s->created = n->created;
	s->logins = (uint32_t)n->login_count;
}

/* What store_load says. */
static enum container_reason
reason_of(enum sg_err e)
{
	if (e == SG_EFORMAT || e == SG_ELIMIT)
		return REASON_DAMAGED;
	if (e == SG_EUNSUPPORTED)
		return REASON_NEWER;
	return e == SG_EVERIFY ? REASON_FOREIGN : REASON_UNREADABLE;
}

enum sg_err
board_glance(struct board *b, uint32_t uid, const void *process,
    struct status *out)
{
	auto_done(status) s = { .uid = uid, .pin_min = b->pin_min };
	struct notice *n = NULL;
	enum sg_err e = board_look(b, uid, &n);

	if (e == SG_OK) {
		describe(n, process, &s);
		s.card_as = b->policy.emulation && b->policy.certificates;
		s.card_generation = n->keys.generation;
		board_unlock(b);
	} else if (e != SG_ENOENT) {
		s.state = CONTAINER_BROKEN;
		s.reason = reason_of(e);
	}
	SG_TRY(str_dup(&s.trouble,
	    s.state == CONTAINER_BROKEN ? sg_note(e) : ""));
	SG_TRY(str_dup(&s.tpm, ""));
	SG_TRY(str_dup(&s.daemon, ""));
	status_done(out);
	*out = s;
	s = (struct status) { 0 };
	return SG_OK;
}

struct board_counts
board_count(struct board *b)
{
	struct board_counts c;

	board_lock(b);
	c = b->counts;
	c.containers = c.logins = 0;
	for (const struct notice *n = b->notices; n != NULL; n = n->next) {
		c.containers++;
		c.logins += (unsigned)n->login_count;
	}
	board_unlock(b);
	return c;
}

void
board_tell(struct board *b, const struct board_counts *counts)
{
	board_lock(b);
	b->counts = *counts;
	board_unlock(b);
}

void
board_post(struct board *b, const struct container *c, struct bytes only)
{
	struct notice *fresh = NULL, *old, **at;
	enum sg_err e = notice_make(c, only, &fresh);

	board_lock(b);
	at = board_place(b, c->uid);
	old = *at;
	if (old != NULL)
		*at = old->next;
	if (e == SG_OK) {
		if (old != NULL) {
			fresh->seen = old->seen;
			fresh->logins = old->logins;
			fresh->login_count = old->login_count;
			fresh->card = old->card;
			old->logins = NULL;
		}
		fresh->next = b->notices;
		b->notices = fresh;
	} else
		b->removed++;
	board_unlock(b);
	notice_free(old);
}

static size_t
count(const struct login *logins)
{
	size_t n = 0;

	for (; logins != NULL; logins = logins->next)
		n++;
	return n;
}

void
board_state(struct board *b, uint32_t uid, struct vault_tries seen,
    const struct login *logins)
{
	size_t n = count(logins), i = 0;
	const void **fresh = n == 0 ? NULL : calloc(n, sizeof(*fresh));
	struct notice *at;

	if (fresh != NULL)
		for (const struct login *l = logins; l != NULL; l = l->next)
			fresh[i++] = l->process;
	board_lock(b);
	if ((at = *board_place(b, uid)) != NULL) {
		const void **old = at->logins;

		at->seen = seen;
		at->logins = fresh;
		at->login_count = i;
		fresh = old;
	}
	board_unlock(b);
	free(fresh);
}

void
board_remove(struct board *b, uint32_t uid)
{
	struct notice **at, *old;

	board_lock(b);
	at = board_place(b, uid);
	old = *at;
	if (old != NULL)
		*at = old->next;
	b->removed++;
	board_unlock(b);
	notice_free(old);
}
