/* SPDX-License-Identifier: BSD-2-Clause */

#include "ndr.h"

#define VERSION		1
#define LITTLE_ENDIAN_	0x10
#define COMMON_LENGTH	8
#define HEADERS_LENGTH	16
#define FILLER		0xccccccccu
#define FIRST_POINTER	0x00020000u
/* FreeRDP fills up to eight bytes also what is eight bytes long already. */
#define FILL_MAX	8

uint16_t
read_le16(struct reader *r)
{
	return __builtin_bswap16(read_u16(r));
}

uint32_t
read_le32(struct reader *r)
{
	return __builtin_bswap32(read_u32(r));
}

enum sg_err
buf_add_le16(struct buf *b, uint16_t v)
{
	return buf_add_u16(b, __builtin_bswap16(v));
}

enum sg_err
buf_add_le32(struct buf *b, uint32_t v)
{
	return buf_add_u32(b, __builtin_bswap32(v));
}

void
ndr_writer_done(struct ndr_writer *w)
{
	buf_done(&w->body);
}

static enum sg_err
fill(struct buf *b, size_t to)
{
	uint8_t *at;

	return buf_extend(b, (to - b->n % to) % to, &at);
}

enum sg_err
ndr_pointer(struct ndr_writer *w, bool present)
{
	uint32_t id = 0;

	if (present)
		id = FIRST_POINTER + 4 * w->pointers++;
	return buf_add_le32(&w->body, id);
}

enum sg_err
ndr_bytes(struct ndr_writer *w, struct bytes x)
{
	SG_TRY(buf_add_le32(&w->body, (uint32_t)x.n));
	SG_TRY(buf_add_bytes(&w->body, x));
	return fill(&w->body, 4);
}

enum sg_err
ndr_string(struct ndr_writer *w, struct bytes utf16)
{
	uint32_t units = (uint32_t)(utf16.n / 2 + 1);

	SG_TRY(buf_add_le32(&w->body, units));
	SG_TRY(buf_add_le32(&w->body, 0));
	SG_TRY(buf_add_le32(&w->body, units));
	SG_TRY(buf_add_bytes(&w->body, utf16));
	SG_TRY(buf_add_le16(&w->body, 0));
	return fill(&w->body, 4);
}

enum sg_err
ndr_finish(struct buf *out, struct ndr_writer *w)
{
	SG_TRY(fill(&w->body, 8));
	SG_TRY(buf_add_u8(out, VERSION));
	SG_TRY(buf_add_u8(out, LITTLE_ENDIAN_));
	SG_TRY(buf_add_le16(out, COMMON_LENGTH));
	SG_TRY(buf_add_le32(out, FILLER));
	SG_TRY(buf_add_le32(out, (uint32_t)w->body.n));
	SG_TRY(buf_add_le32(out, 0));
	return buf_add_bytes(out, buf_bytes(&w->body));
}

struct ndr_reader
ndr_reader_of(struct bytes message)
{
	struct ndr_reader n = { reader_of(message), 0 };
	bool known;
	uint32_t length;

	known = read_u8(&n.r) == VERSION;
	known = read_u8(&n.r) == LITTLE_ENDIAN_ && known;
	known = read_le16(&n.r) == COMMON_LENGTH && known;
	(void)read_le32(&n.r);
	length = read_le32(&n.r);
	(void)read_le32(&n.r);
	if (!known || length > n.r.left.n)
		reader_fail(&n.r);
	else
		n.r.left.n = length;
	n.size = n.r.left.n;
	return n;
}

uint32_t
ndr_u32(struct ndr_reader *n)
{
	return read_le32(&n->r);
}

struct bytes
ndr_pointed(struct ndr_reader *n, uint32_t pointer, uint32_t length)
{
	struct bytes x = { 0 };
	size_t at;

	if (pointer == 0) {
		if (length != 0)
			reader_fail(&n->r);
		return x;
	}
	if (read_le32(&n->r) != length)
		reader_fail(&n->r);
	x = read_bytes(&n->r, length);
	/* What ends the body need not be filled up. */
	at = n->size - n->r.left.n;
	if (n->r.left.n > 0)
		(void)read_bytes(&n->r, (4 - at % 4) % 4);
	return x;
}

enum sg_err
ndr_end(const struct ndr_reader *n, const char *what)
{
	if (n->r.failed)
		return sg_fail(SG_EFORMAT, "%s: truncated or inconsistent",
		    what);
	if (n->r.left.n > FILL_MAX)
		return sg_fail(SG_EFORMAT, "%s: %zu bytes too many", what,
		    n->r.left.n);
	return SG_OK;
}
