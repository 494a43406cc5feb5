/* SPDX-License-Identifier: BSD-2-Clause */

/* A library that asks for library contexts, as tss2 does; built twice, under a
 * name of tss2's and under another. */

#include <openssl/crypto.h>

__attribute__((visibility("default"))) void *CALLER(void);
__attribute__((visibility("default"))) void *
CALLER(void)
{
	OSSL_LIB_CTX *c = OSSL_LIB_CTX_new();

	OSSL_LIB_CTX_free(c);
	return c;
}
