/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_STORE_H
#define SG_CA_STORE_H

/*
 * A CA in a folder:
 *
 *	ca.conf			what init was told; see signet-ca(1)
 *	root/cert.pem key.pem ca.crl
 *	issuing/cert.pem key.pem ca.crl
 *	issued/SERIAL.pem	one file per certificate
 *	revoked/SERIAL		"SECONDS REASON" of a revoked one
 *	lock
 *
 * Every file appears or changes in one step, so a crash leaves nothing half
 * done, and there is no index that could disagree with the certificates.
 */

#include "ca/issue.h"

enum ca_level { CA_ROOT = 0, CA_ISSUING, CA_LEVELS };

struct ca_config {
	char *oid_base;		/* of the templates' OIDs */
	struct texts cdp[CA_LEVELS];		/* URLs of each one's CRL */
	struct texts ca_issuers[CA_LEVELS];	/* URLs of its certificate */
	unsigned crl_days;
};
void ca_config_done(struct ca_config *c);

struct ca_store {
	char *dir;
	int lock;
	struct ca_config config;
	struct cert *cert[CA_LEVELS];
};
void ca_store_free(struct ca_store *s);
SG_AUTO_FREE(ca_store)

/* Makes the folders of a CA to be; SG_EEXIST when there is one.  It becomes a
 * CA with ca_store_finish(): what was left half made is made anew.  *lock keeps
 * others away (SG_EBUSY for them) until the caller closes it. */
enum sg_err ca_store_make(const char *dir, int *lock);
/* A CA's certificate and its key (mode 0600, encrypted when there is a
 * passphrase). */
enum sg_err ca_store_put(const char *dir, enum ca_level level,
    const struct cert *c, const struct pkey *key,
    const struct secret *passphrase);
/* SG_EARG for URLs that are none. */
enum sg_err ca_store_finish(const char *dir, const struct ca_config *c);

/* Takes the folder's lock until freed; SG_ENOENT without a CA in it. */
enum sg_err ca_store_open(struct ca_store **out, const char *dir);
/* SG_EPIN when the passphrase (or NULL) does not open the key; SG_EVERIFY
 * when it is not the certificate's. */
enum sg_err ca_store_key(struct pkey **out, const struct ca_store *s,
    enum ca_level level, const struct secret *passphrase);

/* Keeps an issued certificate; SG_EEXIST when its serial number is taken. */
enum sg_err ca_store_add(const struct ca_store *s, const struct cert *c);

struct ca_record {
	struct cert *cert;
	bool revoked;
	int64_t when;
	enum crl_reason reason;
};
struct ca_records {
	struct ca_record *v;	/* by time of issue */
	size_t n;
};
void ca_records_done(struct ca_records *r);
enum sg_err ca_store_list(struct ca_records *out, const struct ca_store *s);
/* SG_ENOENT; serial is hex in either case. */
enum sg_err ca_store_get(struct ca_record *out, const struct ca_store *s,
    const char *serial);
void ca_record_done(struct ca_record *r);

/* SG_ENOENT when there is no such certificate, SG_EEXIST when it is revoked
 * already. */
enum sg_err ca_store_revoke(const struct ca_store *s, const char *serial,
    int64_t when, enum crl_reason reason);

/* The next list's number and entries, and the list itself (DER). */
enum sg_err ca_store_crl_next(struct crl_content *out,
    const struct ca_store *s, enum ca_level level);
enum sg_err ca_store_crl_put(const struct ca_store *s, enum ca_level level,
    struct bytes der);

#endif
