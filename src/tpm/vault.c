/* SPDX-License-Identifier: BSD-2-Clause */
#include "tpm/vault.h"

#include <string.h>

#include "base/reader.h"
#include "tpm/loaded.h"
#include "tpm/nv.h"
#include "tpm/recovery.h"
#include "tpm/session.h"

#define PIN_DATA_LEN	8	/* pinCount and pinLimit */
#define LOGIN_DATA_LEN	8
#define PIN_LIMIT_MAX	255

/* What an operation on a vault works with. */
struct work {
	struct tpm *t;
	const struct vault *v;
	const struct secret *auth;	/* what proves the PIN */
	struct tree tree;
};

static enum sg_err
work_init(struct work *w, struct tpm *t, const struct vault *v)
{
	*w = (struct work) { .t = t, .v = v };
	SG_TRY(tree_of(v, &w->tree));
	return tpm_ready(t, v->srk_name);
}

static enum sg_err
auth_check(const struct secret *auth)
{
	if (auth->n != VAULT_AUTH_LEN)
		return sg_fail(SG_EINTERNAL, "an auth of %zu bytes", auth->n);
	return SG_OK;
}

static enum sg_err
fresh_auth(struct secret *out)
{
	SG_TRY(secret_init(out, VAULT_AUTH_LEN));
	SG_TRY(random_fill(out->p, VAULT_AUTH_LEN));
	out->n = VAULT_AUTH_LEN;
	return SG_OK;
}

static bool
same(const struct name *a, const struct name *b)
{
	return memcmp(a->d, b->d, sizeof(a->d)) == 0;
}

/* --- making --- */

static enum sg_err
approve(struct signer recovery, struct vault *v)
{
	struct tree tree;
	uint8_t digest[SHA256_LEN];

	SG_TRY(tree_of(v, &tree));
	SG_TRY(tree_approval_digest(&tree, digest));
	return recovery_sign(recovery, digest, v->approval);
}

enum sg_err
vault_plan(struct tpm *t, struct signer recovery, uint16_t pin_limit,
    struct vault *v)
{
	struct vault plan = { .pin_limit = pin_limit };

	if (pin_limit < 1 || pin_limit > PIN_LIMIT_MAX)
		return sg_fail(SG_EARG, "%u wrong PINs: expected 1 to %d",
		    pin_limit, PIN_LIMIT_MAX);
	SG_TRY(random_fill(plan.id, VAULT_ID_LEN - VAULT_ID_LIMIT_LEN));
	plan.id[VAULT_ID_LEN - 2] = (uint8_t)(pin_limit >> 8);
	plan.id[VAULT_ID_LEN - 1] = (uint8_t)pin_limit;
	memcpy(plan.srk_name, tpm_srk_name(t).p, sizeof(plan.srk_name));
	SG_TRY(nv_choose(t, 0, &plan.pin_index));
	SG_TRY(nv_choose(t, plan.pin_index, &plan.login_index));
	SG_TRY(recovery_point(recovery, plan.recovery_x, plan.recovery_y));
	SG_TRY(approve(recovery, &plan));
	*v = plan;
	return SG_OK;
}

static enum sg_err
pin_write(const struct work *w, const struct handle *pin,
    const struct handle *ps)
{
	auto_done(buf) b = { 0 };

	SG_TRY(session_or(ps, w->tree.pin_branch, PIN_BRANCHES));
	SG_TRY(buf_add_u32(&b, 0));
	SG_TRY(buf_add_u32(&b, w->v->pin_limit));
	return nv_write(pin, ps, buf_bytes(&b));
}

/* W1: gives the index its tries and with them its final Name.  Only somebody
 * with the recovery key and the auth it was defined with can do that. */
static enum sg_err
pin_first_write(const struct work *w, struct signer recovery,
    const struct handle *pin)
{
	auto_done(handle) ps = { 0 };

	SG_TRY(session_start(w->t, SESSION_SALTED, &ps));
	SG_TRY(session_command(&ps, TPM2_CC_NV_Write));
	SG_TRY(session_written(&ps, false));
	SG_TRY(session_signed(&ps, w->v, recovery));
	SG_TRY(session_auth(&ps));
	return pin_write(w, pin, &ps);
}

