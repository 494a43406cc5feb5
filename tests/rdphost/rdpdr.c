/* SPDX-License-Identifier: BSD-2-Clause */

#include "rdpdr.h"

#include <stdlib.h>
#include <string.h>

#include "ndr.h"
#include "rdpesc.h"

/* Header ([MS-RDPEFS] 2.2.1.1). */
#define COMPONENT_CORE	0x4472
#define SERVER_ANNOUNCE	0x496e
#define CLIENTID_CONFIRM 0x4343
#define CLIENT_NAME	0x434e
#define SERVER_CAPABILITY 0x5350
#define CLIENT_CAPABILITY 0x4350
#define DEVICE_LIST	0x4441
#define DEVICE_REPLY	0x6472
#define DEVICE_REMOVE	0x444d
#define USER_LOGGEDON	0x554c
#define IO_REQUEST	0x4952
#define IO_COMPLETION	0x4943

/* Version and capabilities (2.2.2). */
#define VERSION_MAJOR	1
#define VERSION_MINOR	13
#define CAPABILITY_HEADER 8
#define CAP_GENERAL	1
#define CAP_SMART_CARD	5
#define GENERAL_VERSION	2
#define GENERAL_LENGTH	44
#define SMART_CARD_VERSION 1
#define IO_CODES	0xffff	/* all of them: 2.2.2.7.1 */
#define EXTENDED_REMOVE_AND_LOGGEDON 5
#define ASYNC_IO	1

/* Requests (2.2.1.4, 2.2.1.4.5). */
#define DEVICE_CONTROL	14
#define CONTROL_PADDING	20

#define STATUS_SUCCESS	0u
#define STATUS_NOT_SUPPORTED 0xc00000bbu
#define CLIENT_ID	1

enum stage { BEFORE, ANNOUNCED, NAMED, CONFIRMED, BROKEN };

struct waiting {
	uint32_t request;	/* 0: free */
	bool forgotten;
};

struct rdpdr {
	struct rdpdr_calls calls;
	enum stage stage;
	uint32_t client_id;
	struct buf client;
	struct buf message;
	size_t total;
	bool within;		/* a message has begun */
	bool listed;
	struct rdpdr_device devices[RDPDR_DEVICES_MAX];
	size_t device_n;
	struct waiting waiting[RDPDR_WAITING_MAX];
	uint32_t last;
};

enum sg_err
rdpdr_new(struct rdpdr **out, const struct rdpdr_calls *calls)
{
	struct rdpdr *d = calloc(1, sizeof(*d));

	if (d == NULL || buf_terminate(&d->client) != SG_OK) {
		free(d);
		return sg_fail(SG_ENOMEM, "no memory for the device channel");
	}
	d->calls = *calls;
	d->client_id = CLIENT_ID;
	*out = d;
	return SG_OK;
}

void
rdpdr_free(struct rdpdr *d)
{
	if (d == NULL)
		return;
	buf_done(&d->client);
	buf_done(&d->message);
	free(d);
}

const char *
rdpdr_client(const struct rdpdr *d)
{
	return (const char *)d->client.p;
}

static enum sg_err
begin(struct buf *b, uint16_t packet)
{
	SG_TRY(buf_add_le16(b, COMPONENT_CORE));
	return buf_add_le16(b, packet);
}

static enum sg_err
send_announce(struct rdpdr *d, uint16_t packet)
{
	auto_done(buf) b = { 0 };

	SG_TRY(begin(&b, packet));
	SG_TRY(buf_add_le16(&b, VERSION_MAJOR));
	SG_TRY(buf_add_le16(&b, VERSION_MINOR));
	SG_TRY(buf_add_le32(&b, d->client_id));
	return d->calls.send(d->calls.arg, buf_bytes(&b));
}

enum sg_err
rdpdr_start(struct rdpdr *d)
{
	if (d->stage != BEFORE)
		return sg_fail(SG_EINTERNAL, "the device channel has begun");
	d->stage = ANNOUNCED;
	return send_announce(d, SERVER_ANNOUNCE);
}

static enum sg_err
add_capability(struct buf *b, uint16_t type, uint16_t length, uint32_t version)
{
	SG_TRY(buf_add_le16(b, type));
	SG_TRY(buf_add_le16(b, length));
	return buf_add_le32(b, version);
}

