/* SPDX-License-Identifier: BSD-2-Clause */

/* The returns.  When the call failed at the client nothing behind its code is
 * looked at: clients differ in what they put there. */

#include "ndr.h"
#include "proto/utf.h"
#include "rdpesc.h"

#include <string.h>

static const uint8_t bom[] = { 0xff, 0xfe };

/* A context or handle that is announced: length and pointer. */
struct announced {
	uint32_t n;
	uint32_t pointer;
};

static struct announced
announced(struct ndr_reader *n)
{
	struct announced a;

	a.n = ndr_u32(n);
	a.pointer = ndr_u32(n);
	if (a.n == 0 || a.n > RDPESC_ID_MAX || a.pointer == 0)
		reader_fail(&n->r);
	return a;
}

static struct rdpesc_id
pointed_id(struct ndr_reader *n, struct announced a)
{
	struct bytes x = ndr_pointed(n, a.pointer, a.n);
	struct rdpesc_id id = { 0 };

	if (x.n > RDPESC_ID_MAX)
		return id;
	id.n = (uint8_t)x.n;
	if (x.n > 0)
		memcpy(id.p, x.p, x.n);
	return id;
}

/* What length and pointer, read now, announce is at most max bytes. */
static struct bytes
pointed_blob(struct ndr_reader *n, uint32_t length, uint32_t pointer,
    size_t max)
{
	if (length > max)
		reader_fail(&n->r);
	return ndr_pointed(n, pointer, length);
}

/* The return code; true when it failed there, or cannot be read, and that is
 * all there is to say, in *e. */
static bool
failed_there(struct ndr_reader *n, const char *what, uint32_t *rc,
    enum sg_err *e)
{
	uint32_t code = ndr_u32(n);

	if (n->r.failed) {
		*e = ndr_end(n, what);
		return true;
	}
	*e = SG_OK;
	*rc = code;
	return code != 0;
}

enum sg_err
rdpesc_read_long(struct bytes in, uint32_t *rc)
{
	struct ndr_reader n = ndr_reader_of(in);
	uint32_t code = ndr_u32(&n);

	SG_TRY(ndr_end(&n, "a return code"));
	*rc = code;
	return SG_OK;
}

enum sg_err
rdpesc_read_established(struct bytes in, uint32_t *rc,
    struct rdpesc_id *context)
{
	struct ndr_reader n = ndr_reader_of(in);
	struct rdpesc_id id;
	enum sg_err e;

	if (failed_there(&n, "a new context", rc, &e))
		return e;
	id = pointed_id(&n, announced(&n));
	SG_TRY(ndr_end(&n, "a new context"));
	*context = id;
	return SG_OK;
}

enum sg_err
rdpesc_read_blob(struct bytes in, uint32_t *rc, struct bytes *blob)
{
	struct ndr_reader n = ndr_reader_of(in);
	uint32_t length, pointer;
	struct bytes x;
	enum sg_err e;

	if (failed_there(&n, "a list or attribute", rc, &e))
		return e;
	length = ndr_u32(&n);
	pointer = ndr_u32(&n);
	x = pointed_blob(&n, length, pointer, RDPESC_BLOB_MAX);
	SG_TRY(ndr_end(&n, "a list or attribute"));
	*blob = x;
	return SG_OK;
}

static void
read_state(struct ndr_reader *n, struct rdpesc_state *s)
{
	memset(s, 0, sizeof(*s));
	s->current = ndr_u32(n);
	s->event = ndr_u32(n);
	s->atr_n = ndr_u32(n);
	read_copy(&n->r, s->atr, RDPESC_ATR_MAX);
	if (s->atr_n > RDPESC_ATR_MAX)
		reader_fail(&n->r);
}

enum sg_err
rdpesc_read_status_change(struct bytes in, uint32_t *rc,
    struct rdpesc_state *states, uint32_t *count)
{
	struct ndr_reader n = ndr_reader_of(in);
	struct rdpesc_state read[RDPESC_READERS_MAX];
	uint32_t readers, pointer;
	enum sg_err e;

	if (failed_there(&n, "a status change", rc, &e))
		return e;
	readers = ndr_u32(&n);
	pointer = ndr_u32(&n);
	if (readers > RDPESC_READERS_MAX || (pointer == 0) != (readers == 0) ||
	    (pointer != 0 && ndr_u32(&n) != readers))
		reader_fail(&n.r);
	for (uint32_t i = 0; i < readers && !n.r.failed; i++)
		read_state(&n, &read[i]);
	SG_TRY(ndr_end(&n, "a status change"));
	memcpy(states, read, readers * sizeof(read[0]));
	*count = readers;
	return SG_OK;
}