/* Half an index is worth nothing; e and its note are the news. */
static enum sg_err
undo(const struct work *w, struct handle *index, enum sg_err e)
{
	auto_str why = NULL;

	if (tpm_gone(w->t) || str_dup(&why, sg_note(e)) != SG_OK)
		return e;
	SG_IGNORE(nv_undefine(index));
	return sg_fail(e, "%s", why);
}

static enum sg_err
pin_make(const struct work *w, struct signer recovery,
    const struct secret *auth)
{
	auto_done(handle) pin = { 0 };
	enum sg_err e;

	SG_TRY(nv_define(w->t, &w->tree.pin.pub, auth, &pin));
	e = pin_first_write(w, recovery, &pin);
	return e == SG_OK ? e : undo(w, &pin, e);
}

/* Nobody needs to know the auth of a new login index: a login replaces it. */
static enum sg_err
login_make(const struct work *w, struct handle *out)
{
	auto_done(secret) any = { 0 };

	SG_TRY(fresh_auth(&any));
	keys_forget_login(w->t, w->v->login_index);
	return nv_define(w->t, &w->tree.login.pub, &any, out);
}

enum sg_err
vault_make(struct tpm *t, const struct vault *v, struct signer recovery,
    const struct secret *auth)
{
	auto_done(handle) login = { 0 };
	struct work w;
	enum sg_err e;

	SG_TRY(auth_check(auth));
	SG_TRY(recovery_check(v, recovery));
	SG_TRY(work_init(&w, t, v));
	SG_TRY(login_make(&w, &login));
	e = pin_make(&w, recovery, auth);
	return e == SG_OK ? e : undo(&w, &login, e);
}

/* --- using --- */

static enum sg_err
pin_gone(const struct work *w, const char *why)
{
	tpm_look_again(w->t);
	return sg_fail(SG_ENOENT, "%s: the TPM was cleared, or somebody "
	    "removed it, or this is another TPM; the recovery code rebuilds "
	    "it unless the TPM was cleared", why);
}

/* The PIN index, if it is the one that the policies name. */
static enum sg_err
pin_find(const struct work *w, struct handle *out)
{
	auto_done(handle) h = { 0 };
	struct name name;
	enum sg_err e = nv_find(w->t, w->v->pin_index, &h, &name);

	if (e == SG_ENOENT)
		return pin_gone(w,
		    "the TPM no longer has this container's PIN index");
	SG_TRY(e);
	if (!same(&name, &w->tree.pin.name))
		return pin_gone(w, "the TPM no longer has this container's PIN "
		    "index but another one in its place");
	*out = h;
	h.kind = HANDLE_NONE;
	return SG_OK;
}

static enum sg_err
tries_of(const struct work *w, const struct handle *pin,
    struct vault_tries *out)
{
	struct vault_tries tries = { .limit = w->v->pin_limit };
	auto_done(buf) b = { 0 };
	struct reader r;

	/* With an owner password the count cannot be read; that is all. */
	if (nv_read(pin, PIN_DATA_LEN, &b) == SG_OK) {
		r = reader_of(buf_bytes(&b));
		tries.used = read_u32(&r);
		tries.limit = read_u32(&r);
		tries.known = reader_end(&r);
	} else if (tpm_gone(w->t)) {
		return SG_ETPM;
	}
	*out = tries;
	return SG_OK;
}

enum sg_err
vault_tries(struct tpm *t, const struct vault *v, struct vault_tries *out)
{
	auto_done(handle) pin = { 0 };
	struct work w;

	SG_TRY(work_init(&w, t, v));
	SG_TRY(pin_find(&w, &pin));
	return tries_of(&w, &pin, out);
}

static enum sg_err
wrong_pin(const struct work *w, const struct handle *pin)
{
	struct vault_tries tries = { 0 };

	/* Counted it is, whatever becomes of the question how often. */
	if (tries_of(w, pin, &tries) != SG_OK || !tries.known)
		return sg_fail(SG_EPIN, "wrong PIN");
	if (tries.used >= tries.limit)
		return sg_fail(SG_EBLOCKED, "wrong PIN, and it was the last "
		    "try: the container is blocked until its recovery code "
		    "is used");
	return sg_fail(SG_EPIN, "wrong PIN, %u of %u tries left",
	    tries.limit - tries.used, tries.limit);
}

