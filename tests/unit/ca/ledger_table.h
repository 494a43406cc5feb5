/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_LEDGER_TABLE_H
#define SG_TEST_LEDGER_TABLE_H

/* A ledger in memory: what happened, one line after the other; the line's
 * number, from 1, is the mark. */

#include "../test.h"

#include "ca/ledger.h"

#define LEDGER_LINES 32

struct ledger_line {
	uint8_t serial;
	enum crl_reason reason;	/* CRL_REMOVE: released */
	int64_t when;
};

struct ledger_table {
	struct ledger_line line[LEDGER_LINES];
	size_t n;
	uint8_t issued;		/* serial numbers up to this were */
	struct ca_list_made base;
	uint64_t number;	/* of the last list */
	size_t at;		/* of a walk */
	int64_t since;
	bool walking;
	enum sg_err fails;	/* what standing() says, unless SG_OK */
};

static inline void
ledger_add(struct ledger_table *t, uint8_t serial, enum crl_reason reason,
    int64_t when)
{
	t->line[t->n++] = (struct ledger_line) { serial, reason, when };
}

/* The last line about a serial number, or NULL. */
static inline const struct ledger_line *
ledger_last(const struct ledger_table *t, uint8_t serial)
{
	for (size_t i = t->n; i > 0; i--)
		if (t->line[i - 1].serial == serial)
			return &t->line[i - 1];
	return NULL;
}

static inline enum sg_err
ledger_walk(void *ctx, int64_t since, int64_t *mark)
{
	struct ledger_table *t = ctx;

	assert_false(t->walking);
	t->walking = true;
	t->at = 0;
	t->since = since;
	*mark = (int64_t)t->n;
	return SG_OK;
}

static inline enum sg_err
ledger_next(void *ctx, struct crl_item *out, bool *more)
{
	struct ledger_table *t = ctx;

	assert_true(t->walking);
	for (; t->at < t->n; t->at++) {
		const struct ledger_line *l = &t->line[t->at];

		if ((int64_t)t->at < t->since ||
		    ledger_last(t, l->serial) != l ||
		    (t->since == 0 && l->reason == CRL_REMOVE))
			continue;
		*out = (struct crl_item) { { &l->serial, 1 }, l->when,
			l->reason };
		t->at++;
		*more = true;
		return SG_OK;
	}
	*more = false;
	return SG_OK;
}

static inline void
ledger_end(void *ctx)
{
	((struct ledger_table *)ctx)->walking = false;
}

static inline enum sg_err
ledger_standing(void *ctx, struct bytes serial, struct ca_standing *out)
{
	const struct ledger_table *t = ctx;
	const struct ledger_line *l;

	if (t->fails != SG_OK)
		return sg_fail(t->fails, "the ledger fails");
	if (serial.n != 1 || serial.p[0] > t->issued)
		return sg_fail(SG_ENOENT, "never issued");
	l = ledger_last(t, serial.p[0]);
	*out = (struct ca_standing) { 0 };
	if (l != NULL && l->reason != CRL_REMOVE)
		*out = (struct ca_standing) { true, l->when, l->reason };
	return SG_OK;
}

static inline enum sg_err
ledger_last_base(void *ctx, struct ca_list_made *out)
{
	*out = ((struct ledger_table *)ctx)->base;
	return SG_OK;
}

static inline enum sg_err
ledger_number_next(void *ctx, uint64_t *out)
{
	*out = ((struct ledger_table *)ctx)->number + 1;
	return SG_OK;
}

static inline enum sg_err
ledger_note(void *ctx, const struct ca_list_made *m)
{
	struct ledger_table *t = ctx;

	if (m->number <= t->number)
		return sg_fail(SG_EEXIST, "the number is taken");
	t->number = m->number;
	if (!m->delta)
		t->base = *m;
	return SG_OK;
}

static inline struct ca_ledger
ledger_of(struct ledger_table *t)
{
	static const struct ca_ledger_ops ops = { ledger_walk, ledger_next,
		ledger_end, ledger_standing, ledger_last_base,
		ledger_number_next, ledger_note };

	return (struct ca_ledger) { &ops, t };
}

#endif
