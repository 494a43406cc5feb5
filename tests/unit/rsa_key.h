/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_RSA_KEY_H
#define SG_TEST_RSA_KEY_H

/*
 * RSA keys for tests that need some, and not new ones: to make one takes a
 * processor a tenth of a second and more, so each is made once a program.
 */

#include "crypto/pkey.h"
#include "test.h"

#define RSA_KEYS 8

/* Of 2048 bits; the same number is the same key, modulo RSA_KEYS. */
static inline void
rsa_key(struct pkey **out, unsigned number)
{
	static struct secret made[RSA_KEYS];
	struct secret *pem = &made[number % RSA_KEYS];

	if (pem->n > 0) {
		OK(pkey_from_private_pem(out, secret_bytes(pem), NULL));
		return;
	}
	OK(pkey_new_rsa(out, 2048));
	OK(pkey_private_pem(*out, NULL, pem));
}

#endif
