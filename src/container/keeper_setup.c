/* SPDX-License-Identifier: BSD-2-Clause */

/* The beginning and the end of a container. */

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "container/keeper_impl.h"
#include "container/store.h"
#include "gesture/recovery.h"
#include "ipc/objects_wire.h"
#include "pki/cms.h"

/* Handles taken by others between planning and making. */
#define PLAN_ATTEMPTS 3
#define ACCOUNT_MAX 4096	/* bytes of an account's strings */

static enum sg_err
first_key(const struct ksp *p, const struct ksp_room *room,
    struct container *c, const struct keeper_setup *ask)
{
	auto_done(key_object) record = { .provider = p->provider,
		.type = ask->type, .created = c->created };
	auto_done(key_blob) blob = { 0 };

	SG_TRY(str_dup(&record.name, ask->key_name));
	SG_TRY(str_dup(&record.token, ""));
	SG_TRY(str_dup(&record.serial, ""));
	SG_TRY(p->make(room, c, ask->key_name, ask->type, &blob,
	    &record.spki));
	return container_add_key(c, &record, &blob);
}

/* Makes both sides of a planned container, and its first key. */
static enum sg_err
setup_make(struct keeper *k, struct container *c,
    const struct keeper_setup *ask, struct signer recovery)
{
	const struct secret nobody = { 0 };
	const struct ksp_room room = { .tpm = k->tpm, .c = c,
		.login = &nobody };
	auto_done(secret) auth = { 0 };

	SG_TRY(keeper_auth(c, ask->pin, &auth));
	SG_TRY(vault_make(k->tpm, &c->vault, recovery, &auth));
	SG_TRY(first_key(&ksp_passport, &room, c, ask));
	c->phase = CONTAINER_LIVE;
	return store_save(k->cfg.folder, c);
}

/* Nothing outside of the file, so that it is made in one step. */
static enum sg_err
setup_secret(struct keeper *k, uint32_t uid, const struct keeper_setup *ask,
    const struct secret *code)
{
	auto_done(container) c = { .phase = CONTAINER_LIVE, .uid = uid,
		.lock = CONTAINER_BY_SECRET, .created = (uint64_t)time(NULL) };
	auto_done(secret) auth = { 0 };
	auto_done(secret) login = { 0 };
	auto_done(secret) root = { 0 };
	const struct ksp_room room = { .c = &c, .login = &login,
		.root = &root };
	struct bytes about = { c.salt, sizeof(c.salt) };

	c.objects.generation = 1;
	c.cost = lock_cost();
	c.secret.limit = (uint16_t)ask->tries;
	SG_TRY(random_fill(c.salt, sizeof(c.salt)));
	SG_TRY(keeper_auth(&c, ask->pin, &auth));
	SG_TRY(lock_make(&c.secret, about, &auth, code));
	SG_TRY(lock_open(&c.secret, about, &auth, &login));
	SG_TRY(first_key(&ksp_software, &room, &c, ask));
	return store_create(k->cfg.folder, &c);
}

static enum sg_err
setup_once(struct keeper *k, uint32_t uid, const struct keeper_setup *ask,
    const struct pkey *recovery)
{
	auto_done(container) c = { .phase = CONTAINER_PLANNED, .uid = uid,
		.lock = CONTAINER_BY_TPM, .created = (uint64_t)time(NULL) };
	struct signer signer =
	    pkey_signer((struct pkey *)(uintptr_t)recovery);
	enum sg_err e;

	c.objects.generation = 1;
	c.cost = pin_cost_default();
	SG_TRY(random_fill(c.salt, sizeof(c.salt)));
	SG_TRY(vault_plan(k->tpm, signer, (uint16_t)ask->tries, &c.vault));
	SG_TRY(store_create(k->cfg.folder, &c));
	e = setup_make(k, &c, ask, signer);
	if (e == SG_OK)
		return SG_OK;
	/* The first error counts; what cannot be undone now is found again
	 * when the TPM next answers. */
	{
		auto_str why = NULL;

		SG_TRY(str_dup(&why, sg_note(e)));
		if (keeper_take_away(k, &c) != SG_OK)
			k->tidy_due = true;
		return sg_fail(e, "%s", why);
	}
}

