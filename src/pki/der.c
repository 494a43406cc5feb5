/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/der.h"

#include <string.h>
#include <time.h>

#include "pki/oid.h"

#define TIME_MAX 15	/* YYYYMMDDHHMMSSZ */

size_t
der_header(uint8_t out[DER_HEADER_MAX], uint8_t tag, uint64_t n)
{
	size_t octets = 0;

	out[0] = tag;
	if (n < 0x80) {
		out[1] = (uint8_t)n;
		return 2;
	}
	for (uint64_t v = n; v > 0; v >>= 8)
		octets++;
	out[1] = (uint8_t)(0x80 | octets);
	for (size_t i = 0; i < octets; i++)
		out[2 + i] = (uint8_t)(n >> 8 * (octets - 1 - i));
	return 2 + octets;
}

enum sg_err
der_put(struct buf *b, uint8_t tag, struct bytes contents)
{
	uint8_t header[DER_HEADER_MAX];

	SG_TRY(buf_add(b, header, der_header(header, tag, contents.n)));
	return buf_add_bytes(b, contents);
}

enum sg_err
der_wrap(struct buf *b, size_t from, uint8_t tag)
{
	uint8_t header[DER_HEADER_MAX], *at;
	size_t n = b->n - from, k = der_header(header, tag, n);

	SG_TRY(buf_extend(b, k, &at));
	memmove(b->p + from + k, b->p + from, n);
	memcpy(b->p + from, header, k);
	return SG_OK;
}

enum sg_err
der_put_number(struct buf *b, struct bytes magnitude)
{
	uint8_t header[DER_HEADER_MAX];
	bool pad;

	while (magnitude.n > 0 && magnitude.p[0] == 0) {
		magnitude.p++;
		magnitude.n--;
	}
	/* Zero is one octet, and the first bit is the sign's. */
	pad = magnitude.n == 0 || (magnitude.p[0] & 0x80) != 0;
	SG_TRY(buf_add(b, header, der_header(header, DER_INTEGER,
	    magnitude.n + pad)));
	if (pad)
		SG_TRY(buf_add_u8(b, 0));
	return buf_add_bytes(b, magnitude);
}

enum sg_err
der_put_u64(struct buf *b, uint64_t v)
{
	uint8_t raw[8];

	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = (uint8_t)(v >> 8 * (sizeof(raw) - 1 - i));
	return der_put_number(b, bytes_of(raw, sizeof(raw)));
}

/* A decimal number as base 128, lowest digit first.  Arcs have no limit: some
 * are UUIDs. */
struct arc {
	uint8_t v[OID_TEXT_MAX];
	size_t n;
};

/* a = a * factor + add */
static void
arc_step(struct arc *a, unsigned factor, unsigned add)
{
	for (size_t i = 0; i < a->n; i++) {
		add += a->v[i] * factor;
		a->v[i] = add & 0x7f;
		add >>= 7;
	}
	for (; add > 0; add >>= 7)
		a->v[a->n++] = add & 0x7f;
}

static const char *
arc_read(struct arc *a, const char *text)
{
	a->n = 0;
	for (; *text >= '0' && *text <= '9'; text++)
		arc_step(a, 10, (unsigned)(*text - '0'));
	return *text == '.' ? text + 1 : text;
}

static enum sg_err
arc_put(struct buf *b, const struct arc *a)
{
	for (size_t i = a->n; i > 1; i--)
		SG_TRY(buf_add_u8(b, a->v[i - 1] | 0x80));
	return buf_add_u8(b, a->n > 0 ? a->v[0] : 0);
}

#define QUICK_MAX (UINT64_MAX >> 8)	/* 40 * 2 more fit, and ten times */

/* Base 128, the highest digit first. */
static enum sg_err
quick_put(struct buf *b, uint64_t v)
{
	uint8_t raw[10];
	size_t at = sizeof(raw);

	raw[--at] = v & 0x7f;
	while ((v >>= 7) > 0)
		raw[--at] = 0x80 | (v & 0x7f);
	return buf_add(b, raw + at, sizeof(raw) - at);
}

static bool
quick_read(uint64_t *v, const char **text)
{
	const char *p = *text;

	for (*v = 0; *p >= '0' && *p <= '9'; p++) {
		if (*v > QUICK_MAX / 10)
			return false;
		*v = *v * 10 + (uint64_t)(*p - '0');
	}
	*text = *p == '.' ? p + 1 : p;
	return true;
}

