/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_BINDING_H
#define SG_CA_BINDING_H

/*
 * What somebody who may hand it out has said beforehand about a certificate
 * that will be asked for: whose it will be, and of which key.  A request is
 * compared with it; names come from it and never from the request alone.
 */

#include "crypto/digest.h"
#include "pki/template.h"

struct ca_binding {
	struct identity identity;	/* empty: the names are not known */
	struct texts eku;		/* OIDs; empty: not bound */
	unsigned key_bits;		/* exactly so many, 0: not bound */
	struct texts uri;		/* of a renewal; not encoded */
	struct buf key_hash;		/* SHA-256 of the SubjectPublicKeyInfo,
					 * or empty */
};
void ca_binding_done(struct ca_binding *b);

/* Does it say whose the certificate will be? */
bool ca_binding_names(const struct ca_binding *b);

/* A certificate by which somebody signs in as a person, or speaks for others:
 * its uses, none or any among them, are not for names that nobody but the
 * request says. */
bool ca_powerful(const struct template *t);

/* May there be such a binding for the template?  SG_EARG: values that are not
 * what they are called, uses that the template does not have, no names for a
 * template that needs somebody to say them. */
enum sg_err ca_binding_check(const struct ca_binding *b,
    const struct template *t);

/*
 * Does the request ask for nothing else?  SG_EVERIFY names the field.  Without
 * names in the binding the request may say a subject, DNS names, addresses and
 * URIs where the template lets it; never a UPN, a SID in whatever form, or a
 * use by which people sign in.
 */
enum sg_err ca_binding_fits(const struct ca_binding *b,
    const struct template *t, const struct csr *r);

/* As bytes, and back; SG_EFORMAT. */
enum sg_err ca_binding_encode(struct buf *out, const struct ca_binding *b);
enum sg_err ca_binding_decode(struct ca_binding *out, struct bytes x);

#endif
