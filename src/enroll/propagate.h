/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_ENROLL_PROPAGATE_H
#define SG_ENROLL_PROPAGATE_H

/* The certificates of cards, copied into the personal store as long as their
 * card is there, so that they are known when it is not. */

#include "ipc/client.h"
#include "ksp/card.h"

/* Keys of one token in the container, and certificates of them, above which
 * nothing is copied from it: no PIN is asked, and whatever is inserted must not
 * use up the container's quotas. */
#define PROPAGATE_MAX	16

/*
 * Stores what the cards have and the container has not; needs no login, asks
 * for no PIN.  have is read again if anything was new, whose number is *added,
 * also after a failure.  SG_ELIMIT, with the token's name, after everything else
 * was stored: one has more than PROPAGATE_MAX.
 */
enum sg_err propagate(struct client *c, const struct cards *cards,
    struct objects *have, size_t *added);

#endif