/* General and smart card: this host takes nothing else. */
static enum sg_err
send_capabilities(struct rdpdr *d)
{
	static const uint32_t general[] = { 2, 0, VERSION_MAJOR |
		VERSION_MINOR << 16, IO_CODES, 0, EXTENDED_REMOVE_AND_LOGGEDON,
		ASYNC_IO, 0, 0 };
	auto_done(buf) b = { 0 };

	SG_TRY(begin(&b, SERVER_CAPABILITY));
	SG_TRY(buf_add_le16(&b, 2));
	SG_TRY(buf_add_le16(&b, 0));
	SG_TRY(add_capability(&b, CAP_GENERAL, GENERAL_LENGTH,
	    GENERAL_VERSION));
	for (size_t i = 0; i < sizeof(general) / sizeof(general[0]); i++)
		SG_TRY(buf_add_le32(&b, general[i]));
	SG_TRY(add_capability(&b, CAP_SMART_CARD, CAPABILITY_HEADER,
	    SMART_CARD_VERSION));
	return d->calls.send(d->calls.arg, buf_bytes(&b));
}

static enum sg_err
out_of_turn(const char *what)
{
	return sg_fail(SG_EFORMAT, "%s comes out of turn", what);
}

/* 2.2.2.3: an older client chooses its own number. */
static enum sg_err
announced(struct rdpdr *d, struct reader *r)
{
	uint16_t major = read_le16(r), minor = read_le16(r);
	uint32_t id = read_le32(r);

	(void)minor;
	SG_TRY(reader_finish(r, "the client's announcement"));
	if (d->stage != ANNOUNCED)
		return out_of_turn("the client's announcement");
	if (major != VERSION_MAJOR)
		return sg_fail(SG_EUNSUPPORTED, "version %u of the device"
		    " channel", major);
	d->client_id = id;
	d->stage = NAMED;
	return SG_OK;
}

/* The text up to its first unit of 0; all else is padding. */
static enum sg_err
read_name(struct buf *out, struct bytes x, bool wide)
{
	size_t step = wide ? 2 : 1, n;

	for (n = 0; n + step <= x.n; n += step)
		if (x.p[n] == 0 && (!wide || x.p[n + 1] == 0))
			break;
	if (wide)
		return rdpesc_text(out, bytes_of(x.p, n));
	return buf_add(out, x.p, n);
}

/* 2.2.2.4, which is what the capabilities and the confirmation wait for. */
static enum sg_err
named(struct rdpdr *d, struct reader *r)
{
	auto_done(buf) name = { 0 };
	uint32_t wide = read_le32(r), length;
	struct bytes x;

	(void)read_le32(r);
	length = read_le32(r);
	if (length > RDPDR_NAME_MAX)
		return sg_fail(SG_ELIMIT, "the client's name has %u bytes",
		    length);
	x = read_bytes(r, length);
	SG_TRY(reader_finish(r, "the client's name"));
	if (d->stage != NAMED)
		return out_of_turn("the client's name");
	SG_TRY(read_name(&name, x, wide != 0));
	SG_TRY(buf_terminate(&name));
	buf_done(&d->client);
	d->client = name;
	name = (struct buf) { 0 };
	d->stage = CONFIRMED;
	SG_TRY(send_capabilities(d));
	return send_announce(d, CLIENTID_CONFIRM);
}

/* 2.2.2.8: that it is well-formed; this host asks for nothing optional. */
static enum sg_err
capabilities(struct rdpdr *d, struct reader *r)
{
	uint16_t n = read_le16(r);

	(void)read_le16(r);
	for (uint16_t i = 0; i < n && !r->failed; i++) {
		uint16_t length;

		(void)read_le16(r);
		length = read_le16(r);
		(void)read_le32(r);
		if (length < CAPABILITY_HEADER)
			reader_fail(r);
		else
			(void)read_bytes(r, length - CAPABILITY_HEADER);
	}
	SG_TRY(reader_finish(r, "the client's capabilities"));
	return d->stage == CONFIRMED ? SG_OK
	    : out_of_turn("the client's capabilities");
}

static struct rdpdr_device *
device_find(struct rdpdr *d, uint32_t id)
{
	for (size_t i = 0; i < d->device_n; i++)
		if (d->devices[i].id == id)
			return &d->devices[i];
	return NULL;
}

static enum sg_err
device_reply(struct rdpdr *d, uint32_t id, uint32_t status)
{
	auto_done(buf) b = { 0 };

	SG_TRY(begin(&b, DEVICE_REPLY));
	SG_TRY(buf_add_le32(&b, id));
	SG_TRY(buf_add_le32(&b, status));
	return d->calls.send(d->calls.arg, buf_bytes(&b));
}

