/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TPM_NV_H
#define SG_TPM_NV_H

/* NV indices.  Auth values go through the connection's session, encrypted. */

#include "tpm/context.h"

#define NV_FIRST	0x01800000	/* the owner's range */
#define NV_LAST		0x01bfffff

/* The index and its present Name; SG_ENOENT when it is not defined. */
enum sg_err nv_find(struct tpm *t, uint32_t index, struct handle *out,
    struct name *name);

/* Owner authorisation; SG_EEXIST when the handle is taken.  The auth stays
 * set on out. */
enum sg_err nv_define(struct tpm *t, const struct nv_public *pub,
    const struct secret *auth, struct handle *out);
enum sg_err nv_undefine(struct handle *h);

/* What the next session_secret() or nv_write() proves; sends nothing. */
enum sg_err nv_auth_set(const struct handle *h, const struct secret *auth);

/* Both under a policy session that is ready for it. */
enum sg_err nv_change_auth(const struct handle *h, const struct handle *ps,
    const struct secret *fresh);
enum sg_err nv_write(const struct handle *h, const struct handle *ps,
    struct bytes x);

/* Reads n bytes with owner authorisation. */
enum sg_err nv_read(const struct handle *h, uint16_t n, struct buf *out);

/* A random handle that is not defined and not the one to avoid. */
enum sg_err nv_choose(struct tpm *t, uint32_t avoid, uint32_t *out);

#endif
