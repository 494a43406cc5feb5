/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CONTAINER_KEEPER_IMPL_H
#define SG_CONTAINER_KEEPER_IMPL_H

/* What the parts of the keeper share. */

#include <time.h>

#include "container/keeper_card.h"
#include "container/ksp.h"

/* Who bound the card to a session PIN. */
struct binding {
	const void *process;
	struct binding *next;
};

#define SESSIONS_PAST 16	/* session PINs that are remembered */

struct card {
	struct secret session;	/* the session PIN; none: not open */
	int64_t until;		/* keeper_now() */
	uint32_t uses;
	uint32_t tries;
	const void *bound;	/* the process it dies with, or NULL */
	struct buf only;	/* DER of all that is shown, or empty */
	bool verified;
	bool by_session;	/* ... by the session PIN */
	int64_t verified_until;
	bool pin_long;		/* the last right PIN does not fit a card */
	struct binding *bindings;
	struct secret past;	/* session PINs that are over, the oldest
				 * replaced first */
	size_t past_at;
};

/* A container in memory. */
struct held {
	struct container c;
	struct login *logins;
	struct card card;
	struct secret login;	/* the login index's, or the lock's, secret;
				 * none: closed */
	struct secret root;	/* of software keys, once one was used */
	struct vault_tries seen;	/* as the TPM last told */
	struct held *next;
};

struct ticket {
	uint8_t value[KEEPER_TICKET_LEN];
	const void *process;
	uint32_t uid;
	time_t until;		/* monotonic */
	struct ticket *next;
};

struct keeper {
	struct keeper_config cfg;
	struct keeper_quota quota;
	struct board *board;
	struct tpm *tpm;
	struct held *held;
	struct ticket *tickets;
	struct held *last;	/* whose key was used last; NULL: closed */
	unsigned in_a_row;	/* how often, with nobody's else between */
	bool tpm_lost;		/* and the audit log says so */
	struct board_counts counts;
	bool tidy_due;		/* a crash may have left something */
	time_t refused_at;	/* the second that refused counts */
	unsigned refused;
};

/* The TPM, connected again when it was lost. */
enum sg_err keeper_tpm(struct keeper *k, struct tpm **out);

/* After a failure e: the TPM was reset meanwhile, a new connection to it stands,
 * and what failed may be done again on it. */
bool keeper_again(struct keeper *k, enum sg_err e);

/* Takes what a container has in the TPM away, then its file.  One that was
 * made with another TPM has nothing in this one. */
enum sg_err keeper_take_away(struct keeper *k, const struct container *c);

/* The user's container if it is in memory, or NULL. */
struct held *held_find(const struct keeper *k, uint32_t uid);
/* The user's live container; SG_ENOENT says how to make one. */
enum sg_err keeper_find(struct keeper *k, uint32_t uid, struct held **out);
/* The same, and the calling process is logged in. */
enum sg_err keeper_find_open(struct keeper *k, const struct caller *c,
    struct held **out);

/* SG_ELIMIT, with the quota's name, above the limit. */
enum sg_err quota_check(size_t n, uint32_t limit, const char *quota,
    const char *what);

/* The container file's way to change: a copy is changed, saved, and takes the
 * old one's place, so that memory never is ahead of the disk. */
enum sg_err keeper_edit(const struct held *h, struct container *copy);
enum sg_err keeper_commit(struct keeper *k, struct held *h,
    struct container *copy);

/* Wipes the secret and ends every login, the card's and a session PIN's too. */
void held_close(struct keeper *k, struct held *h);
/* Does that when nothing holds the container open any more. */
void held_settle(struct keeper *k, struct held *h);
void held_drop(struct keeper *k, struct held *h);
/* Its logins or tries have changed. */
void held_show(const struct keeper *k, const struct held *h);
bool held_is_open(const struct held *h, const void *process);
/* The process's login, or NULL. */
struct login *held_login(const struct held *h, const void *process);
enum sg_err held_login_add(struct keeper *k, struct held *h,
    const void *process, bool session);
void held_login_remove(struct keeper *k, struct held *h,
    const void *process);
/* The right PIN gives the login index a new secret; counts a wrong one. */
enum sg_err held_unlock(struct keeper *k, struct held *h, struct bytes pin,
    uint32_t *left);
enum sg_err held_change_pin(struct keeper *k, struct held *h,
    struct bytes pin, struct bytes fresh, uint32_t *left);
/* The private operation of a key, by name; an open container's. */
enum sg_err held_use(struct keeper *k, struct held *h, const char *key,
    struct bytes in, struct buf *out);

int64_t keeper_now(const struct keeper *k);
/* Ends what is over of it. */
void held_expire(struct keeper *k, struct held *h);

/* keeper_session.c: the card's part of held_close, held_drop, keeper_forget. */
void card_close(struct keeper *k, struct held *h);
void card_done(struct card *c);
void card_forget(struct keeper *k, struct held *h, const void *process);
struct card_state card_state(const struct held *h);
/* It is, or was, a session PIN, and not for the TPM. */
bool card_is_session_pin(const struct held *h, struct bytes pin);
/* Ends the session PIN; why is for the audit. */
void card_session_end(struct keeper *k, struct held *h, const char *why);
/* What the card shows, after a change of the container. */
enum sg_err card_show(struct keeper *k, struct held *h);
/* A try of the session PIN that is open. */
enum sg_err card_session_try(struct keeper *k, struct held *h,
    struct bytes pin, uint32_t *left);

/* --- keeper_ksp.c --- */

/* The private operation of the key at that place of the container, whichever
 * provider has it, once more if the TPM was reset meanwhile.  Whether the
 * caller may is looked at before. */
enum sg_err keeper_private(struct keeper *k, struct held *h, size_t key,
    struct bytes in, struct buf *out);
/* The container, open to the caller if keys of the provider want that. */
enum sg_err keeper_find_for(struct keeper *k, const struct caller *c,
    enum provider p, struct held **out);

/* Characters of a new PIN. */
size_t keeper_pin_min(const struct keeper *k, enum container_lock lock);

/* --- keeper_lock.c: containers without a TPM, as vault.h with one --- */

enum sg_err keeper_lock_login(struct keeper *k, struct held *h,
    const struct secret *auth);
enum sg_err keeper_lock_change(struct keeper *k, struct held *h,
    const struct secret *auth, const struct secret *fresh);
/* Whether the recovery code is right. */
enum sg_err keeper_lock_code(const struct container *c,
    const struct secret *code);
enum sg_err keeper_lock_recover(struct keeper *k, struct held *h,
    const struct secret *code, const struct secret *fresh);
struct vault_tries keeper_lock_tries(const struct container *c);

/* What is left of the tries, for replies; 0 when the TPM will not tell. */
uint32_t keeper_tries_left(struct keeper *k, struct held *h);
/* What a right PIN does to the count; no need to ask for it. */
void keeper_tries_reset(const struct keeper *k, struct held *h);

/* A PIN as the vault's authorisation value. */
enum sg_err keeper_auth(const struct container *c, struct bytes pin,
    struct secret *auth);

/* Whether a result belongs into the audit.  Not what was refused for its form or
 * for want of a login: it changed nothing, and anybody could fill the disk so.
 * Of refusals that cost him nothing, so many in a second; how many more there
 * were is told as a number. */
#define REFUSALS_TOLD 16
bool keeper_tells(struct keeper *k, enum sg_err e);

#define CALLER_AUDIT "uid=%u pid=%ld program=\"%s\""
#define CALLER_ARGS(c) (c)->uid, (c)->pid, (c)->program

#endif
