/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_SIGNIN_CHOOSE_H
#define SG_SIGNIN_CHOOSE_H

/* Which certificate of the container signs in. */

#include "ipc/objects.h"

/* What matters of a personal certificate; everything is borrowed but what the
 * comments say. */
struct candidate {
	const struct cert_object *cert;
	const char *label;
	char *fingerprint;	/* own: SHA-256 of the DER, lower-case hex */
	char *id_hex;		/* own: CKA_ID */
	char *upn;		/* own: from the subjectAltName, or NULL */
	int64_t not_before;	/* Unix seconds */
	int64_t not_after;
	bool logon;		/* its EKU holds smart card logon */
	bool rsa;		/* its key is RSA-2048 */
	bool broken;		/* it cannot be read */
};

struct candidates {
	struct candidate *v;
	size_t n;
};
void candidates_done(struct candidates *c);

/* The personal certificates; o must outlive them. */
enum sg_err candidates_init(struct candidates *c, const struct objects *o);

/*
 * Why it cannot sign in at that time, as words that follow "it ": NULL when it
 * can.  Smart card logon and a UPN are what a KDC finds the account by
 * (MS-PKCA); both FreeRDP 3 and MIT Kerberos up to 1.21 sign with RSA only.
 */
const char *candidate_flaw(const struct candidate *c, int64_t now);

/*
 * The one that fits.  wanted is NULL, a label, or the first 8 or more hex
 * digits of a fingerprint (colons are skipped); then a usable one is taken
 * whatever else there is.  SG_ENOENT when none can sign in, with the reason
 * for each; SG_EARG when several could, with their labels.
 */
enum sg_err choose(const struct candidates *c, const char *wanted,
    int64_t now, const struct candidate **out);

#endif
