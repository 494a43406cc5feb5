/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_BASE_SECRET_H
#define SG_BASE_SECRET_H

/*
 * The only type that a PIN, a recovery code or a private byte may enter: its
 * memory is locked, kept out of core dumps, emptied in a forked child, and
 * wiped.  There is no function that prints one.
 */

#include "base/bytes.h"

struct secret {
	uint8_t *p;
	size_t n;	/* bytes in use */
	size_t cap;	/* bytes that may be used */
	size_t mapped;	/* private */
};

/* Room for cap bytes, all zero and none in use.  SG_ENOMEM when memory cannot
 * be had; memory that cannot be locked (RLIMIT_MEMLOCK) is used unlocked. */
enum sg_err secret_init(struct secret *s, size_t cap);
/* Makes s, zero-initialised, a secret of n bytes from p; wipes nothing at p. */
enum sg_err secret_set(struct secret *s, const void *p, size_t n);
/* Appends; SG_ELIMIT when the room is used up (it never grows). */
enum sg_err secret_add(struct secret *s, const void *p, size_t n);
void secret_clear(struct secret *s);		/* wipes; the room stays */
void secret_done(struct secret *s);		/* wipes, gives back, zeroes */

static inline struct bytes
secret_bytes(const struct secret *s)
{
	return (struct bytes) { s->p, s->n };
}

#endif
