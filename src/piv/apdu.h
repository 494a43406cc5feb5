/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PIV_APDU_H
#define SG_PIV_APDU_H

/* Command APDUs (ISO 7816-4, 5.1; lengths in 7816-3, 12.1), and the status
 * words that the card answers with. */

#include "base/bytes.h"

#define APDU_SHORT_MAX		256	/* bytes of a reply without extension */
#define APDU_EXTENDED_MAX	65536

struct apdu {
	uint8_t cla;
	uint8_t ins;
	uint8_t p1;
	uint8_t p2;
	struct bytes data;	/* a view of the input */
	bool has_le;
	size_t le;		/* bytes that the reply may have; without Le as
				 * with the largest short one */
};

/* SG_EFORMAT when the lengths do not fit. */
enum sg_err apdu_read(struct bytes x, struct apdu *out);

enum sw {
	SW_OK = 0x9000,
	SW_MORE = 0x6100,		/* | bytes left, 0: 256 or more */
	SW_TRIES = 0x63c0,		/* | tries left */
	SW_LENGTH = 0x6700,
	SW_CHANNEL = 0x6881,
	SW_SECURE_MESSAGING = 0x6882,
	SW_CHAINING = 0x6884,
	SW_SECURITY = 0x6982,
	SW_BLOCKED = 0x6983,
	SW_CONDITIONS = 0x6985,
	SW_DATA = 0x6a80,
	SW_FUNCTION = 0x6a81,
	SW_NOT_FOUND = 0x6a82,
	SW_P1P2 = 0x6a86,
	SW_REFERENCE = 0x6a88,
	SW_INS = 0x6d00,
	SW_CLA = 0x6e00,
	SW_FAILED = 0x6f00,
};

#endif
