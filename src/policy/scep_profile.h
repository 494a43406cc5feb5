/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_POLICY_SCEP_PROFILE_H
#define SG_POLICY_SCEP_PROFILE_H

/*
 * What to ask a SCEP server for, and how: a [scep NAME] section of
 * signet.conf(5), the options of 'signet enroll scep', or what a management
 * service hands out, all by the same keys.  The challenge is none of them.
 */

#include "pki/texts.h"

#define PROFILE_COUNT_MAX	64	/* [scep NAME] sections */
#define PROFILE_NAME_MAX	100	/* bytes of a name */
#define PROFILE_VALUE_MAX	900	/* bytes of a value */
#define PROFILE_LIST_MAX	64	/* values of one key */
#define PROFILE_RETRIES_MAX	30	/* more are taken as so many */
#define PROFILE_DELAY_MAX	10080	/* minutes: a week */

/* The four choices of Windows' profiles. */
enum profile_provider {
	PROFILE_PASSPORT = 1,		/* or fail */
	PROFILE_TPM,			/* or fail */
	PROFILE_TPM_OR_SOFTWARE,
	PROFILE_SOFTWARE,
};

enum profile_key_type { PROFILE_RSA2048 = 1, PROFILE_P256 };

struct scep_profile {
	char *name;
	struct texts urls;	/* tried in this order until one answers */
	char *ca_id;		/* or NULL */
	struct texts ca_fingerprints;	/* lower-case hex, SHA-1 or SHA-256 */
	char *subject;		/* RFC 4514, or NULL */
	char *upn;		/* or NULL */
	struct texts dns;
	struct texts email;
	struct texts uri;
	struct texts ekus;	/* OIDs */
	unsigned key_usage;	/* USAGE_*, 0: digital signature */
	char *template_name;	/* or NULL */
	enum profile_provider provider;
	enum profile_key_type key_type;
	bool same_key;		/* for renewals */
	bool allow_legacy;	/* 3DES and SHA-1, where there is no better */
	unsigned retry_count;
	unsigned retry_delay;	/* minutes */
	unsigned renew_at;	/* percent of the lifetime that are left */
};
void scep_profile_init(struct scep_profile *p);
void scep_profile_done(struct scep_profile *p);

/* The values that are taken when nothing is said. */
#define PROFILE_RETRY_COUNT	3
#define PROFILE_RETRY_DELAY	5
#define PROFILE_RENEW_AT	20

/* SG_EARG unless it can be the name of a section: letters, digits and
 * ._@/{}-, as in a container. */
enum sg_err scep_profile_check_name(const char *name);
/* Puts '-' in place of every other character. */
void scep_profile_tame_name(char *name);

/*
 * One setting, by its key in signet.conf.  A key of a list (url,
 * ca-fingerprint, dns, email, uri, eku) adds to it.  SG_EARG for an unknown
 * key or a value that it cannot have.
 */
enum sg_err scep_profile_set(struct scep_profile *p, const char *key,
    const char *value);
/* Forgets the values of a list's key, so that others come in their place. */
void scep_profile_clear(struct scep_profile *p, const char *key);
enum sg_err scep_profile_copy(struct scep_profile *out,
    const struct scep_profile *from);

/* Appends a [scep NAME] section that reads back the same. */
enum sg_err scep_profile_write(struct buf *out, const struct scep_profile *p);
/* From such a text with exactly one section; out is initialised by this.
 * SG_EFORMAT, naming what. */
enum sg_err scep_profile_read(struct scep_profile *out, struct bytes text,
    const char *what);

#endif
