/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_IPC_MESSAGE_H
#define SG_IPC_MESSAGE_H

/*
 * Messages on the daemon's socket, both ways.  A frame is a u32 length and so
 * many bytes: u16 verb, u32 sequence, and the fields in the order that
 * verbs.def gives.  A reply has, before its fields, u16 error, u32 detail and
 * the note as a block; an error's fields are absent.  Numbers are big-endian;
 * u is eight bytes, everything else a block (u32 length, bytes).  Frames live
 * in secrets, since some carry PINs.
 */

#include "base/reader.h"
#include "base/secret.h"

#define MESSAGE_PROTOCOL	1
#define MESSAGE_FRAME_MAX	(512u << 10)	/* bytes behind the length */
#define MESSAGE_FIELD_MAX	6
#define MESSAGE_LENGTH_SIZE	4

enum verb {
#define VERB(name, number, request, reply, who, when, what) \
	VERB_##name = number,
#include "ipc/verbs.def"
#undef VERB
};

enum verb_who { VERB_ANYONE, VERB_OWNER, VERB_OWNER_OR_ROOT };
enum verb_when { VERB_AT_ONCE, VERB_IN_TURN, VERB_FIRST };

struct verb_info {
	enum verb verb;
	const char *name;
	const char *request;
	const char *reply;
	enum verb_who who;
	enum verb_when when;
	const char *what;
};

/* NULL for an unknown number. */
const struct verb_info *verb_find(unsigned number);
/* All of them; *count is how many. */
const struct verb_info *verb_all(size_t *count);

/* A number or a view, as the field's letter says. */
struct field {
	uint64_t u;
	struct bytes b;
};

struct message {
	const struct verb_info *verb;
	uint32_t sequence;
	enum sg_err error;	/* replies only, as the next two */
	uint32_t detail;	/* of SG_EPIN: tries left */
	struct bytes note;
	struct field f[MESSAGE_FIELD_MAX];
};

/* What MESSAGE_NUMBER and MESSAGE_BYTES make, to fill f. */
static inline struct field
field_u(uint64_t u)
{
	return (struct field) { .u = u };
}

static inline struct field
field_b(struct bytes b)
{
	return (struct field) { .b = b };
}

static inline struct field
field_s(const char *s)
{
	return (struct field) { .b = bytes_str(s) };
}

/* Replaces out by a whole frame, length included.  m->verb, sequence and f
 * are used; SG_ELIMIT above MESSAGE_FRAME_MAX. */
enum sg_err message_write_request(const struct message *m,
    struct secret *out);
/* The same for a reply; m->error other than SG_OK sends detail and note. */
enum sg_err message_write_reply(const struct message *m, struct secret *out);

/* Frames without their length; views into frame are left in out.  SG_EFORMAT,
 * or SG_EUNSUPPORTED for an unknown verb (out->sequence is set even then). */
enum sg_err message_read_request(struct bytes frame, struct message *out);
enum sg_err message_read_reply(struct bytes frame, struct message *out);

/* The length of a frame from its first four bytes; SG_ELIMIT. */
enum sg_err message_length(const uint8_t head[MESSAGE_LENGTH_SIZE],
    size_t *out);

#endif