enum sg_err
rdpesc_read_connected(struct bytes in, uint32_t *rc, struct rdpesc_card *card,
    uint32_t *protocol)
{
	struct ndr_reader n = ndr_reader_of(in);
	struct announced context, handle;
	struct rdpesc_card c;
	uint32_t p;
	enum sg_err e;

	if (failed_there(&n, "a connection", rc, &e))
		return e;
	context = announced(&n);
	handle = announced(&n);
	p = ndr_u32(&n);
	c.context = pointed_id(&n, context);
	c.handle = pointed_id(&n, handle);
	SG_TRY(ndr_end(&n, "a connection"));
	*card = c;
	*protocol = p;
	return SG_OK;
}

enum sg_err
rdpesc_read_reconnected(struct bytes in, uint32_t *rc, uint32_t *protocol)
{
	struct ndr_reader n = ndr_reader_of(in);
	uint32_t p;
	enum sg_err e;

	if (failed_there(&n, "a reconnection", rc, &e))
		return e;
	p = ndr_u32(&n);
	SG_TRY(ndr_end(&n, "a reconnection"));
	*protocol = p;
	return SG_OK;
}

enum sg_err
rdpesc_read_status(struct bytes in, uint32_t *rc, struct rdpesc_status *out)
{
	struct ndr_reader n = ndr_reader_of(in);
	struct rdpesc_status s = { 0 };
	uint32_t length, pointer;
	enum sg_err e;

	if (failed_there(&n, "a status", rc, &e))
		return e;
	length = ndr_u32(&n);
	pointer = ndr_u32(&n);
	s.state = ndr_u32(&n);
	s.protocol = ndr_u32(&n);
	read_copy(&n.r, s.atr, RDPESC_STATUS_ATR_MAX);
	s.atr_n = ndr_u32(&n);
	if (s.atr_n > RDPESC_STATUS_ATR_MAX)
		reader_fail(&n.r);
	s.names = pointed_blob(&n, length, pointer, RDPESC_BLOB_MAX);
	SG_TRY(ndr_end(&n, "a status"));
	*out = s;
	return SG_OK;
}

/* Protocol, extra bytes and their pointer, then the bytes: nobody asked for
 * it, and what it says is not used. */
static void
skip_pci(struct ndr_reader *n, uint32_t pointer)
{
	uint32_t extra, at;

	if (pointer == 0)
		return;
	(void)ndr_u32(n);
	extra = ndr_u32(n);
	at = ndr_u32(n);
	(void)pointed_blob(n, extra, at, RDPESC_BLOB_MAX);
}

enum sg_err
rdpesc_read_transmitted(struct bytes in, uint32_t *rc, struct bytes *answer)
{
	struct ndr_reader n = ndr_reader_of(in);
	uint32_t pci, length, pointer;
	struct bytes x;
	enum sg_err e;

	if (failed_there(&n, "an answer of the card", rc, &e))
		return e;
	pci = ndr_u32(&n);
	length = ndr_u32(&n);
	pointer = ndr_u32(&n);
	skip_pci(&n, pci);
	x = pointed_blob(&n, length, pointer, RDPESC_SEND_MAX);
	SG_TRY(ndr_end(&n, "an answer of the card"));
	*answer = x;
	return SG_OK;
}

enum sg_err
rdpesc_text(struct buf *out, struct bytes utf16)
{
	auto_done(buf) marked = { 0 };

	SG_TRY(buf_add(&marked, bom, sizeof(bom)));
	SG_TRY(buf_add_bytes(&marked, utf16));
	return utf_read(out, buf_bytes(&marked));
}

enum sg_err
rdpesc_names(struct buf *out, struct bytes utf16)
{
	size_t begin = 0;

	for (size_t i = 0; i + 1 < utf16.n; i += 2) {
		if (utf16.p[i] != 0 || utf16.p[i + 1] != 0)
			continue;
		if (i == begin)
			return buf_add_u8(out, 0);
		SG_TRY(rdpesc_text(out, bytes_of(utf16.p + begin, i - begin)));
		SG_TRY(buf_add_u8(out, 0));
		begin = i + 2;
	}
	return sg_fail(SG_EFORMAT, "the list of readers has no end");
}
