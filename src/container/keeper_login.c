/* SPDX-License-Identifier: BSD-2-Clause */

/* Opening containers: PIN, tickets, change and recovery of the PIN. */

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "container/keeper_impl.h"
#include "gesture/recovery.h"

static time_t
now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

enum sg_err
held_login_add(struct keeper *k, struct held *h, const void *process,
    bool session)
{
	struct login *l = held_login(h, process);

	if (l == NULL) {
		if ((l = calloc(1, sizeof(*l))) == NULL)
			return sg_fail(SG_ENOMEM, "out of memory");
		l->process = process;
		l->session = session;
		l->next = h->logins;
		h->logins = l;
	}
	/* The container's PIN opens more than a session's. */
	l->session = l->session && session;
	l->used = keeper_now(k);
	held_show(k, h);
	return SG_OK;
}

void
held_login_remove(struct keeper *k, struct held *h, const void *process)
{
	for (struct login **at = &h->logins; *at != NULL; at = &(*at)->next) {
		struct login *l = *at;

		if (l->process != process)
			continue;
		*at = l->next;
		free(l);
		break;
	}
	held_settle(k, h);
}

/* A PIN that the TPM refused; blocked means closed for everybody. */
static enum sg_err
refused(struct keeper *k, struct held *h, enum sg_err e, uint32_t *left)
{
	if (e == SG_EPIN) {
		*left = keeper_tries_left(k, h);
		return *left > 0 ? sg_fail(e, "wrong PIN; %u %s left", *left,
		    *left == 1 ? "try" : "tries") : e;
	}
	if (e == SG_EBLOCKED) {
		(void)keeper_tries_left(k, h);
		held_close(k, h);
		return sg_fail(e, "too many wrong PINs: the container is "
		    "blocked (signet pin recover opens it with the recovery "
		    "code)");
	}
	return e;
}

/* One that is for the card only costs no try, and helps nobody to guess it:
 * every other one that is wrong does. */
static enum sg_err
refuse_session_pin(struct keeper *k, struct held *h, struct bytes pin,
    uint32_t *left)
{
	if (!card_is_session_pin(h, pin))
		return SG_OK;
	*left = keeper_tries_left(k, h);
	return sg_fail(SG_EPIN, "that is a session PIN: it opens the card, and "
	    "never the container");
}

enum sg_err
held_unlock(struct keeper *k, struct held *h, struct bytes pin,
    uint32_t *left)
{
	auto_done(secret) auth = { 0 };
	struct tpm *t = NULL;
	enum sg_err e;

	if (pin.n == 0 || pin.n > PIN_MAX)
		return sg_fail(SG_EARG, "a PIN has 1 to %d bytes", PIN_MAX);
	SG_TRY(refuse_session_pin(k, h, pin, left));
	if (h->c.lock == CONTAINER_BY_TPM)
		SG_TRY(keeper_tpm(k, &t));
	SG_TRY(keeper_auth(&h->c, pin, &auth));
	if (h->c.lock == CONTAINER_BY_SECRET)
		e = keeper_lock_login(k, h, &auth);
	else
		e = vault_login(t, &h->c.vault, &auth, &h->login);
	if (t != NULL && keeper_again(k, e))
		e = vault_login(k->tpm, &h->c.vault, &auth, &h->login);
	if (e == SG_OK) {
		h->card.pin_long = pin.n > CARD_PIN_MAX;
		keeper_tries_reset(k, h);
	}
	return refused(k, h, e, left);
}

/* Who was logged in stays so with the new secret. */
static enum sg_err
open_for(struct keeper *k, struct held *h, const void *process,
    struct bytes pin, uint32_t *left)
{
	SG_TRY(held_unlock(k, h, pin, left));
	return held_login_add(k, h, process, false);
}

enum sg_err
keeper_login(struct keeper *k, const struct caller *c, struct bytes pin,
    uint32_t *tries_left)
{
	struct held *h = NULL;
	enum sg_err e;

	SG_TRY(keeper_find(k, c->uid, &h));
	e = open_for(k, h, c->process, pin, tries_left);
	if (keeper_tells(k, e))
		audit("login", CALLER_AUDIT " result=%s", CALLER_ARGS(c),
		    sg_err_name(e));
	return e;
}

static unsigned
tickets_of(const struct keeper *k, uint32_t uid)
{
	unsigned n = 0;

	for (const struct ticket *t = k->tickets; t != NULL; t = t->next)
		n += t->uid == uid;
	return n;
}

/* Removes the tickets that the predicate's arguments match: of a process, or
 * (process NULL) those that are too old. */
