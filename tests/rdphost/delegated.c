/* SPDX-License-Identifier: BSD-2-Clause */

#include "delegated.h"

#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "rdpesc.h"

#define SEQUENCE	0x30
#define INTEGER		0x02
#define OCTETS		0x04
#define FIELD		0xa0	/* [n] EXPLICIT */
#define LENGTH_BYTES_MAX 2

void
delegated_done(struct delegated *d)
{
	secret_done(&d->pin);
	free(d->card);
	free(d->reader);
	free(d->container);
	free(d->provider);
	free(d->user);
	free(d->domain);
	*d = (struct delegated) { 0 };
}

/* The contents of the element of that tag; fails the reader otherwise. */
static struct reader
inside(struct reader *r, uint8_t tag)
{
	struct reader in = { 0 };
	size_t n, bytes;

	if (read_u8(r) != tag)
		reader_fail(r);
	n = read_u8(r);
	if (n & 0x80) {
		bytes = n & 0x7f;
		if (bytes == 0 || bytes > LENGTH_BYTES_MAX)
			reader_fail(r);
		for (n = 0; bytes > 0 && !r->failed; bytes--)
			n = n << 8 | read_u8(r);
	}
	in.left = read_bytes(r, n);
	in.failed = r->failed;
	return in;
}

/* The same for an explicitly tagged field that holds one element. */
static struct reader
field(struct reader *r, unsigned number, uint8_t tag)
{
	struct reader outer = inside(r, (uint8_t)(FIELD | number)), in;

	in = inside(&outer, tag);
	if (outer.left.n != 0)
		reader_fail(&outer);
	in.failed = in.failed || outer.failed;
	r->failed = r->failed || in.failed;
	return in;
}

static bool
next_is(const struct reader *r, unsigned number)
{
	return r->left.n > 0 && r->left.p[0] == (FIELD | number);
}

static uint32_t
small_number(struct reader *r, unsigned number)
{
	struct reader in = field(r, number, INTEGER);

	if (in.left.n != 1)
		reader_fail(r);
	return read_u8(&in);
}

static enum sg_err
text(char **out, struct reader *r, unsigned number)
{
	auto_done(buf) utf8 = { 0 };
	struct reader in;

	if (!next_is(r, number))
		return SG_OK;
	in = field(r, number, OCTETS);
	if (in.left.n > DELEGATED_TEXT_MAX)
		return sg_fail(SG_ELIMIT, "a name of %zu bytes", in.left.n);
	SG_TRY(rdpesc_text(&utf8, in.left));
	return str_from_bytes(out, buf_bytes(&utf8));
}

static enum sg_err
pin(struct secret *out, struct reader *r)
{
	struct reader in = field(r, 0, OCTETS);
	auto_done(buf) utf8 = { 0 };

	if (in.left.n > (size_t)2 * DELEGATED_PIN_MAX)
		return sg_fail(SG_ELIMIT, "a PIN of %zu bytes", in.left.n);
	SG_TRY(rdpesc_text(&utf8, in.left));
	if (utf8.n > DELEGATED_PIN_MAX)
		return sg_fail(SG_ELIMIT, "a PIN of %zu bytes", utf8.n);
	SG_TRY(secret_init(out, DELEGATED_PIN_MAX));
	return secret_add(out, utf8.p, utf8.n);
}

static enum sg_err
csp_data(struct delegated *d, struct reader *r)
{
	struct reader in = field(r, 1, SEQUENCE);

	(void)small_number(&in, 0);
	SG_TRY(text(&d->card, &in, 1));
	SG_TRY(text(&d->reader, &in, 2));
	SG_TRY(text(&d->container, &in, 3));
	SG_TRY(text(&d->provider, &in, 4));
	return reader_finish(&in, "TSCspDataDetail");
}

static enum sg_err
smart_card(struct delegated *d, struct reader *r)
{
	struct reader in = inside(r, SEQUENCE);

	if (r->left.n != 0)
		reader_fail(&in);
	SG_TRY(pin(&d->pin, &in));
	SG_TRY(csp_data(d, &in));
	SG_TRY(text(&d->user, &in, 2));
	SG_TRY(text(&d->domain, &in, 3));
	return reader_finish(&in, "TSSmartCardCreds");
}

enum sg_err
delegated_read(struct delegated *out, struct bytes der)
{
	auto_done(delegated) d = { 0 };
	struct reader r = reader_of(der), in, credentials;
	uint32_t kind;

	if (der.n > DELEGATED_MAX)
		return sg_fail(SG_ELIMIT, "credentials of %zu bytes", der.n);
	in = inside(&r, SEQUENCE);
	kind = small_number(&in, 0);
	credentials = field(&in, 1, OCTETS);
	SG_TRY(reader_finish(&in, "TSCredentials"));
	SG_TRY(reader_finish(&r, "TSCredentials"));
	if (kind != DELEGATED_PASSWORD && kind != DELEGATED_SMART_CARD &&
	    kind != DELEGATED_REMOTE_GUARD)
		return sg_fail(SG_EUNSUPPORTED, "credentials of type %u", kind);
	d.kind = (enum delegated_kind)kind;
	if (kind == DELEGATED_SMART_CARD)
		SG_TRY(smart_card(&d, &credentials));
	*out = d;
	d = (struct delegated) { 0 };
	return SG_OK;
}

bool
delegated_seems(struct bytes x)
{
	struct reader r = reader_of(x), in;

	in = inside(&r, SEQUENCE);
	(void)small_number(&in, 0);
	(void)field(&in, 1, OCTETS);
	return reader_end(&in) && reader_end(&r);
}
