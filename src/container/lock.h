/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CONTAINER_LOCK_H
#define SG_CONTAINER_LOCK_H

/*
 * What opens a container on a machine without a TPM.  Its secret, with which
 * the software keys are encrypted, lies in the file twice: encrypted with what
 * scrypt makes of the PIN, and with what the recovery code determines.  Wrong
 * PINs are counted in the file, which stops programs, and nobody who has a copy
 * of it: he guesses as fast as scrypt lets him.
 */

#include "crypto/aead.h"
#include "crypto/digest.h"

#define LOCK_SECRET_LEN	AEAD_KEY_LEN
#define LOCK_SEALED_LEN	(LOCK_SECRET_LEN + AEAD_OVERHEAD)
/* Characters of a PIN that nothing but its own strength protects. */
#define LOCK_PIN_MIN	10

struct secret_lock {
	uint16_t limit;		/* wrong PINs until it is blocked */
	uint16_t used;
	struct buf by_pin;	/* LOCK_SEALED_LEN bytes each */
	struct buf by_code;
};
void secret_lock_done(struct secret_lock *l);

/* 64 MiB and some tenths of a second for each guess. */
struct scrypt_cost lock_cost(void);

/* about names the container (its salt): a lock of one opens no other. */

/* A fresh secret behind PIN (after scrypt) and recovery code. */
enum sg_err lock_make(struct secret_lock *out, struct bytes about,
    const struct secret *auth, const struct secret *code);
/* Replaces *secret; SG_EPIN.  Counts nothing. */
enum sg_err lock_open(const struct secret_lock *l, struct bytes about,
    const struct secret *auth, struct secret *secret);
/* The same by the recovery code. */
enum sg_err lock_recover(const struct secret_lock *l, struct bytes about,
    const struct secret *code, struct secret *secret);
/* Puts the secret behind another PIN and gives back all tries. */
enum sg_err lock_change(struct secret_lock *l, struct bytes about,
    const struct secret *secret, const struct secret *auth);

#endif
