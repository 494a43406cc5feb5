/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PIV_TLV_H
#define SG_PIV_TLV_H

/* BER-TLV as PIV cards use it (ISO 7816-4, 5.2.2): tags of one to three bytes,
 * definite lengths of one to three bytes. */

#include "base/reader.h"

struct tlv {
	uint32_t tag;		/* its bytes, big-endian: 0x53, 0x5fc105 */
	struct bytes value;	/* a view of the input */
};

/* A tag alone; a malformed one makes the reader fail. */
uint32_t tlv_read_tag(struct reader *r);
/* The next one; zero and a failed reader when there is none. */
struct tlv tlv_read(struct reader *r);

/* Each appends.  A length above 65535 is SG_ELIMIT. */
enum sg_err tlv_write(struct buf *b, uint32_t tag, struct bytes value);
/* Only tag and length: the value of n bytes comes next. */
enum sg_err tlv_write_head(struct buf *b, uint32_t tag, size_t n);

#endif
