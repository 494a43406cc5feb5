/* SPDX-License-Identifier: BSD-2-Clause */
#include "container/keeper_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "container/store.h"
#include "ipc/objects_wire.h"

enum sg_err
keeper_new(struct keeper **out, const struct keeper_config *cfg)
{
	auto_free(keeper) k = calloc(1, sizeof(*k));

	if (k == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	k->cfg = *cfg;
	k->quota = cfg->quota != NULL ? *cfg->quota
	    : (struct keeper_quota) KEEPER_QUOTA_DEFAULT;
	k->tidy_due = true;
	SG_TRY(store_open(cfg->folder));
	SG_TRY(board_new(&k->board, cfg->folder, (uint32_t)cfg->pin_min));
	*out = k;
	k = NULL;
	return SG_OK;
}

struct board *
keeper_board(const struct keeper *k)
{
	return k->board;
}

void
keeper_tell(struct keeper *k)
{
	struct board_counts now = k->counts;

	if (k->tpm != NULL)
		now.tpm_commands += tpm_commands(k->tpm);
	board_tell(k->board, &now);
}

void
held_show(const struct keeper *k, const struct held *h)
{
	const struct card_state card = card_state(h);

	board_state(k->board, h->c.uid, h->seen, h->logins);
	board_card(k->board, h->c.uid, &card);
}

int64_t
keeper_now(const struct keeper *k)
{
	return k->cfg.clock != NULL ? k->cfg.clock() : board_clock();
}

void
held_close(struct keeper *k, struct held *h)
{
	struct login *l;

	if (k->last == h)
		k->last = NULL;
	card_close(k, h);
	while ((l = h->logins) != NULL) {
		h->logins = l->next;
		free(l);
	}
	if (k->tpm != NULL)
		tpm_forget(k->tpm, &h->login);
	secret_done(&h->login);
	secret_done(&h->root);
	held_show(k, h);
	for (size_t i = 0; i < h->c.blob_count && k->tpm != NULL; i++)
		tpm_key_unload(k->tpm, &h->c.blobs[i].tpm);
}

void
held_settle(struct keeper *k, struct held *h)
{
	if (h->logins != NULL || h->card.verified || h->card.session.n > 0)
		held_show(k, h);
	else
		held_close(k, h);
}

void
held_drop(struct keeper *k, struct held *h)
{
	for (struct held **at = &k->held; *at != NULL; at = &(*at)->next) {
		if (*at == h) {
			*at = h->next;
			break;
		}
	}
	held_close(k, h);
	card_done(&h->card);
	board_remove(k->board, h->c.uid);
	container_done(&h->c);
	free(h);
}

void
keeper_free(struct keeper *k)
{
	struct ticket *t;

	if (k == NULL)
		return;
	while (k->held != NULL)
		held_drop(k, k->held);
	while ((t = k->tickets) != NULL) {
		k->tickets = t->next;
		wipe(t, sizeof(*t));
		free(t);
	}
	tpm_free(k->tpm);
	board_free(k->board);
	free(k);
}

enum sg_err
keeper_take_away(struct keeper *k, const struct container *c)
{
	enum sg_err e = c->lock == CONTAINER_BY_TPM
	    ? vault_remove(k->tpm, &c->vault) : SG_OK;

	if (e != SG_ENOENT)
		SG_TRY(e);
	return store_remove(k->cfg.folder, c->uid);
}

/* A container that was being made or removed when the daemon died.  One that
 * cannot be tidied must not keep the others from working. */
static enum sg_err
tidy_one(void *arg, uint32_t uid)
{
	struct keeper *k = arg;
	auto_done(container) c = { 0 };
	enum sg_err e;

	if (store_load(k->cfg.folder, uid, &c) != SG_OK ||
	    c.phase == CONTAINER_LIVE)
		return SG_OK;
	e = keeper_take_away(k, &c);
	audit("tidy", "uid=%u result=%s", uid, sg_err_name(e));
	if (e != SG_OK)
		log_warn("tidying the container of user %u: %s", uid,
		    sg_note(e));
	return SG_OK;
}

/* One line when it is lost, however many requests find it so, and one when it
 * is back. */
static enum sg_err
connect_tpm(struct keeper *k)
{
	enum sg_err e = tpm_open(&k->tpm, k->cfg.tcti);

	if (e == SG_OK)
		k->counts.tpm_connects++;
	if ((e == SG_OK) != k->tpm_lost)
		return e;
	k->tpm_lost = e != SG_OK;
	audit(e == SG_OK ? "tpm-back" : "tpm-lost", "result=%s",
	    sg_err_name(e));
	return e;
}

enum sg_err
keeper_tpm(struct keeper *k, struct tpm **out)
{
	if (k->tpm != NULL && tpm_gone(k->tpm)) {
		k->counts.tpm_commands += tpm_commands(k->tpm);
		tpm_free(k->tpm);
		k->tpm = NULL;
	}
	if (k->tpm == NULL)
		SG_TRY(connect_tpm(k));
	if (k->tidy_due) {
		k->tidy_due = false;
		SG_TRY(store_each(k->cfg.folder, tidy_one, k));
	}
	*out = k->tpm;
	return SG_OK;
}

/* False for one refusal too many in this second. */
static bool
refusal_tells(struct keeper *k)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec != k->refused_at) {
		if (k->refused > REFUSALS_TOLD)
			audit("refusals", "skipped=%u",
			    k->refused - REFUSALS_TOLD);
		k->refused_at = now.tv_sec;
		k->refused = 0;
	}
	return k->refused++ < REFUSALS_TOLD;
}

