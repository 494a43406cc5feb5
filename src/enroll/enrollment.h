/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_ENROLL_ENROLLMENT_H
#define SG_ENROLL_ENROLLMENT_H

/*
 * What is remembered of an enrollment by SCEP: while it is under way, so that
 * it can go on after an interruption, and afterwards, so that the certificate
 * can be renewed.  The challenge is in it only as it was sealed to the CA.
 */

#include "pki/cert.h"
#include "policy/scep_profile.h"
#include "proto/scep.h"
#include "proto/scep_http.h"

#define ENROLLMENT_MAX ((size_t)4 << 20)	/* bytes of a record */
#define ENROLLMENT_CERTS_MAX 32			/* in each of its lists */

enum enrollment_state {
	ENROLLMENT_SENT = 1,	/* the request is on its way, or was lost */
	ENROLLMENT_PENDING,	/* the CA has it and has not decided */
	ENROLLMENT_RECEIVED,	/* the certificate is there, not installed */
	ENROLLMENT_INSTALLED,
	ENROLLMENT_STATE_END
};

struct enrollment {
	enum enrollment_state state;
	struct scep_profile profile;	/* its name is the enrollment's */
	uint32_t url;			/* which of the profile's answered */
	uint32_t caps;			/* SCEP_CAP_* */
	struct certs ca;		/* all of GetCACert, and the anchor */
	uint8_t anchor[SHA256_LEN];	/* which of them is known to be good */
	char *key;			/* the container's */
	bool key_fresh;			/* made for this */
	char *transaction;
	uint8_t nonce[SCEP_NONCE_LEN];
	struct buf csr;			/* PKCS#10, without the challenge */
	struct buf message;		/* as it was sent */
	struct buf signer;		/* DER: whose key signed it */
	struct secret transport;	/* PKCS#8 PEM of a key for this alone,
					 * or empty: the container's */
	bool renewal;
	uint8_t old[SHA256_LEN];	/* what a renewal renews */
	struct certs issued;		/* ENROLLMENT_RECEIVED: the new one
					 * first */
	uint8_t cert[SHA256_LEN];	/* ENROLLMENT_INSTALLED */
	int64_t changed;		/* Unix seconds */
	uint32_t polls;			/* how often it was asked for */
	char *why;			/* what went wrong last, or NULL */
	char *label;			/* of the certificate, or NULL: any */
};
void enrollment_init(struct enrollment *e);
void enrollment_done(struct enrollment *e);

/* Forgets what belongs to one request, and keeps what renewals need. */
void enrollment_forget(struct enrollment *e);

/* "sent", "pending", "received", "installed" */
const char *enrollment_state_name(enum enrollment_state s);

/* The certificate of that fingerprint in the list, or NULL. */
const struct cert *certs_find(const struct certs *l,
    const uint8_t sha256[SHA256_LEN]);
/* Appends a copy. */
enum sg_err certs_copy(struct certs *to, const struct cert *c);

/* As bytes, a secret when there is a transport key in it; and back.  Pure.
 * SG_EFORMAT, SG_ELIMIT. */
enum sg_err enrollment_write(struct buf *out, const struct enrollment *e);
enum sg_err enrollment_read(struct enrollment *out, struct bytes x);

/* When a certificate is due: so many percent of its lifetime before its end. */
int64_t enrollment_due(const struct cert *c, unsigned percent);

#endif
