/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_TEMPLATE_H
#define SG_PKI_TEMPLATE_H

/*
 * Certificate templates (MS-CRTD): one struct, and what follows from it.
 * Law: whatever template_request() makes, template_check() accepts.
 */

#include "pki/csr.h"
#include "pki/issue.h"
#include "pki/sddl.h"

/* flags, MS-CRTD 2.4 */
#define TEMPLATE_MACHINE_TYPE		0x40u
#define TEMPLATE_IS_CA			0x80u
#define TEMPLATE_IS_CROSS_CA		0x800u
#define TEMPLATE_NOT_STORED		0x1000u
#define TEMPLATE_IS_DEFAULT		0x10000u
#define TEMPLATE_IS_MODIFIED		0x20000u

/* msPKI-Enrollment-Flag, MS-CRTD 2.26 */
#define ENROLL_SYMMETRIC_ALGORITHMS	0x1u
#define ENROLL_PEND			0x2u
#define ENROLL_PUBLISH			0x8u
#define ENROLL_CHECK_DS			0x10u
#define ENROLL_AUTO			0x20u
#define ENROLL_PREVIOUS_APPROVAL	0x40u
#define ENROLL_PROMPT			0x100u
#define ENROLL_REMOVE_INVALID		0x400u
#define ENROLL_OCSP_NOCHECK		0x1000u
#define ENROLL_REUSE_KEY		0x2000u
#define ENROLL_NO_REVOCATION_INFO	0x4000u
#define ENROLL_BASIC_CONSTRAINTS	0x8000u
#define ENROLL_KEY_BASED_RENEWAL	0x10000u
#define ENROLL_POLICIES_FROM_REQUEST	0x20000u
#define ENROLL_NO_SECURITY_EXTENSION	0x80000u

/* msPKI-Private-Key-Flag, MS-CRTD 2.27 */
#define KEY_ARCHIVAL			0x1u
#define KEY_EXPORTABLE			0x10u
#define KEY_STRONG_PROTECTION		0x20u
#define KEY_ALTERNATE_SIGNATURE		0x40u
#define KEY_SAME_FOR_RENEWAL		0x80u
#define KEY_LEGACY_PROVIDER		0x100u
#define KEY_ATTEST_PREFERRED		0x1000u
#define KEY_ATTEST_REQUIRED		0x2000u
#define KEY_ATTEST_MASK			0x7000u
#define KEY_SERVER_SHIFT		16
#define KEY_CLIENT_SHIFT		24
#define KEY_VERSION_MASK		0xfu

/* msPKI-Certificate-Name-Flag, MS-CRTD 2.28 */
#define NAME_ENROLLEE_SUPPLIES		0x1u
#define NAME_OLD_CERT_SUPPLIES		0x8u
#define NAME_ENROLLEE_SUPPLIES_ALT	0x10000u
#define NAME_ALT_DOMAIN_DNS		0x400000u
#define NAME_ALT_SPN			0x800000u
#define NAME_ALT_GUID			0x1000000u
#define NAME_ALT_UPN			0x2000000u
#define NAME_ALT_EMAIL			0x4000000u
#define NAME_ALT_DNS			0x8000000u
#define NAME_DNS_AS_CN			0x10000000u
#define NAME_EMAIL			0x20000000u
#define NAME_COMMON_NAME		0x40000000u
#define NAME_DIRECTORY_PATH		0x80000000u

#define TEMPLATE_NAME_MAX 64	/* bytes of cn */

/* pKIDefaultKeySpec */
#define KEY_SPEC_EXCHANGE	1u
#define KEY_SPEC_SIGNATURE	2u

/* An attribute that we do not interpret. */
struct template_extra {
	char *name;
	struct texts values;
};

/* The attributes of a pKICertificateTemplate, MS-CRTD section 2; by their own
 * names in pki/template_attr.h. */
struct template {
	char *cn;
	char *display_name;
	char *oid;			/* msPKI-Cert-Template-OID, or NULL */
	uint32_t flags;
	uint32_t revision;
	uint32_t minor;
	uint32_t schema;		/* 1 to 4 */
	uint32_t key_spec;		/* 1 exchange, 2 signature */
	unsigned key_usage;		/* USAGE_* */
	unsigned key_usage_len;		/* bytes in pKIKeyUsage: 1 or 2 */
	int max_depth;			/* path length, -1: none */
	struct texts critical;		/* OIDs of extensions */
	int64_t validity;		/* seconds */
	int64_t overlap;		/* seconds; renewal window */
	struct texts eku;
	struct texts csps;		/* "N,Name", as in the directory */
	uint32_t ra_signatures;
	uint32_t enrollment_flag;
	uint32_t private_key_flag;
	uint32_t name_flag;
	uint32_t minimal_key_size;	/* bits */
	struct texts supersedes;
	struct texts ra_policies;
	struct texts policies;
	struct texts app_policies;
	struct texts ra_app_policies;	/* either syntax, see adcs 1.6 */
	struct sd security;
	struct template_extra *extra;
	size_t extra_count;
};
void template_init(struct template *t);
void template_done(struct template *t);

