/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_POLICY_CARD_H
#define SG_POLICY_CARD_H

/*
 * What the administrator lets the emulated smart card be: [card] of
 * signetd.conf(5).  The names in brackets are those of Windows Hello for
 * Business' policies that mean the same.
 */

#include "base/conf.h"

struct card_policy {
	/* false: no card at all (Turn off smart card emulation). */
	bool emulation;
	/* true: the certificates are a smart card's, for every program; their
	 * use asks for the PIN as a card would, and for no other gesture.
	 * false: they are Hello keys, and the card is there only while a
	 * session PIN asks for it
	 * (UseHelloCertificatesAsSmartCardCertificates). */
	bool certificates;
	/* The card is there while its owner is away, too (Allow enumeration of
	 * emulated smart card for all users). */
	bool all_users;
	bool pin_change;	/* by the card */
	uint32_t slots;		/* of the reader */
	uint32_t idle_s;	/* how long a PIN lives without a use */
	uint32_t session_minutes;	/* limits of a session PIN */
	uint32_t session_uses;
};

#define CARD_POLICY_SLOTS_MAX	16
#define CARD_POLICY_IDLE_MAX	3600
#define CARD_POLICY_MINUTES_MAX	1440
#define CARD_POLICY_USES_MAX	100
#define CARD_POLICY_DEFAULT { true, false, false, true, 1, 30, 60, 20 }

/* A line of [card]; SG_EFORMAT or SG_EARG, with what was expected. */
enum sg_err card_policy_line(struct card_policy *p,
    const struct conf_line *l);

/* May another gesture than the PIN open the container for a use of its keys?
 * A card knows the PIN only. */
static inline bool
card_policy_pin_only(const struct card_policy *p)
{
	return p->emulation && p->certificates;
}

#endif
