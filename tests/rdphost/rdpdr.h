/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_RDPHOST_RDPDR_H
#define SG_RDPHOST_RDPDR_H

/*
 * The host's end of the device channel, [MS-RDPEFS] 3.3: the exchange that
 * begins it, the devices that the client announces, and requests to smart
 * cards.  Bytes in, bytes out; nothing here knows FreeRDP or a socket.
 *
 * Everything that comes is hostile.  A failure is final: the channel is to be
 * closed, and takes nothing more.
 */

#include "base/bytes.h"

#define RDPDR_CHANNEL		"rdpdr"
#define RDPDR_MESSAGE_MAX	(68u << 10)	/* bytes, reassembled */
#define RDPDR_DEVICES_MAX	16
#define RDPDR_WAITING_MAX	64	/* requests without a reply */
#define RDPDR_NAME_MAX		256	/* bytes of the client's name */
#define RDPDR_DEVICE_NAME	8

/* Flags of a chunk ([MS-RDPBCGR] 2.2.6.1.1). */
#define RDPDR_FIRST		1u
#define RDPDR_LAST		2u

#define RDPDR_SMART_CARD	0x20u

struct rdpdr_device {
	uint32_t id;
	uint32_t type;
	char name[RDPDR_DEVICE_NAME + 1];
};

struct rdpdr_calls {
	void *arg;
	/* A message for the channel, to be cut into chunks. */
	enum sg_err (*send)(void *arg, struct bytes message);
	/* A device came or went.  Only smart cards are accepted. */
	void (*device)(void *arg, const struct rdpdr_device *d, bool there);
	/* The client has told all the devices that it has before the logon. */
	void (*listed)(void *arg);
	/* The reply to a request; status is an NTSTATUS. */
	void (*completed)(void *arg, uint32_t request, uint32_t status,
	    struct bytes output);
};

struct rdpdr;
enum sg_err rdpdr_new(struct rdpdr **out, const struct rdpdr_calls *calls);
void rdpdr_free(struct rdpdr *d);
SG_AUTO_FREE(rdpdr)

/* Announces the host; the rest follows from what comes. */
enum sg_err rdpdr_start(struct rdpdr *d);

/* A chunk of the channel: total is the length of the whole message. */
enum sg_err rdpdr_chunk(struct rdpdr *d, struct bytes chunk, uint32_t flags,
    size_t total);

/* The name that the client gave itself, "" before. */
const char *rdpdr_client(const struct rdpdr *d);

/*
 * Asks a device: a device control request.  *request names it until it is
 * completed, and no other meanwhile.  SG_ENOENT without that device, SG_EBUSY
 * when RDPDR_WAITING_MAX have no reply.
 */
enum sg_err rdpdr_control(struct rdpdr *d, uint32_t device, uint32_t code,
    struct bytes input, uint32_t room, uint32_t *request);
/* Nobody waits for it any more: its reply will be dropped. */
void rdpdr_forget(struct rdpdr *d, uint32_t request);

/* The person is logged on: the client may announce the rest. */
enum sg_err rdpdr_logged_on(struct rdpdr *d);

#endif
