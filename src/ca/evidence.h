/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_EVIDENCE_H
#define SG_CA_EVIDENCE_H

/*
 * What the signatures around a request prove.  A request comes bare (PKCS#10)
 * or inside of SignedData, possibly several, possibly with a PKIData between
 * (MS-WCCE 2.2.2.6).
 */

#include "ca/certs.h"
#include "pki/cmc.h"
#include "pki/signed.h"

#define EVIDENCE_DEPTH_MAX 3	/* SignedData around one another */

struct evidence_level {
	struct signed_data data;
	/* On whose behalf each signer says it is ("requestername"), or
	 * NULL. */
	char *requester[SIGNED_BY_MAX];
};

/* A request taken apart; nothing about it has been verified. */
struct evidence_message {
	struct buf der;
	struct csr *csr;
	struct evidence_level level[EVIDENCE_DEPTH_MAX];	/* outermost
								 * first */
	size_t depth;		/* 0: bare */
	char *requester;	/* in the PKIData: all signers say it */
	char *template;		/* the same of "CertificateTemplate" */
};
void evidence_message_done(struct evidence_message *m);

/* From bytes of whatever origin, DER or PEM.  Pure.  SG_EFORMAT, SG_ELIMIT,
 * SG_EUNSUPPORTED as in pki/signed.h and pki/csr.h. */
enum sg_err evidence_parse(struct evidence_message *out, struct bytes text);

/* What was proved. */
struct evidence {
	struct ca_record old;	/* its owner asks for it to be renewed; .cert
				 * NULL: there is none */
	struct ca_record agent[CA_SIGNERS_MAX];
	size_t agents;		/* different people and keys */
	char *requester;	/* on whose behalf all agents say it is, or
				 * NULL */
	struct ca_signers signers;
};
void evidence_done(struct evidence *e);

/*
 * Verifies every signature; one that is not good spoils the message.  A signer
 * is the key of the request itself, which proves nothing more, or that of a
 * certificate that the store holds as valid now; certificates in the message
 * are not looked at.  Whose certificate the request names as the one to be
 * renewed is the old owner, all others are agents.
 *
 * SG_EVERIFY, SG_EUNSUPPORTED, SG_EFORMAT: denied, with *status (verdict.h);
 * with any other error *status is 0.
 */
enum sg_err evidence_verify(struct evidence *out, uint32_t *status,
    const struct ca_store *s, struct verifier *keys,
    const struct evidence_message *m, int64_t now);

#endif
