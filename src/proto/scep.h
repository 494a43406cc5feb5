/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PROTO_SCEP_H
#define SG_PROTO_SCEP_H

/*
 * SCEP's messages (RFC 8894), both ends: pkiMessages that are read and
 * written, without a socket, a file or a clock.  What HTTP carries beside them
 * is in proto/scep_http.h.
 *
 * A message is a SignedData around an EnvelopedData around the request or the
 * certificates.  It is read in BER, since some clients write it with
 * indefinite lengths, and written in DER.
 *
 * A server reads in two stages: scep_request_read() for the outside, which
 * anybody can see and after which a signed answer can be made, and
 * scep_request_open() for the inside, of which it says nothing but that it
 * opens or does not.
 */

#include "crypto/cipher.h"
#include "crypto/verifier.h"
#include "pki/csr.h"
#include "pki/enveloped.h"
#include "pki/signed.h"

#define SCEP_MAX	((size_t)256 << 10)	/* bytes of a message */
#define SCEP_TRANSACTION_MAX 255		/* characters of its id */
#define SCEP_NONCE_LEN	16			/* of those that we make */
#define SCEP_NONCE_MAX	64			/* of those that we read */
#define SCEP_TEXT_MAX	1024			/* bytes of a failInfoText */
#define SCEP_CERTS_MAX	16			/* certificates in a message */
#define SCEP_CRL_MAX	((size_t)8 << 20)	/* bytes of a CRL */
#define SCEP_ANSWER_MAX	((size_t)9 << 20)	/* bytes of an answer */

/* messageType, RFC 8894 3.2.1.2; 18 is of old drafts. */
enum scep_type {
	SCEP_CERT_REP = 3,
	SCEP_RENEWAL_REQ = 17,
	SCEP_UPDATE_REQ = 18,
	SCEP_PKCS_REQ = 19,
	SCEP_CERT_POLL = 20,
	SCEP_GET_CERT = 21,
	SCEP_GET_CRL = 22,
};
/* "PKCSReq"; never NULL. */
const char *scep_type_name(enum scep_type t);

/* pkiStatus, 3.2.1.3 */
enum scep_status {
	SCEP_SUCCESS = 0,
	SCEP_FAILURE = 2,
	SCEP_PENDING = 3,
};

/* failInfo, 3.2.1.4 */
enum scep_fail {
	SCEP_NO_FAIL = -1,
	SCEP_BAD_ALG = 0,
	SCEP_BAD_MESSAGE_CHECK = 1,
	SCEP_BAD_REQUEST = 2,
	SCEP_BAD_TIME = 3,
	SCEP_BAD_CERT_ID = 4,
	/* CMC's, which some servers send (RFC 5272 6.1.3) */
	SCEP_FAIL_MAX = 12,
};
/* "badAlg"; NULL for numbers without a name. */
const char *scep_fail_name(int fail);

/* --- a server: reading requests --- */

/* A request's outside.  Views point into der. */
struct scep_request {
	struct buf der;			/* the message, as DER */
	enum scep_type type;		/* no SCEP_CERT_REP; 0 when unknown */
	char *transaction;		/* printable ASCII, "/" and "=" among
					 * it */
	struct bytes sender_nonce;	/* as sent; empty when absent */
	struct cert *signer;		/* whose key has signed; nothing else
					 * about it is verified */
	struct certs certs;		/* all that came along, he included */
	struct pkey *key;		/* the signer's */
	bool self_issued;		/* his certificate names itself as its
					 * issuer */
	enum digest hash;		/* 0 when it is none that we do */
	enum cipher cipher;		/* of the envelope; 0 likewise */
	/*
	 * What must be answered instead of opening it: SCEP_NO_FAIL,
	 * SCEP_BAD_ALG (MD5, single DES, RC2, SHA-1 where it is not allowed,
	 * key agreement, OAEP, ...), SCEP_BAD_MESSAGE_CHECK (the signature does
	 * not hold) or SCEP_BAD_REQUEST (an unknown messageType, no envelope).
	 * why says it in words that may be sent as failInfoText.
	 */
	enum scep_fail wrong;
	char *why;
	struct signed_data data;
	struct bytes transaction_der;	/* as it was written */
	struct buf inner;		/* the content as DER, if it was not */
	struct enveloped envelope;
};
void scep_request_free(struct scep_request *r);
SG_AUTO_FREE(scep_request)

/* What may be read besides what RFC 8894 2.9 demands. */
struct scep_rules {
	bool sha1;		/* digests of old clients */
	struct verifier *verifier;	/* or NULL; with one, and the same in
				 * struct scep_opener, a server is quicker */
};

/*
 * Takes the outside apart and verifies the signature.  SG_OK means that the
 * sender can be told: r->wrong says what.  Otherwise there is nobody to answer
 * to, or nothing to sign an answer with: SG_EFORMAT, SG_ELIMIT,
 * SG_EUNSUPPORTED (no key of ours: Ed25519, RSA under 1024 bits).
 */
enum sg_err scep_request_read(struct scep_request **out, struct bytes message,
    const struct scep_rules *rules);

/* May an answer with certificates be sealed to the signer's key?  Not to an EC
 * key: such a client signs with an RSA transport key (RFC 8894 2.3). */
bool scep_request_sealable(const struct scep_request *r);

/* A key that requests are sealed to, with its certificate. */
struct scep_ra {
	const struct cert *cert;	/* RSA */
	struct signer signer;
};

/* All such keys of a server; keep one, as long as its process lives: what
 * comes of a bad padding is always the same for the same message. */
