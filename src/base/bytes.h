/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_BASE_BYTES_H
#define SG_BASE_BYTES_H

/* Bytes: views, owning buffers and the cleanup attribute's helpers. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A view of bytes that somebody else owns; p may be NULL when n is 0. */
struct bytes {
	const uint8_t *p;
	size_t n;
};

/* Bytes of our own; zero-initialise.  Growing copies and wipes the old place,
 * freeing wipes. */
struct buf {
	uint8_t *p;
	size_t n;
	size_t cap;
};

/*
 * auto_free(thing) t = NULL;  a pointer that thing_free() releases at the end
 * of the scope.  auto_done(buf) b = { 0 };  a value that buf_done() releases.
 * A type joins with SG_AUTO_FREE(thing) or SG_AUTO_DONE(thing) in its header.
 */
#define auto_free(type) __attribute__((cleanup(type##_auto_free))) struct type *
#define auto_done(type) __attribute__((cleanup(type##_done))) struct type
#define SG_AUTO_FREE(type)                              \
	static inline void type##_auto_free(struct type **p) \
	{                                                \
		type##_free(*p);                         \
	}

/* A string that free() releases at the end of the scope. */
#define auto_str __attribute__((cleanup(str_auto_free))) char *
void str_auto_free(char **s);

static inline struct bytes
bytes_of(const void *p, size_t n)
{
	return (struct bytes) { p, n };
}

struct bytes bytes_str(const char *s);		/* without the NUL */
bool bytes_eq(struct bytes a, struct bytes b);
/* Constant time in the contents, not in the lengths. */
bool bytes_eq_secret(struct bytes a, struct bytes b);

/* Overwrites n bytes in a way no compiler drops. */
void wipe(void *p, size_t n);

static inline struct bytes
buf_bytes(const struct buf *b)
{
	return (struct bytes) { b->p, b->n };
}

/* Each appends or fails with SG_ENOMEM, leaving b as it was. */
enum sg_err buf_add(struct buf *b, const void *p, size_t n);
enum sg_err buf_add_bytes(struct buf *b, struct bytes x);
enum sg_err buf_add_str(struct buf *b, const char *s);
enum sg_err buf_add_u8(struct buf *b, uint8_t v);
enum sg_err buf_add_u16(struct buf *b, uint16_t v);	/* big-endian */
enum sg_err buf_add_u32(struct buf *b, uint32_t v);
enum sg_err buf_add_u64(struct buf *b, uint64_t v);
/* A u32 length and the bytes; SG_ELIMIT above 2^31. */
enum sg_err buf_add_block(struct buf *b, struct bytes x);
enum sg_err buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for n more bytes; *at is where they go and stays the buffer's. The
 * length grows by n and the new bytes are zero. */
enum sg_err buf_extend(struct buf *b, size_t n, uint8_t **at);
/* A NUL behind the contents, not counted in n, so that b->p is a string. */
enum sg_err buf_terminate(struct buf *b);
/* Makes b hold a copy of x. */
enum sg_err buf_set(struct buf *b, struct bytes x);
void buf_done(struct buf *b);			/* wipes, frees, zeroes */

/* A copy of the buffer's text in memory of its own (free it). */
enum sg_err str_dup(char **out, const char *s);
enum sg_err str_from_bytes(char **out, struct bytes x);	/* refuses NUL bytes */
enum sg_err str_printf(char **out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
