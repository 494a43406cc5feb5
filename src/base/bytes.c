/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_MIN 64

void
str_auto_free(char **s)
{
	free(*s);
}

struct bytes
bytes_str(const char *s)
{
	return bytes_of(s, strlen(s));
}

bool
bytes_eq(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
bytes_eq_secret(struct bytes a, struct bytes b)
{
	volatile uint8_t diff = 0;

	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		diff = (uint8_t)(diff | (a.p[i] ^ b.p[i]));
	return diff == 0;
}

void
wipe(void *p, size_t n)
{
	if (p != NULL && n > 0)
		explicit_bzero(p, n);
}

static enum sg_err
buf_reserve(struct buf *b, size_t more)
{
	uint8_t *p;
	size_t cap;

	if (more > SIZE_MAX / 2 || b->n > SIZE_MAX / 2 - more)
		return sg_fail(SG_ENOMEM, "a buffer would be too large");
	if (b->cap - b->n >= more)
		return SG_OK;
	cap = b->cap > BUF_MIN ? b->cap : BUF_MIN;
	while (cap < b->n + more)
		cap *= 2;
	if ((p = malloc(cap)) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	if (b->n > 0)
		memcpy(p, b->p, b->n);
	wipe(b->p, b->cap);
	free(b->p);
	b->p = p;
	b->cap = cap;
	return SG_OK;
}

enum sg_err
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return SG_OK;
	SG_TRY(buf_reserve(b, n));
	memcpy(b->p + b->n, p, n);
	b->n += n;
	return SG_OK;
}

enum sg_err
buf_add_bytes(struct buf *b, struct bytes x)
{
	return buf_add(b, x.p, x.n);
}

enum sg_err
buf_add_str(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

enum sg_err
buf_add_u8(struct buf *b, uint8_t v)
{
	return buf_add(b, &v, 1);
}

enum sg_err
buf_add_u16(struct buf *b, uint16_t v)
{
	uint8_t x[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	return buf_add(b, x, sizeof(x));
}

enum sg_err
buf_add_u32(struct buf *b, uint32_t v)
{
	uint8_t x[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16),
		(uint8_t)(v >> 8), (uint8_t)v };

	return buf_add(b, x, sizeof(x));
}

enum sg_err
buf_add_u64(struct buf *b, uint64_t v)
{
	uint8_t x[8];

	for (size_t i = 0; i < sizeof(x); i++)
		x[i] = (uint8_t)(v >> (56 - 8 * i));
	return buf_add(b, x, sizeof(x));
}

enum sg_err
buf_add_block(struct buf *b, struct bytes x)
{
	if (x.n > INT32_MAX)
		return sg_fail(SG_ELIMIT, "a block of %zu bytes is too large",
		    x.n);
	SG_TRY(buf_reserve(b, x.n + 4));
	SG_TRY(buf_add_u32(b, (uint32_t)x.n));
	return buf_add_bytes(b, x);
}

enum sg_err
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return sg_fail(SG_EINTERNAL, "a format string is wrong");
	SG_TRY(buf_reserve(b, (size_t)n + 1));
	va_start(ap, fmt);
	(void)vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
	return SG_OK;
}

enum sg_err
buf_extend(struct buf *b, size_t n, uint8_t **at)
{
	SG_TRY(buf_reserve(b, n > 0 ? n : 1));
	memset(b->p + b->n, 0, n);
	*at = b->p + b->n;
	b->n += n;
	return SG_OK;
}

enum sg_err
buf_terminate(struct buf *b)
{
	SG_TRY(buf_reserve(b, 1));
	b->p[b->n] = '\0';
	return SG_OK;
}

enum sg_err
buf_set(struct buf *b, struct bytes x)
{
	struct buf fresh = { 0 };

	SG_TRY(buf_add_bytes(&fresh, x));
	buf_done(b);
	*b = fresh;
	return SG_OK;
}

void
buf_done(struct buf *b)
{
	wipe(b->p, b->cap);
	free(b->p);
	*b = (struct buf) { 0 };
}

enum sg_err
str_dup(char **out, const char *s)
{
	char *p = strdup(s);

	if (p == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	*out = p;
	return SG_OK;
}

enum sg_err
str_from_bytes(char **out, struct bytes x)
{
	char *p;

	if (x.n > 0 && memchr(x.p, '\0', x.n) != NULL)
		return sg_fail(SG_EFORMAT, "a text holds a NUL byte");
	if ((p = malloc(x.n + 1)) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	if (x.n > 0)
		memcpy(p, x.p, x.n);
	p[x.n] = '\0';
	*out = p;
	return SG_OK;
}

enum sg_err
str_printf(char **out, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&p, fmt, ap);
	va_end(ap);
	if (n < 0)
		return sg_fail(SG_ENOMEM, "out of memory");
	*out = p;
	return SG_OK;
}