struct scep_opener {
	const struct scep_ra *ra;	/* borrowed */
	size_t n;
	struct verifier *verifier;	/* its own; lend it to scep_rules */
	struct secret reject;		/* random; see crypto/transport.h */
};
/* Borrows the array, and what it points to. */
enum sg_err scep_opener_init(struct scep_opener *o, const struct scep_ra *ra,
    size_t n);
void scep_opener_done(struct scep_opener *o);

/* A request's inside; by type one of these. */
struct scep_content {
	/* PKCSReq, RenewalReq, UpdateReq.  The proof of possession holds.
	 * Challenge, names and template are in csr->content. */
	struct csr *csr;
	bool own;		/* the CSR's key is the outer signer's */
	/* CertPoll: DER Names */
	struct buf issuer, subject;
	/* GetCert, GetCRL: the issuer above, and the serial number as in
	 * struct cert, lower-case hex */
	char *serial;
};
void scep_content_done(struct scep_content *c);

/*
 * Opens it.  SG_ENOENT: it is sealed to none of the keys (a matter of public
 * record).  SG_EVERIFY, with one and the same note: anything else, be it the
 * padding, the cipher text, the request inside or its proof of possession;
 * neither code nor note nor, up to the parsing of what came out, time tell
 * which.  SG_EUNSUPPORTED: this key's copy is sealed by another key transport
 * than ours (badAlg).  Other codes are the key's own trouble (SG_EIO,
 * SG_ELOGIN, ...), not the message's.  SG_EARG when r->wrong was passed over.
 */
enum sg_err scep_request_open(struct scep_content *out,
    const struct scep_request *r, const struct scep_opener *o);

/* --- a server: writing answers --- */

struct scep_reply {
	enum scep_status status;
	enum scep_fail fail;		/* with SCEP_FAILURE */
	const char *fail_text;		/* UTF-8, or NULL */
	/* With SCEP_SUCCESS: the certificate that was asked for first, then
	 * its issuers if they are to go along; or a CRL (DER), and no
	 * certificates. */
	const struct cert *const *certs;
	size_t n;
	struct bytes crl;
	const uint8_t *nonce;		/* SCEP_NONCE_LEN fresh random bytes */
};

/*
 * Appends the CertRep that answers r, signed by the RA, whose certificate goes
 * along.  Digest and cipher are the request's, SHA-256 and AES-128 where they
 * are none of ours, and never SHA-1.  signatureAlgorithm is rsaEncryption for
 * RSA, as strongSwan wants it.  SG_EUNSUPPORTED for SCEP_SUCCESS when
 * scep_request_sealable() is false.  The signer's errors come through.
 */
enum sg_err scep_reply_write(struct buf *out, const struct scep_reply *p,
    const struct scep_request *r, const struct scep_ra *ra);

/* --- a client: writing requests --- */

struct scep_ask {
	enum scep_type type;
	const char *transaction;
	const uint8_t *nonce;		/* SCEP_NONCE_LEN fresh random bytes */
	const struct cert *cert;	/* the signer's: self-signed, or the
					 * one that is to be renewed */
	struct signer signer;
	const struct cert *to;		/* RA, RSA */
	enum digest hash;		/* SHA-1 for NDES of old only */
	enum cipher cipher;
	struct bytes csr;		/* PKCSReq, RenewalReq: DER */
	struct bytes issuer;		/* CertPoll, GetCert, GetCRL: Name */
	struct bytes subject;		/* CertPoll: Name */
	const char *serial;		/* GetCert, GetCRL: hex */
};
enum sg_err scep_ask_write(struct buf *out, const struct scep_ask *a);

/* A certificate for signing a first request (RFC 8894 2.3): self-signed, with
 * the CSR's subject (DER Name, not empty), for a week from now on. */
enum sg_err scep_self_signed(struct cert **out, struct bytes subject,
    struct signer s, int64_t now);
/* A transactionID for a key: 40 hex digits of its SubjectPublicKeyInfo's
 * SHA-256. */
enum sg_err scep_transaction_of(char **out, struct bytes spki);

/* --- a client: reading answers --- */

/* What was asked, so that the answer can be held against it. */
struct scep_expect {
	const char *transaction;
	const uint8_t *nonce;		/* SCEP_NONCE_LEN bytes */
	const struct certs *from;	/* whose signature counts: trusted of
					 * struct scep_choice */
	const struct cert *cert;	/* the request's signer's */
	struct signer signer;
	bool sha1;			/* digests of NDES of old */
};

struct scep_answer {
	enum scep_status status;
	int fail;			/* enum scep_fail, also CMC's up to
					 * SCEP_FAIL_MAX; SCEP_NO_FAIL */
	char *fail_text;		/* for people, or NULL */
	bool has_hresult;		/* NDES's own reason */
	uint32_t hresult;
	struct certs certs;		/* with SCEP_SUCCESS, in their order */
	struct buf crl;			/* likewise */
};
void scep_answer_done(struct scep_answer *a);

/*
 * Reads the answer to e.  SG_EVERIFY when it is not signed by one of e->from,
 * not to this transaction or nonce, or not sealed to this signer; SG_EFORMAT,
 * SG_ELIMIT, SG_EUNSUPPORTED for messages that cannot be read.  What NDES does
 * otherwise (no certificates along, a byte of content where there should be
 * none, its HRESULT) is read.  A FAILURE is SG_OK.
 */
enum sg_err scep_answer_read(struct scep_answer *out, struct bytes message,
    const struct scep_expect *e);

#endif