/* May a template be called that?  1 to 64 bytes of UTF-8 without controls and
 * without what INF text, paths or LDAP give another meaning.  SG_EARG. */
enum sg_err template_name_check(const char *cn);

/* One of the built-in ones by cn or display name, without case; the OIDs of
 * templates begin with oid_base (NULL: no OID).  SG_ENOENT names those there
 * are. */
enum sg_err template_builtin(struct template *out, const char *name,
    const char *oid_base);
/* cn of the i-th, NULL behind the last. */
const char *template_builtin_name(size_t i);

/*
 * msPKI-RA-Application-Policies has two forms (MS-CRTD 2.23): a list of OIDs,
 * or one packed string "Name`Type`Value`..." with more settings in it.  The
 * form is told by its content.
 */
#define PACKED_RA_POLICIES	"msPKI-RA-Application-Policies"
#define PACKED_ALGORITHM	"msPKI-Asymmetric-Algorithm"
#define PACKED_HASH		"msPKI-Hash-Algorithm"
#define PACKED_KEY_SDDL		"msPKI-Key-Security-Descriptor"
#define PACKED_KEY_USAGE	"msPKI-Key-Usage"
#define PACKED_CIPHER		"msPKI-Symmetric-Algorithm"
#define PACKED_CIPHER_LEN	"msPKI-Symmetric-Key-Length"

bool template_packed(const struct template *t);
/* SG_ENOENT when there is no packed string or it does not have that name. */
enum sg_err template_packed_get(char **out, const struct template *t,
    const char *name);
/* Changes, adds or (NULL) removes a setting; makes the string when there is
 * none, keeping the OIDs of a list in it.  SG_EARG for values with '`'. */
enum sg_err template_packed_set(struct template *t, const char *name,
    const char *value);
/* The packed string becomes the list of its OIDs. */
enum sg_err template_packed_drop(struct template *t);
/* The application policies that agents' certificates need, of either form. */
enum sg_err template_ra_policies(struct texts *out,
    const struct template *t);

/* From the packed string, else what MS-CRTD 2.23 gives: "RSA"; SHA-1 counts
 * as SHA-256. */
enum sg_err template_algorithm(char **out, const struct template *t);
enum digest template_hash(const struct template *t);

/* Who gets the certificate, on the word of somebody trusted. */
struct identity {
	struct buf subject;	/* DER Name; empty: made as the template says */
	char *upn;
	char *sid;
	char *email;
	struct texts dns;
	struct texts ip;
	char *realm;		/* of the KDC, for id-pkinit-san */
	struct buf guid;	/* objectGUID, 16 bytes */
};
void identity_done(struct identity *id);
/* SG_EARG for values that are not what they are called. */
enum sg_err identity_check(const struct identity *id);

/* What a client asks for; sign it with csr_build(), template_hash() and
 * KEY_ALTERNATE_SIGNATURE.  c is initialised by this. */
enum sg_err template_request(struct csr_content *c, const struct template *t,
    const struct identity *id);

/*
 * May this request become a certificate by this template?  Its signature, the
 * template it names, kind and size of its key, CA rights, critical extensions
 * that nobody would put in.  What else it asks for is not granted but does not
 * matter.  SG_EVERIFY says what is wrong, SG_EUNSUPPORTED what we do not do.
 */
enum sg_err template_check(const struct template *t, const struct csr *r);

/*
 * The certificate's subject, validity, key and extensions; the issuer adds
 * his own part (serial, issuer, AKI, CDP, AIA).  Names come from id; from the
 * request only where the template lets the enrollee supply them and id has
 * none.  SG_EARG when a name that the template wants is missing.
 */
enum sg_err template_fill(struct cert_content *c, const struct template *t,
    const struct identity *id, const struct csr *r, int64_t now);
/* Would the alternative names come from the request? */
bool template_asks_names(const struct template *t,
    const struct identity *id);

#endif
