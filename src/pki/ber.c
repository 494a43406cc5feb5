/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/ber.h"

#include "pki/der.h"

#define CONSTRUCTED	0x20
#define PIECES		(DER_OCTETS | CONSTRUCTED)
#define END		0x00	/* of contents without a length */
#define LENGTH_OCTETS_MAX 8

/* Tag and length; *open says that an END stands for the length. */
static uint8_t
get_head(struct reader *r, size_t *n, bool *open)
{
	uint8_t tag = read_u8(r), first = read_u8(r);
	size_t octets = first & 0x7f;

	*open = first == 0x80;
	*n = first;
	if ((tag & 0x1f) == 0x1f || (*open && (tag & CONSTRUCTED) == 0) ||
	    (first > 0x80 && octets > LENGTH_OCTETS_MAX))
		reader_fail(r);
	if (first <= 0x80)
		return tag;
	*n = 0;
	for (size_t i = 0; i < octets && !r->failed; i++) {
		if (*n >> (sizeof(*n) * 8 - 8) != 0)
			reader_fail(r);
		*n = *n << 8 | read_u8(r);
	}
	return tag;
}

static bool
at_end(struct reader *r)
{
	return r->left.n >= 2 && r->left.p[0] == END && r->left.p[1] == 0;
}

static enum sg_err put_value(struct buf *out, struct reader *r, bool piece,
    unsigned depth);

/* What is in a constructed value.  With pieces they are those of an OCTET
 * STRING, of which only the contents go over. */
static enum sg_err
put_values(struct buf *out, struct reader *r, bool pieces, bool open,
    unsigned depth)
{
	while (!r->failed && (open ? !at_end(r) : r->left.n > 0))
		SG_TRY(put_value(out, r, pieces, depth));
	if (open)
		(void)read_bytes(r, 2);
	return SG_OK;
}

static enum sg_err
put_value(struct buf *out, struct reader *r, bool piece, unsigned depth)
{
	size_t n, at = out->n;
	bool open, pieces;
	uint8_t tag = get_head(r, &n, &open);
	struct reader in;

	pieces = tag == PIECES;
	if (depth == 0 || tag == END ||
	    (piece && !pieces && tag != DER_OCTETS))
		reader_fail(r);
	if (r->failed)
		return SG_OK;
	if (open) {
		SG_TRY(put_values(out, r, pieces, true, depth - 1));
	} else {
		in = reader_of(read_bytes(r, n));
		if ((tag & CONSTRUCTED) == 0)
			SG_TRY(buf_add_bytes(out, in.left));
		else
			SG_TRY(put_values(out, &in, pieces, false, depth - 1));
		if (in.failed)
			reader_fail(r);
	}
	if (piece || r->failed)
		return SG_OK;
	return der_wrap(out, at, pieces ? DER_OCTETS : tag);
}

enum sg_err
ber_to_der(struct buf *out, struct bytes in)
{
	auto_done(buf) b = { 0 };
	struct reader r = reader_of(in);

	SG_TRY(put_value(&b, &r, false, BER_DEPTH_MAX));
	if (!reader_end(&r))
		return sg_fail(SG_EFORMAT, "it is not in BER, or deeper than "
		    "%d, or bytes follow it", BER_DEPTH_MAX);
	buf_done(out);
	*out = b;
	b = (struct buf) { 0 };
	return SG_OK;
}
