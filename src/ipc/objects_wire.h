/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_IPC_OBJECTS_WIRE_H
#define SG_IPC_OBJECTS_WIRE_H

/* The objects as bytes, on the socket and in the container file, and the
 * arrays they live in. */

#include "base/reader.h"
#include "ipc/objects.h"

/* Bytes of a container's objects that fit into one reply. */
#define OBJECTS_WIRE_MAX (500u << 10)

enum sg_err objects_write(struct buf *b, const struct objects *o);
/* Replaces out. */
enum sg_err objects_read(struct reader *r, struct objects *out);
/* The same of what container files of version 1 have: every key is the
 * passport provider's. */
enum sg_err objects_read_v1(struct reader *r, struct objects *out);

/* One key; as with certificates, below. */
enum sg_err key_object_write(struct buf *b, const struct key_object *k);
enum sg_err key_object_read(struct reader *r, struct key_object *k);
void key_object_done(struct key_object *k);

/* One certificate; read fills a zeroed c, which cert_object_done() releases
 * also after a failure.  A malformed one fails the reader. */
enum sg_err cert_object_write(struct buf *b, const struct cert_object *c);
enum sg_err cert_object_read(struct reader *r, struct cert_object *c);
void cert_object_done(struct cert_object *c);

enum sg_err status_write(struct buf *b, const struct status *s);
enum sg_err status_read(struct bytes x, struct status *out);

/* Appends a zeroed element to *array (the address of an array pointer) and
 * leaves its address in *fresh; SG_ELIMIT at OBJECT_COUNT_MAX. */
enum sg_err objects_grow(void *array, size_t *count, size_t size,
    void *fresh);
/* Closes the gap of an element already released. */
void objects_shrink(void *array, size_t *count, size_t size, size_t index);
void objects_drop_cert(struct objects *o, size_t index);
void objects_drop_key(struct objects *o, size_t index);
void objects_drop_request(struct objects *o, size_t index);

#endif