static enum sg_err
device_add(struct rdpdr *d, const struct rdpdr_device *new)
{
	if (new->type != RDPDR_SMART_CARD)
		return device_reply(d, new->id, STATUS_NOT_SUPPORTED);
	/* After the logon FreeRDP announces everything once more. */
	if (device_find(d, new->id) != NULL)
		return device_reply(d, new->id, STATUS_SUCCESS);
	if (d->device_n == RDPDR_DEVICES_MAX)
		return sg_fail(SG_ELIMIT, "more than %d smart card devices",
		    RDPDR_DEVICES_MAX);
	d->devices[d->device_n++] = *new;
	SG_TRY(device_reply(d, new->id, STATUS_SUCCESS));
	d->calls.device(d->calls.arg, new, true);
	return SG_OK;
}

/* 2.2.2.9 and 2.2.1.3, all of it before any of it counts. */
static enum sg_err
device_list(struct rdpdr *d, struct reader *r)
{
	struct rdpdr_device list[RDPDR_DEVICES_MAX] = { 0 };
	uint32_t n = read_le32(r);

	if (n > RDPDR_DEVICES_MAX)
		return sg_fail(SG_ELIMIT, "%u devices at once", n);
	for (uint32_t i = 0; i < n; i++) {
		list[i].type = read_le32(r);
		list[i].id = read_le32(r);
		read_copy(r, list[i].name, RDPDR_DEVICE_NAME);
		(void)read_bytes(r, read_le32(r));
	}
	SG_TRY(reader_finish(r, "the list of devices"));
	if (d->stage != CONFIRMED)
		return out_of_turn("the list of devices");
	for (uint32_t i = 0; i < n; i++)
		SG_TRY(device_add(d, &list[i]));
	if (!d->listed)
		d->calls.listed(d->calls.arg);
	d->listed = true;
	return SG_OK;
}

static enum sg_err
device_remove(struct rdpdr *d, struct reader *r)
{
	uint32_t ids[RDPDR_DEVICES_MAX], n = read_le32(r);

	if (n > RDPDR_DEVICES_MAX)
		return sg_fail(SG_ELIMIT, "%u devices at once", n);
	for (uint32_t i = 0; i < n; i++)
		ids[i] = read_le32(r);
	SG_TRY(reader_finish(r, "the list of devices that went"));
	for (uint32_t i = 0; i < n; i++) {
		struct rdpdr_device *x = device_find(d, ids[i]), gone;

		if (x == NULL)
			continue;
		gone = *x;
		*x = d->devices[--d->device_n];
		d->calls.device(d->calls.arg, &gone, false);
	}
	return SG_OK;
}

static struct waiting *
waiting_find(struct rdpdr *d, uint32_t request)
{
	for (size_t i = 0; i < RDPDR_WAITING_MAX; i++)
		if (d->waiting[i].request == request)
			return &d->waiting[i];
	return NULL;
}

/* 2.2.1.5 with 2.2.1.5.5.  The device may have gone meanwhile. */
static enum sg_err
completion(struct rdpdr *d, struct reader *r)
{
	uint32_t request, status;
	struct waiting *w;
	struct bytes out = { 0 };
	bool forgotten;

	(void)read_le32(r);
	request = read_le32(r);
	status = read_le32(r);
	/* Some leave the output away when there is none. */
	if (r->left.n > 0)
		out = read_bytes(r, read_le32(r));
	if (r->failed)
		return reader_finish(r, "the reply to a request");
	w = request == 0 ? NULL : waiting_find(d, request);
	if (w == NULL)
		return sg_fail(SG_EFORMAT, "a reply to request %u, which"
		    " nobody made", request);
	forgotten = w->forgotten;
	*w = (struct waiting) { 0 };
	if (!forgotten)
		d->calls.completed(d->calls.arg, request, status, out);
	return SG_OK;
}

