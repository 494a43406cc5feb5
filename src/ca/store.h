/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_STORE_H
#define SG_CA_STORE_H

/*
 * A CA in a folder: a root, an issuing CA, or both:
 *
 *	ca.conf			what init was told; see signet-ca(1)
 *	root/cert.pem key.pem ca.crl
 *	issuing/cert.pem key.pem ca.crl
 *	issuing/cert(1).pem ...	of renewals, ca/version.h
 *	ca.db			requests, certificates, revocations, audit
 *	lock
 *
 * A file appears or changes in one step, the database by transactions, so a
 * crash leaves nothing half done.
 */

#include "ca/audit.h"
#include "ca/generations.h"
#include "ca/issue.h"
#include "ca/key.h"

struct ca_config {
	char *oid_base;		/* of the templates' OIDs */
	struct texts cdp[CA_LEVELS];		/* URLs of each one's CRL */
	struct texts ca_issuers[CA_LEVELS];	/* URLs of its certificate */
	struct texts ocsp[CA_LEVELS];		/* URLs of its responder */
	unsigned crl_days;
	char *tcti;		/* of the TPM with the keys, or NULL */
};
void ca_config_done(struct ca_config *c);

struct ca_store {
	char *dir;
	int lock;
	struct ca_config config;
	struct ca_generations gen[CA_LEVELS];
	bool ours[CA_LEVELS];	/* the key is here; a root's may be elsewhere */
	struct cert *cert[CA_LEVELS];	/* the current one's, or NULL */
	struct db *db;
};
void ca_store_free(struct ca_store *s);
SG_AUTO_FREE(ca_store)

/* Makes the folders of a CA to be; SG_EEXIST when there is one.  It becomes a
 * CA with ca_store_finish(): what was left half made is made anew.  *lock keeps
 * others away (SG_EBUSY for them) until the caller closes it. */
enum sg_err ca_store_make(const char *dir, int *lock);
/* A CA's certificate, and what ca_key_make() said to keep of its key (mode
 * 0600). */
enum sg_err ca_store_put(const char *dir, enum ca_level level,
    const struct cert *c, const struct secret *key);
/* The same where another CA signs: the request in place of a certificate. */
enum sg_err ca_store_put_request(const char *dir, enum ca_level level,
    struct bytes request, const struct secret *key);
/* A key alone, of that number. */
enum sg_err ca_store_put_key(const char *dir, enum ca_level level,
    unsigned number, const struct secret *key);
/* With an empty database, whose first audit record is the author's.  SG_EARG
 * for URLs that are none. */
enum sg_err ca_store_finish(const char *dir, const struct ca_config *c,
    const struct ca_audit *first);

/*
 * Opens it; others may do so at the same time, but nobody makes or replaces
 * it until it is freed.  SG_ENOENT without a CA in it.  What an earlier
 * version kept in issued/ and revoked/ moves to the database first, all of it
 * or nothing.
 */
enum sg_err ca_store_open(struct ca_store **out, const char *dir);
/* Is there one?  SG_ENOENT, SG_EPERM. */
enum sg_err ca_store_there(const char *dir);
/* Is there such a CA, with its key and its certificate?  If not, the note says
 * what to do: SG_ENOENT, and SG_EBUSY for one that waits for its
 * certificate. */
enum sg_err ca_store_ready(const struct ca_store *s, enum ca_level level);

/* The current key.  SG_EPIN when the passphrase or PIN (or NULL) does not open
 * the key; SG_EVERIFY when it is not the certificate's. */
enum sg_err ca_store_key(struct ca_key **out, const struct ca_store *s,
    enum ca_level level, const struct secret *passphrase);
/* One of them, by its number; also that of a request that waits. */
enum sg_err ca_store_key_of(struct ca_key **out, const struct ca_store *s,
    enum ca_level level, unsigned number, const struct secret *passphrase);
/* Where it is: "file", "tpm", or the token's URI. */
enum sg_err ca_store_key_place(char **out, const struct ca_store *s,
    enum ca_level level, unsigned number);

/* Where it is; for src/ca only. */
enum sg_err ca_store_url(char **out, const char *dir);

#endif
