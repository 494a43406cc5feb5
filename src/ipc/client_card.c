/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/client_card.h"

#include "ipc/client_impl.h"

enum sg_err
client_card_table(struct client *c, struct card_table *out)
{
	struct message m;

	SG_TRY(CALL_BARE(c, VERB_CARD_TABLE, &m));
	return card_table_read(m.f[0].b, out);
}

enum sg_err
client_card_objects(struct client *c, uint32_t uid, struct card_keys *out)
{
	struct message m;

	SG_TRY(CALL(c, VERB_CARD_OBJECTS, &m, field_u(uid)));
	return card_keys_read(m.f[0].b, out);
}

enum sg_err
client_card_state(struct client *c, uint32_t uid, uint32_t *tries_left,
    bool *verified)
{
	struct message m;

	SG_TRY(CALL(c, VERB_CARD_STATE, &m, field_u(uid)));
	*tries_left = (uint32_t)m.f[0].u;
	*verified = m.f[1].u != 0;
	return SG_OK;
}

enum sg_err
client_card_verify(struct client *c, uint32_t uid, const struct secret *pin,
    uint32_t *tries_left, bool *first)
{
	struct message m = { 0 };

	SG_TRY(client_with_tries(CALL(c, VERB_CARD_VERIFY, &m, field_u(uid),
	    field_b(secret_bytes(pin))), &m, tries_left));
	*first = m.f[0].u != 0;
	return SG_OK;
}

enum sg_err
client_card_drop(struct client *c, uint32_t uid)
{
	struct message m;

	return CALL(c, VERB_CARD_DROP, &m, field_u(uid));
}

enum sg_err
client_card_use(struct client *c, uint32_t uid, const char *key,
    struct bytes in, struct buf *out)
{
	struct message m;

	SG_TRY(CALL(c, VERB_CARD_USE, &m, field_u(uid), field_s(key),
	    field_b(in)));
	return buf_set(out, m.f[0].b);
}

enum sg_err
client_card_pin_change(struct client *c, uint32_t uid,
    const struct secret *pin, const struct secret *fresh,
    uint32_t *tries_left)
{
	struct message m = { 0 };

	return client_with_tries(CALL(c, VERB_CARD_PIN_CHANGE, &m,
	    field_u(uid), field_b(secret_bytes(pin)),
	    field_b(secret_bytes(fresh))), &m, tries_left);
}

enum sg_err
client_session_pin(struct client *c, const struct session_pin_ask *ask,
    struct secret *out, uint32_t *tries_left)
{
	struct message m = { 0 };
	struct bytes pin = ask->pin != NULL ? secret_bytes(ask->pin)
					    : (struct bytes) { 0 };
	enum sg_err e;

	SG_TRY(client_with_tries(CALL(c, VERB_SESSION_PIN, &m, field_b(pin),
	    field_u(ask->seconds), field_u(ask->uses), field_u(ask->bound),
	    field_b(ask->cert)), &m, tries_left));
	e = secret_set(out, m.f[0].b.p, m.f[0].b.n);
	client_forget_reply(c);
	return e;
}

enum sg_err
client_session_pin_end(struct client *c)
{
	struct message m;

	return CALL_BARE(c, VERB_SESSION_PIN_END, &m);
}

enum sg_err
client_session_login(struct client *c, const struct secret *pin,
    uint32_t *tries_left)
{
	struct message m = { 0 };

	return client_with_tries(CALL(c, VERB_SESSION_LOGIN, &m,
	    field_b(secret_bytes(pin))), &m, tries_left);
}

enum sg_err
client_card_status(struct client *c, struct card_status *out)
{
	struct message m;

	SG_TRY(CALL_BARE(c, VERB_CARD_STATUS, &m));
	return card_status_read(m.f[0].b, out);
}
