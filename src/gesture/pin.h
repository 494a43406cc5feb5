/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_GESTURE_PIN_H
#define SG_GESTURE_PIN_H

/* What a PIN must look like, and what it becomes before the TPM sees it. */

#include "base/secret.h"
#include "crypto/digest.h"

#define PIN_MAX		127	/* bytes, as Windows Hello's longest */
#define PIN_MIN_DEFAULT	6
#define PIN_MIN_LEAST	4	/* no policy may go below */
#define PIN_SALT_LEN	32
#define PIN_AUTH_LEN	32

/*
 * SG_EARG with the reason unless the PIN has min characters and at most PIN_MAX
 * bytes of UTF-8, no control characters, and is not digits with one constant
 * difference modulo ten (1234, 1111, 1357, 9630), Windows Hello's rule.
 */
enum sg_err pin_check(const struct secret *pin, size_t min);

/*
 * The TPM's authorisation value: scrypt of the PIN, so that a PIN guess costs
 * memory and time even if a TPM's counter were broken.  Replaces out by
 * PIN_AUTH_LEN bytes.
 */
enum sg_err pin_auth(const struct secret *pin,
    const uint8_t salt[PIN_SALT_LEN], struct scrypt_cost cost,
    struct secret *out);

/* The cost for new containers: 2 MiB, some 5 ms of a login.  The TPM counts
 * the tries; this only matters should its counter be broken. */
struct scrypt_cost pin_cost_default(void);
/* True when a container file's cost is one that pin_auth will bear. */
bool pin_cost_valid(struct scrypt_cost cost);

#endif
