/* SPDX-License-Identifier: BSD-2-Clause */
#include "piv/tlv.h"

#define TAG_BYTES_MAX	3
#define TAG_LONG	0x1f	/* more bytes follow the first */
#define TAG_MORE	0x80	/* another one follows this one */
#define LENGTH_ONE	0x81	/* a length of one byte follows */
#define LENGTH_TWO	0x82
#define LENGTH_MAX	0xffff

uint32_t
tlv_read_tag(struct reader *r)
{
	uint8_t byte = read_u8(r);
	uint32_t tag = byte;

	if ((byte & TAG_LONG) != TAG_LONG)
		return tag;
	for (int i = 1; i < TAG_BYTES_MAX && !r->failed; i++) {
		byte = read_u8(r);
		tag = tag << 8 | byte;
		if ((byte & TAG_MORE) == 0)
			return r->failed ? 0 : tag;
	}
	reader_fail(r);
	return 0;
}

static size_t
read_length(struct reader *r)
{
	uint8_t first = read_u8(r);

	if (first < 0x80)
		return first;
	if (first == LENGTH_ONE)
		return read_u8(r);
	if (first == LENGTH_TWO)
		return read_u16(r);
	reader_fail(r);
	return 0;
}

struct tlv
tlv_read(struct reader *r)
{
	struct tlv t = { .tag = tlv_read_tag(r) };

	t.value = read_bytes(r, read_length(r));
	if (r->failed)
		return (struct tlv) { 0 };
	return t;
}

enum sg_err
tlv_write_head(struct buf *b, uint32_t tag, size_t n)
{
	if (n > LENGTH_MAX)
		return sg_fail(SG_ELIMIT, "a value of %zu bytes is too long",
		    n);
	if (tag > 0xffff)
		SG_TRY(buf_add_u8(b, (uint8_t)(tag >> 16)));
	if (tag > 0xff)
		SG_TRY(buf_add_u8(b, (uint8_t)(tag >> 8)));
	SG_TRY(buf_add_u8(b, (uint8_t)tag));
	if (n < 0x80)
		return buf_add_u8(b, (uint8_t)n);
	if (n <= 0xff) {
		SG_TRY(buf_add_u8(b, LENGTH_ONE));
		return buf_add_u8(b, (uint8_t)n);
	}
	SG_TRY(buf_add_u8(b, LENGTH_TWO));
	return buf_add_u16(b, (uint16_t)n);
}

enum sg_err
tlv_write(struct buf *b, uint32_t tag, struct bytes value)
{
	SG_TRY(tlv_write_head(b, tag, value.n));
	return buf_add_bytes(b, value);
}
