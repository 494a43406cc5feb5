/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PROTO_CERTREQ_H
#define SG_PROTO_CERTREQ_H

/*
 * certreq's policy file as a description of a request, and back: what an
 * administrator wrote, and what the Generate-CertificateRequest cmdlet writes
 * for a Windows Hello for Business key.  Pure.
 */

#include "proto/inf.h"

#define CERTREQ_LIST_MAX 64	/* of every list below */

/* Subject alternative names, by certreq's words in {text}. */
enum certreq_san_kind {
	CERTREQ_SAN_UPN = 1,	/* UPN= */
	CERTREQ_SAN_EMAIL,	/* EMail= */
	CERTREQ_SAN_DNS,	/* DNS= */
	CERTREQ_SAN_URI,	/* URL= */
};

struct certreq_san {
	enum certreq_san_kind kind;
	char *value;
};

/* A list of texts; each is owned. */
struct certreq_texts {
	char **v;
	size_t n;
};

/* Name and value that go to the CA with the request. */
struct certreq_attribute {
	char *name;
	char *value;
};

/* An extension given as the DER of its value. */
struct certreq_extension {
	char *oid;
	struct buf der;
};

enum certreq_algorithm {
	CERTREQ_ANY = 0,	/* whatever the key is */
	CERTREQ_RSA,
	CERTREQ_P256,
};

/* Bits of KeyUsage as certreq and MS-CRTD write them: the first octet of the
 * BIT STRING, decipherOnly in the second. */
#define CERTREQ_KU_SIGN		0x80
#define CERTREQ_KU_REPUDIATION	0x40
#define CERTREQ_KU_ENCIPHER	0x20
#define CERTREQ_KU_DATA		0x10
#define CERTREQ_KU_AGREE	0x08
#define CERTREQ_KU_CERTS	0x04
#define CERTREQ_KU_CRLS		0x02
#define CERTREQ_KU_ENCIPHER_ONLY 0x01
#define CERTREQ_KU_DECIPHER_ONLY 0x8000
#define CERTREQ_KU_ALL		0x80ff

struct certreq {
	char *subject;		/* "CN=...,O=...", or NULL: none */
	char separator;		/* between its parts: ',' or ';' */
	char *container;	/* KeyContainer, or NULL */
	bool existing;		/* UseExistingKeySet */
	char *provider;		/* or NULL */
	char *friendly_name;	/* or NULL */
	enum certreq_algorithm algorithm;
	unsigned key_length;	/* bits, 0: any */
	unsigned hash_bits;	/* SHA-2 with so many bits; 0: our choice */
	bool pss;		/* AlternateSignatureAlgorithm */
	unsigned key_usage;	/* CERTREQ_KU_*, 0: no such extension */
	struct certreq_texts ekus;	/* OIDs */
	struct certreq_texts policies;	/* application policies, OIDs */
	struct certreq_san *sans;
	size_t san_count;
	bool constraints;	/* a basicConstraints for an end entity */
	struct certreq_extension *extensions;
	size_t extension_count;
	struct certreq_texts critical;	/* OIDs of extensions */
	struct certreq_attribute *attributes;
	size_t attribute_count;
};
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

/* For makers of descriptions: append a copy.  SG_ELIMIT above the limit,
 * SG_EARG for an OID that is none or a name that holds '&'. */
enum sg_err certreq_add_oid(struct certreq_texts *list, const char *oid);
enum sg_err certreq_add_san(struct certreq *r, enum certreq_san_kind kind,
    const char *value);
enum sg_err certreq_add_attribute(struct certreq *r, const char *name,
    const char *value);
/* The attribute's value without regard to case; NULL when it is missing. */
const char *certreq_attribute_find(const struct certreq *r,
    const char *name);

#endif
