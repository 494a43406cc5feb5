/* SPDX-License-Identifier: BSD-2-Clause */
#include "piv/card.h"

#include <stdlib.h>
#include <string.h>

#include "piv/card_impl.h"
#include "piv/tlv.h"

#define CLA_PLAIN	0x00
#define CLA_CHAINED	0x10	/* more parts follow */
#define CLA_SECURE	0x0c	/* bits that say secure messaging */
#define CLA_CHANNEL	0x03	/* bits with the logical channel */
#define CLA_KNOWN	(CLA_CHAINED | CLA_SECURE | CLA_CHANNEL)

#define INS_VERIFY	0x20
#define INS_CHANGE	0x24
#define INS_UNBLOCK	0x2c
#define INS_GENERATE	0x47
#define INS_AUTHENTICATE 0x87
#define INS_SELECT	0xa4
#define INS_RESPONSE	0xc0
#define INS_GET_DATA	0xcb
#define INS_PUT_DATA	0xdb
#define INS_VERSION	0xfd	/* Yubico's; yubico-piv-tool asks */

#define P1_BY_NAME	0x04
#define RID_LEN		5	/* bytes of an AID that name its owner */
#define TAG_LIST	0x5c
#define PIN_REFERENCE	0x80

/*
 * T=1 alone, with its longest blocks; historical bytes (ISO 7816-4, 8.1.1)
 * with the card's capabilities - applications are chosen by name, commands may
 * come in parts and long - and our name; the check byte.
 */
static const uint8_t atr[] = { 0x3b, 0x8c, 0x81, 0x31, 0xfe, 0x15, 0x80, 0x73,
	0xc0, 0x21, 0xc0, 0x56, 'S', 'i', 'g', 'n', 'e', 't', 0x71 };

void
piv_objects_done(struct piv_objects *o)
{
	for (int i = 0; i < PIV_SLOTS; i++)
		buf_done(&o->keys[i].cert);
	*o = (struct piv_objects) { 0 };
}

struct bytes
piv_atr(void)
{
	return bytes_of(atr, sizeof(atr));
}

