/* SPDX-License-Identifier: BSD-2-Clause */

/* The card's own login, and what ends by itself. */

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "container/keeper_impl.h"

/* The owner is who the line is about, the program is the card service. */
#define CARD_AUDIT "uid=%u pid=%ld program=\"%s\" by=%s"
#define CARD_ARGS(c, owner, by) (owner), (c)->pid, (c)->program, (by)

static enum sg_err
find_card(struct keeper *k, uint32_t owner, struct held **out)
{
	SG_TRY(keeper_find(k, owner, out));
	return board_card_here(k->board, owner, keeper_now(k));
}

/* Why the container's PIN is not even looked at. */
static enum sg_err
takes_pin(struct keeper *k, const struct held *h, struct bytes pin)
{
	const struct card_policy p = board_policy(k->board);

	if (h->card.bindings != NULL)
		return sg_fail(SG_EBLOCKED, "a program has bound the card to a "
		    "session PIN that is over");
	if (card_is_session_pin(h, pin))
		return sg_fail(SG_EBLOCKED, "that session PIN is over");
	if (!p.certificates)
		return sg_fail(SG_EBLOCKED, "the card takes session PINs only "
		    "(certificates in [card] of signetd.conf)");
	if (h->card.pin_long)
		return sg_fail(SG_EBLOCKED, "the container's PIN is longer "
		    "than a card's: only session PINs are taken");
	return SG_OK;
}

static enum sg_err
verify(struct keeper *k, struct held *h, struct bytes pin,
    const char **by, uint32_t *left, bool *first)
{
	const struct card_policy p = board_policy(k->board);
	bool session = h->card.session.n > 0, before = h->card.verified;

	*left = 0;
	if (pin.n == 0 || pin.n > CARD_PIN_MAX)
		return sg_fail(SG_EARG, "a card's PIN has 1 to %d bytes",
		    CARD_PIN_MAX);
	/* Whatever comes of it, the earlier one holds no longer. */
	h->card.verified = false;
	*by = session ? "session-pin" : "pin";
	if (session) {
		SG_TRY(card_session_try(k, h, pin, left));
	} else {
		SG_TRY(takes_pin(k, h, pin));
		SG_TRY(held_unlock(k, h, pin, left));
	}
	h->card.verified = true;
	h->card.by_session = session;
	h->card.verified_until = keeper_now(k) + (int64_t)p.idle_s * 1000;
	*first = !before;
	return SG_OK;
}

/* What a card refuses without looking at it costs no try, and every user of the
 * machine, and a host that it is redirected to, may ask for it. */
static bool
card_tells(struct keeper *k, enum sg_err e)
{
	return keeper_tells(k, e == SG_EBLOCKED ? SG_ECANCEL : e);
}

enum sg_err
keeper_card_verify(struct keeper *k, const struct caller *c, uint32_t owner,
    struct bytes pin, uint32_t *tries_left, bool *first)
{
	const char *by = "pin";
	struct held *h = NULL;
	enum sg_err e;

	SG_TRY(find_card(k, owner, &h));
	e = verify(k, h, pin, &by, tries_left, first);
	held_settle(k, h);
	if (card_tells(k, e))
		audit("card-verify", CARD_AUDIT " result=%s",
		    CARD_ARGS(c, owner, by), sg_err_name(e));
	return e;
}

/* One that has no use left, and nothing that it opened, is over. */
static bool
session_spent(const struct held *h)
{
	if (h->card.session.n == 0 || h->card.uses > 0 || h->card.verified)
		return false;
	for (const struct login *l = h->logins; l != NULL; l = l->next)
		if (l->session)
			return false;
	return true;
}

static void
drop(struct keeper *k, struct held *h)
{
	h->card.verified = false;
	if (session_spent(h))
		card_session_end(k, h, "uses");
	else
		held_settle(k, h);
}

enum sg_err
keeper_card_drop(struct keeper *k, const struct caller *c, uint32_t owner)
{
	struct held *h = held_find(k, owner);

	(void)c;
	/* Also of a card that is no longer there. */
	if (h != NULL && h->card.verified)
		drop(k, h);
	return SG_OK;
}

static bool
somebody_logged_in(const struct held *h)
{
	for (const struct login *l = h->logins; l != NULL; l = l->next)
		if (!l->session)
			return true;
	return false;
}

static enum sg_err
may_use(struct keeper *k, const struct held *h, const char *key,
    unsigned *ref)
{
	*ref = board_card_ref(k->board, h->c.uid, key);
	if (*ref == 0)
		return sg_fail(SG_ENOENT, "the card shows no key '%s'", key);
	if (h->card.verified ||
	    (*ref == CARD_CARD && somebody_logged_in(h)))
		return SG_OK;
	return sg_fail(SG_ELOGIN, "the card must see the PIN first");
}

