/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/utf.h"

#include <string.h>

#define BAD 0xffffffffU

static bool
starts_with(struct bytes text, const char *mark, size_t n)
{
	return text.n >= n && memcmp(text.p, mark, n) == 0;
}

static struct bytes
skip(struct bytes x, size_t n)
{
	return bytes_of(x.p + n, x.n - n);
}

/* Bytes of the sequence that a lead byte begins, 0 when it begins none. */
static size_t
sequence_len(uint8_t lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead < 0xe0)
		return 2;
	if (lead >= 0xe0 && lead < 0xf0)
		return 3;
	return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

/* RFC 3629 section 4. */
static uint32_t
sequence_value(struct bytes s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t v = s.n == 1 ? s.p[0] : s.p[0] & (0x7fU >> s.n);

	for (size_t i = 1; i < s.n; i++) {
		if ((s.p[i] & 0xc0) != 0x80)
			return BAD;
		v = v << 6 | (s.p[i] & 0x3fU);
	}
	if (v < least[s.n] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return BAD;
	return v == 0 ? BAD : v;
}

enum sg_err
utf8_check(struct bytes text)
{
	while (text.n > 0) {
		size_t n = sequence_len(text.p[0]);

		if (n == 0 || n > text.n ||
		    sequence_value(bytes_of(text.p, n)) == BAD)
			return sg_fail(SG_EFORMAT, "the text is not UTF-8"
			    " (save it as UTF-8 or Unicode)");
		text = skip(text, n);
	}
	return SG_OK;
}

static enum sg_err
add_utf8(struct buf *out, uint32_t v)
{
	if (v < 0x80)
		return buf_add_u8(out, (uint8_t)v);
	if (v < 0x800) {
		SG_TRY(buf_add_u8(out, (uint8_t)(0xc0 | v >> 6)));
	} else if (v < 0x10000) {
		SG_TRY(buf_add_u8(out, (uint8_t)(0xe0 | v >> 12)));
		SG_TRY(buf_add_u8(out, (uint8_t)(0x80 | (v >> 6 & 0x3f))));
	} else {
		SG_TRY(buf_add_u8(out, (uint8_t)(0xf0 | v >> 18)));
		SG_TRY(buf_add_u8(out, (uint8_t)(0x80 | (v >> 12 & 0x3f))));
		SG_TRY(buf_add_u8(out, (uint8_t)(0x80 | (v >> 6 & 0x3f))));
	}
	return buf_add_u8(out, (uint8_t)(0x80 | (v & 0x3f)));
}

static uint32_t
unit_at(struct bytes text, size_t i, bool little)
{
	return little ? (uint32_t)text.p[i] | (uint32_t)text.p[i + 1] << 8
		      : (uint32_t)text.p[i + 1] | (uint32_t)text.p[i] << 8;
}

/* RFC 2781 section 2.2. */
static enum sg_err
read_utf16(struct buf *out, struct bytes text, bool little)
{
	if (text.n % 2 != 0)
		return sg_fail(SG_EFORMAT, "the UTF-16 text is cut short");
	for (size_t i = 0; i < text.n; i += 2) {
		uint32_t v = unit_at(text, i, little), low;

		if (v >= 0xd800 && v < 0xdc00 && text.n - i >= 4) {
			low = unit_at(text, i + 2, little);
			if (low >= 0xdc00 && low < 0xe000) {
				v = 0x10000 + ((v - 0xd800) << 10) + low -
				    0xdc00;
				i += 2;
			}
		}
		if (v == 0 || (v >= 0xd800 && v < 0xe000))
			return sg_fail(SG_EFORMAT, "the text is not UTF-16");
		SG_TRY(add_utf8(out, v));
	}
	return SG_OK;
}

enum sg_err
utf_read(struct buf *out, struct bytes text)
{
	if (starts_with(text, "\xff\xfe", 2))
		return read_utf16(out, skip(text, 2), true);
	if (starts_with(text, "\xfe\xff", 2))
		return read_utf16(out, skip(text, 2), false);
	if (starts_with(text, "\xef\xbb\xbf", 3))
		text = skip(text, 3);
	SG_TRY(utf8_check(text));
	return buf_add_bytes(out, text);
}

static enum sg_err
add_utf16(struct buf *out, uint32_t v)
{
	SG_TRY(buf_add_u8(out, (uint8_t)v));
	return buf_add_u8(out, (uint8_t)(v >> 8));
}

enum sg_err
utf16_write(struct buf *out, struct bytes text)
{
	SG_TRY(add_utf16(out, 0xfeff));
	while (text.n > 0) {
		size_t n = sequence_len(text.p[0]);
		uint32_t v = n == 0 || n > text.n ? BAD
		    : sequence_value(bytes_of(text.p, n));

		if (v == BAD)
			return sg_fail(SG_EFORMAT, "the text is not UTF-8");
		text = skip(text, n);
		if (v >= 0x10000) {
			SG_TRY(add_utf16(out, 0xd800 + ((v - 0x10000) >> 10)));
			v = 0xdc00 + ((v - 0x10000) & 0x3ff);
		}
		SG_TRY(add_utf16(out, v));
	}
	return SG_OK;
}

enum sg_err
cp1252_read(struct buf *out, struct bytes text)
{
	/* 0x80 to 0x9f; everything else is Latin-1. */
	static const uint16_t high[32] = { 0x20ac, 0, 0x201a, 0x0192, 0x201e,
		0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152,
		0, 0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
		0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,
		0x017e, 0x0178 };

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		uint32_t v = c >= 0x80 && c < 0xa0 ? high[c - 0x80] : c;

		if (v == 0)
			return sg_fail(SG_EFORMAT, "the text is neither "
			    "Unicode nor of the code page 1252");
		SG_TRY(add_utf8(out, v));
	}
	return SG_OK;
}