enum sg_err
piv_card_new(struct piv_card **out, const struct piv_backend *backend,
    uint64_t idle_ms)
{
	struct piv_card *card = calloc(1, sizeof(*card));

	if (card == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	card->backend = *backend;
	card->idle_ms = idle_ms;
	*out = card;
	return SG_OK;
}

void
piv_set_idle(struct piv_card *card, uint64_t idle_ms)
{
	card->idle_ms = idle_ms;
}

void
piv_card_free(struct piv_card *card)
{
	if (card == NULL)
		return;
	piv_power_down(card);
	free(card);
}

static void
forget_chain(struct piv_card *card)
{
	buf_done(&card->chain.data);
	card->chain = (struct chain) { 0 };
}

static void
forget_rest(struct piv_card *card)
{
	buf_done(&card->rest.data);
	card->rest = (struct rest) { 0 };
}

void
piv_power_down(struct piv_card *card)
{
	holders_drop(card);
	forget_chain(card);
	forget_rest(card);
	piv_objects_done(&card->objects);
	card->power = false;
}

enum sg_err
piv_power_up(struct piv_card *card)
{
	piv_power_down(card);
	SG_TRY(card->backend.ops->objects(card->backend.ctx,
	    &card->objects));
	SG_TRY(piv_guid(&card->objects, card->guid));
	card->power = true;
	return SG_OK;
}

void
piv_client_gone(struct piv_card *card, uint64_t client)
{
	holder_drop(card, holder_find(card, client));
	if (card->chain.client == client)
		forget_chain(card);
	if (card->rest.client == client)
		forget_rest(card);
}

uint64_t
piv_idle(struct piv_card *card, uint64_t now)
{
	uint64_t next = 0;

	for (size_t i = 0; i < PIV_CLIENTS_MAX; i++) {
		struct holder *h = &card->holders[i];

		if (h->taken && h->until <= now)
			holder_drop(card, h);
		if (h->taken && (next == 0 || h->until - now < next))
			next = h->until - now;
	}
	return next;
}

/* The application is the only one here, so there is nothing to choose; but who
 * looks for another one is not who has presented the PIN. */
static enum sw
choose(struct piv_card *card, const struct asked *a, struct buf *out)
{
	struct bytes name = a->apdu.data, aid = piv_aid();

	if (a->apdu.p1 == P1_BY_NAME && (name.n == 0 ||
	    (name.n >= RID_LEN && name.n <= aid.n &&
	    memcmp(name.p, aid.p, name.n) == 0)))
		return piv_application(out) == SG_OK ? SW_OK : SW_FAILED;
	holder_drop(card, holder_find(card, a->client));
	return SW_NOT_FOUND;
}

static enum sw
get_data(struct piv_card *card, const struct asked *a, struct buf *out)
{
	struct reader r = reader_of(a->apdu.data), name;
	struct tlv list = tlv_read(&r);
	uint32_t tag;
	enum sg_err e;

	if (a->apdu.p1 != 0x3f || a->apdu.p2 != 0xff)
		return SW_P1P2;
	name = reader_of(list.value);
	tag = tlv_read_tag(&name);
	if (!reader_end(&r) || list.tag != TAG_LIST || !reader_end(&name))
		return SW_DATA;
	e = piv_data(&card->objects, card->guid, tag, out);
	return e == SG_OK ? SW_OK : e == SG_ENOENT ? SW_NOT_FOUND : SW_FAILED;
}

/* Of this application: major, minor, patch. */
static enum sw
version(struct buf *out)
{
	static const uint8_t is[] = { 1, 0, 0 };

	return buf_add(out, is, sizeof(is)) == SG_OK ? SW_OK : SW_FAILED;
}

static enum sw
answer(struct piv_card *card, const struct asked *a, struct buf *out)
{
	switch (a->apdu.ins) {
	case INS_SELECT:
		return choose(card, a, out);
	case INS_GET_DATA:
		return get_data(card, a, out);
	case INS_VERIFY:
		return piv_verify(card, a);
	case INS_CHANGE:
		return piv_change(card, a);
	case INS_AUTHENTICATE:
		return piv_authenticate(card, a, out);
	case INS_VERSION:
		return version(out);
	case INS_UNBLOCK:
		/* There is no PUK: the recovery code is not for a card. */
		return a->apdu.p2 == PIN_REFERENCE ? SW_BLOCKED : SW_REFERENCE;
	case INS_PUT_DATA:
	case INS_GENERATE:
		/* For who has the management key, which nobody has. */
		return SW_SECURITY;
	default:
		return SW_INS;
	}
}

static enum sg_err
finish(struct buf *out, enum sw sw)
{
	return buf_add_u16(out, (uint16_t)sw);
}

/* The next bytes of what the last command left. */
static enum sg_err
next_part(struct piv_card *card, const struct asked *a, struct buf *out)
{
	struct rest *rest = &card->rest;
	size_t left = rest->data.n - rest->at;
	size_t n = left < a->apdu.le ? left : a->apdu.le;

	if (left == 0 || rest->client != a->client)
		return finish(out, SW_CONDITIONS);
	SG_TRY(buf_add(out, rest->data.p + rest->at, n));
	rest->at += n;
	left -= n;
	if (left == 0) {
		forget_rest(card);
		return finish(out, SW_OK);
	}
	return finish(out, SW_MORE | (left < 0x100 ? (unsigned)left : 0));
}

/* As much as the client has room for.  Who asked for a certain number of bytes
 * wants those; who asked for as many as possible may get the rest. */
static enum sg_err
reply(struct piv_card *card, const struct asked *a, struct buf *data,
    struct buf *out)
{
	if (data->n <= a->apdu.le) {
		SG_TRY(buf_add_bytes(out, buf_bytes(data)));
		return finish(out, SW_OK);
	}
	if (a->apdu.le != APDU_SHORT_MAX) {
		SG_TRY(buf_add(out, data->p, a->apdu.le));
		return finish(out, SW_OK);
	}
	card->rest.client = a->client;
	card->rest.data = *data;
	*data = (struct buf) { 0 };
	return next_part(card, a, out);
}

static bool
continues(const struct piv_card *card, const struct asked *a)
{
	const struct chain *c = &card->chain;

	return c->open && c->client == a->client && c->ins == a->apdu.ins &&
	    c->p1 == a->apdu.p1 && c->p2 == a->apdu.p2;
}

/* Anything but reading, or a part of the use itself, ends the moment in which
 * 9C may be used. */
static void
make_stale(struct piv_card *card, const struct asked *a)
{
	struct holder *h = holder_find(card, a->client);

	if (h == NULL || a->apdu.ins == INS_GET_DATA ||
	    a->apdu.ins == INS_RESPONSE || a->apdu.ins == INS_VERIFY)
		return;
	h->fresh = h->fresh && continues(card, a);
}

/* One part more.  SW_OK: *whole says whether it was the last one, and then the
 * command has all of the data. */
static enum sw
join(struct piv_card *card, struct asked *a, bool *whole)
{
	struct chain *c = &card->chain;

	*whole = a->apdu.cla == CLA_PLAIN;
	if (!continues(card, a))
		forget_chain(card);
	if (*whole && !c->open)
		return SW_OK;
	c->open = true;
	c->client = a->client;
	c->ins = a->apdu.ins;
	c->p1 = a->apdu.p1;
	c->p2 = a->apdu.p2;
	if (c->data.n + a->apdu.data.n > PIV_INPUT_MAX)
		return SW_LENGTH;
	if (buf_add_bytes(&c->data, a->apdu.data) != SG_OK)
		return SW_FAILED;
	a->apdu.data = buf_bytes(&c->data);
	return SW_OK;
}

static enum sw
check_class(const struct apdu *a)
{
	if ((a->cla & ~CLA_KNOWN) != 0)
		return SW_CLA;
	if ((a->cla & CLA_CHANNEL) != 0)
		return SW_CHANNEL;
	if ((a->cla & CLA_SECURE) != 0)
		return SW_SECURE_MESSAGING;
	if (a->cla == CLA_CHAINED && a->ins != INS_AUTHENTICATE &&
	    a->ins != INS_PUT_DATA)
		return SW_CHAINING;
	return SW_OK;
}

/* Of a command whose class is known. */
static enum sg_err
run(struct piv_card *card, struct asked *a, struct buf *out)
{
	auto_done(buf) data = { 0 };
	bool whole = false;
	enum sw sw;

	if (a->apdu.ins == INS_RESPONSE)
		return next_part(card, a, out);
	forget_rest(card);
	/* Refused before the many parts of it have come. */
	if (a->apdu.ins == INS_PUT_DATA)
		return finish(out, SW_SECURITY);
	sw = join(card, a, &whole);
	if (sw == SW_OK && !whole)
		return finish(out, SW_OK);
	if (sw == SW_OK)
		sw = answer(card, a, &data);
	forget_chain(card);
	if (sw != SW_OK)
		return finish(out, sw);
	return reply(card, a, &data, out);
}

enum sg_err
piv_transmit(struct piv_card *card, uint64_t client, uint64_t now,
    struct bytes apdu, struct buf *out)
{
	struct asked a = { .client = client, .now = now };
	auto_done(buf) fresh = { 0 };
	enum sw sw;

	if (!card->power)
		return sg_fail(SG_ENOENT, "the card has no power");
	(void)piv_idle(card, now);
	if (apdu.n > PIV_APDU_MAX || apdu_read(apdu, &a.apdu) != SG_OK)
		sw = SW_LENGTH;
	else
		sw = check_class(&a.apdu);
	if (sw == SW_OK) {
		SG_TRY(run(card, &a, &fresh));
	} else {
		forget_chain(card);
		forget_rest(card);
		SG_TRY(finish(&fresh, sw));
	}
	make_stale(card, &a);
	buf_done(out);
	*out = fresh;
	fresh = (struct buf) { 0 };
	return SG_OK;
}
