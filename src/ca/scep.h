/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_SCEP_H
#define SG_CA_SCEP_H

/*
 * SCEP's server (RFC 8894): a message becomes the message that answers it.
 * Nothing that it says is believed before its proof was looked at here:
 *
 *	PKCSReq		the challenge in it, by a validator
 *	RenewalReq	the signature of a certificate's key that is good now by
 *			the store; names are those of that certificate
 *	CertPoll	the signature of the key that began the transaction
 *	GetCert, GetCRL	none: what anybody may have
 *
 * What fails inside of the envelope before the challenge is known to be good
 * has one answer, so that the RA tells nobody what others have sealed to it.
 *
 * A challenge that was shown is not kept: in the request as it goes to the
 * books its characters are '*', since a refused one may still be good.
 */

#include "ca/enroll.h"
#include "ca/ra.h"
#include "ca/validator.h"
#include "proto/scep.h"

/* Borrows everything, but the RA's certificates and keys, which it takes. */
struct ca_scep_config {
	const struct ca_store *store;
	const struct ca_issuer *issuer;
	struct validator validator;
	const char *who;		/* for the audit log */
};
struct ca_scep;
enum sg_err ca_scep_new(struct ca_scep **out, const struct ca_scep_config *c,
    struct ca_ras *ras);
void ca_scep_free(struct ca_scep *x);
SG_AUTO_FREE(ca_scep)

/* What became of a message. */
struct ca_scep_result {
	enum scep_type type;
	enum scep_status status;
	/* It is the one answer to all that does not open: it should leave at a
	 * time that says nothing, either. */
	bool uniform;
	bool told;			/* the audit log has grown */
	bool issued;			/* just now */
};

/*
 * Appends the answer to a message.  In a transaction (ca/issuing.h): the answer
 * is good when that is on the disk.  SG_EFORMAT, SG_ELIMIT, SG_EUNSUPPORTED for
 * what cannot be answered, since nobody is known whom to; other errors are
 * ours.
 */
enum sg_err ca_scep_answer(struct buf *out, struct ca_scep_result *r,
    struct ca_scep *x, const struct ca_kept *kept, struct bytes message,
    int64_t now);

/* The body for GetCACert, appended: the RA's certificate and those of its CAs;
 * type is a constant. */
enum sg_err ca_scep_certs(struct buf *out, const char **type,
    const struct ca_scep *x);
/* The body for GetNextCACert: the certificates of the CA that take the place
 * of the present ones when the server starts anew.  SG_ENOENT: there are no
 * others. */
enum sg_err ca_scep_next(struct buf *out, const struct ca_scep *x);

/* When the RA's certificate is to be renewed, and when it ends; Unix
 * seconds. */
int64_t ca_scep_due(const struct ca_scep *x);
int64_t ca_scep_ends(const struct ca_scep *x);
/* Renews it. */
enum sg_err ca_scep_work(struct ca_scep *x, int64_t now);

#endif
