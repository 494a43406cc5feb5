/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_SAME_KEY_H
#define SG_TEST_SAME_KEY_H

#include "crypto/pkey.h"
#include "test.h"

/* Have they the same public half? */
static inline bool
same_key(const struct pkey *a, const struct pkey *b)
{
	auto_done(buf) x = { 0 }, y = { 0 };

	OK(pkey_spki(a, &x));
	OK(pkey_spki(b, &y));
	return bytes_eq(buf_bytes(&x), buf_bytes(&y));
}

#endif
