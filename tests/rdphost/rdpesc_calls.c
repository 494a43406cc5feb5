/* SPDX-License-Identifier: BSD-2-Clause */

/* The calls: fixed fields first, then what their pointers point to. */

#include "ndr.h"
#include "proto/utf.h"
#include "rdpesc.h"

#include <string.h>

#define BOM_LENGTH	2
#define AS_MUCH_AS_THERE_IS 0xffffffffu	/* SCARD_AUTOALLOCATE */

static const struct {
	enum rdpesc_code code;
	const char *name;
} codes[] = {
	{ RDPESC_ESTABLISH_CONTEXT, "establish" },
	{ RDPESC_RELEASE_CONTEXT, "release" },
	{ RDPESC_IS_VALID_CONTEXT, "is-valid" },
	{ RDPESC_LIST_READERS, "list-readers" },
	{ RDPESC_GET_STATUS_CHANGE, "status-change" },
	{ RDPESC_CANCEL, "cancel" },
	{ RDPESC_CONNECT, "connect" },
	{ RDPESC_RECONNECT, "reconnect" },
	{ RDPESC_DISCONNECT, "disconnect" },
	{ RDPESC_BEGIN_TRANSACTION, "begin" },
	{ RDPESC_END_TRANSACTION, "end" },
	{ RDPESC_STATUS, "status" },
	{ RDPESC_TRANSMIT, "transmit" },
	{ RDPESC_CONTROL, "control" },
	{ RDPESC_GET_ATTRIB, "get-attrib" },
	{ RDPESC_ACCESS_STARTED_EVENT, "access-started" },
};

const char *
rdpesc_name(uint32_t code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].code == code)
			return codes[i].name;
	return NULL;
}

/* A context or handle: its length and pointer here, its bytes later. */
static enum sg_err
add_id(struct ndr_writer *w, const struct rdpesc_id *id)
{
	SG_TRY(buf_add_le32(&w->body, id->n));
	return ndr_pointer(w, id->n > 0);
}

static enum sg_err
add_id_bytes(struct ndr_writer *w, const struct rdpesc_id *id)
{
	return id->n > 0 ? ndr_bytes(w, bytes_of(id->p, id->n)) : SG_OK;
}

static enum sg_err
add_card(struct ndr_writer *w, const struct rdpesc_card *card)
{
	SG_TRY(add_id(w, &card->context));
	return add_id(w, &card->handle);
}

static enum sg_err
add_card_bytes(struct ndr_writer *w, const struct rdpesc_card *card)
{
	SG_TRY(add_id_bytes(w, &card->context));
	return add_id_bytes(w, &card->handle);
}

static enum sg_err
add_u32s(struct ndr_writer *w, const uint32_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		SG_TRY(buf_add_le32(&w->body, v[i]));
	return SG_OK;
}
#define ADD_U32S(w, ...) add_u32s(w, (const uint32_t[]) { __VA_ARGS__ }, \
	sizeof((uint32_t[]) { __VA_ARGS__ }) / sizeof(uint32_t))

static enum sg_err
add_name(struct ndr_writer *w, const char *name)
{
	auto_done(buf) text = { 0 };

	if (strlen(name) > RDPESC_NAME_MAX)
		return sg_fail(SG_ELIMIT, "the reader's name is too long");
	SG_TRY(utf16_write(&text, bytes_str(name)));
	return ndr_string(w, bytes_of(text.p + BOM_LENGTH,
	    text.n - BOM_LENGTH));
}

static enum sg_err
add_numbers(struct buf *out, const uint32_t *v, size_t n)
{
	auto_done(ndr_writer) w = { 0 };

	SG_TRY(add_u32s(&w, v, n));
	return ndr_finish(out, &w);
}

/* Not serialized, and its value means nothing (2.2.2.30). */
enum sg_err
rdpesc_access_started(struct buf *out)
{
	return buf_add_le32(out, 0);
}

enum sg_err
rdpesc_establish(struct buf *out, uint32_t scope)
{
	return add_numbers(out, &scope, 1);
}

enum sg_err
rdpesc_context(struct buf *out, const struct rdpesc_id *context)
{
	auto_done(ndr_writer) w = { 0 };

	SG_TRY(add_id(&w, context));
	SG_TRY(add_id_bytes(&w, context));
	return ndr_finish(out, &w);
}

enum sg_err
rdpesc_list_readers(struct buf *out, const struct rdpesc_id *context)
{
	auto_done(ndr_writer) w = { 0 };

	SG_TRY(add_id(&w, context));
	SG_TRY(buf_add_le32(&w.body, 0));
	SG_TRY(ndr_pointer(&w, false));
	SG_TRY(ADD_U32S(&w, 0, AS_MUCH_AS_THERE_IS));
	SG_TRY(add_id_bytes(&w, context));
	return ndr_finish(out, &w);
}

