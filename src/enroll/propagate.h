/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_ENROLL_PROPAGATE_H
#define SG_ENROLL_PROPAGATE_H

/* The certificates of cards, copied into the personal store as long as their
 * card is there, so that they are known when it is not. */

#include "ipc/client.h"
#include "ksp/card.h"

/*
 * Stores what the cards have and the container has not; needs no login, asks
 * for no PIN.  have is read again if anything was new, whose number is *added.
 */
enum sg_err propagate(struct client *c, const struct cards *cards,
    struct objects *have, size_t *added);

#endif
