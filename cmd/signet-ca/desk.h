/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_DESK_H
#define SIGNET_CA_DESK_H

/*
 * All that the web's side may ask of the signer's: plain bytes, nothing that
 * is a path, a key or a certificate's serial number.
 */

#include "base/bytes.h"

#define DESK_TAG_MAX 65

/* A file to hand out: an open descriptor, or bytes when fd is -1. */
struct desk_file {
	const char *type;	/* its media type */
	int fd;
	uint64_t size;		/* of the descriptor's file */
	struct buf bytes;
	int64_t modified;	/* Unix seconds, 0: not known */
	int64_t expires;	/* until when it may be kept, 0: not at all */
	char tag[DESK_TAG_MAX];	/* changes with the contents */
};

struct desk {
	void *ctx;
	/* A request and its answer, DER; *expires as above. */
	enum sg_err (*ocsp)(void *ctx, struct bytes request, struct buf *out,
	    int64_t *expires);
	/* By one of the names in ca/published.h; SG_ENOENT. */
	enum sg_err (*file)(void *ctx, const char *name,
	    struct desk_file *out);
};

#endif
