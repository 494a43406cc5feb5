/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/card.h"

#include <stdlib.h>
#include <string.h>

void
card_reader_name(uint32_t slot, char out[CARD_READER_MAX])
{
	(void)snprintf(out, CARD_READER_MAX, CARD_READER " 00 %02X",
	    slot < CARD_READER_SLOTS_MAX ? slot : 0);
}

enum sg_err
card_table_write(struct buf *b, const struct card_table *t)
{
	SG_TRY(buf_add_u32(b, t->slots));
	SG_TRY(buf_add_u32(b, t->idle_s));
	SG_TRY(buf_add_u32(b, (uint32_t)t->n));
	for (size_t i = 0; i < t->n; i++) {
		SG_TRY(buf_add_u32(b, t->v[i].slot));
		SG_TRY(buf_add_u32(b, t->v[i].uid));
		SG_TRY(buf_add_u64(b, t->v[i].generation));
	}
	return SG_OK;
}

enum sg_err
card_table_read(struct bytes x, struct card_table *out)
{
	struct reader r = reader_of(x);
	struct card_table t = { 0 };
	uint32_t n;

	t.slots = read_u32(&r);
	t.idle_s = read_u32(&r);
	n = read_u32(&r);
	if (t.slots > CARD_READER_SLOTS_MAX || n > t.slots)
		reader_fail(&r);
	for (; t.n < n && !r.failed; t.n++) {
		struct card_place *p = &t.v[t.n];

		p->slot = read_u32(&r);
		p->uid = read_u32(&r);
		p->generation = read_u64(&r);
		if (p->slot >= t.slots ||
		    (t.n > 0 && p->slot <= t.v[t.n - 1].slot))
			reader_fail(&r);
	}
	SG_TRY(reader_finish(&r, "card table"));
	*out = t;
	return SG_OK;
}

static void
card_key_done(struct card_key *k)
{
	free(k->key);
	free(k->label);
	buf_done(&k->cert);
}

void
card_keys_done(struct card_keys *k)
{
	for (size_t i = 0; i < k->n; i++)
		card_key_done(&k->v[i]);
	*k = (struct card_keys) { 0 };
}

const struct card_key *
card_keys_ref(const struct card_keys *k, enum card_ref ref)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->v[i].ref == ref)
			return &k->v[i];
	return NULL;
}

const struct card_key *
card_keys_key(const struct card_keys *k, const char *name)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->v[i].key, name) == 0)
			return &k->v[i];
	return NULL;
}

enum sg_err
card_keys_write(struct buf *b, const struct card_keys *k)
{
	SG_TRY(buf_add_u64(b, k->generation));
	SG_TRY(buf_add_u8(b, (uint8_t)k->n));
	for (size_t i = 0; i < k->n; i++) {
		SG_TRY(buf_add_u8(b, (uint8_t)k->v[i].ref));
		SG_TRY(buf_add_u8(b, (uint8_t)k->v[i].type));
		SG_TRY(buf_add_block(b, bytes_str(k->v[i].key)));
		SG_TRY(buf_add_block(b, bytes_str(k->v[i].label)));
		SG_TRY(buf_add_block(b, buf_bytes(&k->v[i].cert)));
	}
	return SG_OK;
}

static bool
ref_known(uint8_t ref)
{
	return ref == CARD_AUTHENTICATION || ref == CARD_SIGNATURE ||
	    ref == CARD_MANAGEMENT || ref == CARD_CARD;
}

static enum sg_err
read_key(struct reader *r, struct card_key *k)
{
	uint8_t ref = read_u8(r), type = read_u8(r);

	if (!ref_known(ref) || (type != OBJECT_RSA2048 && type != OBJECT_P256))
		reader_fail(r);
	k->ref = (enum card_ref)ref;
	k->type = (enum object_key_type)type;
	SG_TRY(str_from_bytes(&k->key, read_block(r, OBJECT_NAME_MAX)));
	SG_TRY(str_from_bytes(&k->label, read_block(r, OBJECT_NAME_MAX)));
	return buf_set(&k->cert, read_block(r, CARD_CERT_MAX));
}

static enum sg_err
read_keys(struct reader *r, struct card_keys *k)
{
	size_t n;

	k->generation = read_u64(r);
	n = read_u8(r);
	if (n > CARD_REFS)
		reader_fail(r);
	while (k->n < n && !r->failed) {
		struct card_key *key = &k->v[k->n++];

		SG_TRY(read_key(r, key));
		if (k->n > 1 && key->ref <= key[-1].ref)
			reader_fail(r);
	}
	return SG_OK;
}

enum sg_err
card_keys_read(struct bytes x, struct card_keys *out)
{
	auto_done(card_keys) k = { 0 };
	struct reader r = reader_of(x);

	SG_TRY(read_keys(&r, &k));
	SG_TRY(reader_finish(&r, "the card's keys"));
	card_keys_done(out);
	*out = k;
	k = (struct card_keys) { 0 };
	return SG_OK;
}

void
card_status_done(struct card_status *s)
{
	card_keys_done(&s->keys);
	*s = (struct card_status) { 0 };
}

/* The flags' bits. */
enum { ALL_USERS = 1, SERVICE = 2, VERIFIED = 4, SESSION = 8, HELD = 16,
	PIN_LONG = 32, TOLD = 64, CROWDED = 128 };

enum sg_err
card_status_write(struct buf *b, const struct card_status *s)
{
	unsigned flags = (s->all_users ? ALL_USERS : 0u) |
	    (s->service ? SERVICE : 0u) | (s->verified ? VERIFIED : 0u) |
	    (s->session ? SESSION : 0u) | (s->held ? HELD : 0u) |
	    (s->pin_long ? PIN_LONG : 0u) | (s->told ? TOLD : 0u) |
	    (s->crowded ? CROWDED : 0u);

	SG_TRY(buf_add_u8(b, (uint8_t)s->use));
	SG_TRY(buf_add_u8(b, (uint8_t)flags));
	SG_TRY(buf_add_u32(b, s->slot));
	SG_TRY(buf_add_u32(b, s->seconds));
	SG_TRY(buf_add_u32(b, s->uses));
	SG_TRY(buf_add_u32(b, s->tries));
	return card_keys_write(b, &s->keys);
}

static enum sg_err
read_status(struct reader *r, struct card_status *s)
{
	uint8_t use = read_u8(r), flags = read_u8(r);

	if (use > CARD_USE_CARD)
		reader_fail(r);
	s->use = (enum card_use)use;
	s->all_users = flags & ALL_USERS;
	s->service = flags & SERVICE;
	s->verified = flags & VERIFIED;
	s->session = flags & SESSION;
	s->held = flags & HELD;
	s->pin_long = flags & PIN_LONG;
	s->told = flags & TOLD;
	s->crowded = flags & CROWDED;
	s->slot = read_u32(r);
	if (s->crowded && s->slot != CARD_NO_SLOT)
		reader_fail(r);
	s->seconds = read_u32(r);
	s->uses = read_u32(r);
	s->tries = read_u32(r);
	return read_keys(r, &s->keys);
}

enum sg_err
card_status_read(struct bytes x, struct card_status *out)
{
	auto_done(card_status) s = { 0 };
	struct reader r = reader_of(x);

	SG_TRY(read_status(&r, &s));
	SG_TRY(reader_finish(&r, "the card's status"));
	card_status_done(out);
	*out = s;
	s = (struct card_status) { 0 };
	return SG_OK;
}