/* Proves the PIN to the session; a wrong one is counted by the TPM. */
static enum sg_err
pin_prove(const struct work *w, const struct handle *ps,
    const struct handle *pin)
{
	enum sg_err e = session_secret(ps, pin);

	tpm_forget(w->t, w->auth);
	return e == SG_EPIN ? wrong_pin(w, pin) : e;
}

/* The login index; defined anew when somebody removed it, since whoever could
 * define it gains nothing without the PIN. */
static enum sg_err
login_find(const struct work *w, struct handle *out, bool *armed)
{
	auto_done(handle) h = { 0 };
	struct name name = w->tree.login.unwritten;
	enum sg_err e;

	keys_forget_login(w->t, w->v->login_index);
	e = nv_find(w->t, w->v->login_index, &h, &name);
	if (e == SG_ENOENT)
		e = login_make(w, &h);
	SG_TRY(e);
	if (!same(&name, &w->tree.login.name) &&
	    !same(&name, &w->tree.login.unwritten))
		return sg_fail(SG_ENOENT, "the TPM has another index in the "
		    "place of this container's login index; the recovery "
		    "code puts it right");
	*armed = same(&name, &w->tree.login.name);
	*out = h;
	h.kind = HANDLE_NONE;
	return SG_OK;
}

/* LC: a fresh secret, which ends every login that knows the old one. */
static enum sg_err
login_fresh(const struct work *w, const struct handle *pin,
    const struct handle *login, const struct secret *fresh)
{
	struct handle ps;

	SG_TRY(session_kept(w->t, &ps));
	SG_TRY(session_command(&ps, TPM2_CC_NV_ChangeAuth));
	SG_TRY(pin_prove(w, &ps, pin));
	SG_TRY(session_or(&ps, w->tree.login_branch, LOGIN_BRANCHES));
	return nv_change_auth(login, &ps, fresh);
}

/* LW: the first login after the TPM was reset writes the index, so that its
 * Name is the one that the keys' policy knows. */
static enum sg_err
login_arm(const struct work *w, const struct handle *pin,
    const struct handle *login)
{
	static const uint8_t zero[LOGIN_DATA_LEN];
	auto_done(handle) ps = { 0 };

	SG_TRY(session_start(w->t, SESSION_PLAIN, &ps));
	SG_TRY(session_command(&ps, TPM2_CC_NV_Write));
	SG_TRY(session_written(&ps, false));
	SG_TRY(pin_prove(w, &ps, pin));
	SG_TRY(session_auth(&ps));
	SG_TRY(session_or(&ps, w->tree.login_branch, LOGIN_BRANCHES));
	SG_TRY(session_last(&ps));
	SG_TRY(nv_write(login, &ps, bytes_of(zero, sizeof(zero))));
	session_ended(&ps);
	return SG_OK;
}

enum sg_err
vault_login(struct tpm *t, const struct vault *v, const struct secret *auth,
    struct secret *login)
{
	auto_done(secret) fresh = { 0 };
	auto_done(handle) pin = { 0 };
	auto_done(handle) index = { 0 };
	struct work w;
	bool armed = false;
	enum sg_err e;

	SG_TRY(auth_check(auth));
	SG_TRY(work_init(&w, t, v));
	w.auth = auth;
	SG_TRY(pin_find(&w, &pin));
	SG_TRY(login_find(&w, &index, &armed));
	SG_TRY(nv_auth_set(&pin, auth));
	SG_TRY(fresh_auth(&fresh));
	if ((e = login_fresh(&w, &pin, &index, &fresh)) != SG_OK) {
		session_kept_drop(t);
		return e;
	}
	SG_TRY(nv_auth_set(&index, &fresh));
	if (!armed)
		SG_TRY(login_arm(&w, &pin, &index));
	secret_done(login);
	*login = fresh;
	fresh = (struct secret) { 0 };
	return SG_OK;
}

