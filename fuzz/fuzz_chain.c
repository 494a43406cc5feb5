/* SPDX-License-Identifier: BSD-2-Clause */

/* A bundle as PEM, DER or PKCS#7, and the path its first certificate leads
 * to, the last being the anchor. */

#include "fuzz.h"
#include "pki/chain.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_done(certs) l = { 0 };
	auto_done(certs) path = { 0 };
	struct certs anchors = { 0 };
	struct chain_ask ask = { .untrusted = &l, .anchors = &anchors,
		.now = 1795000000, .eku = OID_SMARTCARD_LOGON };

	if (certs_read(&l, bytes_of(p, n)) != SG_OK)
		return 0;
	ask.leaf = l.v[0];
	anchors = (struct certs) { &l.v[l.n - 1], 1 };
	SG_IGNORE(chain_verify(&ask, &path));
	return 0;
}
