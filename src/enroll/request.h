/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_ENROLL_REQUEST_H
#define SG_ENROLL_REQUEST_H

/*
 * A request for any CA: the documents' third approach.  It is described as
 * certreq describes it, whether the description comes from an administrator's
 * INF or from a person's few options.
 */

#include "crypto/signer.h"
#include "ipc/objects.h"
#include "proto/certreq.h"

/* What a person may say. */
struct request_ask {
	const char *upn;
	const char *subject;		/* NULL: "CN=" and the UPN */
	const char *template_name;	/* of the CA, or NULL */
	const char *const *ekus;	/* OIDs; none: Smart Card Logon and */
	size_t eku_count;		/* Client Authentication */
};

/*
 * The description that the Generate-CertificateRequest cmdlet writes for a
 * Windows Hello for Business key, of that key and its provider.  out is
 * initialised by this.  SG_EARG for an UPN, subject or EKU that is none.
 */
enum sg_err request_describe(struct certreq *out,
    const struct request_ask *ask, const struct key_object *key);

/*
 * The key that the description names, or the one named by choice when it is
 * not NULL.  SG_ENOENT when the container lacks it; SG_EARG when the
 * description names none or wants a new one; SG_EVERIFY when type, length or
 * provider are not what it asks for.
 */
enum sg_err request_key(const struct key_object **out,
    const struct certreq *r, const struct objects *have, const char *choice);

/* Has the description name the key's provider, where it names none. */
enum sg_err request_of_key(struct certreq *r, const struct key_object *key);

/*
 * The PKCS#10 in DER, appended, signed and read back: subject, names and key
 * usages in it are those of the description.  The signer's errors come
 * through.
 */
enum sg_err request_build(struct buf *out, const struct certreq *r,
    struct signer s);

/* What to call it until its certificate comes: friendly name, UPN, subject or
 * the key's name, the first there is; in memory of its own. */
enum sg_err request_name(char **out, const struct certreq *r,
    const char *key_name);

#endif
