/* SPDX-License-Identifier: BSD-2-Clause */

/* The PIN: VERIFY and CHANGE REFERENCE DATA (SP 800-73-4 part 2, 3.2.1 and
 * 3.2.2), and who has presented it. */

#include "piv/card_impl.h"

#define REFERENCE_PIN	0x80
#define REFERENCE_PUK	0x81
#define P1_RESET	0xff
#define PIN_PADDING	0xff
#define TRIES_SHOWN_MAX	15

struct holder *
holder_find(struct piv_card *card, uint64_t client)
{
	for (size_t i = 0; i < PIV_CLIENTS_MAX; i++) {
		struct holder *h = &card->holders[i];

		if (h->taken && h->client == client)
			return h;
	}
	return NULL;
}

static bool
anybody(const struct piv_card *card)
{
	for (size_t i = 0; i < PIV_CLIENTS_MAX; i++)
		if (card->holders[i].taken)
			return true;
	return false;
}

void
holder_drop(struct piv_card *card, struct holder *h)
{
	if (h == NULL)
		return;
	*h = (struct holder) { 0 };
	if (!anybody(card))
		card->backend.ops->drop(card->backend.ctx);
}

/* What the back end no longer knows. */
static void
holders_forget(struct piv_card *card)
{
	for (size_t i = 0; i < PIV_CLIENTS_MAX; i++)
		card->holders[i] = (struct holder) { 0 };
}

void
holders_drop(struct piv_card *card)
{
	bool any = anybody(card);

	holders_forget(card);
	if (any)
		card->backend.ops->drop(card->backend.ctx);
}

/* Its own, a free one, or that of who has been idle for longest. */
static struct holder *
place_for(struct piv_card *card, uint64_t client)
{
	struct holder *best = holder_find(card, client);

	if (best != NULL)
		return best;
	best = &card->holders[0];
	for (size_t i = 0; i < PIV_CLIENTS_MAX; i++) {
		struct holder *h = &card->holders[i];

		if (!h->taken)
			return h;
		if (h->until < best->until)
			best = h;
	}
	return best;
}

void
holder_add(struct piv_card *card, uint64_t client, uint64_t now)
{
	*place_for(card, client) = (struct holder) { true, client,
		now + card->idle_ms, true };
}

enum sw
piv_tries(uint32_t tries)
{
	if (tries == 0)
		return SW_BLOCKED;
	return SW_TRIES | (tries < TRIES_SHOWN_MAX ? tries : TRIES_SHOWN_MAX);
}

enum sw
piv_failed(enum sg_err e)
{
	switch ((int)e) {
	case SG_ELOGIN:
	case SG_EPERM:
		return SW_SECURITY;
	case SG_EBLOCKED:
		return SW_BLOCKED;
	case SG_EARG:
		return SW_DATA;
	case SG_EUNSUPPORTED:
		return SW_FUNCTION;
	case SG_ENOENT:
		return SW_REFERENCE;
	default:
		return SW_FAILED;
	}
}

/* The characters in front of the padding. */
static bool
pin_read(const uint8_t padded[PIV_PIN_MAX], struct secret *out)
{
	size_t n = 0;

	while (n < PIV_PIN_MAX && padded[n] != PIN_PADDING)
		n++;
	for (size_t i = n; i < PIV_PIN_MAX; i++)
		if (padded[i] != PIN_PADDING)
			return false;
	return n >= PIV_PIN_MIN && secret_set(out, padded, n) == SG_OK;
}

static enum sw
status(struct piv_card *card, const struct asked *a)
{
	uint32_t tries = 0;
	bool verified = false;
	enum sg_err e = card->backend.ops->state(card->backend.ctx, &tries,
	    &verified);

	if (e != SG_OK)
		return piv_failed(e);
	if (!verified)
		holders_drop(card);
	if (holder_find(card, a->client) != NULL)
		return SW_OK;
	return piv_tries(tries);
}

static enum sw
present(struct piv_card *card, const struct asked *a)
{
	auto_done(secret) pin = { 0 };
	uint32_t tries = 0;
	bool first = true;
	enum sg_err e;

	holder_drop(card, holder_find(card, a->client));
	if (a->apdu.data.n != PIV_PIN_MAX ||
	    !pin_read(a->apdu.data.p, &pin))
		return SW_DATA;
	e = card->backend.ops->verify(card->backend.ctx, &pin, &tries, &first);
	/* A wrong one ends what others verified.  So did something else, if this
	 * is the first one: a session PIN that is over must not live on in
	 * another's. */
	if (e != SG_OK || first)
		holders_forget(card);
	if (e == SG_EPIN)
		return piv_tries(tries);
	if (e != SG_OK)
		return piv_failed(e);
	holder_add(card, a->client, a->now);
	return SW_OK;
}

enum sw
piv_verify(struct piv_card *card, const struct asked *a)
{
	bool resets = a->apdu.p1 == P1_RESET;

	if (a->apdu.p1 != 0 && !resets)
		return SW_P1P2;
	if (a->apdu.p2 != REFERENCE_PIN)
		return SW_REFERENCE;
	if (!resets && a->apdu.data.n > 0)
		return present(card, a);
	if (!resets)
		return status(card, a);
	if (a->apdu.data.n > 0)
		return SW_DATA;
	holder_drop(card, holder_find(card, a->client));
	return SW_OK;
}

enum sw
piv_change(struct piv_card *card, const struct asked *a)
{
	auto_done(secret) old = { 0 };
	auto_done(secret) fresh = { 0 };
	const struct bytes d = a->apdu.data;
	uint32_t tries = 0;
	enum sg_err e;

	if (a->apdu.p1 != 0)
		return SW_P1P2;
	/* There is no PUK; it answers as one that is used up. */
	if (a->apdu.p2 == REFERENCE_PUK)
		return SW_BLOCKED;
	if (a->apdu.p2 != REFERENCE_PIN)
		return SW_REFERENCE;
	if (d.n != (size_t)2 * PIV_PIN_MAX || !pin_read(d.p, &old) ||
	    !pin_read(d.p + PIV_PIN_MAX, &fresh))
		return SW_DATA;
	holders_drop(card);
	e = card->backend.ops->pin_change(card->backend.ctx, &old, &fresh,
	    &tries);
	if (e == SG_EPIN)
		return piv_tries(tries);
	return e == SG_OK ? SW_OK : piv_failed(e);
}
