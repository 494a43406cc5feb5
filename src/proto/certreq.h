/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PROTO_CERTREQ_H
#define SG_PROTO_CERTREQ_H

/*
 * certreq's policy file as a description of a request, and back: what an
 * administrator wrote, and what the Generate-CertificateRequest cmdlet writes
 * for a Windows Hello for Business key.  Pure.
 */

#include "pki/csr.h"
#include "proto/inf.h"

#define CERTREQ_LIST_MAX 64	/* OIDs, names or attributes of one kind */

enum certreq_algorithm {
	CERTREQ_ANY = 0,	/* whatever the key is */
	CERTREQ_RSA,
	CERTREQ_P256,
};

struct certreq {
	char *subject;		/* as pki/name.h reads it; NULL: none */
	char *container;	/* KeyContainer, or NULL */
	bool existing;		/* UseExistingKeySet */
	char *friendly_name;	/* or NULL */
	enum certreq_algorithm algorithm;
	unsigned key_length;	/* bits, 0: any */
	enum digest hash;	/* SHA-256 unless it says otherwise */
	bool pss;		/* AlternateSignatureAlgorithm */
	struct csr_content content;	/* the rest, the provider too */
};
void certreq_init(struct certreq *r);
void certreq_done(struct certreq *r);

/*
 * Reads the description out of a parsed file.  Every section and key must be
 * known: SG_EFORMAT names file, line and key.  SG_EUNSUPPORTED, likewise, for
 * what certreq knows and a key behind a gesture in a TPM cannot do, with the
 * reason.
 */
enum sg_err certreq_read(struct certreq *out, const struct inf *f,
    const char *file);

/* Appends the file that certreq_read reads back as r, with Windows' line
 * ends; the cmdlet's own form when only its fields are set.  SG_EARG when a
 * value cannot be written. */
enum sg_err certreq_write(const struct certreq *r, struct buf *out);

/* For makers of descriptions.  The subject's text, here and in content; SG_EARG
 * when it is no name. */
enum sg_err certreq_set_subject(struct certreq *r, const char *text);
/* A user principal name as alternative name; SG_EARG when it is none. */
enum sg_err certreq_set_upn(struct certreq *r, const char *upn);
/* SG_EARG for what is no OID. */
enum sg_err certreq_add_eku(struct certreq *r, const char *oid);
/* A name and value for the CA; SG_EARG for names that an INF cannot hold. */
enum sg_err certreq_add_attribute(struct certreq *r, const char *name,
    const char *value);

#endif
