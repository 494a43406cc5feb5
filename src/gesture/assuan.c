/* SPDX-License-Identifier: BSD-2-Clause */
#include "gesture/assuan.h"

#include <string.h>

static const struct {
	const char *word;
	enum assuan_kind kind;
} keywords[] = {
	{ "OK", ASSUAN_OK },
	{ "ERR", ASSUAN_ERR },
	{ "D", ASSUAN_DATA },
	{ "S", ASSUAN_STATUS },
	{ "INQUIRE", ASSUAN_INQUIRE },
};

static bool
starts_with_word(struct bytes line, const char *word)
{
	size_t n = strlen(word);

	return line.n >= n && memcmp(line.p, word, n) == 0 &&
	    (line.n == n || line.p[n] == ' ');
}

static struct bytes
skip(struct bytes x, size_t n)
{
	return n < x.n ? bytes_of(x.p + n, x.n - n) : bytes_of(NULL, 0);
}

static enum sg_err
parse_code(struct assuan_line *l)
{
	unsigned long v = 0;
	size_t i = 0;

	for (; i < l->rest.n && l->rest.p[i] != ' '; i++) {
		unsigned digit = (unsigned)l->rest.p[i] - '0';

		if (digit > 9 || v > UINT32_MAX / 10)
			return sg_fail(SG_EFORMAT,
			    "an ERR line has no proper number");
		v = 10 * v + digit;
	}
	if (i == 0)
		return sg_fail(SG_EFORMAT, "an ERR line has no number");
	l->code = v;
	l->rest = skip(l->rest, i + 1);
	return SG_OK;
}

enum sg_err
assuan_parse(struct assuan_line *out, struct bytes line)
{
	struct assuan_line l = { 0 };

	if (line.n > ASSUAN_LINE_MAX)
		return sg_fail(SG_ELIMIT, "a line of more than %d bytes",
		    ASSUAN_LINE_MAX);
	if (line.n == 0 || line.p[0] == '#') {
		out->kind = ASSUAN_COMMENT;
		out->code = 0;
		out->rest = line;
		return SG_OK;
	}
	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++) {
		if (!starts_with_word(line, keywords[i].word))
			continue;
		l.kind = keywords[i].kind;
		l.rest = skip(line, strlen(keywords[i].word) + 1);
		if (l.kind == ASSUAN_ERR)
			SG_TRY(parse_code(&l));
		*out = l;
		return SG_OK;
	}
	/* Not quoted: it might be a PIN that lost its "D ". */
	return sg_fail(SG_EFORMAT, "a line that is no Assuan response");
}

static int
hex_value(uint8_t c)
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
assuan_unescape(struct secret *out, struct bytes data)
{
	for (size_t i = 0; i < data.n; i++) {
		uint8_t byte = data.p[i];
		bool more = data.n - i > 2;

		if (byte == '%') {
			int hi = more ? hex_value(data.p[i + 1]) : -1;
			int lo = more ? hex_value(data.p[i + 2]) : -1;

			if (hi < 0 || lo < 0)
				return sg_fail(SG_EFORMAT,
				    "a '%%' without two hexadecimal digits");
			byte = (uint8_t)(hi << 4 | lo);
			i += 2;
		}
		SG_TRY(secret_add(out, &byte, 1));
		wipe(&byte, 1);
	}
	return SG_OK;
}

enum sg_err
assuan_command(struct buf *out, const char *command, const char *text)
{
	size_t start = out->n;

	SG_TRY(buf_add_str(out, command));
	if (text != NULL)
		SG_TRY(buf_add_u8(out, ' '));
	for (const char *p = text; p != NULL && *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (c < 0x20 || c == '%')
			SG_TRY(buf_printf(out, "%%%02X", c));
		else
			SG_TRY(buf_add_u8(out, c));
	}
	if (out->n - start > ASSUAN_LINE_MAX)
		return sg_fail(SG_ELIMIT, "a text for pinentry is too long");
	return buf_add_u8(out, '\n');
}
