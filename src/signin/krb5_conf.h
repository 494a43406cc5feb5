/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_SIGNIN_KRB5_CONF_H
#define SG_SIGNIN_KRB5_CONF_H

/*
 * The Kerberos configuration of one sign-in.  A small file of ours stands in
 * front of the machine's own ones; libkrb5 merges them value by value, so that
 * trust that the administrator set up is added to, never replaced.
 */

#include "signin/realm.h"

struct krb5_conf {
	const char *realm;
	const char *anchors;	/* PEM file of trusted roots, or NULL */
	const char *pool;	/* PEM file of intermediates, or NULL */
	const struct kdc_names *kdcs;
};

/* Pure: appends the file's text.  SG_EFORMAT for a path that cannot stand in
 * krb5.conf. */
enum sg_err krb5_conf_text(struct buf *out, const struct krb5_conf *c);

/*
 * Whether anybody named roots for the realm's KDCs.  MIT Kerberos 1.20 frees
 * memory twice when nobody did and the key is in a PKCS#11 module, so it must
 * not be asked then.  SG_EIO when the files cannot be read.
 */
enum sg_err krb5_conf_has_anchors(const char *paths, const char *realm,
    bool *out);

/* The value of KRB5_CONFIG: ours, and the files that libkrb5 reads now. */
enum sg_err krb5_conf_paths(const char *ours, char **out);

#endif
