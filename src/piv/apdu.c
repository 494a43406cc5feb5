/* SPDX-License-Identifier: BSD-2-Clause */
#include "piv/apdu.h"

#include "base/reader.h"

static size_t
or_all(size_t le, size_t all)
{
	return le == 0 ? all : le;
}

/* What follows a first length byte of zero: two of Lc and the data, two of Le,
 * or both. */
static void
read_extended(struct reader *r, struct apdu *a)
{
	size_t n = read_u16(r);

	if (r->left.n > 0) {
		if (n == 0)
			reader_fail(r);
		a->data = read_bytes(r, n);
		if (r->left.n == 0)
			return;
		n = read_u16(r);
	}
	a->has_le = true;
	a->le = or_all(n, APDU_EXTENDED_MAX);
}

static void
read_short(struct reader *r, struct apdu *a, uint8_t n)
{
	if (r->left.n > 0) {
		a->data = read_bytes(r, n);
		if (r->left.n == 0)
			return;
		n = read_u8(r);
	}
	a->has_le = true;
	a->le = or_all(n, APDU_SHORT_MAX);
}

enum sg_err
apdu_read(struct bytes x, struct apdu *out)
{
	struct reader r = reader_of(x);
	struct apdu a = { .le = APDU_SHORT_MAX };
	uint8_t n;

	a.cla = read_u8(&r);
	a.ins = read_u8(&r);
	a.p1 = read_u8(&r);
	a.p2 = read_u8(&r);
	if (r.left.n > 0) {
		n = read_u8(&r);
		if (n == 0 && r.left.n > 0)
			read_extended(&r, &a);
		else
			read_short(&r, &a, n);
	}
	SG_TRY(reader_finish(&r, "command"));
	*out = a;
	return SG_OK;
}
