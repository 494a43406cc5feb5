/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNETD_TRAIL_H
#define SIGNETD_TRAIL_H

/* The audit file: opened, opened anew, read for who may see it. */

#include "base/bytes.h"

#define TRAIL_EVERYBODY	UINT32_MAX
#define TRAIL_CHUNK	(32u << 10)	/* looked at for one answer */

/* audit() writes to path from now on; again, when it was there before: the
 * file may have been renamed. */
enum sg_err trail_open(const char *path);

/*
 * The lines that concern the user, oldest first, out of those that begin before
 * the byte end in its chunk of TRAIL_CHUNK bytes; *start is where the chunk
 * begins, and the end to ask for next.  0: that was all.  An end behind the
 * file's is the file's.  *start depends on the file's length only: nobody
 * learns from it where others' lines are.
 */
enum sg_err trail_read(const char *path, uint32_t uid, uint64_t end,
    struct buf *out, uint64_t *start);

#endif
