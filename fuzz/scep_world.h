/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_FUZZ_SCEP_WORLD_H
#define SG_FUZZ_SCEP_WORLD_H

/* An RA and a client whose keys are known, so that what is sealed opens. */

#include <stdlib.h>

#include "../tests/vectors/scep/keys.h"
#include "fuzz.h"
#include "proto/scep.h"

/* What cannot fail, does not. */
#define MUST(expr)                           \
	do {                                 \
		if ((expr) != SG_OK)         \
			abort();             \
	} while (0)

struct fuzz_world {
	struct pkey *ra_key, *client_key;
	struct cert *ra_cert, *client, *ca;
	struct scep_ra ra;
	struct scep_opener opener;
};

static struct fuzz_world *
fuzz_world(void)
{
	static struct fuzz_world w;

	if (w.ra_key != NULL)
		return &w;
	MUST(pkey_from_private_pem(&w.ra_key, bytes_str(scep_ra_key), NULL));
	MUST(pkey_from_private_pem(&w.client_key,
	    bytes_str(scep_client_key), NULL));
	MUST(cert_read(&w.ra_cert, bytes_str(scep_ra_pem)));
	MUST(cert_read(&w.client, bytes_str(scep_client_pem)));
	MUST(cert_read(&w.ca, bytes_str(scep_ca_pem)));
	w.ra = (struct scep_ra) { w.ra_cert, pkey_signer(w.ra_key) };
	MUST(scep_opener_init(&w.opener, &w.ra, 1));
	return &w;
}

/* The first byte says how deep the rest goes in. */
static inline struct bytes
fuzz_cut(uint8_t *first, const uint8_t *p, size_t n)
{
	*first = n > 0 ? p[0] : 0;
	return n > 0 ? bytes_of(p + 1, n - 1) : bytes_of(p, 0);
}

#endif