static enum sg_err
user_known(uint32_t uid)
{
	struct passwd entry, *found = NULL;
	char strings[ACCOUNT_MAX];
	int rc = getpwuid_r(uid, &entry, strings, sizeof(strings), &found);

	if (found != NULL)
		return SG_OK;
	if (rc != 0 && rc != ENOENT && rc != ESRCH)
		return sg_fail(SG_EIO, "asking for the account of user %u: %s",
		    uid, strerror(rc));
	return sg_fail(SG_EPERM, "user %u has no account here, so no "
	    "container either (users in [container] of signetd.conf)", uid);
}

/* Whoever has subordinate uids could use up all containers. */
static enum sg_err
user_allowed(const struct keeper *k, uint32_t uid)
{
	if (k->cfg.who == KEEPER_ANYBODY)
		return SG_OK;
	if (k->cfg.who == KEEPER_KNOWN)
		return user_known(uid);
	for (size_t i = 0; i < k->cfg.user_count; i++)
		if (uid >= k->cfg.users[i].first &&
		    uid <= k->cfg.users[i].last)
			return SG_OK;
	return sg_fail(SG_EPERM, "user %u may not make a container (users in "
	    "[container] of signetd.conf)", uid);
}

struct census {
	uint32_t uid;
	uint32_t count;
};

static enum sg_err
count_user(void *arg, uint32_t uid)
{
	struct census *n = arg;

	n->count += uid != n->uid;
	return SG_OK;
}

static enum sg_err
setup_allowed(struct keeper *k, uint32_t uid)
{
	struct census n = { uid, 0 };
	struct held *h = NULL;
	enum sg_err e = keeper_find(k, uid, &h);

	if (e == SG_OK)
		return sg_fail(SG_EEXIST, "user %u has a container already "
		    "(signet reset deletes it)", uid);
	if (e != SG_ENOENT)
		return sg_while(e, "the existing container cannot be used; "
		    "signet reset deletes it");
	SG_TRY(store_each(k->cfg.folder, count_user, &n));
	if (n.count >= k->cfg.containers_max)
		return sg_fail(SG_ELIMIT, "this machine holds %u containers, "
		    "its limit (max in [container] of signetd.conf)",
		    n.count);
	return SG_OK;
}

static enum sg_err
setup_check(const struct keeper *k, const struct keeper_setup *ask)
{
	auto_done(secret) pin = { 0 };

	SG_TRY(secret_set(&pin, ask->pin.p, ask->pin.n));
	SG_TRY(pin_check(&pin, keeper_pin_min(k, ask->without_tpm
	    ? CONTAINER_BY_SECRET : CONTAINER_BY_TPM)));
	if (ask->tries < 1 || ask->tries > KEEPER_TRIES_MAX)
		return sg_fail(SG_EARG, "the number of PIN tries is 1 to %d",
		    KEEPER_TRIES_MAX);
	if (ask->type != OBJECT_RSA2048 && ask->type != OBJECT_P256)
		return sg_fail(SG_EARG, "the key type is neither RSA-2048 "
		    "nor P-256");
	return container_name_check(ask->key_name, "a key's name");
}

/* A container without a TPM is worth less, so it is made only where it was
 * asked for, allowed, and nothing better is to be had. */
static enum sg_err
check_machine(struct keeper *k, bool without_tpm)
{
	struct tpm *t = NULL;

	if (!without_tpm)
		return keeper_tpm(k, &t);
	if (!k->cfg.without_tpm)
		return sg_fail(SG_EPERM, "containers without a TPM are not "
		    "allowed here (without-tpm in [container] of "
		    "signetd.conf)");
	if (keeper_tpm(k, &t) == SG_OK)
		return sg_fail(SG_EARG, "this machine has a TPM: leave "
		    "--without-tpm away");
	return SG_OK;
}

