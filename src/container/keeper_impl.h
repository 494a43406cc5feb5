/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CONTAINER_KEEPER_IMPL_H
#define SG_CONTAINER_KEEPER_IMPL_H

/* What the parts of the keeper share. */

#include <time.h>

#include "container/keeper.h"
#include "container/ksp.h"

/* A container in memory. */
struct held {
	struct container c;
	struct login *logins;
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

/* Wipes the secret and ends every login. */
void held_close(struct keeper *k, struct held *h);
void held_drop(struct keeper *k, struct held *h);
/* Its logins or tries have changed. */
void held_show(const struct keeper *k, const struct held *h);
bool held_is_open(const struct held *h, const void *process);

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
