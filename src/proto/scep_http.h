/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PROTO_SCEP_HTTP_H
#define SG_PROTO_SCEP_HTTP_H

/* What SCEP's HTTP carries beside pkiMessages (RFC 8894 section 4): texts and
 * bodies, both ways.  Pure. */

#include "pki/cert.h"

#define SCEP_TYPE_CERT	"application/x-x509-ca-cert"
#define SCEP_TYPE_CERTS	"application/x-x509-ca-ra-cert"
#define SCEP_TYPE_NEXT	"application/x-x509-next-ca-cert"
#define SCEP_TYPE_MESSAGE "application/x-pki-message"
#define SCEP_TYPE_CAPS	"text/plain"

/* --- GetCACaps --- */

#define SCEP_CAPS_MAX	((size_t)16 << 10)	/* bytes that are read */
#define SCEP_CAPS_OUT_MAX ((size_t)1024)	/* certmonger reads no more */

enum scep_cap {
	SCEP_CAP_AES		= 1 << 0,
	SCEP_CAP_DES3		= 1 << 1,
	SCEP_CAP_NEXT_CA	= 1 << 2,
	SCEP_CAP_POST		= 1 << 3,
	SCEP_CAP_RENEWAL	= 1 << 4,
	SCEP_CAP_SHA1		= 1 << 5,
	SCEP_CAP_SHA256		= 1 << 6,
	SCEP_CAP_SHA384		= 1 << 7,	/* strongSwan's condition */
	SCEP_CAP_SHA512		= 1 << 8,
	SCEP_CAP_STANDARD	= 1 << 9,
	SCEP_CAP_UPDATE		= 1 << 10,	/* of old drafts */
};
/* What a server says that can do everything but GetNextCACert: by this set
 * every client that was tried chooses AES and SHA-2. */
#define SCEP_CAPS_ALL (SCEP_CAP_AES | SCEP_CAP_DES3 | SCEP_CAP_SHA1 | \
	SCEP_CAP_SHA256 | SCEP_CAP_SHA384 | SCEP_CAP_SHA512 | SCEP_CAP_POST | \
	SCEP_CAP_STANDARD | SCEP_CAP_RENEWAL)

/* Words that are not known are passed over; SCEPStandard brings AES, POST and
 * SHA-256 with it.  Lines end with LF or CRLF; case does not matter.  Bytes
 * that are no text, and bodies that are too long, are no capabilities at all:
 * SG_EFORMAT, SG_ELIMIT. */
enum sg_err scep_caps_read(unsigned *out, struct bytes body);
/* Appends the keywords, one a line with LF. */
enum sg_err scep_caps_write(struct buf *out, unsigned caps);

/* --- PKIOperation by GET --- */

/* Appends the DER of `message=', as it stood in the URL or with its %XX
 * already decoded: blanks stand for '+', line ends are passed over, '=' at the
 * end may be missing.  SG_EFORMAT, SG_ELIMIT above SCEP_MAX. */
enum sg_err scep_get_read(struct buf *out, struct bytes value);
/* The value for an URL: base64 with '+', '/' and '=' as %XX, in memory of its
 * own. */
enum sg_err scep_get_write(char **out, struct bytes der);

/* --- GetCACert and GetNextCACert --- */

/* One certificate, or the certificates of a SignedData in their order, BER
 * or DER, whatever content it has besides.  Appends; SG_EFORMAT when there is
 * none. */
enum sg_err scep_ca_read(struct certs *out, struct bytes body);
/* Appends the body, in the order given; *type is its MIME type.  One
 * certificate goes alone, several as a SignedData. */
enum sg_err scep_ca_write(struct buf *out, const char **type,
    const struct cert *const *certs, size_t n);

/* The next CA's certificates, if the message is signed by ca (RFC 8894 4.7);
 * SG_EVERIFY. */
enum sg_err scep_next_read(struct certs *out, struct bytes body,
    const struct cert *ca);
/* Appends the body for certificates that come, signed by the present CA. */
enum sg_err scep_next_write(struct buf *out, const struct cert *const *certs,
    size_t n, const struct cert *ca, struct signer s);

/* --- which of them is what --- */

/* Pointers into the list that was given, but for trusted. */
struct scep_choice {
	const struct cert *to;		/* requests are sealed to it; RSA */
	const struct cert *verify;	/* most likely signs answers */
	const struct cert *ca;		/* the anchor that was given */
	struct certs trusted;		/* copies: all of the list that the
					 * anchor vouches for; it too, if it is
					 * in the list */
};
void scep_choice_done(struct scep_choice *c);

/*
 * Chooses among what GetCACert gave, of which anchor is the one that is known
 * (by its fingerprint): only it, and what it issued directly or by another of
 * them, counts, and no certificate by which people or devices sign in: its
 * holder could be between.  An RA goes before the CA; keyEncipherment before
 * dataEncipherment before no such bits; digitalSignature likewise; one that is
 * in time before all others.  Bits are hints only: NDES gives each RA
 * certificate one of them, others give none.  SG_ENOENT when nothing is left
 * that requests can be sealed to.
 */
enum sg_err scep_choose(struct scep_choice *out, const struct certs *all,
    const struct cert *anchor, int64_t now);

#endif
