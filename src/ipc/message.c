/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/message.h"

#include <string.h>

#define HEAD_SIZE	(2 + 4)		/* verb, sequence */
#define RESULT_SIZE	(2 + 4 + 4)	/* error, detail, the note's length */

const struct verb_info *
verb_of(const struct verb_table *t, unsigned number)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->verbs[i].number == number)
			return &t->verbs[i];
	return NULL;
}

static size_t
fields_size(const struct message *m, const char *format)
{
	size_t n = 0;

	for (size_t i = 0; format[i] != '\0'; i++)
		n += format[i] == 'u' ? 8 : format[i] == 'f' ? 1
							 : 4 + m->f[i].b.n;
	return n;
}

/* secret_add cannot fail: the room was counted before. */
static enum sg_err
put_number(struct secret *out, uint64_t v, size_t size)
{
	uint8_t x[8];

	for (size_t i = 0; i < size; i++)
		x[i] = (uint8_t)(v >> (8 * (size - 1 - i)));
	return secret_add(out, x, size);
}

static enum sg_err
put_block(struct secret *out, struct bytes b)
{
	SG_TRY(put_number(out, b.n, 4));
	return secret_add(out, b.p, b.n);
}

static enum sg_err
put_fields(struct secret *out, const struct message *m, const char *format)
{
	for (size_t i = 0; format[i] != '\0'; i++) {
		if (format[i] == 'u')
			SG_TRY(put_number(out, m->f[i].u, 8));
		else if (format[i] == 'f')
			SG_TRY(put_number(out, m->f[i].u != 0, 1));
		else
			SG_TRY(put_block(out, m->f[i].b));
	}
	return SG_OK;
}

static enum sg_err
put_head(struct secret *out, const struct message *m, size_t body)
{
	size_t n = HEAD_SIZE + body;

	secret_done(out);
	SG_TRY(secret_init(out, MESSAGE_LENGTH_SIZE + n));
	SG_TRY(put_number(out, n, MESSAGE_LENGTH_SIZE));
	SG_TRY(put_number(out, m->verb->number, 2));
	return put_number(out, m->sequence, 4);
}

static enum sg_err
size_check(size_t n, size_t max)
{
	if (n > max)
		return sg_fail(SG_ELIMIT,
		    "a message of %zu bytes is larger than %zu", n, max);
	return SG_OK;
}

enum sg_err
message_write_request(const struct message *m, struct secret *out)
{
	size_t n = fields_size(m, m->verb->request);

	SG_TRY(size_check(n, m->verb->request_max));
	SG_TRY(put_head(out, m, n));
	return put_fields(out, m, m->verb->request);
}

enum sg_err
message_write_reply(const struct message *m, struct secret *out)
{
	const char *format = m->error == SG_OK ? m->verb->reply : "";
	size_t n = fields_size(m, format);

	SG_TRY(size_check(n, m->verb->reply_max));
	SG_TRY(size_check(m->note.n, SG_NOTE_MAX));
	SG_TRY(put_head(out, m, RESULT_SIZE + m->note.n + n));
	SG_TRY(put_number(out, (uint64_t)m->error, 2));
	SG_TRY(put_number(out, m->detail, 4));
	SG_TRY(put_block(out, m->note));
	return put_fields(out, m, format);
}

static void
get_fields(struct reader *r, struct message *m, const char *format)
{
	for (size_t i = 0; format[i] != '\0'; i++) {
		if (format[i] == 'u')
			m->f[i].u = read_u64(r);
		else if (format[i] == 'f')
			m->f[i].u = read_u8(r);
		else
			m->f[i].b = read_block(r, r->left.n);
		if (format[i] == 'f' && m->f[i].u > 1)
			reader_fail(r);
		/* Texts become C strings later; a NUL would cut them. */
		if (format[i] == 's' && m->f[i].b.n > 0 &&
		    memchr(m->f[i].b.p, '\0', m->f[i].b.n) != NULL)
			reader_fail(r);
	}
}

static enum sg_err
get_verb(const struct verb_table *t, struct reader *r, struct message *m)
{
	unsigned number = read_u16(r);

	m->sequence = read_u32(r);
	if (r->failed)
		return sg_fail(SG_EFORMAT, "a message without a verb");
	if ((m->verb = verb_of(t, number)) == NULL)
		return sg_fail(SG_EUNSUPPORTED, "unknown verb %u", number);
	return SG_OK;
}

enum sg_err
message_read_request(const struct verb_table *t, struct bytes frame,
    struct message *out)
{
	struct reader r = reader_of(frame);

	memset(out, 0, sizeof(*out));
	SG_TRY(get_verb(t, &r, out));
	SG_TRY(size_check(r.left.n, out->verb->request_max));
	get_fields(&r, out, out->verb->request);
	return sg_while(reader_finish(&r, out->verb->name), "request");
}

enum sg_err
message_read_reply(const struct verb_table *t, struct bytes frame,
    struct message *out)
{
	struct reader r = reader_of(frame);
	unsigned error;

	memset(out, 0, sizeof(*out));
	SG_TRY(get_verb(t, &r, out));
	error = read_u16(&r);
	out->detail = read_u32(&r);
	out->note = read_block(&r, SG_NOTE_MAX);
	out->error = error < SG_ERR_COUNT ? (enum sg_err)error : SG_EINTERNAL;
	SG_TRY(size_check(r.left.n, out->verb->reply_max));
	if (out->error == SG_OK)
		get_fields(&r, out, out->verb->reply);
	return sg_while(reader_finish(&r, out->verb->name), "reply");
}

bool
message_brings_fd(const struct message *reply)
{
	const char *f = strchr(reply->verb->reply, 'f');

	return reply->error == SG_OK && f != NULL &&
	    reply->f[f - reply->verb->reply].u != 0;
}

enum sg_err
message_length(const struct verb_table *t,
    const uint8_t head[MESSAGE_LENGTH_SIZE], size_t *out)
{
	struct reader r = reader_of(bytes_of(head, MESSAGE_LENGTH_SIZE));
	uint32_t n = read_u32(&r);

	SG_TRY(size_check(n, t->frame_max));
	*out = n;
	return SG_OK;
}
