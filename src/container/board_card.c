/* SPDX-License-Identifier: BSD-2-Clause */

/* Whose card is in the reader, and what it is like. */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "container/board_impl.h"
#include "container/store.h"

#define SESSION_FILE_MAX 4096
#define SERVICE_QUIET_MS 5000	/* then the card service is gone */

int64_t
board_clock(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	/* 0 is never. */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 + 1;
}

void
board_set_policy(struct board *b, const struct card_policy *p)
{
	board_lock(b);
	b->policy = *p;
	board_unlock(b);
}

struct card_policy
board_policy(struct board *b)
{
	struct card_policy p;

	board_lock(b);
	p = b->policy;
	board_unlock(b);
	return p;
}

void
board_set_sessions(struct board *b, const char *folder)
{
	b->sessions = folder;
}

/* "STATE=active" or "STATE=online"; who only lingers is not here. */
static bool
says_here(struct bytes text)
{
	static const char *const here[] = { "STATE=active", "STATE=online" };

	while (text.n > 0) {
		const uint8_t *end = memchr(text.p, '\n', text.n);
		size_t n = end != NULL ? (size_t)(end - text.p) : text.n;

		for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++)
			if (bytes_eq(bytes_of(text.p, n), bytes_str(here[i])))
				return true;
		text.p += n + (end != NULL);
		text.n -= n + (end != NULL);
	}
	return false;
}

/* A file that cannot be read says nothing. */
static bool
user_here(const struct board *b, uint32_t uid)
{
	auto_done(buf) text = { 0 };
	auto_str path = NULL;

	if (b->sessions == NULL ||
	    str_printf(&path, "%s/%u", b->sessions, uid) != SG_OK)
		return false;
	return file_read(&text, path, SESSION_FILE_MAX) == SG_OK &&
	    says_here(buf_bytes(&text));
}

static bool
session_open(const struct card_state *s, int64_t now)
{
	return s->session && now < s->until;
}

static bool
card_verified(const struct card_state *s, int64_t now)
{
	return s->verified && now < s->verified_until;
}

enum presence { CARD_AWAY, CARD_THERE, CARD_IF_USER_IS };

/* By what is on the board; n may be NULL, when nobody has used it yet. */
static enum presence
presence_of(const struct card_policy *p, const struct notice *n, int64_t now)
{
	if (!p->emulation || (n != NULL && n->keys.n == 0))
		return CARD_AWAY;
	if (n != NULL && (session_open(&n->card, now) || n->card.held))
		return CARD_THERE;
	if (!p->certificates)
		return CARD_AWAY;
	return p->all_users || (n != NULL && n->login_count > 0)
	    ? CARD_THERE : CARD_IF_USER_IS;
}

/* Whether the user's container is a card now. */
static bool
is_there(struct board *b, uint32_t uid, int64_t now)
{
	enum presence p;

	board_lock(b);
	p = presence_of(&b->policy, *board_place(b, uid), now);
	board_unlock(b);
	return p == CARD_THERE || (p == CARD_IF_USER_IS && user_here(b, uid));
}

/* With the user's notice, and the lock, if he has a card. */
static enum sg_err
find_card(struct board *b, uint32_t uid, int64_t now, struct notice **out)
{
	if (is_there(b, uid, now)) {
		SG_TRY(board_look(b, uid, out));
		/* It may have been read just now. */
		if (presence_of(&b->policy, *out, now) != CARD_AWAY)
			return SG_OK;
		board_unlock(b);
	}
	return sg_fail(SG_ENOENT, "user %u has no card in the reader now",
	    uid);
}

enum sg_err
board_card_here(struct board *b, uint32_t uid, int64_t now)
{
	struct notice *n = NULL;

	SG_TRY(find_card(b, uid, now, &n));
	board_unlock(b);
	return SG_OK;
}

enum sg_err
board_card_keys(struct board *b, uint32_t uid, int64_t now, struct buf *out)
{
	auto_done(buf) fresh = { 0 };
	struct notice *n = NULL;
	enum sg_err e;

	SG_TRY(find_card(b, uid, now, &n));
	e = card_keys_write(&fresh, &n->keys);
	board_unlock(b);
	SG_TRY(e);
	return buf_set(out, buf_bytes(&fresh));
}

/* What may still go wrong, of what is taken at all. */
static uint32_t
tries_left(const struct card_policy *p, const struct notice *n, int64_t now)
{
	uint32_t used = n->seen.known ? n->seen.used : 0;

	if (session_open(&n->card, now))
		return n->card.uses > 0 ? n->card.tries : 0;
	if (n->card.held || n->card.pin_long || !p->certificates ||
	    used >= n->tries_limit)
		return 0;
	return n->tries_limit - used;
}

enum sg_err
board_card_tries(struct board *b, uint32_t uid, int64_t now, uint32_t *tries,
    bool *verified)
{
	struct notice *n = NULL;

	SG_TRY(find_card(b, uid, now, &n));
	*tries = tries_left(&b->policy, n, now);
	*verified = card_verified(&n->card, now);
	board_unlock(b);
	return SG_OK;
}

unsigned
board_card_ref(struct board *b, uint32_t uid, const char *key)
{
	struct notice *n = NULL;
	const struct card_key *k;
	unsigned ref;

	if (board_look(b, uid, &n) != SG_OK)
		return 0;
	k = card_keys_key(&n->keys, key);
	ref = k != NULL ? k->ref : 0;
	board_unlock(b);
	return ref;
}

struct users {
	uint32_t *v;
	size_t n;
};

