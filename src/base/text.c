/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char b64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum sg_err
hex_encode(char **out, struct bytes x)
{
	static const char digits[] = "0123456789abcdef";
	char *s = malloc(2 * x.n + 1);

	if (s == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	for (size_t i = 0; i < x.n; i++) {
		s[2 * i] = digits[x.p[i] >> 4];
		s[2 * i + 1] = digits[x.p[i] & 15];
	}
	s[2 * x.n] = '\0';
	*out = s;
	return SG_OK;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

enum sg_err
hex_decode(struct buf *out, const char *s)
{
	size_t n = strlen(s);

	if (n % 2 != 0)
		return sg_fail(SG_EFORMAT, "an odd number of hex digits");
	for (size_t i = 0; i < n; i += 2) {
		int hi = hex_digit(s[i]), lo = hex_digit(s[i + 1]);

		if (hi < 0 || lo < 0)
			return sg_fail(SG_EFORMAT, "'%.2s' is not hexadecimal",
			    s + i);
		SG_TRY(buf_add_u8(out, (uint8_t)(hi << 4 | lo)));
	}
	return SG_OK;
}

enum sg_err
base64_encode(char **out, struct bytes x)
{
	size_t n = (x.n + 2) / 3 * 4, o = 0;
	char *s = malloc(n + 1);

	if (s == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	for (size_t i = 0; i < x.n; i += 3) {
		size_t have = x.n - i < 3 ? x.n - i : 3;
		uint32_t v = (uint32_t)x.p[i] << 16;

		if (have > 1)
			v |= (uint32_t)x.p[i + 1] << 8;
		if (have > 2)
			v |= x.p[i + 2];
		s[o++] = b64[v >> 18];
		s[o++] = b64[v >> 12 & 63];
		s[o++] = have > 1 ? b64[v >> 6 & 63] : '=';
		s[o++] = have > 2 ? b64[v & 63] : '=';
	}
	s[o] = '\0';
	*out = s;
	return SG_OK;
}

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static enum sg_err
base64_group(struct buf *out, const uint8_t c[4], bool *last)
{
	uint32_t v = 0;
	size_t pad = 0;

	for (size_t i = 0; i < 4; i++) {
		const char *at = c[i] != 0 ? strchr(b64, c[i]) : NULL;

		if (c[i] == '=' && i >= 2 && (i == 3 || c[3] == '=')) {
			pad++;
			v <<= 6;
			continue;
		}
		if (at == NULL)
			return sg_fail(SG_EFORMAT, "not base64");
		v = v << 6 | (uint32_t)(at - b64);
	}
	*last = pad > 0;
	if ((pad == 1 && (v & 0xff) != 0) || (pad == 2 && (v & 0xffff) != 0))
		return sg_fail(SG_EFORMAT, "not base64: stray bits at the end");
	SG_TRY(buf_add_u8(out, (uint8_t)(v >> 16)));
	if (pad < 2)
		SG_TRY(buf_add_u8(out, (uint8_t)(v >> 8)));
	if (pad < 1)
		SG_TRY(buf_add_u8(out, (uint8_t)v));
	return SG_OK;
}

enum sg_err
base64_decode(struct buf *out, struct bytes text)
{
	uint8_t c[4];
	size_t k = 0;
	bool last = false;

	for (size_t i = 0; i < text.n; i++) {
		if (is_space(text.p[i]))
			continue;
		if (last)
			return sg_fail(SG_EFORMAT,
			    "not base64: text behind the padding");
		c[k++] = text.p[i];
		if (k < 4)
			continue;
		SG_TRY(base64_group(out, c, &last));
		k = 0;
	}
	if (k != 0)
		return sg_fail(SG_EFORMAT, "not base64: cut short");
	return SG_OK;
}

enum sg_err
number_parse(long long *out, const char *s, long long min, long long max,
    const char *what)
{
	char *end;
	long long v;

	errno = 0;
	v = strtoll(s, &end, 10);
	if (*s == '\0' || *end != '\0' || errno != 0 || v < min || v > max)
		return sg_fail(SG_EARG,
		    "%s: '%s' is not a number from %lld to %lld", what, s,
		    min, max);
	*out = v;
	return SG_OK;
}
