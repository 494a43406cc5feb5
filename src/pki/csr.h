/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_CSR_H
#define SG_PKI_CSR_H

/* Certificate requests: PKCS#10 (RFC 2986) with what Windows adds (MS-WCCE
 * 2.2.2.7). */

#include "crypto/digest.h"
#include "crypto/pkey.h"
#include "crypto/verifier.h"
#include "pki/ext.h"

#define CSR_MAX		((size_t)64 << 10)	/* bytes of a request */
#define CSR_ATTRS_MAX	64			/* attributes in it */
#define CSR_CHALLENGE_MAX 255			/* RFC 2985 5.4.1 */

/* "CertificateTemplate" and the like, 1.3.6.1.4.1.311.13.2.1. */
struct csr_pair {
	char *name;
	char *value;
};

/* Who wrote the request, 1.3.6.1.4.1.311.21.20. */
struct csr_client {
	int id;			/* 0: none of Microsoft's programs */
	char *machine;
	char *user;
	char *process;
};

/* What a request says, to build one and as one was read. */
struct csr_content {
	struct buf subject;		/* DER Name, see pki/name.h */
	struct extensions ext;
	struct csr_pair *pairs;
	size_t pair_count;
	char *os_version;		/* "10.0.19045.2", or NULL */
	char *provider;			/* of the key, or NULL */
	int key_spec;			/* with the provider; 0 for a KSP */
	struct csr_client client;	/* absent when process is NULL */
	char *challenge;		/* challengePassword, or NULL */
	struct buf renewal;		/* DER of the certificate that is to be
					 * renewed, 1.3.6.1.4.1.311.13.1 */
};
void csr_content_init(struct csr_content *c);
void csr_content_done(struct csr_content *c);
enum sg_err csr_content_add_pair(struct csr_content *c, const char *name,
    const char *value);
/* NULL when there is none; names are compared without case. */
const char *csr_content_pair(const struct csr_content *c, const char *name);

/* Builds and signs; appends the DER.  RSA keys sign with PKCS#1 v1.5 unless
 * pss.  The signer's own errors come through. */
enum sg_err csr_build(struct buf *out, const struct csr_content *c,
    enum digest hash, bool pss, struct signer s);

/* A request taken apart; read, do not write. */
struct csr {
	struct buf der;
	uint8_t sha256[SHA256_LEN];	/* of it */
	char *subject;			/* RFC 4514 */
	struct csr_content content;
	struct texts other_attrs;	/* OIDs that are not interpreted */
	struct buf spki;
	uint8_t key_id[20];
	bool proven;			/* csr_prove() found it good */
};
void csr_free(struct csr *r);
SG_AUTO_FREE(csr)

/* From the DER of one request; SG_EFORMAT, SG_ELIMIT. */
enum sg_err csr_parse(struct csr **out, struct bytes der);
/* From a file's contents, DER or PEM with either label. */
enum sg_err csr_read(struct csr **out, struct bytes text);
/* The PEM text, with Windows' label "NEW CERTIFICATE REQUEST" if asked. */
enum sg_err csr_pem(struct buf *out, struct bytes der, bool windows);

/* Proof of possession: the signature over the received bytes with the key
 * inside.  SG_EVERIFY; SG_EUNSUPPORTED for SHA-1 and older digests and for
 * other kinds of keys. */
enum sg_err csr_verify(const struct csr *r);
/* The same, for many requests: quicker, and csr_verify() on what was found
 * good is nothing. */
enum sg_err csr_prove(struct csr *r, struct verifier *v);
/* Makes the challenge password illegible in r->der, there only and nothing
 * else; the signature does not hold afterwards. */
void csr_challenge_erase(struct csr *r);

#endif
