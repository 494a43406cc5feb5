/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_EXT_H
#define SG_PKI_EXT_H

/*
 * The extensions of certificates and requests that mean something to us, as
 * one plain struct; reading and writing both go through it, so what is written
 * is read back as it was.
 */

#include "pki/oid.h"
#include "pki/texts.h"

/* Key usage bits as pKIKeyUsage and certreq write them: first byte low. */
#define USAGE_DIGITAL_SIGNATURE	0x80u
#define USAGE_NON_REPUDIATION	0x40u
#define USAGE_KEY_ENCIPHERMENT	0x20u
#define USAGE_DATA_ENCIPHERMENT	0x10u
#define USAGE_KEY_AGREEMENT	0x08u
#define USAGE_CERT_SIGN		0x04u
#define USAGE_CRL_SIGN		0x02u
#define USAGE_ENCIPHER_ONLY	0x01u
#define USAGE_DECIPHER_ONLY	0x8000u

#define EXT_COUNT_MAX	64	/* extensions in one object */
#define EXT_NAMES_MAX	256	/* names in one subjectAltName */
#define EXT_TEXT_MAX	4096	/* bytes of one name, URL, ... */

/* An extension that we do not interpret. */
struct raw_ext {
	char *oid;
	bool critical;
	struct buf der;		/* what the OCTET STRING holds */
};

struct extensions {
	/* subjectAltName; NULL or empty when absent. */
	char *upn;		/* 1.3.6.1.4.1.311.20.2.3 */
	char *principal;	/* id-pkinit-san, "krbtgt/R@R"; RFC 4556 */
	struct buf guid;	/* objectGUID, 1.3.6.1.4.1.311.25.1 */
	struct texts dns;
	struct texts email;
	struct texts uri;
	struct texts ip;	/* as text */
	unsigned other_names;	/* of kinds that are not kept */
	bool san_critical;

	char *sid;		/* 1.3.6.1.4.1.311.25.2, "S-1-5-..." */

	struct texts eku;	/* OIDs */
	bool eku_critical;
	struct texts app_policies;	/* OIDs, 1.3.6.1.4.1.311.21.10 */
	struct texts policies;	/* OIDs, certificatePolicies */
	unsigned key_usage;	/* USAGE_*, 0 when absent */
	bool key_usage_critical;

	bool has_basic;		/* basicConstraints */
	bool basic_critical;
	bool ca;
	int path_len;		/* -1: no limit */

	char *template_name;	/* 1.3.6.1.4.1.311.20.2 */
	char *template_oid;	/* 1.3.6.1.4.1.311.21.7 */
	int64_t template_major;	/* -1: absent */
	int64_t template_minor;

	struct texts cdp;	/* URLs */
	struct texts ca_issuers;	/* URLs */
	struct texts ocsp;	/* URLs */
	struct buf ski;
	struct buf aki;

	struct raw_ext *raw;
	size_t raw_count;
};

void extensions_init(struct extensions *x);
void extensions_done(struct extensions *x);

/* Adds an extension we do not interpret, with copies of everything. */
enum sg_err extensions_add_raw(struct extensions *x, const char *oid,
    bool critical, struct bytes der);

/* The DER Extensions (RFC 5280 4.1) in a fixed order; an empty SEQUENCE when
 * there are none. */
enum sg_err extensions_encode(struct buf *out, const struct extensions *x);
/* SG_EFORMAT for what cannot be decoded, twice the same extension, two UPNs;
 * SG_ELIMIT.  x is initialised by this. */
enum sg_err extensions_decode(struct extensions *x, struct bytes der);

/* "S-1-" and decimal parts, MS-DTYP 2.4.2.1. */
bool sid_valid(const char *sid);
/* One '@' with something before and a name behind; UTF-8 without controls. */
bool upn_valid(const char *upn);
/* RFC 1123 labels; a leading "*." is fine. */
bool dns_valid(const char *name);

#endif
