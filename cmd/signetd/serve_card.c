/* SPDX-License-Identifier: BSD-2-Clause */

/* The verbs of the emulated card. */

#include "container/keeper_card.h"
#include "serve_impl.h"

/* Of those that name the user whose card it is. */
static uint32_t
owner(const struct call *c)
{
	return (uint32_t)c->f[0].u;
}

/* A number too large is too large for the keeper, too. */
static uint32_t
number(const struct field *f)
{
	return f->u > UINT32_MAX ? UINT32_MAX : (uint32_t)f->u;
}

enum sg_err
do_card_table(struct call *c)
{
	struct card_table t = { 0 };

	SG_TRY(board_card_table(keeper_board(c->keeper), board_clock(), &t));
	SG_TRY(card_table_write(&c->out->hold, &t));
	c->out->f[0] = field_b(buf_bytes(&c->out->hold));
	return SG_OK;
}

enum sg_err
do_card_objects(struct call *c)
{
	SG_TRY(board_card_keys(keeper_board(c->keeper), owner(c),
	    board_clock(), &c->out->hold));
	c->out->f[0] = field_b(buf_bytes(&c->out->hold));
	return SG_OK;
}

enum sg_err
do_card_state(struct call *c)
{
	uint32_t tries = 0;
	bool verified = false;

	SG_TRY(board_card_tries(keeper_board(c->keeper), owner(c),
	    board_clock(), &tries, &verified));
	c->out->f[0] = field_u(tries);
	c->out->f[1] = field_u(verified);
	return SG_OK;
}

enum sg_err
do_card_verify(struct call *c)
{
	bool first = true;

	SG_TRY(keeper_card_verify(c->keeper, &c->caller, owner(c),
	    c->f[1].b, &c->out->detail, &first));
	c->out->f[0] = field_u(first);
	return SG_OK;
}

enum sg_err
do_card_drop(struct call *c)
{
	return keeper_card_drop(c->keeper, &c->caller, owner(c));
}

enum sg_err
do_card_use(struct call *c)
{
	auto_str key = NULL;

	SG_TRY(call_text(&c->f[1], OBJECT_NAME_MAX, &key));
	SG_TRY(keeper_card_use(c->keeper, &c->caller, owner(c), key,
	    c->f[2].b, &c->out->hold));
	c->out->f[0] = field_b(buf_bytes(&c->out->hold));
	return SG_OK;
}

enum sg_err
do_card_pin_change(struct call *c)
{
	return keeper_card_pin_change(c->keeper, &c->caller, owner(c),
	    c->f[1].b, c->f[2].b, &c->out->detail);
}

enum sg_err
do_session_pin(struct call *c)
{
	const struct keeper_session ask = { .pin = c->f[0].b,
		.seconds = number(&c->f[1]), .uses = number(&c->f[2]),
		.bound = c->f[3].u != 0, .cert = c->f[4].b };

	SG_TRY(keeper_session_pin(c->keeper, &c->caller, &ask,
	    &c->out->secret, &c->out->detail));
	c->out->f[0] = field_b(secret_bytes(&c->out->secret));
	return SG_OK;
}

enum sg_err
do_session_pin_end(struct call *c)
{
	return keeper_session_end(c->keeper, &c->caller);
}

enum sg_err
do_session_login(struct call *c)
{
	return keeper_session_login(c->keeper, &c->caller, c->f[0].b,
	    &c->out->detail);
}

enum sg_err
do_card_status(struct call *c)
{
	auto_done(card_status) s = { 0 };

	SG_TRY(board_card_status(keeper_board(c->keeper), c->caller.uid,
	    board_clock(), &s));
	SG_TRY(card_status_write(&c->out->hold, &s));
	c->out->f[0] = field_b(buf_bytes(&c->out->hold));
	return SG_OK;
}
