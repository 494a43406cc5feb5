/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * What an RDP client says to tests/rdphost.  The first byte chooses: the
 * device channel, in chunks, with requests that wait for replies; a return of
 * the smart card protocol; delegated credentials.
 */

#include <stdlib.h>

#include "delegated.h"
#include "fuzz.h"
#include "ndr.h"
#include "rdpdr.h"
#include "rdpesc.h"

static void
returns(struct bytes x)
{
	struct rdpesc_state states[RDPESC_READERS_MAX];
	struct rdpesc_card card;
	struct rdpesc_id id;
	struct rdpesc_status status;
	struct bytes view;
	uint32_t rc, n;

	SG_IGNORE(rdpesc_read_long(x, &rc));
	SG_IGNORE(rdpesc_read_established(x, &rc, &id));
	SG_IGNORE(rdpesc_read_reconnected(x, &rc, &n));
	SG_IGNORE(rdpesc_read_transmitted(x, &rc, &view));
	if (rdpesc_read_blob(x, &rc, &view) == SG_OK && rc == 0) {
		auto_done(buf) names = { 0 };

		SG_IGNORE(rdpesc_names(&names, view));
	}
	if (rdpesc_read_status_change(x, &rc, states, &n) == SG_OK &&
	    rc == 0 && n > RDPESC_READERS_MAX)
		__builtin_trap();
	if (rdpesc_read_status(x, &rc, &status) == SG_OK && rc == 0 &&
	    status.atr_n > RDPESC_STATUS_ATR_MAX)
		__builtin_trap();
	/* A card that was read can be named in a call. */
	if (rdpesc_read_connected(x, &rc, &card, &n) == SG_OK && rc == 0) {
		auto_done(buf) call = { 0 };

		if (rdpesc_disposition(&call, &card, 0) != SG_OK)
			__builtin_trap();
	}
}

struct host {
	struct rdpdr *d;
	unsigned waiting;
};

static enum sg_err
drop(void *arg, struct bytes message)
{
	(void)arg;
	return message.n > RDPDR_MESSAGE_MAX ? SG_ELIMIT : SG_OK;
}

/* Asks at once: requests 1, 2, ... wait for the input to reply. */
static void
device(void *arg, const struct rdpdr_device *d, bool there)
{
	struct host *h = arg;
	uint32_t request;

	for (unsigned i = 0; there && i < 2; i++)
		if (rdpdr_control(h->d, d->id, RDPESC_CANCEL, bytes_str("x"),
		    16, &request) == SG_OK)
			h->waiting++;
}

static void
listed(void *arg)
{
	(void)arg;
}

static void
completed(void *arg, uint32_t request, uint32_t status, struct bytes output)
{
	struct host *h = arg;

	(void)request;
	(void)status;
	if (h->waiting-- == 0)
		__builtin_trap();
	returns(output);
}

static void
channel(struct reader r)
{
	struct host h = { 0 };
	const struct rdpdr_calls calls = { &h, drop, device, listed,
		completed };
	auto_free(rdpdr) d = NULL;

	if (rdpdr_new(&d, &calls) != SG_OK || rdpdr_start(d) != SG_OK)
		return;
	h.d = d;
	while (r.left.n > 0) {
		uint8_t flags = read_u8(&r);
		uint16_t total = read_le16(&r), n = flags & 4 ?
		    read_le16(&r) : total;

		if (rdpdr_chunk(d, read_bytes(&r, n), flags & 3, total) !=
		    SG_OK)
			break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct delegated d = { 0 };
	struct reader r = reader_of(bytes_of(p, n));

	switch (read_u8(&r)) {
	case 'c':
		channel(r);
		break;
	case 'r':
		returns(r.left);
		break;
	default:
		(void)delegated_seems(r.left);
		SG_IGNORE(delegated_read(&d, r.left));
		delegated_done(&d);
	}
	return 0;
}