static enum sg_err
add_state(struct ndr_writer *w, const struct rdpesc_state *s)
{
	if (s->atr_n > RDPESC_ATR_MAX)
		return sg_fail(SG_ELIMIT, "the ATR is too long");
	SG_TRY(ndr_pointer(w, true));
	SG_TRY(ADD_U32S(w, s->current, s->event, s->atr_n));
	return buf_add(&w->body, s->atr, RDPESC_ATR_MAX);
}

enum sg_err
rdpesc_status_change(struct buf *out, const struct rdpesc_id *context,
    uint32_t timeout, const struct rdpesc_state *states, uint32_t n)
{
	auto_done(ndr_writer) w = { 0 };

	if (n > RDPESC_READERS_MAX)
		return sg_fail(SG_ELIMIT, "too many readers at once");
	SG_TRY(add_id(&w, context));
	SG_TRY(ADD_U32S(&w, timeout, n));
	SG_TRY(ndr_pointer(&w, n > 0));
	SG_TRY(add_id_bytes(&w, context));
	if (n > 0)
		SG_TRY(buf_add_le32(&w.body, n));
	for (uint32_t i = 0; i < n; i++)
		SG_TRY(add_state(&w, &states[i]));
	for (uint32_t i = 0; i < n; i++)
		SG_TRY(add_name(&w, states[i].name));
	return ndr_finish(out, &w);
}

enum sg_err
rdpesc_connect(struct buf *out, const struct rdpesc_id *context,
    const char *reader, uint32_t share, uint32_t protocols)
{
	auto_done(ndr_writer) w = { 0 };

	SG_TRY(ndr_pointer(&w, true));
	SG_TRY(add_id(&w, context));
	SG_TRY(ADD_U32S(&w, share, protocols));
	SG_TRY(add_name(&w, reader));
	SG_TRY(add_id_bytes(&w, context));
	return ndr_finish(out, &w);
}

/* A card and numbers behind it. */
static enum sg_err
card_and(struct buf *out, const struct rdpesc_card *card, const uint32_t *v,
    size_t n)
{
	auto_done(ndr_writer) w = { 0 };

	SG_TRY(add_card(&w, card));
	SG_TRY(add_u32s(&w, v, n));
	SG_TRY(add_card_bytes(&w, card));
	return ndr_finish(out, &w);
}

enum sg_err
rdpesc_reconnect(struct buf *out, const struct rdpesc_card *card,
    uint32_t share, uint32_t protocols, uint32_t initialization)
{
	const uint32_t v[] = { share, protocols, initialization };

	return card_and(out, card, v, 3);
}

enum sg_err
rdpesc_disposition(struct buf *out, const struct rdpesc_card *card,
    uint32_t disposition)
{
	return card_and(out, card, &disposition, 1);
}

enum sg_err
rdpesc_status(struct buf *out, const struct rdpesc_card *card)
{
	const uint32_t v[] = { 0, AS_MUCH_AS_THERE_IS, RDPESC_STATUS_ATR_MAX };

	return card_and(out, card, v, 3);
}

enum sg_err
rdpesc_get_attrib(struct buf *out, const struct rdpesc_card *card,
    uint32_t attribute, uint32_t room)
{
	const uint32_t v[] = { attribute, 0, room };

	return card_and(out, card, v, 3);
}

enum sg_err
rdpesc_transmit(struct buf *out, const struct rdpesc_card *card,
    uint32_t protocol, struct bytes apdu, uint32_t room)
{
	auto_done(ndr_writer) w = { 0 };

	if (apdu.n == 0 || apdu.n > RDPESC_SEND_MAX)
		return sg_fail(SG_ELIMIT, "an APDU of %zu bytes", apdu.n);
	SG_TRY(add_card(&w, card));
	SG_TRY(ADD_U32S(&w, protocol, 0));
	SG_TRY(ndr_pointer(&w, false));
	SG_TRY(buf_add_le32(&w.body, (uint32_t)apdu.n));
	SG_TRY(ndr_pointer(&w, true));
	SG_TRY(ndr_pointer(&w, false));
	SG_TRY(ADD_U32S(&w, 0, room));
	SG_TRY(add_card_bytes(&w, card));
	SG_TRY(ndr_bytes(&w, apdu));
	return ndr_finish(out, &w);
}

enum sg_err
rdpesc_control(struct buf *out, const struct rdpesc_card *card, uint32_t code,
    struct bytes in, uint32_t room)
{
	auto_done(ndr_writer) w = { 0 };

	if (in.n > RDPESC_SEND_MAX)
		return sg_fail(SG_ELIMIT, "%zu bytes for the driver", in.n);
	SG_TRY(add_card(&w, card));
	SG_TRY(ADD_U32S(&w, code, (uint32_t)in.n));
	SG_TRY(ndr_pointer(&w, in.n > 0));
	SG_TRY(ADD_U32S(&w, 0, room));
	SG_TRY(add_card_bytes(&w, card));
	if (in.n > 0)
		SG_TRY(ndr_bytes(&w, in));
	return ndr_finish(out, &w);
}
