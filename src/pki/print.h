/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_PRINT_H
#define SG_PKI_PRINT_H

/*
 * Certificates, requests, CRLs and bundles for people and programs.  What is
 * shown is what is in the file; nothing is verified but a request's own
 * signature.  Pure.
 */

#include "pki/cert.h"
#include "pki/crl.h"
#include "pki/csr.h"

enum field_form {
	FIELD_TEXT,
	FIELD_LIST,	/* one of several values; they follow each other */
	FIELD_NUMBER,	/* decimal */
	FIELD_FLAG,	/* "true" or "false" */
};

/* One thing that is said of an object. */
struct field {
	const char *key;	/* "not_after": for programs, static */
	const char *label;	/* "Valid until": for people, static */
	char *value;		/* "1.3.6.1.5.5.7.3.2", UTF-8 */
	char *shown;		/* for people when that is not value, or NULL */
	enum field_form form;
};

/* The first field's key is "type": its value is "certificate", "request" or
 * "crl". */
struct fields {
	struct field *v;
	size_t n;
};
void fields_done(struct fields *f);
/* Each appends one more; a value that is NULL or "" is left out. */
enum sg_err fields_add(struct fields *f, const char *key, const char *label,
    const char *value);
enum sg_err fields_add_flag(struct fields *f, const char *key,
    const char *label, bool value);
enum sg_err fields_add_time(struct fields *f, const char *key,
    const char *label, int64_t unix_seconds);
enum sg_err fields_add_hex(struct fields *f, const char *key,
    const char *label, struct bytes x);

/* What a file holds, in its order. */
struct inspection {
	struct fields *v;
	size_t n;
};
void inspection_done(struct inspection *i);
/* Appends f, whose contents it takes. */
enum sg_err inspection_add(struct inspection *i, struct fields *f);

/* Appends a file's contents, DER or PEM, whatever of the three it is;
 * SG_EFORMAT when it is none. */
enum sg_err inspect(struct inspection *out, struct bytes text);

/* Each appends the fields of one. */
enum sg_err cert_fields(struct fields *out, const struct cert *c);
enum sg_err csr_fields(struct fields *out, const struct csr *r);
enum sg_err crl_fields(struct fields *out, const struct crl *l);
/* What a request asks for besides subject and key. */
enum sg_err content_fields(struct fields *out, const struct csr_content *c);

/* Appends "Label:  value" lines; control characters become '?'. */
enum sg_err fields_text(struct buf *out, const struct fields *f);

#endif