static enum sg_err
take(struct rdpdr *d, struct bytes message)
{
	struct reader r = reader_of(message);
	uint16_t component = read_le16(&r), packet = read_le16(&r);

	if (r.failed)
		return sg_fail(SG_EFORMAT, "a message without a header");
	if (component != COMPONENT_CORE)
		return sg_fail(SG_EFORMAT, "component %04x, not that of"
		    " devices", component);
	switch (packet) {
	case CLIENTID_CONFIRM:
		return announced(d, &r);
	case CLIENT_NAME:
		return named(d, &r);
	case CLIENT_CAPABILITY:
		return capabilities(d, &r);
	case DEVICE_LIST:
		return device_list(d, &r);
	case DEVICE_REMOVE:
		return device_remove(d, &r);
	case IO_COMPLETION:
		return completion(d, &r);
	default:
		return sg_fail(SG_EFORMAT, "packet %04x is none of a client's",
		    packet);
	}
}

static enum sg_err
assemble(struct rdpdr *d, struct bytes chunk, uint32_t flags, size_t total)
{
	if (flags & RDPDR_FIRST) {
		if (d->within)
			return out_of_turn("the beginning of a message");
		if (total > RDPDR_MESSAGE_MAX)
			return sg_fail(SG_ELIMIT, "a message of %zu bytes",
			    total);
		d->message.n = 0;
		d->total = total;
		d->within = true;
	}
	if (!d->within)
		return out_of_turn("the middle of a message");
	if (total != d->total || chunk.n > d->total - d->message.n)
		return sg_fail(SG_EFORMAT, "a message that is longer than it"
		    " said");
	SG_TRY(buf_add_bytes(&d->message, chunk));
	if (!(flags & RDPDR_LAST))
		return SG_OK;
	d->within = false;
	if (d->message.n != d->total)
		return sg_fail(SG_EFORMAT, "a message that is shorter than it"
		    " said");
	return take(d, buf_bytes(&d->message));
}

enum sg_err
rdpdr_chunk(struct rdpdr *d, struct bytes chunk, uint32_t flags, size_t total)
{
	enum sg_err e;

	if (d->stage == BROKEN || d->stage == BEFORE)
		return sg_fail(SG_EPERM, "the device channel is closed");
	e = assemble(d, chunk, flags, total);
	if (e != SG_OK)
		d->stage = BROKEN;
	return e;
}

/* 0 is never a request's number. */
static uint32_t
next_request(struct rdpdr *d)
{
	do
		d->last++;
	while (d->last == 0 || waiting_find(d, d->last) != NULL);
	return d->last;
}

static enum sg_err
send_control(struct rdpdr *d, uint32_t device, uint32_t request, uint32_t code,
    struct bytes input, uint32_t room)
{
	auto_done(buf) b = { 0 };
	uint8_t *padding;

	SG_TRY(begin(&b, IO_REQUEST));
	SG_TRY(buf_add_le32(&b, device));
	SG_TRY(buf_add_le32(&b, 0));
	SG_TRY(buf_add_le32(&b, request));
	SG_TRY(buf_add_le32(&b, DEVICE_CONTROL));
	SG_TRY(buf_add_le32(&b, 0));
	SG_TRY(buf_add_le32(&b, room));
	SG_TRY(buf_add_le32(&b, (uint32_t)input.n));
	SG_TRY(buf_add_le32(&b, code));
	SG_TRY(buf_extend(&b, CONTROL_PADDING, &padding));
	SG_TRY(buf_add_bytes(&b, input));
	return d->calls.send(d->calls.arg, buf_bytes(&b));
}

enum sg_err
rdpdr_control(struct rdpdr *d, uint32_t device, uint32_t code,
    struct bytes input, uint32_t room, uint32_t *request)
{
	struct waiting *w = waiting_find(d, 0);

	if (d->stage != CONFIRMED || device_find(d, device) == NULL)
		return sg_fail(SG_ENOENT, "no device %u is redirected", device);
	if (w == NULL)
		return sg_fail(SG_EBUSY, "%d requests have no reply yet",
		    RDPDR_WAITING_MAX);
	w->request = next_request(d);
	w->forgotten = false;
	/* The reply may come before the sending returns. */
	*request = w->request;
	return send_control(d, device, w->request, code, input, room);
}

void
rdpdr_forget(struct rdpdr *d, uint32_t request)
{
	struct waiting *w = request == 0 ? NULL : waiting_find(d, request);

	if (w != NULL)
		w->forgotten = true;
}

enum sg_err
rdpdr_logged_on(struct rdpdr *d)
{
	auto_done(buf) b = { 0 };

	if (d->stage != CONFIRMED)
		return sg_fail(SG_EPERM, "the device channel is closed");
	SG_TRY(begin(&b, USER_LOGGEDON));
	return d->calls.send(d->calls.arg, buf_bytes(&b));
}