static enum sg_err
set_up(struct keeper *k, const struct caller *c, struct keeper_setup *s,
    struct secret *code, struct buf *escrow)
{
	auto_done(secret) fresh = { 0 };
	auto_done(buf) sealed = { 0 };
	auto_free(pkey) recovery = NULL;
	enum sg_err e = SG_EEXIST;

	if (s->tries == 0)
		s->tries = k->cfg.tries;
	SG_TRY(user_allowed(k, c->uid));
	SG_TRY(setup_check(k, s));
	/* What could not be tidied before must not stand in the way now. */
	k->tidy_due = true;
	SG_TRY(check_machine(k, s->without_tpm));
	SG_TRY(setup_allowed(k, c->uid));
	SG_TRY(recovery_code_new(&fresh));
	SG_TRY(recovery_key(&recovery, &fresh));
	if (s->escrow.n > 0)
		SG_TRY(sg_while(cms_seal(&sealed, secret_bytes(&fresh),
		    s->escrow), "the escrow key"));
	if (s->without_tpm)
		e = setup_secret(k, c->uid, s, &fresh);
	for (int i = 0; i < PLAN_ATTEMPTS && e == SG_EEXIST &&
	    !s->without_tpm; i++)
		e = setup_once(k, c->uid, s, recovery);
	SG_TRY(e);
	if (s->escrow.n > 0)
		return buf_set(escrow, buf_bytes(&sealed));
	return secret_set(code, fresh.p, fresh.n);
}

enum sg_err
keeper_setup(struct keeper *k, const struct caller *c,
    const struct keeper_setup *ask, struct secret *code, struct buf *escrow)
{
	struct keeper_setup s = *ask;
	enum sg_err e = set_up(k, c, &s, code, escrow);

	if (keeper_tells(k, e))
		audit("setup", CALLER_AUDIT " escrow=%s result=%s",
		    CALLER_ARGS(c), s.escrow.n > 0 ? "yes" : "no",
		    sg_err_name(e));
	return e;
}

/* A file that cannot be read names no index that could be removed, and another
 * user's none that may be. */
static enum sg_err
reset_unreadable(struct keeper *k, uint32_t uid)
{
	log_warn("the container of user %u is unreadable; what it had in the "
	    "TPM stays there", uid);
	return store_remove(k->cfg.folder, uid);
}

static enum sg_err
reset_now(struct keeper *k, uint32_t uid)
{
	auto_done(container) c = { 0 };
	struct held *h = held_find(k, uid);
	struct tpm *t = NULL;
	enum sg_err e;

	e = store_load(k->cfg.folder, uid, &c);
	if (e == SG_ENOENT)
		return sg_fail(SG_ENOENT, "user %u has no container", uid);
	if (e == SG_EFORMAT || e == SG_EUNSUPPORTED || e == SG_ELIMIT ||
	    e == SG_EVERIFY) {
		if (h != NULL)
			held_drop(k, h);
		return reset_unreadable(k, uid);
	}
	SG_TRY(e);
	if (c.lock == CONTAINER_BY_SECRET) {
		if (h != NULL)
			held_drop(k, h);
		return store_remove(k->cfg.folder, uid);
	}
	c.phase = CONTAINER_DOOMED;
	SG_TRY(store_save(k->cfg.folder, &c));
	if (h != NULL)
		held_drop(k, h);
	/* From here on the container is gone for its owner; a TPM that does
	 * not answer now is tidied when it does. */
	k->tidy_due = true;
	if (keeper_tpm(k, &t) != SG_OK)
		log_warn("the TPM does not answer; what the container of user "
		    "%u has there is removed later", uid);
	return SG_OK;
}

enum sg_err
keeper_reset(struct keeper *k, const struct caller *c, uint32_t uid)
{
	enum sg_err e;

	if (c->uid != uid && c->uid != 0)
		return sg_fail(SG_EPERM, "only root may delete another "
		    "user's container");
	e = reset_now(k, uid);
	/* It may have a notice that no held container is behind. */
	if (e == SG_OK)
		board_remove(k->board, uid);
	if (keeper_tells(k, e))
		audit("reset", CALLER_AUDIT " of=%u result=%s",
		    CALLER_ARGS(c), uid, sg_err_name(e));
	return e;
}
