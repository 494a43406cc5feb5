/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_BASE_READER_H
#define SG_BASE_READER_H

/*
 * The one cursor over foreign bytes.  The first failure sticks and empties the
 * reader; every later read yields zero, so that a parser is a list of fields
 * and one question at the end.
 */

#include "base/bytes.h"

struct reader {
	struct bytes left;
	bool failed;
};

static inline struct reader
reader_of(struct bytes x)
{
	return (struct reader) { x, false };
}

uint8_t read_u8(struct reader *r);
uint16_t read_u16(struct reader *r);			/* big-endian */
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
/* A view of the next n bytes (of the input, not a copy). */
struct bytes read_bytes(struct reader *r, size_t n);
/* A u32 length of at most max, and so many bytes. */
struct bytes read_block(struct reader *r, size_t max);
/* Copies exactly n bytes to out, or zeroes it. */
void read_copy(struct reader *r, void *out, size_t n);
/* Marks the reader as failed: what was read makes no sense. */
void reader_fail(struct reader *r);

/* True when nothing failed and nothing is left over. */
bool reader_end(const struct reader *r);
/* SG_OK, or SG_EFORMAT with "what: truncated" or "what: n bytes too many". */
enum sg_err reader_finish(const struct reader *r, const char *what);

#endif
