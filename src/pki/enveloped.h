/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_ENVELOPED_H
#define SG_PKI_ENVELOPED_H

/*
 * EnvelopedData (RFC 5652 section 6) as SCEP uses it: a key under RSA with
 * PKCS#1 v1.5, contents under AES or three-key DES in CBC mode.  For what seals
 * to any key, see pki/cms.h.
 */

#include "crypto/cipher.h"
#include "pki/issuer_serial.h"

#define ENVELOPED_TO_MAX 16	/* recipients of a message: some clients seal
				 * to each certificate that they were given */

/* Key transport to one of them; views of the message. */
struct enveloped_to {
	struct issuer_serial name;	/* its issuer empty: */
	struct bytes key_id;	/* a subjectKeyIdentifier instead */
	bool usual;		/* PKCS#1 v1.5 */
	struct bytes key;	/* sealed */
};

struct enveloped {
	struct enveloped_to to[ENVELOPED_TO_MAX];
	size_t count;		/* 0 when there are only recipients of other
				 * kinds (key agreement, passwords) */
	enum cipher cipher;	/* 0 when it is none of ours */
	struct bytes iv;
	struct bytes sealed;
	struct buf joined;	/* what sealed points to if it came in pieces */
};
void enveloped_done(struct enveloped *e);

/* From DER (see pki/ber.h) of a ContentInfo.  SG_EFORMAT, SG_ELIMIT. */
enum sg_err enveloped_parse(struct enveloped *out, struct bytes der);

/* The recipient that is this certificate: by issuer and serial number, bytes
 * first, then names as RFC 5280 7.1 compares them, or by key id; NULL. */
const struct enveloped_to *enveloped_find(const struct enveloped *e,
    const struct cert *c);

/*
 * Opens it for one recipient with the key of cert; reject as in
 * crypto/transport.h.  *plain, which it replaces, receives what came out, and
 * *n the length of that without padding, or SIZE_MAX: see cipher_open().
 * SG_EUNSUPPORTED for a recipient or a cipher that is none of ours; SG_EFORMAT
 * for lengths that do not fit.  All of that can be told from outside.
 */
enum sg_err enveloped_open(struct buf *plain, size_t *n,
    const struct enveloped *e, const struct enveloped_to *to,
    const struct cert *cert, struct signer s, const struct secret *reject);

/* Appends the ContentInfo (DER), sealed to the certificate's key. */
enum sg_err enveloped_write(struct buf *out, struct bytes plain,
    enum cipher cipher, const struct cert *to);
/* The same when the certificate's key is at hand. */
enum sg_err enveloped_write_key(struct buf *out, struct bytes plain,
    enum cipher cipher, const struct cert *to, const struct pkey *key);

#endif
