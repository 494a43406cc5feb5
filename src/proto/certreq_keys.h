/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PROTO_CERTREQ_KEYS_H
#define SG_PROTO_CERTREQ_KEYS_H

/* The keys of [NewRequest] and [Extensions]; for certreq.c only. */

#include "proto/certreq.h"

/* While a file is read. */
struct certreq_reading {
	struct certreq r;
	struct texts critical;	/* OIDs that Critical lists */
	bool semicolons;	/* between the parts of the subject */
};

/* One key of [NewRequest]; notes are without file, line and key. */
enum sg_err certreq_key(struct certreq_reading *g, const char *key,
    const char *value);
/* One line of [Extensions]; likewise. */
enum sg_err certreq_extension_line(struct certreq_reading *g,
    const struct inf_line *l);
/* Applies Critical, and finds what was given twice. */
enum sg_err certreq_extensions_end(struct certreq_reading *g);

/* Appends a copy; SG_EARG for what is no OID, SG_ELIMIT. */
enum sg_err certreq_add_oid(struct texts *list, const char *oid);

#endif
