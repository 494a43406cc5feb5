/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PIV_CARD_IMPL_H
#define SG_PIV_CARD_IMPL_H

/* What the card's own files share. */

#include "piv/apdu.h"
#include "piv/card.h"
#include "piv/data.h"

/* One who has presented the PIN. */
struct holder {
	bool taken;
	uint64_t client;
	uint64_t until;		/* then its PIN has been idle for too long */
	bool fresh;		/* it has done nothing else since but read */
};

/* Commands in parts, and what the last response has left: of one client. */
struct chain {
	bool open;
	uint64_t client;
	uint8_t ins;
	uint8_t p1;
	uint8_t p2;
	struct buf data;
};
struct rest {
	uint64_t client;
	struct buf data;
	size_t at;
};

struct piv_card {
	struct piv_backend backend;
	uint64_t idle_ms;
	bool power;
	struct piv_objects objects;
	uint8_t guid[PIV_GUID_LEN];
	struct holder holders[PIV_CLIENTS_MAX];
	struct chain chain;
	struct rest rest;
};

/* Who asks, what, and when. */
struct asked {
	uint64_t client;
	uint64_t now;
	struct apdu apdu;
};

/* The client's place, NULL when it has not presented the PIN. */
struct holder *holder_find(struct piv_card *card, uint64_t client);
/* Takes its PIN from it; the last one's end is the backend's, too. */
void holder_drop(struct piv_card *card, struct holder *h);
void holders_drop(struct piv_card *card);
/* It has presented the PIN, now. */
void holder_add(struct piv_card *card, uint64_t client, uint64_t now);

/*
 * Each answers one instruction: appends to out what there is to tell, and
 * returns the status word.  Out stays empty unless that is SW_OK.
 */
enum sw piv_verify(struct piv_card *card, const struct asked *a);
enum sw piv_change(struct piv_card *card, const struct asked *a);
enum sw piv_authenticate(struct piv_card *card, const struct asked *a,
    struct buf *out);

/* The status word of a backend's failure. */
enum sw piv_failed(enum sg_err e);
/* SW_TRIES or SW_BLOCKED. */
enum sw piv_tries(uint32_t tries);

#endif
