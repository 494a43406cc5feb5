/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_IPC_CLIENT_CARD_H
#define SG_IPC_CLIENT_CARD_H

/*
 * What the card service asks of the daemon, for the users whose cards it
 * shows (SG_EPERM for everybody else), and what a user asks about his own.
 * Limits and failures are those of client.h.
 */

#include "ipc/card.h"
#include "ipc/client.h"

/* --- the card service, and root --- */

enum sg_err client_card_table(struct client *c, struct card_table *out);

/* SG_ENOENT when the user has no card now; here and below. */
enum sg_err client_card_objects(struct client *c, uint32_t uid,
    struct card_keys *out);
/* Tries left of what client_card_verify takes, which is 0 while it takes
 * nothing; whether a PIN that was right still holds. */
enum sg_err client_card_state(struct client *c, uint32_t uid,
    uint32_t *tries_left, bool *verified);

/*
 * The session PIN while one is open, else the container's.  SG_EPIN with
 * *tries_left, SG_EBLOCKED (and 0) while the card takes no PIN: the container
 * is blocked, its PIN does not fit a card, or whoever bound the card to a
 * session PIN has not given it back yet.  No PIN that was a session PIN ever
 * counts against the container.  *first: no PIN that was presented earlier held
 * until then; who presented it has to do so again.
 */
enum sg_err client_card_verify(struct client *c, uint32_t uid,
    const struct secret *pin, uint32_t *tries_left, bool *first);
enum sg_err client_card_drop(struct client *c, uint32_t uid);
/*
 * As client_key_use, with a key that the card shows.  SG_ELOGIN without a
 * verified PIN (9E's works while its owner has the container open); the use
 * of 9C's ends what the PIN began.
 */
enum sg_err client_card_use(struct client *c, uint32_t uid, const char *key,
    struct bytes in, struct buf *out);
/* SG_EUNSUPPORTED where the policy forbids it, or when fresh does not fit a
 * card; SG_EPERM while the card takes only session PINs. */
enum sg_err client_card_pin_change(struct client *c, uint32_t uid,
    const struct secret *pin, const struct secret *fresh,
    uint32_t *tries_left);

/* --- the owner --- */

struct session_pin_ask {
	const struct secret *pin;	/* the container's, or NULL when this
					 * process has it open */
	uint32_t seconds;	/* 1 to CARD_SESSION_SECONDS_MAX */
	uint32_t uses;		/* 1 to CARD_SESSION_USES_MAX */
	/* The card takes no other PIN until client_session_pin_end, or until
	 * this process closes its connection, and the PIN dies with it. */
	bool bound;
	struct bytes cert;	/* all that the card shows meanwhile, in 9A;
				 * empty: what it always shows */
};
/* CARD_SESSION_PIN_LEN digits.  It replaces the one before it.  SG_EPERM where
 * the policy forbids cards. */
enum sg_err client_session_pin(struct client *c,
    const struct session_pin_ask *ask, struct secret *out,
    uint32_t *tries_left);
/* SG_ENOENT when there is none. */
enum sg_err client_session_pin_end(struct client *c);
/* Costs a use.  Until the session PIN ends, this process may use the keys that
 * the card shows, and do nothing else that needs a login. */
enum sg_err client_session_login(struct client *c, const struct secret *pin,
    uint32_t *tries_left);

/* SG_ENOENT without a container. */
enum sg_err client_card_status(struct client *c, struct card_status *out);

#endif
