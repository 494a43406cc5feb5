/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_ACCESS_H
#define SG_PKI_ACCESS_H

/* Who may do what with a certificate template: the rows of the console's
 * Security tab, on a security descriptor (MS-CRTD 2.5, MS-ADTS 5.1.3.3). */

#include "pki/sddl.h"

/* Extended rights, MS-CRTD 2.5.1. */
#define GUID_ENROLL	"0e10c968-78fb-11d2-90d4-00c04f79dc55"
#define GUID_AUTOENROLL	"a05b8cc2-17bc-4802-a710-e7c15ab866a2"

enum access_right {
	ACCESS_READ,
	ACCESS_WRITE,
	ACCESS_ENROLL,
	ACCESS_AUTOENROLL,
	ACCESS_FULL,
	ACCESS_RIGHTS
};
/* "enroll" and the like. */
const char *access_right_name(enum access_right r);
enum sg_err access_right_parse(enum access_right *out, const char *name);

/*
 * May somebody who is all of these trustees (his SID, his groups', "AU", "WD")
 * do that?  The entries count in their order.  Without a list of entries
 * everything is allowed.
 */
bool access_granted(const struct sd *s, const struct texts *who,
    enum access_right r);
/* Any of the ways to change the object, or to get them. */
bool access_may_change(const struct sd *s, const struct texts *who);

/* Adds the entry that the console would; nothing when it is there already. */
enum sg_err access_grant(struct sd *s, const char *trustee,
    enum access_right r);
enum sg_err access_deny(struct sd *s, const char *trustee,
    enum access_right r);
/* Removes that right's entries, or all of the trustee (ACCESS_RIGHTS);
 * SG_ENOENT when there is none. */
enum sg_err access_remove(struct sd *s, const char *trustee,
    enum access_right r);

/* Everybody the descriptor names, once each, in its order. */
enum sg_err access_trustees(struct texts *out, const struct sd *s);

/* What a template of a fresh forest has: full control for domain and
 * enterprise administrators, read for everybody authenticated. */
enum sg_err access_default(struct sd *out);

#endif
