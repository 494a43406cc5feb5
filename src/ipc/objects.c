/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/objects.h"

#include <stdlib.h>
#include <string.h>

#include "ipc/objects_wire.h"
#include "ipc/verbs.h"

#define REPLY_HEAD_MAX 64
_Static_assert(OBJECTS_WIRE_MAX + REPLY_HEAD_MAX <= MESSAGE_FRAME_MAX,
    "all objects go in one reply");

#define DER_MAX (64u << 10)	/* a certificate, request or public key */

void
key_object_done(struct key_object *k)
{
	free(k->name);
	buf_done(&k->spki);
	free(k->token);
	free(k->serial);
	buf_done(&k->token_id);
	*k = (struct key_object) { 0 };
}

void
cert_object_done(struct cert_object *c)
{
	buf_done(&c->der);
	free(c->label);
	free(c->provider);
	free(c->key);
	*c = (struct cert_object) { 0 };
}

static void
request_object_done(struct request_object *q)
{
	free(q->name);
	free(q->key);
	buf_done(&q->der);
}

void
objects_done(struct objects *o)
{
	for (size_t i = 0; i < o->key_count; i++)
		key_object_done(&o->keys[i]);
	for (size_t i = 0; i < o->cert_count; i++)
		cert_object_done(&o->certs[i]);
	for (size_t i = 0; i < o->request_count; i++)
		request_object_done(&o->requests[i]);
	free(o->keys);
	free(o->certs);
	free(o->requests);
	*o = (struct objects) { 0 };
}

void
status_done(struct status *s)
{
	free(s->daemon);
	free(s->trouble);
	free(s->tpm);
	*s = (struct status) { 0 };
}

bool
object_type_is_rsa(enum object_key_type type)
{
	return type == OBJECT_RSA2048 || type == OBJECT_RSA3072 ||
	    type == OBJECT_RSA4096;
}

unsigned
object_type_bits(enum object_key_type type)
{
	static const unsigned bits[OBJECT_TYPE_END] = {
		[OBJECT_RSA2048] = 2048, [OBJECT_P256] = 256,
		[OBJECT_RSA3072] = 3072, [OBJECT_RSA4096] = 4096,
		[OBJECT_P384] = 384,
	};

	return type < OBJECT_TYPE_END ? bits[type] : 0;
}

const struct key_object *
objects_key(const struct objects *o, const char *name)
{
	for (size_t i = 0; i < o->key_count; i++)
		if (strcmp(o->keys[i].name, name) == 0)
			return &o->keys[i];
	return NULL;
}