/* Arcs that fit a machine's word, as nearly all do; SG_ENOENT for others, some
 * of which are in b. */
static enum sg_err
arcs_quick(struct buf *b, unsigned first, const char *p)
{
	uint64_t v;

	if (!quick_read(&v, &p))
		return SG_ENOENT;
	if (first < 2 && v >= 40)
		return sg_fail(SG_EARG, "an OID's second number is above 39");
	SG_TRY(quick_put(b, v + 40 * first));
	while (*p != '\0') {
		if (!quick_read(&v, &p))
			return SG_ENOENT;
		SG_TRY(quick_put(b, v));
	}
	return SG_OK;
}

static enum sg_err
arcs_any(struct buf *b, unsigned first, const char *p)
{
	struct arc a;

	p = arc_read(&a, p);
	if (first < 2 && (a.n > 1 || (a.n == 1 && a.v[0] >= 40)))
		return sg_fail(SG_EARG, "an OID's second number is above 39");
	arc_step(&a, 1, 40 * first);
	SG_TRY(arc_put(b, &a));
	while (*p != '\0') {
		p = arc_read(&a, p);
		SG_TRY(arc_put(b, &a));
	}
	return SG_OK;
}

/* The first two arcs are one number (X.690 8.19.4), for which the second has a
 * limit unless the first is 2. */
enum sg_err
der_put_oid(struct buf *b, const char *oid)
{
	size_t from = b->n;
	unsigned first = (unsigned)(*oid - '0');
	enum sg_err e;

	if (!oid_valid(oid) || oid[1] != '.')
		return sg_fail(SG_EARG, "'%s' is not an OID", oid);
	e = arcs_quick(b, first, oid + 2);
	if (e == SG_ENOENT) {
		b->n = from;
		e = arcs_any(b, first, oid + 2);
	}
	if (e != SG_OK)
		b->n = from;
	SG_TRY(sg_while(e, "'%s'", oid));
	return der_wrap(b, from, DER_OID);
}

static void
two_digits(char *out, int v)
{
	out[0] = (char)('0' + v / 10);
	out[1] = (char)('0' + v % 10);
}

static enum sg_err
time_text(char out[TIME_MAX], int *year, int64_t t)
{
	time_t tt = t;
	struct tm tm;

	if (gmtime_r(&tt, &tm) == NULL || tm.tm_year < -1900 ||
	    tm.tm_year > 9999 - 1900)
		return sg_fail(SG_EARG, "%lld is no time that can be written",
		    (long long)t);
	*year = tm.tm_year + 1900;
	two_digits(out, *year / 100);
	two_digits(out + 2, *year % 100);
	two_digits(out + 4, tm.tm_mon + 1);
	two_digits(out + 6, tm.tm_mday);
	two_digits(out + 8, tm.tm_hour);
	two_digits(out + 10, tm.tm_min);
	two_digits(out + 12, tm.tm_sec);
	out[14] = 'Z';
	return SG_OK;
}

enum sg_err
der_put_generalized(struct buf *b, int64_t t)
{
	char text[TIME_MAX];
	int year;

	SG_TRY(time_text(text, &year, t));
	return der_put(b, DER_GENERALIZED, bytes_of(text, TIME_MAX));
}

enum sg_err
der_put_time(struct buf *b, int64_t t)
{
	char text[TIME_MAX];
	int year;

	SG_TRY(time_text(text, &year, t));
	if (year >= 1950 && year < 2050)
		return der_put(b, DER_UTC_TIME,
		    bytes_of(text + 2, TIME_MAX - 2));
	return der_put(b, DER_GENERALIZED, bytes_of(text, TIME_MAX));
}

/* A length in its shortest form. */
static size_t
get_length(struct reader *r)
{
	uint8_t first = read_u8(r);
	size_t n = 0, octets = first & 0x7f;

	if (first < 0x80)
		return first;
	if (octets == 0 || octets > 4) {
		reader_fail(r);
		return 0;
	}
	for (size_t i = 0; i < octets; i++)
		n = n << 8 | read_u8(r);
	if (n < 0x80 || n >> 8 * (octets - 1) == 0)
		reader_fail(r);
	return n;
}

