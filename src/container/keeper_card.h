/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CONTAINER_KEEPER_CARD_H
#define SG_CONTAINER_KEEPER_CARD_H

/*
 * The keeper's containers as smart cards.  The card service asks for the user
 * whose card it is; its callers have no login of their own, the card has.
 * Functions with an owner fail with SG_ENOENT while he has no card in the
 * reader.
 */

#include "container/keeper.h"

/*
 * The session PIN while one is open, else the container's.  SG_EPIN with
 * *tries_left; SG_EBLOCKED while the card takes no PIN at all: its owner's
 * container is blocked or has a longer PIN than a card takes, or a program has
 * bound it to a session PIN that is over.  What was a session PIN once never
 * reaches the TPM.  A wrong PIN ends what a right one began.  *first: nothing
 * that was verified before held until now, whoever thinks that it does.
 */
enum sg_err keeper_card_verify(struct keeper *k, const struct caller *c,
    uint32_t owner, struct bytes pin, uint32_t *tries_left, bool *first);
enum sg_err keeper_card_drop(struct keeper *k, const struct caller *c,
    uint32_t owner);
/* A key that the card shows.  SG_ELOGIN without a PIN that was right; 9E's key
 * is content while one of its owner's processes is logged in.  What the PIN
 * began ends with the use of 9C's, and after card_policy.idle_s without a
 * use. */
enum sg_err keeper_card_use(struct keeper *k, const struct caller *c,
    uint32_t owner, const char *key, struct bytes in, struct buf *out);
enum sg_err keeper_card_pin_change(struct keeper *k, const struct caller *c,
    uint32_t owner, struct bytes pin, struct bytes fresh,
    uint32_t *tries_left);

struct keeper_session {
	struct bytes pin;	/* the container's; empty: c is logged in */
	uint32_t seconds;
	uint32_t uses;
	bool bound;		/* to the calling process; client_card.h */
	struct bytes cert;	/* all that the card shows meanwhile, in 9A, or
				 * empty: what it always shows */
};
/* Replaces the session PIN that was; out gets CARD_SESSION_PIN_LEN digits. */
enum sg_err keeper_session_pin(struct keeper *k, const struct caller *c,
    const struct keeper_session *ask, struct secret *out,
    uint32_t *tries_left);
/* Also gives a card that the process bound back.  SG_ENOENT when there is
 * nothing to end. */
enum sg_err keeper_session_end(struct keeper *k, const struct caller *c);
/* A use.  The process may use the keys that the card shows, and nothing else,
 * until the session PIN ends. */
enum sg_err keeper_session_login(struct keeper *k, const struct caller *c,
    struct bytes pin, uint32_t *tries_left);

/* Ends what is over, by the clock or by a policy that is new on the board. */
void keeper_expire(struct keeper *k);
/* When something is over next, as board_clock(); 0: nothing is open. */
int64_t keeper_next_end(const struct keeper *k);

#endif
