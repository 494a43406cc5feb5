/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_FREERDP_JUDGE_H
#define SG_TEST_FREERDP_JUDGE_H

/* FreeRDP's client side of [MS-RDPESC]: somebody else's reading of the same
 * specification, who takes our calls apart and makes the returns. */

#include <freerdp/utils/smartcard_operations.h>
#include <freerdp/utils/smartcard_pack.h>

#include "../test.h"

#define JUDGE_ROOM 65536

/* Decodes the request that ends in that call; frees with judge_done(). */
static inline LONG
judge_call(SMARTCARD_OPERATION *op, uint32_t code, struct bytes call)
{
	wStream *s = Stream_New(NULL, JUDGE_ROOM);
	LONG rc;

	memset(op, 0, sizeof(*op));
	Stream_Write_UINT32(s, JUDGE_ROOM);
	Stream_Write_UINT32(s, (UINT32)call.n);
	Stream_Write_UINT32(s, code);
	Stream_Zero(s, 20);
	Stream_Write(s, call.p, call.n);
	Stream_SealLength(s);
	Stream_SetPosition(s, 0);
	rc = smartcard_irp_device_control_decode(s, 1, 1, op);
	Stream_Free(s, TRUE);
	return rc;
}

static inline void
judge_done(SMARTCARD_OPERATION *op)
{
	smartcard_operation_free(op, FALSE);
}

/* A return that begins with its code; the rest is added to the stream. */
static inline wStream *
judge_return_begin(LONG rc)
{
	wStream *s = Stream_New(NULL, JUDGE_ROOM);

	Stream_Zero(s, SMARTCARD_COMMON_TYPE_HEADER_LENGTH +
	    SMARTCARD_PRIVATE_TYPE_HEADER_LENGTH);
	Stream_Write_INT32(s, rc);
	return s;
}

/* With its headers; the stream keeps the bytes. */
static inline struct bytes
judge_return_end(wStream *s)
{
	const size_t head = SMARTCARD_COMMON_TYPE_HEADER_LENGTH +
	    SMARTCARD_PRIVATE_TYPE_HEADER_LENGTH;
	size_t n = Stream_GetPosition(s);

	Stream_SetPosition(s, 0);
	smartcard_pack_common_type_header(s);
	smartcard_pack_private_type_header(s, (UINT32)(n - head));
	Stream_SetPosition(s, n);
	smartcard_pack_write_size_align(s, n - head, 8);
	return bytes_of(Stream_Buffer(s), Stream_GetPosition(s));
}

#endif
