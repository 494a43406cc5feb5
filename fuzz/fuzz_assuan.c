/* SPDX-License-Identifier: BSD-2-Clause */

/* What a pinentry may answer: a line, its data, and a command made of it. */

#include "fuzz.h"
#include "gesture/assuan.h"

#define PIN_ROOM 127

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_done(secret) pin = { 0 };
	auto_done(buf) out = { 0 };
	auto_str text = NULL;
	struct assuan_line l;

	if (assuan_parse(&l, bytes_of(p, n)) != SG_OK ||
	    secret_init(&pin, PIN_ROOM) != SG_OK)
		return 0;
	SG_IGNORE(assuan_unescape(&pin, l.rest));
	if (str_from_bytes(&text, l.rest) == SG_OK)
		SG_IGNORE(assuan_command(&out, "SETDESC", text));
	return 0;
}
