/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_GESTURE_RECOVERY_H
#define SG_GESTURE_RECOVERY_H

/*
 * The recovery code: 128 random bits and a 12-bit checksum, written as seven
 * groups of four characters of Crockford's base 32 ("K7QX-...").  It
 * determines the recovery key of one container.
 */

#include "crypto/pkey.h"

#define RECOVERY_SEED_LEN 16
#define RECOVERY_CODE_LEN 34	/* characters as shown, without a NUL */

/* Replaces code by a fresh one as shown. */
enum sg_err recovery_code_new(struct secret *code);

/*
 * The key that a code determines.  Case and separators do not matter, O reads
 * as 0, I and L as 1.  SG_EPIN for what cannot be any recovery code; the note
 * says what is odd about it, without showing it.
 */
enum sg_err recovery_key(struct pkey **out, const struct secret *code);

/* 32 bytes that a code determines, to encrypt with; replaces *out.  Errors as
 * above. */
#define RECOVERY_SECRET_LEN 32
enum sg_err recovery_secret(struct secret *out, const struct secret *code);

#endif
