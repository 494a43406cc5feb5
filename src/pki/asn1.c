/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/asn1.h"

#include <openssl/pem.h>
#include <string.h>

#include "base/text.h"
#include "pki/der.h"
#include "pki/oid.h"

/* A number in an OID that is quickly written, and the bytes that it, with the
 * dot, may take. */
#define ARC_MAX		(UINT64_MAX >> 8)
#define ARC_TEXT_MAX	24
#define PLAIN_TEXT_MAX	256

enum sg_err
der_read(void **out, const ASN1_ITEM *it, struct bytes der, const char *what)
{
	const uint8_t *p = der.p;
	ASN1_VALUE *v;

	if (der.n == 0 || der.n > DER_MAX)
		return sg_fail(SG_EFORMAT, "%s: %zu bytes", what, der.n);
	if ((v = ASN1_item_d2i(NULL, &p, (long)der.n, it)) == NULL) {
		SG_IGNORE(ossl_fail(SG_EFORMAT, "not the expected DER"));
		return sg_while(SG_EFORMAT, "%s", what);
	}
	if (p != der.p + der.n) {
		ASN1_item_free(v, it);
		return sg_fail(SG_EFORMAT, "%s: %zu bytes too many", what,
		    (size_t)(der.p + der.n - p));
	}
	*out = v;
	return SG_OK;
}

enum sg_err
der_add(struct buf *out, const ASN1_ITEM *it, const void *x)
{
	uint8_t *p = NULL;
	int n = ASN1_item_i2d(x, &p, it);
	enum sg_err e;

	if (n < 0 || p == NULL)
		return ossl_fail(SG_ECRYPTO, "encoding DER");
	e = buf_add(out, p, (size_t)n);
	OPENSSL_free(p);
	return e;
}

static bool
printable(struct bytes x)
{
	for (size_t i = 0; i < x.n; i++)
		if (x.p[i] < 0x20 || x.p[i] == 0x7f)
			return false;
	return true;
}

/* The octets of a string that are ASCII: one for each character, or every
 * second of a BMPString; false when there are others. */
static bool
ascii_copy(char *out, struct bytes x, size_t width)
{
	for (size_t i = 0; i < x.n; i++) {
		bool high = width == 2 && i % 2 == 0;

		if (high ? x.p[i] != 0 : x.p[i] == 0 || x.p[i] > 0x7f)
			return false;
		if (!high)
			*out++ = (char)x.p[i];
	}
	*out = '\0';
	return true;
}

/* Most texts are short and ASCII, for which OpenSSL's way is a long one. */
static bool
string_plain(char **out, const ASN1_STRING *s)
{
	struct bytes x = bytes_of(ASN1_STRING_get0_data(s),
	    (size_t)ASN1_STRING_length(s));
	int type = ASN1_STRING_type(s);
	char text[PLAIN_TEXT_MAX];

	if (x.n >= sizeof(text) || (type == V_ASN1_BMPSTRING && x.n % 2 != 0))
		return false;
	if (type != V_ASN1_BMPSTRING && type != V_ASN1_UTF8STRING &&
	    type != V_ASN1_PRINTABLESTRING && type != V_ASN1_IA5STRING)
		return false;
	return ascii_copy(text, x, type == V_ASN1_BMPSTRING ? 2 : 1) &&
	    str_dup(out, text) == SG_OK;
}

enum sg_err
string_utf8(char **out, const ASN1_STRING *s)
{
	uint8_t *p = NULL;
	enum sg_err e;
	int n;

	if (string_plain(out, s))
		return SG_OK;
	if ((n = ASN1_STRING_to_UTF8(&p, s)) < 0)
		return ossl_fail(SG_EFORMAT, "a text is not valid");
	e = str_from_bytes(out, bytes_of(p, (size_t)n));
	OPENSSL_free(p);
	return e;
}

enum sg_err
string_text(char **out, const ASN1_STRING *s)
{
	auto_str text = NULL;

	SG_TRY(string_utf8(&text, s));
	if (!printable(bytes_str(text)))
		return sg_fail(SG_EFORMAT,
		    "a text holds control characters");
	*out = text;
	text = NULL;
	return SG_OK;
}

