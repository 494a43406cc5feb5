/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/reader.h"

#include <string.h>

void
reader_fail(struct reader *r)
{
	r->failed = true;
	r->left = (struct bytes) { 0 };
}

struct bytes
read_bytes(struct reader *r, size_t n)
{
	struct bytes x = { r->left.p, n };

	if (r->failed || n > r->left.n) {
		reader_fail(r);
		return (struct bytes) { 0 };
	}
	if (n > 0)
		r->left.p += n;
	r->left.n -= n;
	return x;
}

static uint64_t
read_number(struct reader *r, size_t n)
{
	struct bytes x = read_bytes(r, n);
	uint64_t v = 0;

	for (size_t i = 0; i < x.n; i++)
		v = v << 8 | x.p[i];
	return v;
}

uint8_t
read_u8(struct reader *r)
{
	return (uint8_t)read_number(r, 1);
}

uint16_t
read_u16(struct reader *r)
{
	return (uint16_t)read_number(r, 2);
}

uint32_t
read_u32(struct reader *r)
{
	return (uint32_t)read_number(r, 4);
}

uint64_t
read_u64(struct reader *r)
{
	return read_number(r, 8);
}

struct bytes
read_block(struct reader *r, size_t max)
{
	uint32_t n = read_u32(r);

	if (n > max) {
		reader_fail(r);
		return (struct bytes) { 0 };
	}
	return read_bytes(r, n);
}

void
read_copy(struct reader *r, void *out, size_t n)
{
	struct bytes x = read_bytes(r, n);

	memset(out, 0, n);
	if (x.n > 0)
		memcpy(out, x.p, x.n);
}

bool
reader_end(const struct reader *r)
{
	return !r->failed && r->left.n == 0;
}

enum sg_err
reader_finish(const struct reader *r, const char *what)
{
	if (r->failed)
		return sg_fail(SG_EFORMAT, "%s: truncated or malformed", what);
	if (r->left.n > 0)
		return sg_fail(SG_EFORMAT, "%s: %zu bytes too many", what,
		    r->left.n);
	return SG_OK;
}
