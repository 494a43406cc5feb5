/* SPDX-License-Identifier: BSD-2-Clause */

/* Session PINs: random digits that the card takes for a while instead of the
 * container's PIN, and that open nothing else. */

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "container/card_map.h"
#include "container/keeper_impl.h"

#define PIN_LEN		CARD_SESSION_PIN_LEN
#define PIN_SPACE	100000000u	/* 10 to the power of that */
#define PIN_ATTEMPTS	100

_Static_assert(PIN_LEN == 8 && PIN_LEN <= CARD_PIN_MAX, "the space's digits");

struct card_state
card_state(const struct held *h)
{
	const struct card *c = &h->card;

	return (struct card_state) {
		.session = c->session.n > 0, .until = c->until,
		.uses = c->uses, .tries = c->tries,
		.held = c->bindings != NULL, .pin_long = c->pin_long,
		.verified = c->verified, .verified_until = c->verified_until,
	};
}

bool
card_is_session_pin(const struct held *h, struct bytes pin)
{
	const struct secret *past = &h->card.past;
	bool found = h->card.session.n > 0 &&
	    bytes_eq_secret(pin, secret_bytes(&h->card.session));

	for (size_t i = 0; i < past->n; i += PIN_LEN)
		found = bytes_eq_secret(pin, bytes_of(past->p + i, PIN_LEN)) ||
		    found;
	return found;
}

/* A host tries one again that is over: that must not cost the container's
 * tries.  Without memory for it, it would. */
static void
remember(struct card *c)
{
	if (c->past.p == NULL &&
	    secret_init(&c->past, (size_t)SESSIONS_PAST * PIN_LEN) != SG_OK)
		return;
	if (c->past.n < c->past.cap) {
		SG_IGNORE(secret_add(&c->past, c->session.p, PIN_LEN));
		return;
	}
	memcpy(c->past.p + c->past_at * PIN_LEN, c->session.p, PIN_LEN);
	c->past_at = (c->past_at + 1) % SESSIONS_PAST;
}

enum sg_err
card_show(struct keeper *k, struct held *h)
{
	auto_done(card_keys) keys = { 0 };

	SG_TRY(card_map(&h->c.objects, buf_bytes(&h->card.only), &keys));
	board_card_show(k->board, h->c.uid, &keys);
	return SG_OK;
}

/* A card that is bound goes on showing what it did: another one in its place
 * would make a host lock the desktop.  What is shown is no secret; should it
 * fail, the next change shows it right. */
static void
show_all(struct keeper *k, struct held *h)
{
	if (h->card.only.n == 0 || h->card.session.n > 0 ||
	    h->card.bindings != NULL)
		return;
	buf_done(&h->card.only);
	SG_IGNORE(card_show(k, h));
}

/* Wipes it, and ends what it opened.  Leaves the container open. */
static void
session_wipe(struct keeper *k, struct held *h, const char *why)
{
	struct card *c = &h->card;
	struct login **at = &h->logins;

	if (c->session.n == 0)
		return;
	remember(c);
	secret_done(&c->session);
	c->verified = c->verified && !c->by_session;
	c->bound = NULL;
	while (*at != NULL) {
		struct login *l = *at;

		if (!l->session) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		free(l);
	}
	show_all(k, h);
	audit("session-pin-end", "uid=%u why=%s", h->c.uid, why);
}

void
card_session_end(struct keeper *k, struct held *h, const char *why)
{
	if (h->card.session.n == 0)
		return;
	session_wipe(k, h, why);
	held_settle(k, h);
}

void
card_close(struct keeper *k, struct held *h)
{
	session_wipe(k, h, "closed");
	h->card.verified = false;
}

void
card_done(struct card *c)
{
	struct binding *b;

	while ((b = c->bindings) != NULL) {
		c->bindings = b->next;
		free(b);
	}
	secret_done(&c->session);
	secret_done(&c->past);
	buf_done(&c->only);
}

static bool
unbind(struct held *h, const void *process)
{
	for (struct binding **at = &h->card.bindings; *at != NULL;
	    at = &(*at)->next) {
		struct binding *b = *at;

		if (b->process != process)
			continue;
		*at = b->next;
		free(b);
		return true;
	}
	return false;
}

