/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PIV_SCRIPT_H
#define SG_PIV_SCRIPT_H

/*
 * A back end that does as it is told and counts: the PIN is "123456", a result
 * is made of its input.  fuzz/fuzz_apdu.c uses it too.
 */

#include <string.h>

#include "piv/card.h"

#define SCRIPT_PIN	"123456"
#define SCRIPT_TRIES	3

struct script {
	bool there;		/* there is a card */
	enum sg_err trouble;	/* every call fails so, unless SG_OK */
	bool verified;
	uint32_t tries;
	char pin[PIV_PIN_MAX + 1];
	bool change_allowed;
	unsigned verifies;	/* that were asked for */
	unsigned drops;
	unsigned uses;		/* that succeeded */
	enum piv_slot used;	/* the last one */
	bool missing_9c;
	bool short_result;
	struct bytes cert[PIV_SLOTS];
};

static inline enum sg_err
script_objects(void *ctx, struct piv_objects *out)
{
	const struct script *s = ctx;
	static const enum piv_key_type types[PIV_SLOTS] = { PIV_RSA2048,
		PIV_RSA2048, PIV_P256, PIV_P256 };

	if (s->trouble != SG_OK)
		return sg_fail(s->trouble, "trouble");
	if (!s->there)
		return sg_fail(SG_ENOENT, "no card");
	for (int i = 0; i < PIV_SLOTS; i++) {
		if (i == PIV_9C && s->missing_9c)
			continue;
		out->keys[i].present = true;
		out->keys[i].type = types[i];
		strcpy(out->keys[i].name, "key 0");
		out->keys[i].name[4] = (char)('0' + i);
		SG_TRY(buf_set(&out->keys[i].cert, s->cert[i]));
	}
	return SG_OK;
}

static inline enum sg_err
script_state(void *ctx, uint32_t *tries, bool *verified)
{
	const struct script *s = ctx;

	if (s->trouble != SG_OK)
		return sg_fail(s->trouble, "trouble");
	*tries = s->tries;
	*verified = s->verified;
	return SG_OK;
}

static inline enum sg_err
script_verify(void *ctx, const struct secret *pin, uint32_t *tries,
    bool *first)
{
	struct script *s = ctx;

	s->verifies++;
	if (s->trouble != SG_OK)
		return sg_fail(s->trouble, "trouble");
	*tries = s->tries;
	if (s->tries == 0)
		return sg_fail(SG_EBLOCKED, "blocked");
	if (bytes_eq(secret_bytes(pin), bytes_str(s->pin))) {
		s->tries = SCRIPT_TRIES;
		*first = !s->verified;
		s->verified = true;
		return SG_OK;
	}
	s->verified = false;
	*tries = --s->tries;
	return s->tries > 0 ? sg_fail(SG_EPIN, "wrong")
	    : sg_fail(SG_EBLOCKED, "blocked");
}

static inline void
script_drop(void *ctx)
{
	struct script *s = ctx;

	s->drops++;
	s->verified = false;
}

/* The key's name is that of the slot; the result tells slot and input. */
static inline enum sg_err
script_use(void *ctx, enum piv_slot slot, const char *key, struct bytes in,
    struct buf *out)
{
	struct script *s = ctx;
	uint8_t *at;
	size_t n = in.n == PIV_RSA_LEN ? PIV_RSA_LEN : 2 * PIV_HASH_LEN;

	if (s->trouble != SG_OK)
		return sg_fail(s->trouble, "trouble");
	if (key[4] != (char)('0' + (int)slot))
		return sg_fail(SG_ENOENT, "no such key");
	if (slot != PIV_9E && !s->verified)
		return sg_fail(SG_ELOGIN, "no PIN");
	if (s->short_result)
		n--;
	SG_TRY(buf_extend(out, n, &at));
	for (size_t i = 0; i < n; i++)
		at[i] = (uint8_t)(in.p[i % in.n] ^ 0xff);
	s->uses++;
	s->used = slot;
	return SG_OK;
}

static inline enum sg_err
script_pin_change(void *ctx, const struct secret *pin,
    const struct secret *fresh, uint32_t *tries)
{
	struct script *s = ctx;
	bool first;

	if (!s->change_allowed)
		return sg_fail(SG_EUNSUPPORTED, "not by the card");
	SG_TRY(script_verify(ctx, pin, tries, &first));
	memset(s->pin, 0, sizeof(s->pin));
	memcpy(s->pin, fresh->p, fresh->n);
	return SG_OK;
}

static inline enum sg_err
script_random(void *ctx, uint8_t *p, size_t n)
{
	(void)ctx;
	memset(p, 0x5a, n);
	return SG_OK;
}

static inline struct piv_backend
script_backend(struct script *s)
{
	static const struct piv_backend_ops ops = { script_objects,
		script_state, script_verify, script_drop, script_use,
		script_pin_change, script_random };
	static const uint8_t certs[PIV_SLOTS][1200];
	static const size_t sizes[PIV_SLOTS] = { 1200, 900, 300, 20 };

	*s = (struct script) { .there = true, .tries = SCRIPT_TRIES,
		.pin = SCRIPT_PIN, .change_allowed = true };
	for (int i = 0; i < PIV_SLOTS; i++)
		s->cert[i] = bytes_of(certs[i], sizes[i]);
	return (struct piv_backend) { &ops, s };
}

#endif
