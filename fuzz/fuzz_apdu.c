/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The card, told by the input what happens: steps of
 *
 *	0 client n command	n bytes of a command; n is two bytes
 *	1 power up, 2 power down, 3 client gone (client), 4 time (ms/16)
 *	5 n			what the back end answers from now on
 *
 * A model of its own knows who may use a key; a use that it does not allow, or
 * an answer that has not the form of one, is a finding.
 */

#include <stdlib.h>

#include "../tests/unit/piv/script.h"
#include "base/reader.h"
#include "fuzz.h"
#include "piv/apdu.h"

#define CLIENTS		4
#define STEPS_MAX	400
#define IDLE_MS		1000
#define INPUT_MAX	65536

#define MUST(condition)                 \
	do {                            \
		if (!(condition))       \
			abort();        \
	} while (0)

struct model {
	struct script script;
	struct piv_backend inner;
	struct piv_card *card;
	uint64_t now;
	uint64_t client;	/* whose command runs */
	bool power;
	struct {
		bool verified;
		bool fresh;	/* nothing but reading since */
		uint64_t used;	/* when the PIN was last */
	} of[CLIENTS];
	bool other_result;	/* the back end's are of a wrong length */
	unsigned drops;
};

static void
nobody(struct model *m)
{
	for (int i = 0; i < CLIENTS; i++)
		m->of[i].verified = m->of[i].fresh = false;
}

static enum sg_err
objects(void *ctx, struct piv_objects *out)
{
	struct model *m = ctx;

	return m->inner.ops->objects(&m->script, out);
}

static enum sg_err
state(void *ctx, uint32_t *tries, bool *verified)
{
	struct model *m = ctx;

	return m->inner.ops->state(&m->script, tries, verified);
}

static enum sg_err
verify(void *ctx, const struct secret *pin, uint32_t *tries, bool *first)
{
	struct model *m = ctx;
	enum sg_err e;

	MUST(pin->n >= PIV_PIN_MIN && pin->n <= PIV_PIN_MAX);
	/* A wrong PIN ends what others verified, and so does what the back end
	 * forgot before. */
	if (!m->script.verified)
		nobody(m);
	e = m->inner.ops->verify(&m->script, pin, tries, first);
	if (e != SG_OK)
		nobody(m);
	m->of[m->client].verified = m->of[m->client].fresh = e == SG_OK;
	m->of[m->client].used = m->now;
	return e;
}

static void
drop(void *ctx)
{
	struct model *m = ctx;

	m->inner.ops->drop(&m->script);
	nobody(m);
}

static enum sg_err
use(void *ctx, enum piv_slot slot, const char *key, struct bytes in,
    struct buf *out)
{
	struct model *m = ctx;
	enum sg_err e;

	MUST(m->power && slot < PIV_SLOTS);
	MUST(in.n == (slot == PIV_9A || slot == PIV_9C ? PIV_RSA_LEN
	    : PIV_HASH_LEN));
	if (slot != PIV_9E) {
		MUST(m->of[m->client].verified);
		MUST(m->now - m->of[m->client].used < IDLE_MS);
		m->of[m->client].used = m->now;
	}
	if (slot == PIV_9C) {
		MUST(m->of[m->client].fresh);
		m->of[m->client].verified = false;
	}
	e = m->inner.ops->use(&m->script, slot, key, in, out);
	m->other_result = m->script.short_result;
	return e;
}

static enum sg_err
pin_change(void *ctx, const struct secret *pin, const struct secret *fresh,
    uint32_t *tries)
{
	struct model *m = ctx;

	MUST(fresh->n >= PIV_PIN_MIN && fresh->n <= PIV_PIN_MAX);
	nobody(m);
	return m->inner.ops->pin_change(&m->script, pin, fresh, tries);
}

static enum sg_err
random_bytes(void *ctx, uint8_t *p, size_t n)
{
	struct model *m = ctx;

	return m->inner.ops->random(&m->script, p, n);
}

