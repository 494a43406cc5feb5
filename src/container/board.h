/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CONTAINER_BOARD_H
#define SG_CONTAINER_BOARD_H

/*
 * A notice for each container in use: what is public of it, and what the
 * keeper last saw of its state.  The keeper posts, on its own thread; any
 * thread reads, and never waits for the TPM.
 *
 * Nothing on the board is seen outside of its lock, and the lock is held over
 * memory only, never over a file or a TPM command.  A container without a
 * notice is read from its file, without the lock, and gets one unless the
 * keeper has posted or removed something meanwhile: what the keeper knows is
 * newer than what a reader found.
 */

#include "container/container.h"
#include "ipc/card.h"
#include "policy/card.h"

struct board;

/* Borrows folder, where the container files are; pin_min is for statuses. */
enum sg_err board_new(struct board **out, const char *folder,
    uint32_t pin_min);
void board_free(struct board *b);
SG_AUTO_FREE(board)

/* --- readers --- */

/* Replaces out by the objects as objects_write makes them; SG_ENOENT without
 * a container. */
enum sg_err board_objects(struct board *b, uint32_t uid, struct buf *out);
enum sg_err board_generation(struct board *b, uint32_t uid, uint64_t *out);
/* The state as process would find it, no container and an unreadable one
 * included; daemon and tpm are empty. */
enum sg_err board_glance(struct board *b, uint32_t uid, const void *process,
    struct status *out);

/* What now is below: milliseconds since the machine was started, those that it
 * slept among them, so that no session PIN sleeps longer than it lasts. */
int64_t board_clock(void);

/*
 * Whose card is in which slot of the reader at now (board_clock()),
 * for the card service.  A user who had a slot keeps it while his card is
 * there.  Reads the folder and, for who is here, the sessions' (board_card).
 */
enum sg_err board_card_table(struct board *b, int64_t now,
    struct card_table *out);
/* Of what is there of a card; SG_ENOENT without one. */
enum sg_err board_card_keys(struct board *b, uint32_t uid, int64_t now,
    struct buf *out);
enum sg_err board_card_tries(struct board *b, uint32_t uid, int64_t now,
    uint32_t *tries, bool *verified);
enum sg_err board_card_here(struct board *b, uint32_t uid, int64_t now);
/* The reference under which a key is shown, or 0. */
unsigned board_card_ref(struct board *b, uint32_t uid, const char *key);
/* What a user is told of his card; SG_ENOENT without a container. */
enum sg_err board_card_status(struct board *b, uint32_t uid, int64_t now,
    struct card_status *out);
struct card_policy board_policy(struct board *b);

/* What the keeper has counted. */
struct board_counts {
	unsigned long tpm_commands;
	unsigned long tpm_connects;
	unsigned long signatures;
	/* Not the keeper's: from the notices. */
	unsigned containers;
	unsigned logins;
};
struct board_counts board_count(struct board *b);

/* --- the keeper --- */

/* containers and logins are left out. */
void board_tell(struct board *b, const struct board_counts *counts);

/* The rule for all cards; any thread. */
void board_set_policy(struct board *b, const struct card_policy *p);
/* Where systemd-logind says which users are here: sd-login(3)'s files, one a
 * user.  Borrowed; NULL: nobody is here by that.  Before any reader. */
void board_set_sessions(struct board *b, const char *folder);

/* What the keeper knows of a user's card. */
struct card_state {
	bool session;		/* a session PIN is open ... */
	int64_t until;		/* ... until then, monotonic ms */
	uint32_t uses;
	uint32_t tries;
	bool held;		/* nothing but session PINs is taken */
	bool pin_long;
	bool verified;		/* a PIN was right, which holds ... */
	int64_t verified_until;
};
void board_card(struct board *b, uint32_t uid, const struct card_state *s);
/* Takes what keys holds: the card shows that instead. */
void board_card_show(struct board *b, uint32_t uid, struct card_keys *keys);

/* A process that is logged in. */
struct login {
	const void *process;
	bool session;		/* by a session PIN: to use what the card
				 * shows, and nothing else */
	int64_t used;		/* monotonic ms */
	struct login *next;
};

/* The container as it lies on the disk now; only is the certificate that its
 * card shows alone, or empty.  A notice that finds no memory is taken down: the
 * file has everything but the state. */
void board_post(struct board *b, const struct container *c,
    struct bytes only);
/* Who is logged in, and the tries. */
void board_state(struct board *b, uint32_t uid, struct vault_tries seen,
    const struct login *logins);
/* It is gone from the disk. */
void board_remove(struct board *b, uint32_t uid);

#endif