void
card_forget(struct keeper *k, struct held *h, const void *process)
{
	if (!unbind(h, process))
		return;
	if (h->card.bound == process)
		card_session_end(k, h, "process-gone");
	show_all(k, h);
	held_show(k, h);
}

static enum sg_err
bind_to(struct held *h, const void *process)
{
	struct binding *b;

	(void)unbind(h, process);
	if ((b = calloc(1, sizeof(*b))) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	b->process = process;
	b->next = h->card.bindings;
	h->card.bindings = b;
	return SG_OK;
}

/* Each PIN as likely as every other: numbers of the last, incomplete round are
 * thrown away. */
static enum sg_err
draw(struct secret *out)
{
	const uint32_t limit = UINT32_MAX - UINT32_MAX % PIN_SPACE;
	uint32_t x;

	secret_clear(out);
	do {
		SG_TRY(random_fill(&x, sizeof(x)));
	} while (x >= limit);
	for (size_t i = 0; i < PIN_LEN; i++, x /= 10) {
		uint8_t digit = (uint8_t)('0' + x % 10);

		SG_TRY(secret_add(out, &digit, 1));
	}
	wipe(&x, sizeof(x));
	return SG_OK;
}

/* Not one that a host may still try, and not the container's own. */
static enum sg_err
draw_fresh(const struct held *h, struct bytes pin, struct secret *out)
{
	SG_TRY(secret_init(out, PIN_LEN));
	for (int i = 0; i < PIN_ATTEMPTS; i++) {
		SG_TRY(draw(out));
		if (!card_is_session_pin(h, secret_bytes(out)) &&
		    !bytes_eq_secret(pin, secret_bytes(out)))
			return SG_OK;
	}
	return sg_fail(SG_EINTERNAL, "the random numbers repeat themselves");
}

static enum sg_err
check_ask(const struct card_policy *p, const struct keeper_session *ask)
{
	if (!p->emulation)
		return sg_fail(SG_EPERM, "there are no emulated cards on this "
		    "machine (emulation in [card] of signetd.conf)");
	if (ask->seconds < 1 || ask->seconds > p->session_minutes * 60)
		return sg_fail(SG_EARG, "a session PIN lasts 1 to %u minutes "
		    "(session-minutes in [card] of signetd.conf)",
		    p->session_minutes);
	if (ask->uses < 1 || ask->uses > p->session_uses)
		return sg_fail(SG_EARG, "a session PIN has 1 to %u uses "
		    "(session-uses in [card] of signetd.conf)",
		    p->session_uses);
	return SG_OK;
}

/* What is to be shown must be a certificate that a card can show. */
static enum sg_err
check_only(const struct held *h, struct bytes der)
{
	auto_done(card_keys) keys = { 0 };
	const struct card_key *a;

	SG_TRY(card_map(&h->c.objects, der, &keys));
	if (keys.n == 0)
		return sg_fail(SG_ENOENT, "the container has no certificate "
		    "that a card could show");
	a = card_keys_ref(&keys, CARD_AUTHENTICATION);
	if (der.n > 0 && (a == NULL || !bytes_eq(buf_bytes(&a->cert), der)))
		return sg_fail(SG_ENOENT, "the container has no such "
		    "certificate, or its key is another provider's, or it is "
		    "too large for a card");
	return SG_OK;
}

/* The gesture: a PIN now, or a login that one has made. */
static enum sg_err
check_gesture(struct keeper *k, const struct caller *c, struct held **h,
    struct bytes pin, uint32_t *left)
{
	if (pin.n > 0)
		return held_unlock(k, *h, pin, left);
	return keeper_find_open(k, c, h);
}

static enum sg_err
session_start(struct keeper *k, const struct caller *c, struct held *h,
    const struct keeper_session *ask, struct secret *fresh)
{
	struct card *card = &h->card;
	auto_done(secret) kept = { 0 };

	SG_TRY(secret_set(&kept, fresh->p, fresh->n));
	if (ask->bound)
		SG_TRY(bind_to(h, c->process));
	session_wipe(k, h, "replaced");
	card->session = kept;
	kept = (struct secret) { 0 };
	card->verified = false;
	card->until = keeper_now(k) + (int64_t)ask->seconds * 1000;
	card->uses = ask->uses;
	card->tries = CARD_SESSION_TRIES;
	card->bound = ask->bound ? c->process : NULL;
	SG_TRY(buf_set(&card->only, ask->cert));
	return card_show(k, h);
}

static enum sg_err
session_pin(struct keeper *k, const struct caller *c,
    const struct keeper_session *ask, struct secret *out, uint32_t *left)
{
	const struct card_policy p = board_policy(k->board);
	auto_done(secret) fresh = { 0 };
	struct held *h = NULL;
	enum sg_err e;

	SG_TRY(check_ask(&p, ask));
	SG_TRY(keeper_find(k, c->uid, &h));
	SG_TRY(check_only(h, ask->cert));
	SG_TRY(check_gesture(k, c, &h, ask->pin, left));
	e = draw_fresh(h, ask->pin, &fresh);
	if (e == SG_OK) {
		e = session_start(k, c, h, ask, &fresh);
		if (e != SG_OK) {
			(void)unbind(h, c->process);
			session_wipe(k, h, "failed");
		}
	}
	/* The PIN has opened it; without a session nothing holds it open. */
	held_settle(k, h);
	SG_TRY(e);
	secret_done(out);
	*out = fresh;
	fresh = (struct secret) { 0 };
	return SG_OK;
}

enum sg_err
keeper_session_pin(struct keeper *k, const struct caller *c,
    const struct keeper_session *ask, struct secret *out,
    uint32_t *tries_left)
{
	enum sg_err e = session_pin(k, c, ask, out, tries_left);

	if (keeper_tells(k, e))
		audit("session-pin", CALLER_AUDIT " seconds=%u uses=%u "
		    "bound=%s result=%s", CALLER_ARGS(c), ask->seconds,
		    ask->uses, ask->bound ? "yes" : "no", sg_err_name(e));
	return e;
}

enum sg_err
keeper_session_end(struct keeper *k, const struct caller *c)
{
	struct held *h = NULL;
	bool bound, open;

	SG_TRY(keeper_find(k, c->uid, &h));
	open = h->card.session.n > 0;
	bound = unbind(h, c->process);
	card_session_end(k, h, "asked");
	show_all(k, h);
	held_show(k, h);
	if (!open && !bound)
		return sg_fail(SG_ENOENT, "no session PIN is open");
	return SG_OK;
}

enum sg_err
card_session_try(struct keeper *k, struct held *h, struct bytes pin,
    uint32_t *left)
{
	struct card *c = &h->card;

	*left = 0;
	if (!bytes_eq_secret(pin, secret_bytes(&c->session))) {
		if (--c->tries == 0) {
			card_session_end(k, h, "wrong-pins");
			return sg_fail(SG_EBLOCKED, "%d wrong tries: the "
			    "session PIN is over", CARD_SESSION_TRIES);
		}
		*left = c->tries;
		held_show(k, h);
		return sg_fail(SG_EPIN, "wrong session PIN; %u %s left",
		    c->tries, c->tries == 1 ? "try" : "tries");
	}
	if (c->uses == 0)
		return sg_fail(SG_EBLOCKED, "the session PIN is used up");
	c->uses--;
	return SG_OK;
}

enum sg_err
keeper_session_login(struct keeper *k, const struct caller *c,
    struct bytes pin, uint32_t *tries_left)
{
	struct held *h = NULL;
	enum sg_err e;

	SG_TRY(keeper_find(k, c->uid, &h));
	if (h->card.session.n > 0)
		e = card_session_try(k, h, pin, tries_left);
	else
		e = sg_fail(SG_EBLOCKED, "no session PIN is open");
	if (e == SG_OK)
		e = held_login_add(k, h, c->process, true);
	if (keeper_tells(k, e))
		audit("login", CALLER_AUDIT " by=session-pin result=%s",
		    CALLER_ARGS(c), sg_err_name(e));
	return e;
}