static enum sg_err
users_add(void *arg, uint32_t uid)
{
	struct users *u = arg;
	uint32_t *grown = reallocarray(u->v, u->n + 1, sizeof(*grown));

	if (grown == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	u->v = grown;
	u->v[u->n++] = uid;
	return SG_OK;
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Leaves those in the list who have a card. */
static void
keep_cards(struct board *b, struct users *u, int64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < u->n; i++) {
		if (board_card_here(b, u->v[i], now) == SG_OK)
			u->v[kept++] = u->v[i];
	}
	u->n = kept;
}

static bool
has_card(const struct users *u, uint32_t uid)
{
	return u->n > 0 && bsearch(&uid, u->v, u->n, sizeof(*u->v),
	    by_number) != NULL;
}

static bool
has_slot(const struct board *b, uint32_t uid)
{
	for (size_t i = 0; i < b->policy.slots; i++)
		if (b->slots[i].taken && b->slots[i].uid == uid)
			return true;
	return false;
}

/* Who had a slot keeps it; the others take what is free, by their numbers.
 * Under the lock. */
static void
give_slots(struct board *b, const struct users *u)
{
	size_t at = 0;

	for (size_t i = 0; i < CARD_READER_SLOTS_MAX; i++)
		if (i >= b->policy.slots || !has_card(u, b->slots[i].uid))
			b->slots[i].taken = false;
	for (size_t i = 0; i < b->policy.slots; i++) {
		if (b->slots[i].taken)
			continue;
		while (at < u->n && has_slot(b, u->v[at]))
			at++;
		if (at == u->n)
			return;
		b->slots[i].taken = true;
		b->slots[i].uid = u->v[at++];
	}
}

/* Under the lock. */
static void
list_slots(struct board *b, struct card_table *t)
{
	*t = (struct card_table) { .slots = b->policy.slots,
		.idle_s = b->policy.idle_s };
	for (uint32_t i = 0; i < b->policy.slots; i++) {
		const struct notice *n;

		if (!b->slots[i].taken)
			continue;
		n = *board_place(b, b->slots[i].uid);
		/* Removed since it was looked for. */
		if (n == NULL)
			continue;
		t->v[t->n++] = (struct card_place) { i, b->slots[i].uid,
			n->keys.generation };
	}
}

static enum sg_err
arrange(struct board *b, int64_t now, bool service, struct card_table *out)
{
	struct users u = { 0 };
	enum sg_err e = store_each(b->folder, users_add, &u);

	if (u.n > 1)
		qsort(u.v, u.n, sizeof(*u.v), by_number);
	keep_cards(b, &u, now);
	board_lock(b);
	if (e == SG_OK) {
		give_slots(b, &u);
		list_slots(b, out);
	}
	if (service) {
		b->service_seen = now;
		b->told = *out;
	}
	board_unlock(b);
	free(u.v);
	return e;
}

enum sg_err
board_card_table(struct board *b, int64_t now, struct card_table *out)
{
	return arrange(b, now, true, out);
}

static bool
was_told(const struct board *b, const struct notice *n)
{
	for (size_t i = 0; i < b->told.n; i++)
		if (b->told.v[i].uid == n->uid &&
		    b->told.v[i].generation == n->keys.generation)
			return true;
	return false;
}

/* Under the lock. */
static enum sg_err
describe_card(const struct board *b, const struct notice *n, int64_t now,
    struct card_status *s)
{
	const struct card_policy *p = &b->policy;
	auto_done(buf) keys = { 0 };

	s->use = !p->emulation ? CARD_USE_NONE
	    : p->certificates ? CARD_USE_CARD : CARD_USE_SESSION;
	s->all_users = p->all_users;
	s->service = b->service_seen != 0 &&
	    now - b->service_seen < SERVICE_QUIET_MS;
	s->told = s->service && was_told(b, n);
	s->held = n->card.held;
	s->pin_long = n->card.pin_long;
	s->verified = card_verified(&n->card, now);
	s->tries = tries_left(p, n, now);
	s->session = session_open(&n->card, now);
	if (s->session) {
		s->seconds = (uint32_t)((n->card.until - now + 999) / 1000);
		s->uses = n->card.uses;
	}
	SG_TRY(card_keys_write(&keys, &n->keys));
	return card_keys_read(buf_bytes(&keys), &s->keys);
}

enum sg_err
board_card_status(struct board *b, uint32_t uid, int64_t now,
    struct card_status *out)
{
	auto_done(card_status) s = { .slot = CARD_NO_SLOT };
	struct card_table t = { 0 };
	struct notice *n = NULL;
	enum sg_err e;

	SG_TRY(arrange(b, now, false, &t));
	for (size_t i = 0; i < t.n; i++)
		if (t.v[i].uid == uid)
			s.slot = t.v[i].slot;
	s.crowded = s.slot == CARD_NO_SLOT &&
	    board_card_here(b, uid, now) == SG_OK;
	SG_TRY(board_look(b, uid, &n));
	e = describe_card(b, n, now, &s);
	board_unlock(b);
	SG_TRY(e);
	card_status_done(out);
	*out = s;
	s = (struct card_status) { 0 };
	return SG_OK;
}

void
board_card(struct board *b, uint32_t uid, const struct card_state *s)
{
	struct notice *n;

	board_lock(b);
	if ((n = *board_place(b, uid)) != NULL)
		n->card = *s;
	board_unlock(b);
}

void
board_card_show(struct board *b, uint32_t uid, struct card_keys *keys)
{
	struct card_keys old = *keys;
	struct notice *n;

	*keys = (struct card_keys) { 0 };
	board_lock(b);
	if ((n = *board_place(b, uid)) != NULL) {
		struct card_keys shown = n->keys;

		n->keys = old;
		old = shown;
	}
	board_unlock(b);
	card_keys_done(&old);
}