enum sg_err
string_ascii(char **out, const ASN1_STRING *s)
{
	struct bytes x = bytes_of(ASN1_STRING_get0_data(s),
	    (size_t)ASN1_STRING_length(s));

	for (size_t i = 0; i < x.n; i++)
		if (x.p[i] > 0x7e)
			return sg_fail(SG_EFORMAT, "a text is not ASCII");
	if (!printable(x))
		return sg_fail(SG_EFORMAT,
		    "a text holds control characters");
	return str_from_bytes(out, x);
}

static bool
arc_get(uint64_t *out, struct reader *r)
{
	uint64_t v = 0;
	uint8_t x = 0x80;

	while ((x & 0x80) != 0) {
		if (r->left.n == 0 || v > ARC_MAX)
			return false;
		x = read_u8(r);
		if (v == 0 && x == 0x80)
			return false;
		v = v << 7 | (x & 0x7f);
	}
	*out = v;
	return true;
}

/* In decimal, behind a dot; returns the bytes used. */
static size_t
arc_print(char out[ARC_TEXT_MAX], uint64_t v)
{
	char digits[ARC_TEXT_MAX];
	size_t n = 0, used = 0;

	do {
		digits[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	out[used++] = '.';
	while (n > 0)
		out[used++] = digits[--n];
	return used;
}

/* What OpenSSL says, in an eighth of the time; false for what is unusual. */
static bool
oid_usual(char **out, struct bytes contents)
{
	struct reader r = reader_of(contents);
	char text[OID_TEXT_MAX];
	uint64_t arc, first;
	size_t n = 1;

	if (!arc_get(&arc, &r))
		return false;
	first = arc < 80 ? arc / 40 : 2;
	text[0] = (char)('0' + first);
	n += arc_print(text + n, arc - 40 * first);
	while (r.left.n > 0) {
		if (n + ARC_TEXT_MAX > sizeof(text) || !arc_get(&arc, &r))
			return false;
		n += arc_print(text + n, arc);
	}
	return str_from_bytes(out, bytes_of(text, n)) == SG_OK;
}

enum sg_err
object_text(char **out, const ASN1_OBJECT *o)
{
	char oid[OID_TEXT_MAX];
	int n;

	if (oid_usual(out, bytes_of(OBJ_get0_data(o), OBJ_length(o))))
		return SG_OK;
	n = OBJ_obj2txt(oid, sizeof(oid), o, 1);

	if (n <= 0 || n >= (int)sizeof(oid))
		return ossl_fail(SG_EFORMAT, "an OID is empty or too long");
	return str_dup(out, oid);
}

enum sg_err
oid_text(char **out, struct bytes contents)
{
	auto_ossl(ASN1_OBJECT) o = NULL;
	auto_done(buf) der = { 0 };
	void *v;

	if (oid_usual(out, contents))
		return SG_OK;
	SG_TRY(der_put(&der, DER_OID, contents));
	SG_TRY(der_read(&v, ASN1_ITEM_rptr(ASN1_OBJECT), buf_bytes(&der),
	    "an OID"));
	o = v;
	return object_text(out, o);
}

enum sg_err
object_parse(ASN1_OBJECT **out, const char *oid)
{
	ASN1_OBJECT *o = oid_valid(oid) ? OBJ_txt2obj(oid, 1) : NULL;

	if (o == NULL) {
		ERR_clear_error();
		return sg_fail(SG_EARG, "'%s' is not an OID", oid);
	}
	*out = o;
	return SG_OK;
}

enum sg_err
serial_text(char **out, const ASN1_INTEGER *i)
{
	struct bytes x = bytes_of(ASN1_STRING_get0_data(i),
	    (size_t)ASN1_STRING_length(i));
	auto_str hex = NULL;

	if (x.n == 0)
		return str_dup(out, "00");
	if (x.n > SERIAL_MAX)
		return sg_fail(SG_ELIMIT, "a serial number of %zu bytes",
		    x.n);
	if (ASN1_STRING_type(i) != V_ASN1_NEG_INTEGER)
		return hex_encode(out, x);
	SG_TRY(hex_encode(&hex, x));
	return str_printf(out, "-%s", hex);
}

enum sg_err
time_read(int64_t *out, const ASN1_TIME *t)
{
	auto_ossl(ASN1_TIME) epoch = ASN1_TIME_set(NULL, 0);
	int days, seconds;

	if (epoch == NULL ||
	    ASN1_TIME_diff(&days, &seconds, epoch, t) != 1)
		return ossl_fail(SG_EFORMAT, "a time is not valid");
	*out = (int64_t)days * 86400 + seconds;
	return SG_OK;
}

enum sg_err
string_make(ASN1_STRING **out, int type, struct bytes x)
{
	auto_ossl(ASN1_STRING) s = ASN1_STRING_type_new(type);

	if (s == NULL || x.n > DER_MAX ||
	    ASN1_STRING_set(s, x.p, (int)x.n) != 1)
		return ossl_fail(SG_ENOMEM, "making a string");
	*out = s;
	s = NULL;
	return SG_OK;
}

enum sg_err
bmp_make(ASN1_STRING **out, const char *text)
{
	ASN1_STRING *s = NULL;

	if (ASN1_mbstring_copy(&s, (const uint8_t *)text, -1, MBSTRING_UTF8,
	    B_ASN1_BMPSTRING) < 0)
		return ossl_fail(SG_EARG, "making a BMPString");
	*out = s;
	return SG_OK;
}

ASN1_SEQUENCE(PLAIN_SPKI) = {
	ASN1_SIMPLE(PLAIN_SPKI, algorithm, X509_ALGOR),
	ASN1_SIMPLE(PLAIN_SPKI, bits, ASN1_BIT_STRING),
} ASN1_SEQUENCE_END(PLAIN_SPKI)

struct bytes
plain_spki_bits(const PLAIN_SPKI *k)
{
	return bytes_of(ASN1_STRING_get0_data(k->bits),
	    (size_t)ASN1_STRING_length(k->bits));
}

static bool
label_wanted(const char *label, const char *const *labels)
{
	for (; *labels != NULL; labels++)
		if (strcmp(label, *labels) == 0)
			return true;
	return false;
}

static enum sg_err
pem_find(struct buf *der, BIO *in, const char *const *labels,
    const char *what)
{
	char *label, *header;
	uint8_t *p;
	long n;

	while (PEM_read_bio(in, &label, &header, &p, &n) == 1) {
		bool hit = label_wanted(label, labels);
		enum sg_err e = SG_OK;

		if (hit)
			e = buf_set(der, bytes_of(p, (size_t)n));
		OPENSSL_free(label);
		OPENSSL_free(header);
		OPENSSL_clear_free(p, (size_t)n);
		if (hit)
			return e;
	}
	ERR_clear_error();
	return sg_fail(SG_EFORMAT, "the text holds no %s", what);
}

enum sg_err
pem_or_der(struct buf *der, struct bytes in, const char *const *labels,
    const char *what)
{
	auto_ossl(BIO) b = NULL;

	if (in.n == 0 || in.n > DER_MAX)
		return sg_fail(SG_EFORMAT, "%s: %zu bytes", what, in.n);
	/* All that we read is a SEQUENCE. */
	if (in.p[0] == 0x30)
		return buf_set(der, in);
	if ((b = BIO_new_mem_buf(in.p, (int)in.n)) == NULL)
		return ossl_fail(SG_ENOMEM, "reading PEM");
	return pem_find(der, b, labels, what);
}

enum sg_err
pem_write(struct buf *out, const char *label, struct bytes der)
{
	auto_ossl(BIO) b = BIO_new(BIO_s_mem());
	char *p = NULL;
	long n;

	if (b == NULL || der.n > DER_MAX ||
	    PEM_write_bio(b, label, "", der.p, (long)der.n) <= 0 ||
	    (n = BIO_get_mem_data(b, &p)) <= 0)
		return ossl_fail(SG_ENOMEM, "writing PEM");
	return buf_add(out, p, (size_t)n);
}
