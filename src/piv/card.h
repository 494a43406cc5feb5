/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PIV_CARD_H
#define SG_PIV_CARD_H

/*
 * The PIV card application (NIST SP 800-73-4) of one container: a command APDU
 * in, a response APDU out.  Pure but for its backend: no file, clock or socket.
 * The time is passed in.
 *
 * Several programs talk to one card, each by a client number that the reader
 * gives it.  A verified PIN belongs to the client that presented it: to every
 * other one the card answers as if nobody had.
 */

#include "base/secret.h"

enum piv_slot { PIV_9A, PIV_9C, PIV_9D, PIV_9E, PIV_SLOTS };
enum piv_key_type { PIV_RSA2048 = 1, PIV_P256 };

#define PIV_NAME_MAX	128	/* bytes of a key's name in the container */
#define PIV_CERT_MAX	8192	/* bytes of a certificate that is shown */
#define PIV_PIN_MIN	4	/* characters; the container's may be longer */
#define PIV_PIN_MAX	8	/* SP 800-73-4 part 2, 3.2.1 */
#define PIV_RSA_LEN	256	/* bytes of a block and of its result */
#define PIV_HASH_LEN	32	/* bytes of a digest that P-256 signs */
#define PIV_INPUT_MAX	512	/* bytes of a command's data, chained or not */
#define PIV_APDU_MAX	(PIV_INPUT_MAX + 9)	/* bytes of a command */
#define PIV_REPLY_MAX	(PIV_CERT_MAX + 64)	/* bytes with status word */
#define PIV_CLIENTS_MAX	16	/* who have presented the PIN, at one time */
#define PIV_ATR_MAX	33

/* One key of the container as the card shows it. */
struct piv_key {
	bool present;
	enum piv_key_type type;
	char name[PIV_NAME_MAX + 1];
	struct buf cert;	/* DER; empty: a key without certificate */
};
struct piv_objects {
	struct piv_key keys[PIV_SLOTS];
};
void piv_objects_done(struct piv_objects *o);

/*
 * What the card asks of whoever keeps the keys.  Out-parameters are written on
 * success only, but for tries, which SG_EPIN and SG_EBLOCKED set too.
 *
 * objects	what the card shows now; SG_ENOENT: there is no card.  *out is
 *		zero before and the card's after.
 * state	tries left of what verify accepts; *verified, whether a use
 *		would be allowed.
 * verify	pin has no padding.  SG_EPIN, SG_EBLOCKED.  *first: what was
 *		verified before held no longer, whoever verified it.
 * drop		ends what verify began; cannot fail.
 * use		the private operation: PIV_RSA_LEN bytes for RSA (result of the
 *		same length), PIV_HASH_LEN for P-256 (result: r and s, 64
 *		bytes).  Appends.  SG_ELOGIN without a verified PIN, but for 9E.
 * pin_change	SG_EPIN and SG_EBLOCKED for the old one, SG_EARG when the new
 *		one is not good enough, SG_EPERM or SG_EUNSUPPORTED when the PIN
 *		cannot be changed by the card.
 * random	n bytes that nobody can foresee.
 */
struct piv_backend_ops {
	enum sg_err (*objects)(void *ctx, struct piv_objects *out);
	enum sg_err (*state)(void *ctx, uint32_t *tries, bool *verified);
	enum sg_err (*verify)(void *ctx, const struct secret *pin,
	    uint32_t *tries, bool *first);
	void (*drop)(void *ctx);
	enum sg_err (*use)(void *ctx, enum piv_slot slot, const char *key,
	    struct bytes in, struct buf *out);
	enum sg_err (*pin_change)(void *ctx, const struct secret *pin,
	    const struct secret *fresh, uint32_t *tries);
	enum sg_err (*random)(void *ctx, uint8_t *p, size_t n);
};
struct piv_backend {
	const struct piv_backend_ops *ops;
	void *ctx;
};

struct piv_card;

/* Without power.  idle_ms: how long a verified PIN lives without a use; those
 * that are verified keep theirs until then. */
enum sg_err piv_card_new(struct piv_card **out,
    const struct piv_backend *backend, uint64_t idle_ms);
void piv_set_idle(struct piv_card *card, uint64_t idle_ms);
/* Drops the PIN. */
void piv_card_free(struct piv_card *card);
SG_AUTO_FREE(piv_card)

/* The answer to reset (ISO 7816-3 section 8), always the same. */
struct bytes piv_atr(void);

/*
 * Both drop every client's PIN and forget chains and responses.  Power-up,
 * which is a reset too, reads the objects anew, and what it reads is what the
 * card shows until the next one: SG_ENOENT when there is no card (then it has
 * no power).
 */
enum sg_err piv_power_up(struct piv_card *card);
void piv_power_down(struct piv_card *card);

/* The client is gone: so is its PIN. */
void piv_client_gone(struct piv_card *card, uint64_t client);

/*
 * Drops what has been idle at that time, and returns after how many
 * milliseconds to call again, 0: not before the next verified PIN.  Times are
 * of a clock that never goes back.
 */
uint64_t piv_idle(struct piv_card *card, uint64_t now_ms);

/*
 * Answers a command; apdu may hold a PIN and is not kept.  *out is replaced: at
 * least the two bytes of a status word, PIV_REPLY_MAX at most.  Fails with
 * SG_ENOMEM only, and with SG_ENOENT when the card has no power.
 */
enum sg_err piv_transmit(struct piv_card *card, uint64_t client,
    uint64_t now_ms, struct bytes apdu, struct buf *out);

#endif