bool
der_next_is(const struct reader *r, uint8_t tag)
{
	return !r->failed && r->left.n > 0 && r->left.p[0] == tag;
}

struct bytes
der_get(struct reader *r, uint8_t tag)
{
	size_t n;

	if (read_u8(r) != tag)
		reader_fail(r);
	n = get_length(r);
	return read_bytes(r, n);
}

struct bytes
der_get_whole(struct reader *r)
{
	struct bytes all = r->left;

	/* Tags of several octets are nowhere in what we read. */
	if ((read_u8(r) & 0x1f) == 0x1f)
		reader_fail(r);
	(void)read_bytes(r, get_length(r));
	if (r->failed)
		return (struct bytes) { 0 };
	all.n -= r->left.n;
	return all;
}

static bool
well_formed(struct bytes der, unsigned depth)
{
	struct reader r = reader_of(der);

	while (r.left.n > 0) {
		struct bytes one = der_get_whole(&r);
		struct reader in = reader_of(one);
		bool constructed = (read_u8(&in) & 0x20) != 0;

		(void)get_length(&in);
		if (r.failed || (constructed && (depth == 0 ||
		    !well_formed(in.left, depth - 1))))
			return false;
	}
	return true;
}

enum sg_err
der_check(struct bytes der)
{
	struct reader r = reader_of(der);

	(void)der_get_whole(&r);
	if (reader_end(&r) && well_formed(der, DER_DEPTH_MAX))
		return SG_OK;
	return sg_fail(SG_EFORMAT, "it is not in DER, with definite and "
	    "shortest lengths, or deeper than %d", DER_DEPTH_MAX);
}

struct bytes
der_get_integer(struct reader *r, bool *negative)
{
	struct bytes x = der_get(r, DER_INTEGER);

	*negative = false;
	if (x.n == 0) {
		reader_fail(r);
		return x;
	}
	*negative = (x.p[0] & 0x80) != 0;
	if (x.n == 1)
		return x;
	if ((x.p[0] == 0 && (x.p[1] & 0x80) == 0) ||
	    (x.p[0] == 0xff && (x.p[1] & 0x80) != 0)) {
		reader_fail(r);
		return (struct bytes) { 0 };
	}
	return x.p[0] == 0 ? bytes_of(x.p + 1, x.n - 1) : x;
}

uint64_t
der_get_u64(struct reader *r)
{
	bool negative;
	struct bytes x = der_get_integer(r, &negative);
	uint64_t v = 0;

	if (negative || x.n > sizeof(v)) {
		reader_fail(r);
		return 0;
	}
	for (size_t i = 0; i < x.n; i++)
		v = v << 8 | x.p[i];
	return v;
}

static bool
digits(int *v, const uint8_t *p)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return false;
	*v = (p[0] - '0') * 10 + p[1] - '0';
	return true;
}

/* The calendar goes around: only dates that are come back as they were. */
static bool
moment(int64_t *out, const int v[6], int century)
{
	struct tm tm = { .tm_year = century * 100 + v[0] - 1900,
		.tm_mon = v[1] - 1, .tm_mday = v[2], .tm_hour = v[3],
		.tm_min = v[4], .tm_sec = v[5] };
	struct tm same = tm;

	*out = timegm(&same);
	return same.tm_year == tm.tm_year && same.tm_mon == tm.tm_mon &&
	    same.tm_mday == tm.tm_mday && same.tm_hour == tm.tm_hour &&
	    same.tm_min == tm.tm_min && same.tm_sec == tm.tm_sec;
}

int64_t
der_get_time(struct reader *r)
{
	bool utc = der_next_is(r, DER_UTC_TIME), good;
	struct bytes x = der_get(r, utc ? DER_UTC_TIME : DER_GENERALIZED);
	int v[6] = { 0 }, century = 0;
	int64_t t = 0;

	good = x.n == (utc ? TIME_MAX - 2 : TIME_MAX) && x.p[x.n - 1] == 'Z';
	if (good && !utc) {
		good = digits(&century, x.p);
		x.p += 2;
	}
	for (size_t i = 0; i < 6 && good; i++)
		good = digits(&v[i], x.p + 2 * i);
	if (good && utc)
		century = v[0] >= 50 ? 19 : 20;
	if (!good || !moment(&t, v, century)) {
		reader_fail(r);
		return 0;
	}
	return t;
}
