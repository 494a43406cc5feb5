/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include <stdlib.h>

#include "ipc/card.h"

/* What was read is written again: the same bytes. */
static void
written_is(struct bytes x, const struct buf *b)
{
	if (!bytes_eq(x, buf_bytes(b)))
		abort();
}

static void
table(struct bytes x)
{
	struct card_table t = { 0 };
	auto_done(buf) b = { 0 };

	if (card_table_read(x, &t) == SG_OK &&
	    card_table_write(&b, &t) == SG_OK)
		written_is(x, &b);
}

static void
keys(struct bytes x)
{
	auto_done(card_keys) k = { 0 };
	auto_done(buf) b = { 0 };

	if (card_keys_read(x, &k) == SG_OK &&
	    card_keys_write(&b, &k) == SG_OK)
		written_is(x, &b);
}

static void
status(struct bytes x)
{
	auto_done(card_status) s = { 0 };
	auto_done(buf) b = { 0 };

	if (card_status_read(x, &s) == SG_OK &&
	    card_status_write(&b, &s) == SG_OK)
		written_is(x, &b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes x = bytes_of(data, size);

	table(x);
	keys(x);
	status(x);
	return 0;
}
