/* SPDX-License-Identifier: BSD-2-Clause */

/* A certificate: what is read of its extensions is written and read again. */

#include <stdlib.h>

#include "fuzz.h"
#include "pki/print.h"

static void
extensions_again(const struct extensions *x)
{
	auto_done(buf) first = { 0 }, second = { 0 };
	auto_done(extensions) y;

	extensions_init(&y);
	/* Some that we read we would not write: odd IP texts, principals. */
	if (extensions_encode(&first, x) != SG_OK)
		return;
	if (extensions_decode(&y, buf_bytes(&first)) != SG_OK ||
	    extensions_encode(&second, &y) != SG_OK ||
	    !bytes_eq(buf_bytes(&first), buf_bytes(&second)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_free(cert) c = NULL;
	auto_free(pkey) k = NULL;
	auto_done(fields) f = { 0 };
	auto_done(buf) text = { 0 };
	auto_str label = NULL;

	if (cert_parse(&c, bytes_of(p, n)) != SG_OK)
		return 0;
	extensions_again(&c->ext);
	SG_IGNORE(cert_key(&k, c));
	SG_IGNORE(cert_label(&label, c));
	if (cert_fields(&f, c) == SG_OK)
		SG_IGNORE(fields_text(&text, &f));
	return 0;
}
