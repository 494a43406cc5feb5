/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_X509_H
#define SG_TEST_X509_H

/* Our certificates as OpenSSL's. */

#include <openssl/x509.h>

#include "pki/cert.h"
#include "test.h"

static inline X509 *
x509_of(const struct cert *c)
{
	X509 *x;

	OK(cert_x509(&x, c));
	return x;
}

static inline void
x509_done(X509 **x)
{
	X509_free(*x);
}

#define auto_x509 __attribute__((cleanup(x509_done))) X509 *

#endif
