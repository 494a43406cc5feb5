/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_RDPHOST_NDR_H
#define SG_RDPHOST_NDR_H

/*
 * What [MS-RDPESC] and [MS-RDPEFS] need of little-endian bytes and of NDR:
 * type serialization version 1 ([MS-RPCE] 2.2.6), unique pointers and
 * conformant arrays of bytes (C706 14.3).
 */

#include "base/bytes.h"
#include "base/reader.h"

uint16_t read_le16(struct reader *r);
uint32_t read_le32(struct reader *r);
enum sg_err buf_add_le16(struct buf *b, uint16_t v);
enum sg_err buf_add_le32(struct buf *b, uint32_t v);

/*
 * A body that is written: buf_add_le32() for each fixed field,
 * ndr_pointer() where a pointer stands, ndr_bytes() for what it points to,
 * behind all fixed fields and in their order.
 */
struct ndr_writer {
	struct buf body;
	uint32_t pointers;
};
void ndr_writer_done(struct ndr_writer *w);

enum sg_err ndr_pointer(struct ndr_writer *w, bool present);
/* A conformant array of bytes, filled up to four. */
enum sg_err ndr_bytes(struct ndr_writer *w, struct bytes x);
/* A conformant varying string of 16-bit units that ends with one that is 0. */
enum sg_err ndr_string(struct ndr_writer *w, struct bytes utf16);
/* Appends both type headers and the body, filled up to eight. */
enum sg_err ndr_finish(struct buf *out, struct ndr_writer *w);

/* A body that is read. */
struct ndr_reader {
	struct reader r;
	size_t size;		/* private */
};

/* Past both headers: fails the reader unless they are version 1,
 * little-endian, and the body is there. */
struct ndr_reader ndr_reader_of(struct bytes message);
uint32_t ndr_u32(struct ndr_reader *n);
/* What a pointer to length bytes points to: p NULL when it is NULL. */
struct bytes ndr_pointed(struct ndr_reader *n, uint32_t pointer,
    uint32_t length);
/* SG_OK, or SG_EFORMAT with what.  Up to eight bytes may fill the end. */
enum sg_err ndr_end(const struct ndr_reader *n, const char *what);

#endif
