/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_RDPHOST_RDPESC_H
#define SG_RDPHOST_RDPESC_H

/*
 * [MS-RDPESC] as a host speaks it: the calls (2.2.2) written, the returns
 * (2.2.3) read.  A call or return is the body of one device control request
 * with one of the codes of 3.1.4.  Pure.
 *
 * Every writer appends; every reader fails with SG_EFORMAT, or SG_ELIMIT above
 * the ranges of the specification, and its views are into the input.  Reader
 * names are UTF-8 here and UTF-16 there.
 */

#include "base/bytes.h"

enum rdpesc_code {
	RDPESC_ESTABLISH_CONTEXT = 0x00090014,
	RDPESC_RELEASE_CONTEXT = 0x00090018,
	RDPESC_IS_VALID_CONTEXT = 0x0009001c,
	RDPESC_LIST_READERS = 0x0009002c,
	RDPESC_GET_STATUS_CHANGE = 0x000900a4,
	RDPESC_CANCEL = 0x000900a8,
	RDPESC_CONNECT = 0x000900b0,
	RDPESC_RECONNECT = 0x000900b4,
	RDPESC_DISCONNECT = 0x000900b8,
	RDPESC_BEGIN_TRANSACTION = 0x000900bc,
	RDPESC_END_TRANSACTION = 0x000900c0,
	RDPESC_STATUS = 0x000900cc,
	RDPESC_TRANSMIT = 0x000900d0,
	RDPESC_CONTROL = 0x000900d4,
	RDPESC_GET_ATTRIB = 0x000900d8,
	RDPESC_ACCESS_STARTED_EVENT = 0x000900e0,
};
/* A word for the log, or NULL for a code that is none of these. */
const char *rdpesc_name(uint32_t code);

#define RDPESC_ID_MAX		16	/* bytes of a context or handle */
#define RDPESC_ATR_MAX		36
#define RDPESC_STATUS_ATR_MAX	32
#define RDPESC_READERS_MAX	10	/* in one status change */
#define RDPESC_NAME_MAX		128	/* bytes of a reader's name, UTF-8 */
#define RDPESC_SEND_MAX		66560	/* bytes of an APDU */
#define RDPESC_BLOB_MAX		65536
/* Bytes of a whole call or return that is within its limits. */
#define RDPESC_BODY_MAX		(RDPESC_SEND_MAX + 1024)

struct rdpesc_id {
	uint8_t n;
	uint8_t p[RDPESC_ID_MAX];
};
struct rdpesc_card {
	struct rdpesc_id context;
	struct rdpesc_id handle;
};
struct rdpesc_state {
	char name[RDPESC_NAME_MAX + 1];	/* of a call */
	uint32_t current;
	uint32_t event;
	uint32_t atr_n;
	uint8_t atr[RDPESC_ATR_MAX];
};

enum sg_err rdpesc_access_started(struct buf *out);
enum sg_err rdpesc_establish(struct buf *out, uint32_t scope);
/* Release, cancel, is valid. */
enum sg_err rdpesc_context(struct buf *out, const struct rdpesc_id *context);
enum sg_err rdpesc_list_readers(struct buf *out,
    const struct rdpesc_id *context);
enum sg_err rdpesc_status_change(struct buf *out,
    const struct rdpesc_id *context, uint32_t timeout,
    const struct rdpesc_state *states, uint32_t n);
enum sg_err rdpesc_connect(struct buf *out, const struct rdpesc_id *context,
    const char *reader, uint32_t share, uint32_t protocols);
enum sg_err rdpesc_reconnect(struct buf *out, const struct rdpesc_card *card,
    uint32_t share, uint32_t protocols, uint32_t initialization);
/* Disconnect, begin and end of a transaction. */
enum sg_err rdpesc_disposition(struct buf *out, const struct rdpesc_card *card,
    uint32_t disposition);
enum sg_err rdpesc_status(struct buf *out, const struct rdpesc_card *card);
enum sg_err rdpesc_transmit(struct buf *out, const struct rdpesc_card *card,
    uint32_t protocol, struct bytes apdu, uint32_t room);
enum sg_err rdpesc_control(struct buf *out, const struct rdpesc_card *card,
    uint32_t code, struct bytes in, uint32_t room);
enum sg_err rdpesc_get_attrib(struct buf *out, const struct rdpesc_card *card,
    uint32_t attribute, uint32_t room);

/* Each yields rc, the return code of the call at the client's resource
 * manager; what follows it is meaningful when rc is 0 only. */
enum sg_err rdpesc_read_long(struct bytes in, uint32_t *rc);
enum sg_err rdpesc_read_established(struct bytes in, uint32_t *rc,
    struct rdpesc_id *context);
/* List of readers, attribute, answer of the driver: bytes. */
enum sg_err rdpesc_read_blob(struct bytes in, uint32_t *rc,
    struct bytes *blob);
/* Room for RDPESC_READERS_MAX states; those that came, without names. */
enum sg_err rdpesc_read_status_change(struct bytes in, uint32_t *rc,
    struct rdpesc_state *states, uint32_t *n);
enum sg_err rdpesc_read_connected(struct bytes in, uint32_t *rc,
    struct rdpesc_card *card, uint32_t *protocol);
enum sg_err rdpesc_read_reconnected(struct bytes in, uint32_t *rc,
    uint32_t *protocol);

struct rdpesc_status {
	struct bytes names;	/* as rdpesc_names() takes them */
	uint32_t state;
	uint32_t protocol;
	uint32_t atr_n;
	uint8_t atr[RDPESC_STATUS_ATR_MAX];
};
enum sg_err rdpesc_read_status(struct bytes in, uint32_t *rc,
    struct rdpesc_status *out);
enum sg_err rdpesc_read_transmitted(struct bytes in, uint32_t *rc,
    struct bytes *answer);

/* Names in UTF-16, each with a unit 0 behind it and one more at the end, as a
 * multi-string of UTF-8: appended, both ends included. */
enum sg_err rdpesc_names(struct buf *out, struct bytes utf16);
/* UTF-16LE as UTF-8, appended; SG_EFORMAT for half characters and NULs. */
enum sg_err rdpesc_text(struct buf *out, struct bytes utf16);

#endif