enum sg_err
keeper_card_use(struct keeper *k, const struct caller *c, uint32_t owner,
    const char *key, struct bytes in, struct buf *out)
{
	const struct card_policy p = board_policy(k->board);
	struct held *h = NULL;
	const char *by;
	unsigned ref = 0;
	enum sg_err e;

	SG_TRY(find_card(k, owner, &h));
	SG_TRY(may_use(k, h, key, &ref));
	by = !h->card.verified ? "login" : h->card.by_session ? "session-pin"
							      : "pin";
	e = held_use(k, h, key, in, out);
	if (e == SG_OK && h->card.verified)
		h->card.verified_until = keeper_now(k) +
		    (int64_t)p.idle_s * 1000;
	if (ref == CARD_SIGNATURE)
		drop(k, h);
	else
		held_show(k, h);
	audit("card-use", CARD_AUDIT " key=\"%s\" ref=%02X result=%s",
	    CARD_ARGS(c, owner, by), audit_text(key).s, ref, sg_err_name(e));
	return e;
}

static enum sg_err
change(struct keeper *k, struct held *h, struct bytes pin,
    struct bytes fresh, uint32_t *left)
{
	const struct card_policy p = board_policy(k->board);

	if (h->card.session.n > 0 || h->card.bindings != NULL)
		return sg_fail(SG_EPERM, "the card takes session PINs only, "
		    "and they cannot be changed");
	if (!p.pin_change)
		return sg_fail(SG_EUNSUPPORTED, "the PIN is not changed by the "
		    "card here (pin-change in [card] of signetd.conf)");
	if (fresh.n > CARD_PIN_MAX)
		return sg_fail(SG_EUNSUPPORTED, "a card's PIN has at most %d "
		    "bytes; signet pin change takes longer ones",
		    CARD_PIN_MAX);
	SG_TRY(takes_pin(k, h, pin));
	return held_change_pin(k, h, pin, fresh, left);
}

enum sg_err
keeper_card_pin_change(struct keeper *k, const struct caller *c,
    uint32_t owner, struct bytes pin, struct bytes fresh,
    uint32_t *tries_left)
{
	struct held *h = NULL;
	enum sg_err e;

	SG_TRY(find_card(k, owner, &h));
	*tries_left = 0;
	e = change(k, h, pin, fresh, tries_left);
	if (card_tells(k, e))
		audit("pin-change", CARD_AUDIT " result=%s",
		    CARD_ARGS(c, owner, "card"), sg_err_name(e));
	return e;
}

/* Where the certificates are a smart card's, a login lasts no longer than a
 * card's PIN would. */
static void
expire_logins(struct held *h, const struct card_policy *p, int64_t now)
{
	struct login **at = &h->logins;

	while (*at != NULL) {
		struct login *l = *at;

		if (now - l->used < (int64_t)p->idle_s * 1000) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		free(l);
	}
}

void
held_expire(struct keeper *k, struct held *h)
{
	const struct card_policy p = board_policy(k->board);
	struct card *c = &h->card;
	int64_t now = keeper_now(k);
	bool had = h->logins != NULL || c->verified || c->session.n > 0;

	if (!had)
		return;
	if (c->verified && (!p.emulation || now >= c->verified_until ||
	    (!c->by_session && !p.certificates)))
		c->verified = false;
	if (card_policy_pin_only(&p))
		expire_logins(h, &p, now);
	if (c->session.n > 0 && (!p.emulation || now >= c->until))
		card_session_end(k, h, p.emulation ? "time" : "policy");
	else if (session_spent(h))
		card_session_end(k, h, "uses");
	else
		held_settle(k, h);
}

void
keeper_expire(struct keeper *k)
{
	for (struct held *h = k->held; h != NULL; h = h->next)
		held_expire(k, h);
}

static void
sooner(int64_t *at, int64_t other)
{
	if (*at == 0 || other < *at)
		*at = other;
}

int64_t
keeper_next_end(const struct keeper *k)
{
	const struct card_policy p = board_policy(k->board);
	int64_t at = 0;

	for (const struct held *h = k->held; h != NULL; h = h->next) {
		if (h->card.session.n > 0)
			sooner(&at, h->card.until);
		if (h->card.verified)
			sooner(&at, h->card.verified_until);
		if (!card_policy_pin_only(&p))
			continue;
		for (const struct login *l = h->logins; l != NULL;
		    l = l->next)
			sooner(&at, l->used + (int64_t)p.idle_s * 1000);
	}
	return at;
}