static void
tickets_drop(struct keeper *k, const void *process, time_t t)
{
	struct ticket **at = &k->tickets;

	while (*at != NULL) {
		struct ticket *x = *at;

		if (process != NULL ? x->process != process : x->until > t) {
			at = &x->next;
			continue;
		}
		*at = x->next;
		wipe(x, sizeof(*x));
		free(x);
	}
}

enum sg_err
keeper_login_begin(struct keeper *k, const struct caller *c,
    uint8_t ticket[KEEPER_TICKET_LEN])
{
	struct held *h = NULL;
	struct ticket *t;
	enum sg_err e;

	SG_TRY(keeper_find(k, c->uid, &h));
	tickets_drop(k, NULL, now());
	if (tickets_of(k, c->uid) >= k->quota.prompts)
		return sg_fail(SG_EBUSY, "%u PIN prompts are open, which is "
		    "the limit (quota prompts of signetd.conf)",
		    k->quota.prompts);
	if ((t = calloc(1, sizeof(*t))) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	e = random_fill(t->value, sizeof(t->value));
	if (e != SG_OK) {
		free(t);
		return e;
	}
	t->process = c->process;
	t->uid = c->uid;
	t->until = now() + KEEPER_TICKET_S;
	t->next = k->tickets;
	k->tickets = t;
	memcpy(ticket, t->value, KEEPER_TICKET_LEN);
	return SG_OK;
}

static const struct ticket *
ticket_find(const struct keeper *k, uint32_t uid, struct bytes value)
{
	for (const struct ticket *t = k->tickets; t != NULL; t = t->next)
		if (t->uid == uid && bytes_eq_secret(value,
		    bytes_of(t->value, sizeof(t->value))))
			return t;
	return NULL;
}

enum sg_err
keeper_login_finish(struct keeper *k, const struct caller *c,
    struct bytes ticket, struct bytes pin, uint32_t *tries_left)
{
	const struct ticket *t;
	const void *process;
	struct held *h = NULL;
	enum sg_err e;

	tickets_drop(k, NULL, now());
	if ((t = ticket_find(k, c->uid, ticket)) == NULL)
		return sg_fail(SG_ETIMEOUT, "the program that asked for the "
		    "PIN waits no longer");
	process = t->process;
	SG_TRY(keeper_find(k, c->uid, &h));
	e = open_for(k, h, process, pin, tries_left);
	if (e == SG_OK)
		tickets_drop(k, process, 0);
	if (keeper_tells(k, e))
		audit("login", CALLER_AUDIT " by=prompt result=%s",
		    CALLER_ARGS(c), sg_err_name(e));
	return e;
}

enum sg_err
keeper_logout(struct keeper *k, const struct caller *c)
{
	struct held *h = NULL;

	SG_TRY(keeper_find(k, c->uid, &h));
	held_login_remove(k, h, c->process);
	return SG_OK;
}

enum sg_err
keeper_lock(struct keeper *k, const struct caller *c)
{
	struct held *h = NULL;
	bool open;

	SG_TRY(keeper_find(k, c->uid, &h));
	open = h->logins != NULL || h->card.verified ||
	    h->card.session.n > 0;
	held_close(k, h);
	/* One that ended nothing costs nothing, like a refusal. */
	if (open || keeper_tells(k, SG_ECANCEL))
		audit("lock", CALLER_AUDIT " result=ok", CALLER_ARGS(c));
	return SG_OK;
}

void
keeper_forget(struct keeper *k, const void *process)
{
	tickets_drop(k, process, 0);
	for (struct held *h = k->held; h != NULL; h = h->next) {
		card_forget(k, h, process);
		if (held_is_open(h, process))
			held_login_remove(k, h, process);
	}
}

size_t
keeper_pin_min(const struct keeper *k, enum container_lock lock)
{
	return lock == CONTAINER_BY_TPM || k->cfg.pin_min > LOCK_PIN_MIN
	    ? k->cfg.pin_min : LOCK_PIN_MIN;
}

static enum sg_err
check_fresh(const struct keeper *k, const struct container *c,
    struct bytes fresh)
{
	auto_done(secret) pin = { 0 };

	SG_TRY(secret_set(&pin, fresh.p, fresh.n));
	return sg_while(pin_check(&pin, keeper_pin_min(k, c->lock)),
	    "the new PIN");
}

/* A session PIN would be refused ever after, and a host knows it.  Only who has
 * shown what lets him change the PIN is told: a session PIN must not be found by
 * asking for it as a new one. */
static enum sg_err
refuse_fresh(const struct held *h, struct bytes fresh)
{
	return card_is_session_pin(h, fresh) ? sg_fail(SG_EARG,
	    "the new PIN is, or was, a session PIN") : SG_OK;
}

/* After the PIN was changed the login index still has its old secret: a new
 * one that nobody keeps ends what somebody may have copied. */
static enum sg_err
end_old_logins(struct keeper *k, struct held *h, const struct secret *auth)
{
	auto_done(secret) nobody = { 0 };

	held_close(k, h);
	if (h->c.lock == CONTAINER_BY_TPM)
		SG_TRY(vault_login(k->tpm, &h->c.vault, auth, &nobody));
	keeper_tries_reset(k, h);
	return SG_OK;
}

enum sg_err
held_change_pin(struct keeper *k, struct held *h, struct bytes pin,
    struct bytes fresh, uint32_t *left)
{
	auto_done(secret) old_auth = { 0 };
	auto_done(secret) new_auth = { 0 };
	struct tpm *t = NULL;

	SG_TRY(check_fresh(k, &h->c, fresh));
	if (bytes_eq_secret(pin, fresh))
		return sg_fail(SG_EARG, "the new PIN is the old one");
	if (h->c.lock == CONTAINER_BY_TPM)
		SG_TRY(keeper_tpm(k, &t));
	SG_TRY(refuse_session_pin(k, h, pin, left));
	if (card_is_session_pin(h, fresh)) {
		SG_TRY(held_unlock(k, h, pin, left));
		held_settle(k, h);
		return refuse_fresh(h, fresh);
	}
	SG_TRY(keeper_auth(&h->c, pin, &old_auth));
	SG_TRY(keeper_auth(&h->c, fresh, &new_auth));
	SG_TRY(refused(k, h, h->c.lock == CONTAINER_BY_SECRET
	    ? keeper_lock_change(k, h, &old_auth, &new_auth)
	    : vault_change(t, &h->c.vault, &old_auth, &new_auth), left));
	h->card.pin_long = fresh.n > CARD_PIN_MAX;
	return end_old_logins(k, h, &new_auth);
}

enum sg_err
keeper_pin_change(struct keeper *k, const struct caller *c,
    struct bytes pin, struct bytes fresh, uint32_t *tries_left)
{
	struct held *h = NULL;
	enum sg_err e;

	SG_TRY(keeper_find(k, c->uid, &h));
	e = held_change_pin(k, h, pin, fresh, tries_left);
	if (keeper_tells(k, e))
		audit("pin-change", CALLER_AUDIT " result=%s",
		    CALLER_ARGS(c), sg_err_name(e));
	return e;
}

/* The code must be this container's: a key of another one would be refused
 * by the TPM only after it was asked. */
static enum sg_err
check_recovery(const struct container *c, const struct pkey *k)
{
	uint8_t x[VAULT_POINT_LEN], y[VAULT_POINT_LEN];

	SG_TRY(pkey_point(k, x, y));
	if (memcmp(x, c->vault.recovery_x, sizeof(x)) != 0 ||
	    memcmp(y, c->vault.recovery_y, sizeof(y)) != 0)
		return sg_fail(SG_EPIN,
		    "that is the recovery code of another container");
	return SG_OK;
}

static enum sg_err
recover_pin(struct keeper *k, struct held *h, struct bytes code,
    struct bytes fresh)
{
	auto_done(secret) text = { 0 };
	auto_done(secret) auth = { 0 };
	auto_free(pkey) recovery = NULL;
	struct tpm *t = NULL;

	SG_TRY(check_fresh(k, &h->c, fresh));
	SG_TRY(secret_set(&text, code.p, code.n));
	SG_TRY(keeper_auth(&h->c, fresh, &auth));
	if (h->c.lock == CONTAINER_BY_SECRET) {
		SG_TRY(keeper_lock_code(&h->c, &text));
		SG_TRY(refuse_fresh(h, fresh));
		SG_TRY(keeper_lock_recover(k, h, &text, &auth));
		return end_old_logins(k, h, &auth);
	}
	SG_TRY(recovery_key(&recovery, &text));
	SG_TRY(check_recovery(&h->c, recovery));
	SG_TRY(refuse_fresh(h, fresh));
	SG_TRY(keeper_tpm(k, &t));
	SG_TRY(vault_recover(t, &h->c.vault, pkey_signer(recovery), &auth));
	h->card.pin_long = fresh.n > CARD_PIN_MAX;
	return end_old_logins(k, h, &auth);
}

enum sg_err
keeper_pin_recover(struct keeper *k, const struct caller *c,
    struct bytes code, struct bytes fresh)
{
	struct held *h = NULL;
	enum sg_err e;

	SG_TRY(keeper_find(k, c->uid, &h));
	e = recover_pin(k, h, code, fresh);
	/* A wrong code costs no try. */
	if (keeper_tells(k, e == SG_EPIN ? SG_EVERIFY : e))
		audit("pin-recover", CALLER_AUDIT " result=%s",
		    CALLER_ARGS(c), sg_err_name(e));
	return e;
}
