/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/issuer_serial.h"

#include <string.h>

#include "base/text.h"
#include "pki/der.h"
#include "pki/name.h"

struct issuer_serial
issuer_serial_get(struct reader *r)
{
	struct reader in = reader_of(der_get(r, DER_SEQUENCE));
	struct issuer_serial s = { 0 }, none = { 0 };
	bool negative;

	s.issuer = der_get_whole(&in);
	s.serial = der_get_integer(&in, &negative);
	if (negative)
		s.serial = (struct bytes) { 0 };
	if (!reader_end(&in))
		reader_fail(r);
	return r->failed ? none : s;
}

enum sg_err
issuer_serial_put_text(struct buf *b, struct bytes issuer, const char *serial)
{
	auto_done(buf) raw = { 0 };
	size_t at = b->n;

	SG_TRY(sg_while(hex_decode(&raw, serial), "serial number"));
	SG_TRY(buf_add_bytes(b, issuer));
	SG_TRY(der_put_number(b, buf_bytes(&raw)));
	return der_wrap(b, at, DER_SEQUENCE);
}

enum sg_err
issuer_serial_put(struct buf *b, const struct cert *c)
{
	return issuer_serial_put_text(b, buf_bytes(&c->issuer_der), c->serial);
}

static bool
serial_is(struct bytes serial, const char *hex)
{
	static const char digits[] = "0123456789abcdef";

	if (serial.n == 0 || strlen(hex) != 2 * serial.n)
		return false;
	for (size_t i = 0; i < serial.n; i++)
		if (hex[2 * i] != digits[serial.p[i] >> 4] ||
		    hex[2 * i + 1] != digits[serial.p[i] & 15])
			return false;
	return true;
}

bool
issuer_serial_is(const struct issuer_serial *s, const struct cert *c)
{
	if (!serial_is(s->serial, c->serial))
		return false;
	return bytes_eq(s->issuer, buf_bytes(&c->issuer_der)) ||
	    name_same(s->issuer, buf_bytes(&c->issuer_der));
}
