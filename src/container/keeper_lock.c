/* SPDX-License-Identifier: BSD-2-Clause */

/* Containers of machines without a TPM: what the vault does with one. */

#include "base/log.h"
#include "container/keeper_impl.h"
#include "container/store.h"

static struct bytes
about(const struct container *c)
{
	return bytes_of(c->salt, sizeof(c->salt));
}

struct vault_tries
keeper_lock_tries(const struct container *c)
{
	return (struct vault_tries) { c->secret.used, c->secret.limit, true };
}

/* A try that is not on the disk before it is made could be made again. */
static enum sg_err
count_try(const struct keeper *k, struct container *c)
{
	enum sg_err e;

	if (c->secret.used >= c->secret.limit)
		return sg_fail(SG_EBLOCKED, "no try is left");
	c->secret.used++;
	e = store_save(k->cfg.folder, c);
	return sg_while(e, "counting the try");
}

static enum sg_err
try_pin(struct keeper *k, struct held *h, const struct secret *auth,
    struct secret *secret)
{
	enum sg_err e;

	SG_TRY(count_try(k, &h->c));
	e = lock_open(&h->c.secret, about(&h->c), auth, secret);
	if (e == SG_EPIN && h->c.secret.used >= h->c.secret.limit)
		return sg_fail(SG_EBLOCKED, "that was the last try");
	return e;
}

enum sg_err
keeper_lock_login(struct keeper *k, struct held *h, const struct secret *auth)
{
	auto_done(secret) secret = { 0 };
	enum sg_err e;

	SG_TRY(try_pin(k, h, auth, &secret));
	h->c.secret.used = 0;
	/* On the disk it may stay counted: the next right PIN ends that. */
	if ((e = store_save(k->cfg.folder, &h->c)) != SG_OK)
		log_warn("giving back the PIN tries of user %u: %s", h->c.uid,
		    sg_note(e));
	secret_done(&h->login);
	h->login = secret;
	secret = (struct secret) { 0 };
	return SG_OK;
}

static enum sg_err
put_behind(struct keeper *k, struct held *h, const struct secret *secret,
    const struct secret *fresh)
{
	auto_done(container) copy = { 0 };

	SG_TRY(keeper_edit(h, &copy));
	SG_TRY(lock_change(&copy.secret, about(&copy), secret, fresh));
	return keeper_commit(k, h, &copy);
}

enum sg_err
keeper_lock_change(struct keeper *k, struct held *h,
    const struct secret *auth, const struct secret *fresh)
{
	auto_done(secret) secret = { 0 };

	SG_TRY(try_pin(k, h, auth, &secret));
	return put_behind(k, h, &secret, fresh);
}

enum sg_err
keeper_lock_code(const struct container *c, const struct secret *code)
{
	auto_done(secret) secret = { 0 };

	return lock_recover(&c->secret, about(c), code, &secret);
}

enum sg_err
keeper_lock_recover(struct keeper *k, struct held *h,
    const struct secret *code, const struct secret *fresh)
{
	auto_done(secret) secret = { 0 };

	SG_TRY(lock_recover(&h->c.secret, about(&h->c), code, &secret));
	return put_behind(k, h, &secret, fresh);
}
