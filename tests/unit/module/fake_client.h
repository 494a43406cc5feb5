/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FAKE_CLIENT_H
#define FAKE_CLIENT_H

/*
 * ipc/client.h without a daemon: one container in this process, with keys that
 * OpenSSL made, and counters of what was asked.
 */

#include <time.h>

#include "crypto/digest.h"
#include "crypto/pkey.h"
#include "ipc/client_card.h"

#define FAKE_PIN "271828"
#define FAKE_SESSION_PIN "57721566"

struct fake_asked {
	unsigned opens;
	unsigned frees;
	unsigned glances;
	unsigned objects;
	unsigned uses;
	unsigned logins;
	unsigned session_logins;
	unsigned logouts;
};

struct fake {
	bool down;		/* nobody listens */
	bool hangs;		/* no call is answered in time */
	bool broken;		/* the next call finds its connection dead */
	bool open;		/* this process is logged in */
	enum container_state state;	/* but for READY and OPEN */
	uint32_t tries_used;
	uint32_t tries_limit;
	uint64_t created;
	bool tries_unknown;
	time_t seconds;		/* that the clock is ahead */
	enum sg_err use_fails;	/* client_key_use says so */
	bool secure;		/* this program is setuid */
	bool card_as;		/* the policy makes the certificates a card's */
	uint32_t card_slot;
	const char *card_key;	/* whose certificate is in 9A, or NULL */
	struct objects objects;
	struct pkey *rsa;
	struct pkey *ec;
	struct fake_asked asked;
};
extern struct fake fake;

/* Keys "rsa" and "ec", a personal certificate of each, one of a key that is not
 * there, the record of a card's key with its certificate, one intermediate. */
void fake_make(void);
void fake_free(void);
/* The state of fake_make, with the same keys. */
void fake_reset(void);
/* Puts one more certificate of "rsa" in front of the others. */
void fake_cert_add(const char *label);
void fake_cert_remove_first(void);
/* The DER of one more certificate of "rsa", which is not in the container. */
void fake_cert_made(const char *cn, struct buf *out);

#endif
