/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_RENEW_H
#define SG_CA_RENEW_H

/*
 * New certificates for the CAs themselves: made here, or asked for elsewhere
 * and installed when they come.  Old ones stay what they are.  Each is one
 * transaction with its audit record; a store that is open does not see it
 * before it is opened again.
 */

#include "ca/revocations.h"

/* Held while keys and certificates are made, until it is closed; SG_EBUSY. */
enum sg_err ca_renew_lock(int *fd, const char *dir);

struct ca_renewal {
	enum ca_level level;
	bool new_key;
	unsigned days;
	const char *name;	/* a new one for a new key, or NULL */
};
/*
 * The version that the next certificate has.  SG_EEXIST while a request
 * waits; SG_EARG for a new key when a URL of the configuration says neither
 * which key's list nor which certificate it means, and for a new name with the
 * old key.
 */
enum sg_err ca_renew_version(struct ca_version *out,
    const struct ca_store *s, const struct ca_renewal *r);
/* key is that of the certificate; i signs, NULL: itself.  The key's file is
 * there already. */
enum sg_err ca_renew(const struct ca_store *s, const struct ca_renewal *r,
    struct signer key, const struct ca_issuer *i, const struct ca_act *act);
/* The request waits, and lies in issuing/request(1).pem; appends its DER. */
enum sg_err ca_renew_request(struct buf *out, const struct ca_store *s,
    const struct ca_renewal *r, struct signer key, const struct ca_act *act);
/* Gives up the request that waits, and with it a key that nothing else has.
 * SG_ENOENT. */
enum sg_err ca_renew_cancel(const struct ca_store *s,
    const struct ca_act *act);

/*
 * The certificate for the request that waits, and those above it, out of what
 * came back.  SG_ENOENT when nothing waits; SG_EVERIFY says what is wrong: the
 * key, the name, no rights of a CA, no key usage, dates, signatures, path
 * lengths, no way to a root that is given or known.
 */
enum sg_err ca_install_check(struct ca_generation *out,
    const struct ca_store *s, const struct certs *given, int64_t now);
/* Keeps it. */
enum sg_err ca_install(const struct ca_store *s,
    const struct ca_generation *g, const struct ca_act *act);

#endif
