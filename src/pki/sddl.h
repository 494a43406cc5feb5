/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_SDDL_H
#define SG_PKI_SDDL_H

/*
 * Security descriptors as far as directory objects use them: SDDL (MS-DTYP
 * 2.5.1), the self-relative bytes (2.4.6), and one struct between.  Trustees
 * stay text: aliases of two letters as "DA", whose SID depends on a domain
 * that may not be known here, or "S-1-...".
 */

#include "pki/texts.h"

#define SDDL_TEXT_MAX	65536	/* characters of an SDDL string */
#define SD_SIZE_MAX	65536	/* bytes of a descriptor */
#define SD_ACES_MAX	1024	/* entries of one list */

/* Types of entries, MS-DTYP 2.4.4.1. */
#define ACE_ALLOW		0x00
#define ACE_DENY		0x01
#define ACE_AUDIT		0x02
#define ACE_ALLOW_OBJECT	0x05
#define ACE_DENY_OBJECT		0x06
#define ACE_AUDIT_OBJECT	0x07

#define ACE_INHERIT_ONLY	0x08u	/* does not count for the object */

/* Rights, MS-ADTS 5.1.3.2. */
#define RIGHT_CREATE_CHILD	0x1u
#define RIGHT_DELETE_CHILD	0x2u
#define RIGHT_LIST		0x4u
#define RIGHT_SELF		0x8u
#define RIGHT_READ_PROP		0x10u
#define RIGHT_WRITE_PROP	0x20u
#define RIGHT_DELETE_TREE	0x40u
#define RIGHT_LIST_OBJECT	0x80u
#define RIGHT_CONTROL		0x100u
#define RIGHT_DELETE		0x10000u
#define RIGHT_READ_CONTROL	0x20000u
#define RIGHT_WRITE_DACL	0x40000u
#define RIGHT_WRITE_OWNER	0x80000u
#define RIGHT_GENERIC_ALL	0x10000000u
#define RIGHT_GENERIC_EXECUTE	0x20000000u
#define RIGHT_GENERIC_WRITE	0x40000000u
#define RIGHT_GENERIC_READ	0x80000000u

struct ace {
	uint8_t type;
	uint8_t flags;
	uint32_t mask;
	char *object;		/* GUID, lower case, or NULL */
	char *inherited;	/* the same, of the class that inherits */
	char *trustee;
};
void ace_done(struct ace *a);

struct acl {
	bool present;
	bool null;		/* present, and everything is allowed */
	bool is_protected;	/* P */
	bool auto_inherit_required;	/* AR */
	bool auto_inherited;	/* AI */
	struct ace *v;
	size_t n;
};

struct sd {
	char *owner;		/* or NULL */
	char *group;
	struct acl dacl;
	struct acl sacl;
};
void sd_done(struct sd *s);
bool sd_empty(const struct sd *s);
/* Inserts an entry at that place, taking its contents. */
enum sg_err acl_insert(struct acl *l, size_t at, struct ace *a);
void acl_remove(struct acl *l, size_t at);

/* SG_EFORMAT says what at which character; SG_EUNSUPPORTED for entries that
 * directory objects of our kind do not have (conditions, labels). */
enum sg_err sddl_parse(struct sd *out, const char *text);
/* As Windows prints it: rights by letters in its order, known SIDs by alias. */
enum sg_err sddl_print(char **out, const struct sd *s);

/* An alias, SID or known name ("Authenticated Users", without case) as an
 * entry holds it; SG_EARG. */
enum sg_err trustee_parse(char **out, const char *text);
/* "Authenticated Users" of "AU"; other text as it is. */
const char *trustee_name(const char *trustee);
/* The SID of an alias, or of a SID itself; SG_EARG when the domain is
 * missing. */
enum sg_err trustee_sid(char **out, const char *trustee, const char *domain);
/* The alias of a SID, or the SID itself. */
enum sg_err trustee_of_sid(char **out, const char *sid, const char *domain);

#endif
