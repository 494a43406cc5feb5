/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PIV_LINK_H
#define SG_PIV_LINK_H

/*
 * What the reader, in pcscd, and the card service say to each other: messages
 * on a local socket of type SOCK_SEQPACKET.  A connection begins with a HELLO
 * and is of one kind from then on.
 *
 * Talk		is for one slot: the reader asks, the service answers, one
 *		request at a time.  Its beginning and its end take the power
 *		from the card; a later one to the slot ends an earlier one.
 * Watch	is for one slot: the service tells of the card, now and whenever
 *		that changes, in messages of one byte, LINK_ABSENT or
 *		LINK_PRESENT.  A card that has changed is absent in between.
 * Count	is answered with one byte, how many slots there are, and ended.
 *
 * Whoever gets what does not fit here ends the connection.
 */

#include <stdint.h>

#include "piv/card.h"

#define LINK_VERSION	1
#define LINK_SLOTS_MAX	16
/* As long as nobody knows better. */
#define LINK_SLOTS_DEFAULT 1

enum link_kind { LINK_TALK = 1, LINK_WATCH, LINK_COUNT };

/* A request: one of these, the client's number (big-endian), and data. */
enum link_op {
	LINK_HELLO = 1,		/* version, kind, slot: a byte each; no reply */
	LINK_POWER_UP,		/* reply: the answer to reset */
	LINK_POWER_DOWN,
	LINK_RESET,		/* reply: the answer to reset */
	LINK_TRANSMIT,		/* a command; reply: its response */
	LINK_GONE,		/* the client will not come again; no reply */
};
#define LINK_HEAD_LEN	9
#define LINK_HELLO_LEN	(LINK_HEAD_LEN + 3)
/* A longer command is cut to one byte more than the card takes. */
#define LINK_REQUEST_MAX (LINK_HEAD_LEN + PIV_APDU_MAX + 1)

/* A reply: one of these, and data. */
enum link_status { LINK_OK = 0, LINK_NO_CARD, LINK_FAILED };
#define LINK_REPLY_MAX	(1 + PIV_REPLY_MAX)

enum link_presence { LINK_ABSENT = 0, LINK_PRESENT };

#endif
