/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_SIGNIN_TGT_H
#define SG_SIGNIN_TGT_H

/*
 * A ticket-granting ticket by PKINIT (RFC 4556).  libkrb5 has no way to ask
 * a person here: the key must be usable already, because this process is logged
 * in to the container or because it lies in a file, or its PIN is given.
 */

#include "base/secret.h"
#include "signin/realm.h"

/* Gets each line of what happens, for diagnosis. */
typedef void tgt_line(void *arg, const char *line);

struct tgt_ask {
	const struct principal *who;
	const char *config;	/* see krb5_conf_paths */
	const char *identity;	/* X509_user_identity, krb5.conf(5) */
	const char *ccache;	/* "FILE:path"; is overwritten */
	const struct secret *pin;	/* of a token, for one login; or NULL */
	tgt_line *line;
	void *arg;
};

struct tgt {
	bool forwardable;
	int64_t end;		/* Unix seconds */
};

/*
 * Asks for a forwardable ticket and stores it.  SG_EVERIFY when the KDC or the
 * client's own checks refuse, SG_EIO when no KDC answers; the last line given
 * away then ends in "[krb5 error code]".
 */
enum sg_err tgt_get(const struct tgt_ask *ask, struct tgt *out);

/* X509_user_identity for the certificate with that id in a PKCS#11 module;
 * SG_EARG for a path that cannot stand in it. */
enum sg_err tgt_module_identity(const char *module, const char *id_hex,
    char **out);
/* The same for one slot of a module that has several. */
enum sg_err tgt_slot_identity(const char *module, unsigned long slot,
    const char *id_hex, char **out);

#endif