static const struct piv_backend_ops ops = { objects, state, verify, drop, use,
	pin_change, random_bytes };

static void
check_form(const struct model *m, const struct apdu *a, const struct buf *r)
{
	unsigned sw;

	MUST(r->n >= 2 && r->n <= PIV_REPLY_MAX);
	sw = (unsigned)r->p[r->n - 2] << 8 | r->p[r->n - 1];
	MUST(sw >> 12 == 6 || sw == 0x9000);
	if (sw != 0x9000 && sw >> 8 != 0x61)
		MUST(r->n == 2);
	if (a != NULL)
		MUST(r->n - 2 <= a->le);
	if (m->other_result)
		MUST(r->n == 2 && sw != 0x9000);
}

/* What the command was ends the moment for 9C, whatever came of it. */
static void
after(struct model *m, struct bytes x)
{
	uint8_t ins = x.n >= 2 ? x.p[1] : 0;

	if (ins == 0xcb || ins == 0xc0 || ins == 0x20 ||
	    (ins == 0x87 && x.p[0] == 0x10))
		return;
	m->of[m->client].fresh = false;
}

static void
command(struct model *m, uint64_t client, struct bytes x)
{
	auto_done(buf) reply = { 0 };
	struct apdu a;
	enum sg_err e;

	m->client = client;
	m->other_result = false;
	e = piv_transmit(m->card, client, m->now, x, &reply);
	if (!m->power) {
		MUST(e == SG_ENOENT && reply.n == 0);
		return;
	}
	MUST(e == SG_OK);
	check_form(m, apdu_read(x, &a) == SG_OK ? &a : NULL, &reply);
	after(m, x);
}

static void
power(struct model *m, enum sg_err e)
{
	nobody(m);
	MUST((e == SG_OK) == (m->script.there && m->script.trouble == SG_OK));
	m->power = e == SG_OK;
}

/* The scripted TPM: what it refuses, forgets, answers. */
static void
script(struct model *m, uint8_t what)
{
	static const enum sg_err troubles[] = { SG_OK, SG_ETPM, SG_ETIMEOUT,
		SG_ELOGIN, SG_ENOENT, SG_EPERM, SG_EIO, SG_EBLOCKED };

	m->script.trouble = troubles[what & 7];
	m->script.short_result = (what & 0x08) != 0;
	m->script.missing_9c = (what & 0x10) != 0;
	m->script.there = (what & 0x20) == 0;
	if (what & 0x40)
		m->script.verified = false;
	if (what & 0x80)
		m->script.tries = SCRIPT_TRIES;
}

static void
step(struct model *m, struct reader *r)
{
	uint8_t op = read_u8(r);
	uint64_t client;

	switch (op % 6) {
	case 0:
		client = read_u8(r) % CLIENTS;
		command(m, client, read_bytes(r, read_u16(r)));
		break;
	case 1:
		power(m, piv_power_up(m->card));
		break;
	case 2:
		piv_power_down(m->card);
		nobody(m);
		m->power = false;
		break;
	case 3:
		client = read_u8(r) % CLIENTS;
		piv_client_gone(m->card, client);
		m->of[client].verified = false;
		break;
	case 4:
		m->now += (uint64_t)read_u8(r) * 16;
		(void)piv_idle(m->card, m->now);
		break;
	default:
		script(m, read_u8(r));
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct model m = { .now = 1 };
	const struct piv_backend backend = { &ops, &m };
	struct reader r = reader_of(bytes_of(p, n));

	if (n > INPUT_MAX)
		return 0;
	m.inner = script_backend(&m.script);
	if (piv_card_new(&m.card, &backend, IDLE_MS) != SG_OK)
		return 0;
	power(&m, piv_power_up(m.card));
	for (int i = 0; i < STEPS_MAX && r.left.n > 0; i++)
		step(&m, &r);
	piv_card_free(m.card);
	return 0;
}
