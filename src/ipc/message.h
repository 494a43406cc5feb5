/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_IPC_MESSAGE_H
#define SG_IPC_MESSAGE_H

/*
 * Messages on a local socket, both ways, by a table of verbs: signetd's
 * (verbs.def) or the signer's (desk.def).  A frame is a u32 length and so many
 * bytes: u16 verb, u32 sequence, and the fields in the order that the table
 * gives.  A reply has, before its fields, u16 error, u32 detail and the note
 * as a block; an error's fields are absent.  Numbers are big-endian; u is
 * eight bytes, f one (1 when a descriptor comes along), everything else a
 * block (u32 length, bytes).  Frames live in secrets, since some carry PINs.
 */

#include "base/reader.h"
#include "base/secret.h"

#define MESSAGE_FIELD_MAX	6
#define MESSAGE_LENGTH_SIZE	4
#define MESSAGE_OVERHEAD	16	/* of a reply, without note and fields */

/*
 * When a server sees to it: AT_ONCE, whatever its worker does; IN_TURN, behind
 * the user's earlier requests and only while the caller waits for it;
 * OVERTAKEN likewise, but not if a FIRST has come meanwhile; FIRST before
 * them, and done even when the caller is gone; GROUPED in turn with the others
 * of its kind, several at a time, which share what makes them last.
 */
enum verb_when { VERB_AT_ONCE, VERB_IN_TURN, VERB_OVERTAKEN, VERB_FIRST,
	VERB_GROUPED };

/* A line of a table. */
struct verb_info {
	unsigned number;
	const char *name;
	const char *request;	/* a letter for each field, and of the reply */
	const char *reply;
	size_t request_max;	/* bytes of all fields */
	size_t reply_max;
	enum verb_when when;
	const char *what;
};

struct verb_table {
	const struct verb_info *verbs;
	size_t count;
	size_t frame_max;	/* bytes behind the length */
	const char *server;	/* who answers, for people */
	const char *limits;	/* where its quotas are, for people */
};

/* NULL for an unknown number. */
const struct verb_info *verb_of(const struct verb_table *t, unsigned number);

/* A number or a view, as the field's letter says; of f, 1 or 0. */
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
 * are used; SG_ELIMIT above what the table allows. */
enum sg_err message_write_request(const struct message *m,
    struct secret *out);
/* The same for a reply; m->error other than SG_OK sends detail and note. */
enum sg_err message_write_reply(const struct message *m, struct secret *out);

/* Frames without their length; views into frame are left in out.  SG_EFORMAT,
 * SG_ELIMIT for more than the table allows, or SG_EUNSUPPORTED for an unknown
 * verb (out->sequence is set even then). */
enum sg_err message_read_request(const struct verb_table *t,
    struct bytes frame, struct message *out);
enum sg_err message_read_reply(const struct verb_table *t,
    struct bytes frame, struct message *out);

/* Does a descriptor come along with this reply? */
bool message_brings_fd(const struct message *reply);

/* The length of a frame from its first four bytes; SG_ELIMIT. */
enum sg_err message_length(const struct verb_table *t,
    const uint8_t head[MESSAGE_LENGTH_SIZE], size_t *out);

#endif
