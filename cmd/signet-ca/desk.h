/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_DESK_H
#define SIGNET_CA_DESK_H

/*
 * All that the web's side may ask of the signer's: plain bytes, nothing that
 * names a file, a key or a certificate's serial number.
 */

#include "base/bytes.h"

#define DESK_TAG_MAX 65

/* A file to hand out: an open descriptor, or bytes when fd is -1. */
struct desk_file {
	int fd;
	uint64_t size;		/* of the descriptor's file */
	struct buf bytes;
	int64_t modified;	/* Unix seconds, 0: not known */
	int64_t expires;	/* until when it may be kept, 0: not at all */
	char tag[DESK_TAG_MAX];	/* changes with the contents */
};

enum desk_name { DESK_ROOT_CRL, DESK_ISSUING_CRL, DESK_DELTA_CRL,
	DESK_ROOT_CERT, DESK_ISSUING_CERT };

struct desk {
	void *ctx;
	/* A request and its answer, DER; *expires as above. */
	enum sg_err (*ocsp)(void *ctx, struct bytes request, struct buf *out,
	    int64_t *expires);
	/* SG_ENOENT when there is no such thing. */
	enum sg_err (*file)(void *ctx, enum desk_name name,
	    struct desk_file *out);
};

#endif