enum sg_err
objects_grow(void *array, size_t *count, size_t size, void *fresh)
{
	void **at = array;
	void *p;

	if (*count >= OBJECT_COUNT_MAX)
		return sg_fail(SG_ELIMIT,
		    "a container holds at most %d of each kind",
		    OBJECT_COUNT_MAX);
	if ((p = reallocarray(*at, *count + 1, size)) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	*at = p;
	memset((char *)p + *count * size, 0, size);
	*(void **)fresh = (char *)p + *count * size;
	++*count;
	return SG_OK;
}

void
objects_shrink(void *array, size_t *count, size_t size, size_t index)
{
	char *p = array;

	memmove(p + index * size, p + (index + 1) * size,
	    (*count - index - 1) * size);
	--*count;
}

void
objects_drop_cert(struct objects *o, size_t index)
{
	cert_object_done(&o->certs[index]);
	objects_shrink(o->certs, &o->cert_count, sizeof(*o->certs), index);
}

void
objects_drop_key(struct objects *o, size_t index)
{
	key_object_done(&o->keys[index]);
	objects_shrink(o->keys, &o->key_count, sizeof(*o->keys), index);
}

void
objects_drop_request(struct objects *o, size_t index)
{
	request_object_done(&o->requests[index]);
	objects_shrink(o->requests, &o->request_count, sizeof(*o->requests),
	    index);
}

static enum sg_err
get_text(struct reader *r, size_t max, char **out)
{
	return str_from_bytes(out, read_block(r, max));
}

static enum sg_err
get_der(struct reader *r, struct buf *out)
{
	return buf_set(out, read_block(r, DER_MAX));
}

/* A key has a place in a token, or none. */
static struct bytes
text_of(const char *s)
{
	return bytes_str(s != NULL ? s : "");
}

enum sg_err
key_object_write(struct buf *b, const struct key_object *k)
{
	SG_TRY(buf_add_block(b, bytes_str(k->name)));
	SG_TRY(buf_add_u8(b, (uint8_t)k->type));
	SG_TRY(buf_add(b, k->id, sizeof(k->id)));
	SG_TRY(buf_add_block(b, buf_bytes(&k->spki)));
	SG_TRY(buf_add_u64(b, k->created));
	SG_TRY(buf_add_u8(b, (uint8_t)k->provider));
	SG_TRY(buf_add_block(b, text_of(k->token)));
	SG_TRY(buf_add_block(b, text_of(k->serial)));
	return buf_add_block(b, buf_bytes(&k->token_id));
}

static enum sg_err
read_key_v1(struct reader *r, struct key_object *k)
{
	uint8_t type;

	SG_TRY(get_text(r, OBJECT_NAME_MAX, &k->name));
	type = read_u8(r);
	if (type < OBJECT_RSA2048 || type >= OBJECT_TYPE_END)
		reader_fail(r);
	k->type = (enum object_key_type)type;
	k->provider = KSP_PASSPORT;
	read_copy(r, k->id, sizeof(k->id));
	SG_TRY(get_der(r, &k->spki));
	k->created = read_u64(r);
	return SG_OK;
}

/* What signetd makes is of two types, and in no token. */
static bool
key_makes_sense(const struct key_object *k)
{
	if (provider_in_container(k->provider))
		return (k->type == OBJECT_RSA2048 || k->type == OBJECT_P256) &&
		    *k->token == '\0' && *k->serial == '\0' &&
		    k->token_id.n == 0;
	return k->provider == KSP_SMARTCARD && *k->serial != '\0' &&
	    k->token_id.n > 0;
}

enum sg_err
key_object_read(struct reader *r, struct key_object *k)
{
	uint8_t provider;

	SG_TRY(read_key_v1(r, k));
	provider = read_u8(r);
	k->provider = (enum provider)provider;
	SG_TRY(get_text(r, OBJECT_NAME_MAX, &k->token));
	SG_TRY(get_text(r, OBJECT_SERIAL_MAX, &k->serial));
	SG_TRY(buf_set(&k->token_id, read_block(r, OBJECT_TOKEN_ID_MAX)));
	if (!r->failed && !key_makes_sense(k))
		reader_fail(r);
	return SG_OK;
}

enum sg_err
cert_object_write(struct buf *b, const struct cert_object *c)
{
	SG_TRY(buf_add_u8(b, (uint8_t)c->kind));
	SG_TRY(buf_add_block(b, buf_bytes(&c->der)));
	SG_TRY(buf_add_block(b, bytes_str(c->label)));
	SG_TRY(buf_add_block(b, bytes_str(c->provider)));
	SG_TRY(buf_add_block(b, bytes_str(c->key)));
	SG_TRY(buf_add(b, c->id, sizeof(c->id)));
	return buf_add_u64(b, c->added);
}

enum sg_err
cert_object_read(struct reader *r, struct cert_object *c)
{
	uint8_t kind = read_u8(r);

	if (kind < CERT_PERSONAL || kind > CERT_ANCHOR)
		reader_fail(r);
	c->kind = (enum cert_kind)kind;
	SG_TRY(get_der(r, &c->der));
	SG_TRY(get_text(r, OBJECT_NAME_MAX, &c->label));
	SG_TRY(get_text(r, OBJECT_NAME_MAX, &c->provider));
	SG_TRY(get_text(r, OBJECT_NAME_MAX, &c->key));
	read_copy(r, c->id, sizeof(c->id));
	c->added = read_u64(r);
	return SG_OK;
}

static enum sg_err
write_request(struct buf *b, const struct request_object *q)
{
	SG_TRY(buf_add_block(b, bytes_str(q->name)));
	SG_TRY(buf_add_block(b, bytes_str(q->key)));
	SG_TRY(buf_add_block(b, buf_bytes(&q->der)));
	return buf_add_u64(b, q->created);
}

static enum sg_err
read_request(struct reader *r, struct request_object *q)
{
	SG_TRY(get_text(r, OBJECT_NAME_MAX, &q->name));
	SG_TRY(get_text(r, OBJECT_NAME_MAX, &q->key));
	SG_TRY(get_der(r, &q->der));
	q->created = read_u64(r);
	return SG_OK;
}

enum sg_err
objects_write(struct buf *b, const struct objects *o)
{
	SG_TRY(buf_add_u64(b, o->generation));
	SG_TRY(buf_add_u16(b, (uint16_t)o->key_count));
	for (size_t i = 0; i < o->key_count; i++)
		SG_TRY(key_object_write(b, &o->keys[i]));
	SG_TRY(buf_add_u16(b, (uint16_t)o->cert_count));
	for (size_t i = 0; i < o->cert_count; i++)
		SG_TRY(cert_object_write(b, &o->certs[i]));
	SG_TRY(buf_add_u16(b, (uint16_t)o->request_count));
	for (size_t i = 0; i < o->request_count; i++)
		SG_TRY(write_request(b, &o->requests[i]));
	return SG_OK;
}

typedef enum sg_err key_reader(struct reader *r, struct key_object *k);

static enum sg_err
read_all(struct reader *r, key_reader *read_key, struct objects *o)
{
	o->generation = read_u64(r);
	for (unsigned n = read_u16(r); n > 0 && !r->failed; n--) {
		struct key_object *k;

		SG_TRY(objects_grow(&o->keys, &o->key_count, sizeof(*k), &k));
		SG_TRY(read_key(r, k));
	}
	for (unsigned n = read_u16(r); n > 0 && !r->failed; n--) {
		struct cert_object *c;

		SG_TRY(objects_grow(&o->certs, &o->cert_count, sizeof(*c),
		    &c));
		SG_TRY(cert_object_read(r, c));
	}
	for (unsigned n = read_u16(r); n > 0 && !r->failed; n--) {
		struct request_object *q;

		SG_TRY(objects_grow(&o->requests, &o->request_count,
		    sizeof(*q), &q));
		SG_TRY(read_request(r, q));
	}
	return SG_OK;
}

static enum sg_err
read_with(struct reader *r, key_reader *read_key, struct objects *out)
{
	struct objects o = { 0 };
	enum sg_err e = read_all(r, read_key, &o);

	if (e == SG_OK && r->failed)
		e = sg_fail(SG_EFORMAT, "the list of objects is malformed");
	if (e != SG_OK) {
		objects_done(&o);
		return e;
	}
	objects_done(out);
	*out = o;
	return SG_OK;
}

enum sg_err
objects_read(struct reader *r, struct objects *out)
{
	return read_with(r, key_object_read, out);
}

enum sg_err
objects_read_v1(struct reader *r, struct objects *out)
{
	return read_with(r, read_key_v1, out);
}

enum sg_err
status_write(struct buf *b, const struct status *s)
{
	SG_TRY(buf_add_u8(b, (uint8_t)s->state));
	SG_TRY(buf_add_u8(b, (uint8_t)s->reason));
	SG_TRY(buf_add_u32(b, s->uid));
	SG_TRY(buf_add_u32(b, s->tries_used));
	SG_TRY(buf_add_u32(b, s->tries_limit));
	SG_TRY(buf_add_u8(b, s->tries_known));
	SG_TRY(buf_add_u64(b, s->generation));
	SG_TRY(buf_add_u32(b, s->logins));
	SG_TRY(buf_add_u32(b, s->pin_min));
	SG_TRY(buf_add_u64(b, s->created));
	SG_TRY(buf_add_u32(b, s->waiting));
	SG_TRY(buf_add_u32(b, s->busy_s));
	SG_TRY(buf_add_u64(b, s->audit_lost));
	SG_TRY(buf_add_u8(b, s->card_as));
	SG_TRY(buf_add_u64(b, s->card_generation));
	SG_TRY(buf_add_block(b, bytes_str(s->daemon)));
	SG_TRY(buf_add_block(b, bytes_str(s->trouble)));
	SG_TRY(buf_add_u8(b, (uint8_t)s->health));
	return buf_add_block(b, bytes_str(s->tpm));
}

static enum sg_err
read_status(struct reader *r, struct status *s)
{
	uint8_t state = read_u8(r), reason = read_u8(r), health;

	s->state = (enum container_state)state;
	s->reason = (enum container_reason)reason;
	s->uid = read_u32(r);
	s->tries_used = read_u32(r);
	s->tries_limit = read_u32(r);
	s->tries_known = read_u8(r) != 0;
	s->generation = read_u64(r);
	s->logins = read_u32(r);
	s->pin_min = read_u32(r);
	s->created = read_u64(r);
	s->waiting = read_u32(r);
	s->busy_s = read_u32(r);
	s->audit_lost = read_u64(r);
	s->card_as = read_u8(r) != 0;
	s->card_generation = read_u64(r);
	SG_TRY(get_text(r, OBJECT_NAME_MAX, &s->daemon));
	SG_TRY(get_text(r, SG_NOTE_MAX, &s->trouble));
	health = read_u8(r);
	s->health = (enum tpm_health)health;
	SG_TRY(get_text(r, SG_NOTE_MAX, &s->tpm));
	if (state > CONTAINER_BROKEN || reason >= REASON_COUNT ||
	    health >= HEALTH_COUNT)
		return sg_fail(SG_EFORMAT, "a container state %u.%u.%u is "
		    "unknown", state, reason, health);
	return reader_finish(r, "status");
}

enum sg_err
status_read(struct bytes x, struct status *out)
{
	auto_done(status) s = { 0 };
	struct reader r = reader_of(x);

	SG_TRY(read_status(&r, &s));
	status_done(out);
	*out = s;
	s = (struct status) { 0 };
	return SG_OK;
}