bool
keeper_tells(struct keeper *k, enum sg_err e)
{
	switch ((int)e) {
	case SG_EARG:
	case SG_EEXIST:
	case SG_ELOGIN:
	case SG_ENOENT:
		return false;
	case SG_EPERM:
	case SG_EFORMAT:
	case SG_EVERIFY:
	case SG_ELIMIT:
	case SG_EUNSUPPORTED:
	case SG_ECANCEL:
		return refusal_tells(k);
	default:
		return true;
	}
}

bool
keeper_again(struct keeper *k, enum sg_err e)
{
	struct tpm *t = NULL;

	/* A PIN that was refused was counted, whatever came after that. */
	if (e == SG_OK || e == SG_EPIN || e == SG_EBLOCKED)
		return false;
	return k->tpm != NULL && tpm_was_reset(k->tpm) &&
	    keeper_tpm(k, &t) == SG_OK;
}

struct held *
held_find(const struct keeper *k, uint32_t uid)
{
	for (struct held *h = k->held; h != NULL; h = h->next)
		if (h->c.uid == uid)
			return h;
	return NULL;
}

enum sg_err
keeper_find(struct keeper *k, uint32_t uid, struct held **out)
{
	struct held *h = held_find(k, uid);
	auto_done(container) c = { 0 };

	if (h != NULL) {
		held_expire(k, h);
		*out = h;
		return SG_OK;
	}
	SG_TRY(store_live(k->cfg.folder, uid, &c));
	if ((h = calloc(1, sizeof(*h))) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	h->c = c;
	c = (struct container) { 0 };
	h->next = k->held;
	k->held = h;
	board_post(k->board, &h->c, (struct bytes) { 0 });
	*out = h;
	return SG_OK;
}

struct login *
held_login(const struct held *h, const void *process)
{
	struct login *l = h->logins;

	while (l != NULL && l->process != process)
		l = l->next;
	return l;
}

bool
held_is_open(const struct held *h, const void *process)
{
	return held_login(h, process) != NULL;
}

enum sg_err
keeper_find_open(struct keeper *k, const struct caller *c, struct held **out)
{
	const struct login *l;
	struct held *h = NULL;

	SG_TRY(keeper_find(k, c->uid, &h));
	l = held_login(h, c->process);
	if (l == NULL)
		return sg_fail(SG_ELOGIN, "this program must open the "
		    "container with the PIN first");
	if (l->session)
		return sg_fail(SG_ELOGIN, "a session PIN opens the card only; "
		    "this needs the container's PIN");
	*out = h;
	return SG_OK;
}

enum sg_err
keeper_edit(const struct held *h, struct container *copy)
{
	auto_done(buf) b = { 0 };

	SG_TRY(container_write(&h->c, &b));
	SG_TRY(container_read(buf_bytes(&b), "container", copy));
	copy->objects.generation++;
	return SG_OK;
}

enum sg_err
quota_check(size_t n, uint32_t limit, const char *quota, const char *what)
{
	if (n <= limit)
		return SG_OK;
	return sg_fail(SG_ELIMIT, "a container holds at most %u %s (quota %s "
	    "of signetd.conf)", limit, what, quota);
}

/* Only what grew is looked at: a limit that was lowered meanwhile must not
 * keep anybody from deleting. */
static enum sg_err
check_quota(const struct keeper *k, const struct objects *old,
    const struct objects *o)
{
	auto_done(buf) before = { 0 };
	auto_done(buf) b = { 0 };

	if (o->cert_count > old->cert_count)
		SG_TRY(quota_check(o->cert_count, k->quota.certs,
		    "certificates", "certificates"));
	if (o->request_count > old->request_count)
		SG_TRY(quota_check(o->request_count, k->quota.requests,
		    "requests", "pending requests"));
	SG_TRY(objects_write(&before, old));
	SG_TRY(objects_write(&b, o));
	if (b.n <= before.n)
		return SG_OK;
	return quota_check(b.n, k->quota.bytes, "container-bytes",
	    "bytes of keys, certificates and requests");
}

enum sg_err
keeper_commit(struct keeper *k, struct held *h, struct container *copy)
{
	SG_TRY(check_quota(k, &h->c.objects, &copy->objects));
	SG_TRY(store_save(k->cfg.folder, copy));
	container_done(&h->c);
	h->c = *copy;
	*copy = (struct container) { 0 };
	/* At no moment more than a session PIN is for. */
	board_post(k->board, &h->c, buf_bytes(&h->card.only));
	return SG_OK;
}

/* Keeps the last answer, so that whoever only glances needs no TPM. */
static enum sg_err
tries_look(struct keeper *k, struct held *h)
{
	struct vault_tries t = { 0 };
	enum sg_err e;

	if (h->c.lock == CONTAINER_BY_SECRET) {
		h->seen = keeper_lock_tries(&h->c);
		held_show(k, h);
		return SG_OK;
	}
	if (k->tpm == NULL)
		return sg_fail(SG_ETPM, "the TPM is not there");
	e = vault_tries(k->tpm, &h->c.vault, &t);
	if (keeper_again(k, e))
		e = vault_tries(k->tpm, &h->c.vault, &t);
	if (e == SG_OK)
		h->seen = t;
	held_show(k, h);
	return e;
}

uint32_t
keeper_tries_left(struct keeper *k, struct held *h)
{
	SG_IGNORE(tries_look(k, h));
	if (!h->seen.known || h->seen.used >= h->seen.limit)
		return 0;
	return h->seen.limit - h->seen.used;
}

void
keeper_tries_reset(const struct keeper *k, struct held *h)
{
	h->seen = (struct vault_tries) { 0, container_tries(&h->c), true };
	held_show(k, h);
}

enum sg_err
keeper_auth(const struct container *c, struct bytes pin, struct secret *auth)
{
	auto_done(secret) s = { 0 };

	SG_TRY(secret_set(&s, pin.p, pin.n));
	return pin_auth(&s, c->salt, c->cost, auth);
}

static enum sg_err
tpm_words(struct keeper *k, enum tpm_health *health, char **out)
{
	struct tpm_info info;
	struct tpm *t = NULL;
	enum sg_err e = keeper_tpm(k, &t);

	if (e == SG_OK)
		e = tpm_info(t, &info);
	if (keeper_again(k, e))
		e = tpm_info(k->tpm, &info);
	*health = e != SG_OK ? HEALTH_UNUSABLE
	    : info.in_lockout ? HEALTH_LOCKOUT : HEALTH_OK;
	if (e != SG_OK)
		return str_printf(out, "unusable: %s", sg_note(e));
	return str_printf(out, "%s, firmware %s%s", info.maker,
	    info.firmware, info.in_lockout ? ", in lockout (containers are "
	    "not affected)" : "");
}

/* The file is whole, but the TPM is not the one that it was made with, or has
 * lost what checks the PIN. */
static enum sg_err
status_of_tpm(const struct keeper *k, const struct held *h, const char *why,
    struct status *s)
{
	char *trouble = NULL;

	SG_TRY(str_dup(&trouble, why));
	free(s->trouble);
	s->trouble = trouble;
	s->state = CONTAINER_BROKEN;
	s->reason = bytes_eq(tpm_srk_name(k->tpm), bytes_of(h->c.vault.srk_name,
	    sizeof(h->c.vault.srk_name))) ? REASON_INDEX_GONE
					  : REASON_OTHER_TPM;
	return SG_OK;
}

enum sg_err
keeper_status(struct keeper *k, const struct caller *c, uint32_t uid,
    struct status *out)
{
	auto_done(status) s = { 0 };
	enum tpm_health health;
	auto_str tpm = NULL;
	auto_str why = NULL;
	struct held *h = NULL;
	enum sg_err looked = SG_OK;

	SG_TRY(tpm_words(k, &health, &tpm));
	/* What keeps it from being used is in the status. */
	if (keeper_find(k, uid, &h) == SG_OK)
		looked = tries_look(k, h);
	SG_TRY(str_dup(&why, sg_note(looked)));
	SG_TRY(board_glance(k->board, uid, c->process, &s));
	if (looked == SG_ENOENT)
		SG_TRY(status_of_tpm(k, h, why, &s));
	s.health = health;
	free(s.tpm);
	s.tpm = tpm;
	tpm = NULL;
	status_done(out);
	*out = s;
	s = (struct status) { 0 };
	return SG_OK;
}
