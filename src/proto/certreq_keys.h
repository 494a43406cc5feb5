/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PROTO_CERTREQ_KEYS_H
#define SG_PROTO_CERTREQ_KEYS_H

/* The keys of [NewRequest] and [Extensions]; for certreq.c only. */

#include "proto/certreq.h"

/* One key of [NewRequest]; notes are without file, line and key. */
enum sg_err certreq_key(struct certreq *r, const char *key,
    const char *value);
/* One line of [Extensions]; likewise. */
enum sg_err certreq_extension_line(struct certreq *r,
    const struct inf_line *l);
enum sg_err certreq_add_extension(struct certreq *r, const char *oid,
    struct bytes der);

#endif