enum sg_err
vault_change(struct tpm *t, const struct vault *v, const struct secret *auth,
    const struct secret *fresh)
{
	auto_done(handle) pin = { 0 };
	auto_done(handle) ps = { 0 };
	struct work w;

	SG_TRY(auth_check(auth));
	SG_TRY(auth_check(fresh));
	SG_TRY(work_init(&w, t, v));
	w.auth = auth;
	SG_TRY(pin_find(&w, &pin));
	SG_TRY(nv_auth_set(&pin, auth));
	SG_TRY(session_start(t, SESSION_PLAIN, &ps));
	SG_TRY(session_command(&ps, TPM2_CC_NV_ChangeAuth));
	SG_TRY(pin_prove(&w, &ps, &pin));
	SG_TRY(session_authorize(&ps, v, &w.tree));
	SG_TRY(session_or(&ps, w.tree.pin_branch, PIN_BRANCHES));
	return nv_change_auth(&pin, &ps, fresh);
}

/* --- recovering and removing --- */

/* R: sets the PIN's auth without the old one. */
static enum sg_err
pin_reset(const struct work *w, struct signer recovery,
    const struct handle *pin, const struct secret *fresh)
{
	auto_done(handle) ps = { 0 };

	SG_TRY(session_start(w->t, SESSION_PLAIN, &ps));
	SG_TRY(session_command(&ps, TPM2_CC_NV_ChangeAuth));
	SG_TRY(session_signed(&ps, w->v, recovery));
	SG_TRY(session_or(&ps, w->tree.pin_branch, PIN_BRANCHES));
	return nv_change_auth(pin, &ps, fresh);
}

/* W2: gives back all tries. */
static enum sg_err
pin_unblock(const struct work *w, struct signer recovery,
    const struct handle *pin)
{
	auto_done(handle) ps = { 0 };

	SG_TRY(session_start(w->t, SESSION_PLAIN, &ps));
	SG_TRY(session_command(&ps, TPM2_CC_NV_Write));
	SG_TRY(session_written(&ps, true));
	SG_TRY(session_signed(&ps, w->v, recovery));
	return pin_write(w, pin, &ps);
}

/*
 * An unwritten index is never written to, even though it may be ours from an
 * interrupted recovery: its auth may be somebody else's.
 */
static enum sg_err
pin_recover(const struct work *w, struct signer recovery,
    const struct secret *fresh)
{
	auto_done(handle) pin = { 0 };
	struct name name;
	enum sg_err e = nv_find(w->t, w->v->pin_index, &pin, &name);

	if (e == SG_ENOENT)
		return pin_make(w, recovery, fresh);
	SG_TRY(e);
	if (!same(&name, &w->tree.pin.name)) {
		SG_TRY(nv_undefine(&pin));
		return pin_make(w, recovery, fresh);
	}
	SG_TRY(pin_reset(w, recovery, &pin, fresh));
	return pin_unblock(w, recovery, &pin);
}

static enum sg_err
login_recover(const struct work *w)
{
	auto_done(handle) login = { 0 };
	auto_done(handle) anew = { 0 };
	struct name name;
	enum sg_err e;

	keys_forget_login(w->t, w->v->login_index);
	e = nv_find(w->t, w->v->login_index, &login, &name);
	if (e == SG_OK && (same(&name, &w->tree.login.name) ||
	    same(&name, &w->tree.login.unwritten)))
		return SG_OK;
	if (e == SG_OK)
		e = nv_undefine(&login);
	if (e == SG_OK || e == SG_ENOENT)
		e = login_make(w, &anew);
	return e;
}

enum sg_err
vault_recover(struct tpm *t, const struct vault *v, struct signer recovery,
    const struct secret *fresh)
{
	struct work w;

	SG_TRY(auth_check(fresh));
	SG_TRY(recovery_check(v, recovery));
	SG_TRY(work_init(&w, t, v));
	SG_TRY(login_recover(&w));
	return pin_recover(&w, recovery, fresh);
}

static enum sg_err
index_remove(struct tpm *t, const struct index *x)
{
	auto_done(handle) h = { 0 };
	struct name name;
	enum sg_err e = nv_find(t, x->pub.index, &h, &name);

	if (e == SG_ENOENT)
		return SG_OK;
	SG_TRY(e);
	/* Somebody else's by now. */
	if (!same(&name, &x->name) && !same(&name, &x->unwritten))
		return SG_OK;
	return nv_undefine(&h);
}

enum sg_err
vault_remove(struct tpm *t, const struct vault *v)
{
	struct work w;

	SG_TRY(work_init(&w, t, v));
	keys_forget_login(t, v->login_index);
	SG_TRY(index_remove(t, &w.tree.login));
	return index_remove(t, &w.tree.pin);
}
