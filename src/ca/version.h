/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_VERSION_H
#define SG_CA_VERSION_H

/*
 * Which certificate of a CA it is, as AD CS counts: certificates from 0, and a
 * key has the number of the first certificate that was made for it.
 *
 *	0.0, renewed with the same key 1.0, with a new one 2.2, again 3.2
 */

#include "pki/cert.h"

struct ca_version {
	unsigned index;
	unsigned key;
};

#define CA_INDEX_MAX 255	/* renewals of a CA */
#define CA_SUFFIX_MAX 12	/* "(255)" and NUL, at most */

/* What a number adds to the names of files and URLs: "" or "(1)". */
void ca_suffix(char out[CA_SUFFIX_MAX], unsigned number);

/* The extension 1.3.6.1.4.1.311.21.1 and, when previous is a certificate,
 * .21.2: its SHA-1. */
enum sg_err ca_version_add(struct extensions *x, const struct ca_version *v,
    const struct cert *previous);
/* *there says whether x has it; SG_EFORMAT. */
enum sg_err ca_version_read(struct ca_version *out, bool *there,
    const struct extensions *x);
/* The same two extensions, if they are there and well-formed: a request's. */
enum sg_err ca_version_copy(struct extensions *to,
    const struct extensions *from);

#endif
