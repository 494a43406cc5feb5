/* SPDX-License-Identifier: BSD-2-Clause */

/* GENERAL AUTHENTICATE (SP 800-73-4 part 2, 3.2.4): a private operation. */

#include "piv/card_impl.h"
#include "piv/tlv.h"

#define TAG_TEMPLATE	0x7c
#define TAG_RESPONSE	0x82
#define TAG_CHALLENGE	0x81
#define REFERENCE_ADMIN	0x9b	/* the management key, which nobody has */
#define ADMIN_CHALLENGE	8	/* bytes: a block of its cipher */
#define TAG_INTEGER	0x02
#define TAG_SEQUENCE	0x30

static const struct {
	uint8_t reference;	/* P2 */
	enum piv_slot slot;
} references[] = {
	{ 0x9a, PIV_9A }, { 0x9c, PIV_9C }, { 0x9d, PIV_9D }, { 0x9e, PIV_9E },
};

static const struct kind {
	uint8_t algorithm;	/* P1, SP 800-78-4 table 6-2 */
	size_t input;
	size_t output;
} kinds[] = {
	[PIV_RSA2048] = { 0x07, PIV_RSA_LEN, PIV_RSA_LEN },
	[PIV_P256] = { 0x11, PIV_HASH_LEN, 2 * PIV_HASH_LEN },
};

static bool
slot_of(uint8_t reference, enum piv_slot *out)
{
	for (size_t i = 0; i < sizeof(references) / sizeof(references[0]);
	    i++) {
		if (references[i].reference != reference)
			continue;
		*out = references[i].slot;
		return true;
	}
	return false;
}

/* What is to be signed or decrypted: an empty response is asked for, and one
 * challenge is there. */
static enum sw
challenge_of(struct bytes data, struct bytes *out)
{
	struct reader r = reader_of(data);
	struct tlv t = tlv_read(&r);
	bool asks = false;

	*out = (struct bytes) { 0 };
	if (!reader_end(&r) || t.tag != TAG_TEMPLATE)
		return SW_DATA;
	r = reader_of(t.value);
	while (r.left.n > 0) {
		t = tlv_read(&r);
		if (t.tag == TAG_RESPONSE && t.value.n == 0 && !asks)
			asks = true;
		else if (t.tag == TAG_CHALLENGE && out->n == 0)
			*out = t.value;
		else if (t.tag == TAG_CHALLENGE || r.failed)
			return SW_DATA;
		else
			/* A witness, or a point to be multiplied. */
			return SW_FUNCTION;
	}
	return asks && out->n > 0 ? SW_OK : SW_DATA;
}

static enum sg_err
integer(struct bytes x, struct buf *b)
{
	while (x.n > 1 && x.p[0] == 0) {
		x.p++;
		x.n--;
	}
	SG_TRY(tlv_write_head(b, TAG_INTEGER, x.n + (x.p[0] >> 7)));
	if (x.p[0] >> 7)
		SG_TRY(buf_add_u8(b, 0));
	return buf_add_bytes(b, x);
}

/* Ecdsa-Sig-Value, RFC 3279 2.2.3. */
static enum sg_err
ecdsa(struct bytes r_s, struct buf *out)
{
	auto_done(buf) b = { 0 };

	SG_TRY(integer(bytes_of(r_s.p, PIV_HASH_LEN), &b));
	SG_TRY(integer(bytes_of(r_s.p + PIV_HASH_LEN, PIV_HASH_LEN), &b));
	return tlv_write(out, TAG_SEQUENCE, buf_bytes(&b));
}

static enum sg_err
reply(enum piv_key_type type, struct bytes result, struct buf *out)
{
	auto_done(buf) der = { 0 }, inner = { 0 };

	if (type == PIV_P256) {
		SG_TRY(ecdsa(result, &der));
		result = buf_bytes(&der);
	}
	SG_TRY(tlv_write(&inner, TAG_RESPONSE, result));
	return tlv_write(out, TAG_TEMPLATE, buf_bytes(&inner));
}

/* Whether the client may use the slot's key now.  A use of 9C ends what the
 * client has verified, whatever comes of it. */
static bool
allowed(struct piv_card *card, const struct asked *a, enum piv_slot slot)
{
	struct holder *h = holder_find(card, a->client);

	if (slot == PIV_9E)
		return true;
	if (h == NULL || (slot == PIV_9C && !h->fresh))
		return false;
	h->until = a->now + card->idle_ms;
	return true;
}

static enum sw
use(struct piv_card *card, const struct asked *a, enum piv_slot slot,
    struct bytes input, struct buf *out)
{
	const struct piv_key *k = &card->objects.keys[slot];
	auto_done(buf) result = { 0 };
	enum sg_err e;

	if (!allowed(card, a, slot))
		return SW_SECURITY;
	e = card->backend.ops->use(card->backend.ctx, slot, k->name, input,
	    &result);
	if (slot == PIV_9C)
		holder_drop(card, holder_find(card, a->client));
	/* It forgot the PIN, for reasons of its own. */
	if (e == SG_ELOGIN && slot != PIV_9E)
		holders_drop(card);
	if (e != SG_OK)
		return piv_failed(e);
	if (result.n != kinds[k->type].output ||
	    reply(k->type, buf_bytes(&result), out) != SG_OK)
		return SW_FAILED;
	return SW_OK;
}

/* Whoever would prove to have the management key asks for a challenge first.
 * OpenSC takes it for its random numbers; there is no answer to it. */
static enum sw
admin(struct piv_card *card, const struct asked *a, struct buf *out)
{
	static const uint8_t ask[] = { TAG_TEMPLATE, 2, TAG_CHALLENGE, 0 };
	auto_done(buf) inner = { 0 };
	uint8_t challenge[ADMIN_CHALLENGE];

	if (!bytes_eq(a->apdu.data, bytes_of(ask, sizeof(ask))))
		return SW_REFERENCE;
	if (card->backend.ops->random(card->backend.ctx, challenge,
	    sizeof(challenge)) != SG_OK ||
	    tlv_write(&inner, TAG_CHALLENGE, bytes_of(challenge,
	    sizeof(challenge))) != SG_OK ||
	    tlv_write(out, TAG_TEMPLATE, buf_bytes(&inner)) != SG_OK)
		return SW_FAILED;
	return SW_OK;
}

enum sw
piv_authenticate(struct piv_card *card, const struct asked *a,
    struct buf *out)
{
	enum piv_slot slot = PIV_SLOTS;
	struct bytes input;
	enum sw sw;

	if (a->apdu.p2 == REFERENCE_ADMIN)
		return admin(card, a, out);
	if (!slot_of(a->apdu.p2, &slot) || !card->objects.keys[slot].present)
		return SW_REFERENCE;
	if (a->apdu.p1 != kinds[card->objects.keys[slot].type].algorithm)
		return SW_P1P2;
	sw = challenge_of(a->apdu.data, &input);
	if (sw != SW_OK)
		return sw;
	if (input.n != kinds[card->objects.keys[slot].type].input)
		return SW_DATA;
	return use(card, a, slot, input, out);
}
