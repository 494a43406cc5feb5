/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_STORED_H
#define SIGNET_STORED_H

/* The certificates of a container, with what is said about each. */

#include "ipc/objects.h"
#include "pki/cert.h"

#define FINGERPRINT_MIN 8	/* hex digits that choose a certificate */

/* "personal", "intermediate", "anchor" */
const char *cert_kind_name(enum cert_kind kind);

/* "valid", "expired", "not yet valid", "key missing" (the record names a key
 * that is not there). */
const char *stored_state(const struct cert_object *c, const struct cert *x,
    const struct objects *o, int64_t now);

/*
 * The certificate that has the label, or a SHA-256 fingerprint that begins
 * with these hex digits (colons are skipped).  SG_ENOENT; SG_EARG when several
 * fit.
 */
enum sg_err stored_find(const struct cert_object **out,
    const struct objects *o, const char *which);

/* Appends what is in the files, each PEM, DER or PKCS#7. */
enum sg_err certs_load(struct certs *out, char *const *files, int n);

#endif
