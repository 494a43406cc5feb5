/* SPDX-License-Identifier: BSD-2-Clause */

/* Capabilities, and messages in an URL. */

#include "proto/scep_http.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "proto/scep.h"

/* In the order in which they are written. */
static const struct {
	const char *word;
	unsigned cap;
} words[] = {
	{ "AES", SCEP_CAP_AES },
	{ "DES3", SCEP_CAP_DES3 },
	{ "SHA-1", SCEP_CAP_SHA1 },
	{ "SHA-256", SCEP_CAP_SHA256 },
	{ "SHA-384", SCEP_CAP_SHA384 },
	{ "SHA-512", SCEP_CAP_SHA512 },
	{ "GetNextCACert", SCEP_CAP_NEXT_CA },
	{ "POSTPKIOperation", SCEP_CAP_POST },
	{ "Renewal", SCEP_CAP_RENEWAL },
	{ "SCEPStandard", SCEP_CAP_STANDARD },
	{ "Update", SCEP_CAP_UPDATE },
};
#define WORDS_LEN (sizeof(words) / sizeof(words[0]))

static bool
blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static unsigned
cap_of(struct bytes word)
{
	for (size_t i = 0; i < WORDS_LEN; i++)
		if (strlen(words[i].word) == word.n &&
		    strncasecmp(words[i].word, (const char *)word.p,
		    word.n) == 0)
			return words[i].cap;
	return 0;
}

/* The next word; empty at the end. */
static struct bytes
next_word(struct bytes *left)
{
	struct bytes w;

	while (left->n > 0 && blank(left->p[0])) {
		left->p++;
		left->n--;
	}
	w = bytes_of(left->p, 0);
	while (left->n > 0 && !blank(left->p[0])) {
		w.n++;
		left->p++;
		left->n--;
	}
	return w;
}

static bool
is_text(struct bytes body)
{
	for (size_t i = 0; i < body.n; i++)
		if (!blank(body.p[i]) &&
		    (body.p[i] < ' ' || body.p[i] == 0x7f))
			return false;
	return true;
}

enum sg_err
scep_caps_read(unsigned *out, struct bytes body)
{
	unsigned caps = 0;
	struct bytes w;

	if (body.n > SCEP_CAPS_MAX)
		return sg_fail(SG_ELIMIT, "capabilities of %zu bytes", body.n);
	if (!is_text(body))
		return sg_fail(SG_EFORMAT, "the capabilities are no text");
	while ((w = next_word(&body)).n > 0)
		caps |= cap_of(w);
	/* RFC 8894 3.5.2 */
	if (caps & SCEP_CAP_STANDARD)
		caps |= SCEP_CAP_AES | SCEP_CAP_POST | SCEP_CAP_SHA256;
	*out = caps;
	return SG_OK;
}

enum sg_err
scep_caps_write(struct buf *out, unsigned caps)
{
	for (size_t i = 0; i < WORDS_LEN; i++)
		if (caps & words[i].cap)
			SG_TRY(buf_printf(out, "%s\n", words[i].word));
	return SG_OK;
}

/* --- GET --- */

/* The bits of a base64 character; -1. */
static int
sextet(uint8_t c)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c != '\0' ? strchr(alphabet, c) : NULL;

	return at != NULL ? (int)(at - alphabet) : -1;
}

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next character, %XX decoded. */
static bool
next_char(uint8_t *out, struct bytes *left)
{
	size_t used = 1;

	*out = left->p[0];
	if (*out == '%') {
		int high = left->n >= 3 ? hex_digit(left->p[1]) : -1;
		int low = left->n >= 3 ? hex_digit(left->p[2]) : -1;

		if (high < 0 || low < 0)
			return false;
		*out = (uint8_t)(high << 4 | low);
		used = 3;
	}
	left->p += used;
	left->n -= used;
	return true;
}

/* Base64 as it goes by, six bits after six. */
struct unpacked {
	struct buf *out;
	uint32_t bits;
	size_t chars;		/* without '=' */
	size_t pad;		/* '=' */
};

static enum sg_err
unpack(struct unpacked *u, uint8_t c)
{
	int v;

	if (c == '\r' || c == '\n' || c == '\t')
		return SG_OK;
	if (c == '=') {
		u->pad++;
		return SG_OK;
	}
	/* Some leave '+' as it is, which in a query is a blank. */
	v = sextet(c == ' ' ? '+' : c);
	if (v < 0 || u->pad > 0)
		return sg_fail(SG_EFORMAT, "the message is not in base64");
	u->bits = u->bits << 6 | (uint32_t)v;
	u->chars++;
	if (u->chars % 4 != 0)
		return SG_OK;
	SG_TRY(buf_add_u8(u->out, (uint8_t)(u->bits >> 16)));
	SG_TRY(buf_add_u8(u->out, (uint8_t)(u->bits >> 8)));
	return buf_add_u8(u->out, (uint8_t)u->bits);
}

/* What is left at the end: two characters are a byte, three are two. */
static enum sg_err
unpack_end(struct unpacked *u)
{
	size_t rest = u->chars % 4;

	if (rest == 1 || (u->pad > 0 && (rest == 0 || u->pad != 4 - rest)))
		return sg_fail(SG_EFORMAT, "the message's base64 is cut off");
	if (rest == 2)
		return buf_add_u8(u->out, (uint8_t)(u->bits >> 4));
	if (rest == 3) {
		SG_TRY(buf_add_u8(u->out, (uint8_t)(u->bits >> 10)));
		return buf_add_u8(u->out, (uint8_t)(u->bits >> 2));
	}
	return SG_OK;
}

enum sg_err
scep_get_read(struct buf *out, struct bytes value)
{
	auto_done(buf) der = { 0 };
	struct unpacked u = { .out = &der };
	uint8_t c;

	/* Each character may be escaped, and lines may be as short as 1. */
	if (value.n > SCEP_MAX * 4)
		return sg_fail(SG_ELIMIT, "a message of %zu characters",
		    value.n);
	while (value.n > 0) {
		if (!next_char(&c, &value))
			return sg_fail(SG_EFORMAT, "a wrong escape in the URL");
		SG_TRY(unpack(&u, c));
	}
	SG_TRY(unpack_end(&u));
	if (der.n == 0)
		return sg_fail(SG_EFORMAT, "there is no message");
	if (der.n > SCEP_MAX)
		return sg_fail(SG_ELIMIT, "a message of %zu bytes", der.n);
	return buf_add_bytes(out, buf_bytes(&der));
}

enum sg_err
scep_get_write(char **out, struct bytes der)
{
	auto_done(buf) b = { 0 };
	auto_str text = NULL;

	SG_TRY(base64_encode(&text, der));
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '+' || *p == '/' || *p == '=')
			SG_TRY(buf_printf(&b, "%%%02X", (unsigned)*p));
		else
			SG_TRY(buf_add_u8(&b, (uint8_t)*p));
	}
	return str_from_bytes(out, buf_bytes(&b));
}
