/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CONTAINER_CARD_MAP_H
#define SG_CONTAINER_CARD_MAP_H

/*
 * Which of a container's certificates the card shows, and under which of PIV's
 * key references.  Each key is shown once, and each reference has one at most:
 *
 * 9A  for smart card logon: names a user and is for RSA-2048 rather than
 *     P-256; without one, for TLS clients
 * 9C  non-repudiation; without one, mail that is only signed
 * 9D  key encipherment, with RSA
 * 9E  none by itself
 *
 * A key that is named "card/9a" ("card/9a/office") and so on fills that
 * reference before all others and no other one.  Of several that fit the one
 * that is valid longest is taken.  Nothing depends on the time, so that the
 * card changes only when the container does.
 */

#include "ipc/card.h"

/*
 * Pure.  Replaces out.  only is empty, or the DER of a certificate that 9A
 * shows whatever the rules say, and nothing else is shown; of one that the
 * container does not have, nothing.  The generation is made of what is shown.
 */
enum sg_err card_map(const struct objects *o, struct bytes only,
    struct card_keys *out);

#endif
