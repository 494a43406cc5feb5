/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_RA_H
#define SG_CA_RA_H

/*
 * The registration authority's certificates (RFC 8894 2.1.2): SCEP's clients
 * seal their requests to its key and believe what it signs.  It is RSA, since
 * nothing else can be sealed to; the CA's own key may be of any kind, and no
 * stranger's bytes ever reach that one.
 *
 * One certificate for both uses, by the template CEPEncryption with digital
 * signature added: clients that want one for each take it twice.  They are
 * counted, the last one is in use; older ones still open what clients that have
 * not asked since seal to them.  In the CA's folder:
 *
 *	ra/cert.pem key.pem  ra/cert(1).pem key(1).pem ...
 */

#include "ca/revocations.h"

#define CA_RA_TEMPLATE	"CEPEncryption"
#define CA_RA_KEPT_MAX	16	/* that may be valid at once */

struct ca_ra {
	unsigned number;
	struct cert *cert;
	struct signer signer;	/* of ca_ras_open() */
};
struct ca_ras {
	struct ca_ra v[CA_RA_KEPT_MAX];	/* by number */
	size_t n;
	struct ca_key *keys[CA_RA_KEPT_MAX];
	size_t key_count;
};
void ca_ras_done(struct ca_ras *l);

/* The certificates alone, whether they are valid or not; the newest. */
enum sg_err ca_ras_read(struct ca_ras *out, const struct ca_store *s);
/* Those that are valid at that time, with their keys; SG_ENOENT when there is
 * none.  Other errors are those of ca_key_open(); SG_EVERIFY when a key is not
 * the certificate's, SG_EUNSUPPORTED when it does not decrypt. */
enum sg_err ca_ras_open(struct ca_ras *out, const struct ca_store *s,
    const struct secret *passphrase, int64_t now);

/* Where a new key is made, ca/key.h. */
struct ca_ra_plan {
	const char *type;		/* "rsa2048" and the like */
	const char *place;		/* NULL: where the last one is, or a
					 * file */
	const struct secret *passphrase;	/* or NULL */
};
/* Makes a key and a certificate for it, signed by i and kept in the books, with
 * its audit record.  SG_EARG for keys that are not RSA. */
enum sg_err ca_ra_make(const struct ca_store *s, const struct ca_issuer *i,
    const struct ca_ra_plan *p, const struct ca_act *act);
/* A new certificate for the key of the last one of l, which it joins. */
enum sg_err ca_ra_renew(struct ca_ras *l, const struct ca_store *s,
    const struct ca_issuer *i, const struct ca_act *act);
/* When that is to be done by itself, Unix seconds: some weeks before the end;
 * never (INT64_MAX) when the issuer ends as early. */
int64_t ca_ra_due(const struct ca_ras *l, const struct ca_issuer *i);

#endif
