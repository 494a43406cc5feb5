/* SPDX-License-Identifier: BSD-2-Clause */
#include "freerdp_judge.h"

#include "rdpesc.h"

#define CONTEXT "\x01\x02\x03\x04\x05\x06\x07\x08"
#define HANDLE_	"\x11\x12\x13\x14\x15\x16\x17\x18"

static const struct rdpesc_card card = {
	{ 8, CONTEXT }, { 8, HANDLE_ } };

static void
assert_context(const Handles_Call *h)
{
	assert_int_equal(h->hContext.cbContext, 8);
	assert_memory_equal(h->hContext.pbContext, CONTEXT, 8);
}

static void
assert_card(const Handles_Call *h)
{
	assert_context(h);
	assert_int_equal(h->hCard.cbHandle, 8);
	assert_memory_equal(h->hCard.pbHandle, HANDLE_, 8);
}

static void
freerdp_reads_calls_that_name_a_context(void **state)
{
	static const uint32_t codes[] = { RDPESC_RELEASE_CONTEXT,
		RDPESC_IS_VALID_CONTEXT, RDPESC_CANCEL };

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		auto_done(buf) b = { 0 };
		SMARTCARD_OPERATION op;

		OK(rdpesc_context(&b, &card.context));
		assert_int_equal(judge_call(&op, codes[i], buf_bytes(&b)), 0);
		assert_context(&op.call.handles);
		judge_done(&op);
	}
}

static void
freerdp_reads_the_call_for_a_context(void **state)
{
	auto_done(buf) b = { 0 }, started = { 0 };
	SMARTCARD_OPERATION op;

	(void)state;
	OK(rdpesc_establish(&b, 2));
	assert_int_equal(judge_call(&op, RDPESC_ESTABLISH_CONTEXT,
	    buf_bytes(&b)), 0);
	assert_int_equal(op.call.establishContext.dwScope, 2);
	judge_done(&op);
	OK(rdpesc_access_started(&started));
	assert_int_equal(judge_call(&op, RDPESC_ACCESS_STARTED_EVENT,
	    buf_bytes(&started)), 0);
	judge_done(&op);
}

static void
freerdp_reads_the_call_for_the_list_of_readers(void **state)
{
	auto_done(buf) b = { 0 };
	SMARTCARD_OPERATION op;

	(void)state;
	OK(rdpesc_list_readers(&b, &card.context));
	assert_int_equal(judge_call(&op, RDPESC_LIST_READERS, buf_bytes(&b)),
	    0);
	assert_context(&op.call.handles);
	assert_int_equal(op.call.listReaders.cBytes, 0);
	assert_int_equal(op.call.listReaders.fmszReadersIsNULL, 0);
	judge_done(&op);
}

/* A name in UTF-16, as FreeRDP keeps it. */
static void
assert_name(const WCHAR *name, const char *ascii)
{
	size_t n = strlen(ascii);

	for (size_t i = 0; i <= n; i++)
		assert_int_equal(name[i], ascii[i]);
}

static void
freerdp_reads_the_call_for_a_change(void **state)
{
	struct rdpesc_state states[2] = {
		{ .name = "Signet Container 00 00", .current = 0x22,
		  .atr_n = 3, .atr = "\x3b\x80\x01" },
		{ .name = "\\\\?PnP?\\Notification", .current = 7 } };
	auto_done(buf) b = { 0 };
	const GetStatusChangeW_Call *c;
	SMARTCARD_OPERATION op;

	(void)state;
	OK(rdpesc_status_change(&b, &card.context, 5000, states, 2));
	assert_int_equal(judge_call(&op, RDPESC_GET_STATUS_CHANGE,
	    buf_bytes(&b)), 0);
	c = &op.call.getStatusChangeW;
	assert_context(&c->handles);
	assert_int_equal(c->dwTimeOut, 5000);
	assert_int_equal(c->cReaders, 2);
	assert_name(c->rgReaderStates[0].szReader, states[0].name);
	assert_name(c->rgReaderStates[1].szReader, states[1].name);
	assert_int_equal(c->rgReaderStates[0].dwCurrentState, 0x22);
	assert_int_equal(c->rgReaderStates[0].cbAtr, 3);
	assert_memory_equal(c->rgReaderStates[0].rgbAtr, "\x3b\x80\x01", 3);
	assert_int_equal(c->rgReaderStates[1].dwCurrentState, 7);
	judge_done(&op);
}

static void
freerdp_reads_connections_to_names_of_any_length(void **state)
{
	static const char *const names[] = { "R", "Rd", "Rdr", "Read",
		"Signet Container 00 00" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		auto_done(buf) b = { 0 };
		SMARTCARD_OPERATION op;

		OK(rdpesc_connect(&b, &card.context, names[i], 2, 3));
		assert_int_equal(judge_call(&op, RDPESC_CONNECT,
		    buf_bytes(&b)), 0);
		assert_context(&op.call.connect.handles);
		assert_name(op.call.connectW.szReader, names[i]);
		assert_int_equal(op.call.connectW.Common.dwShareMode, 2);
		assert_int_equal(op.call.connectW.Common.dwPreferredProtocols,
		    3);
		judge_done(&op);
	}
}

static void
freerdp_reads_calls_to_a_card(void **state)
{
	auto_done(buf) again = { 0 }, end = { 0 }, status = { 0 },
	    attribute = { 0 };
	SMARTCARD_OPERATION op;

	(void)state;
	OK(rdpesc_reconnect(&again, &card, 2, 3, 1));
	assert_int_equal(judge_call(&op, RDPESC_RECONNECT, buf_bytes(&again)),
	    0);
	assert_card(&op.call.handles);
	assert_int_equal(op.call.reconnect.dwPreferredProtocols, 3);
	assert_int_equal(op.call.reconnect.dwInitialization, 1);
	judge_done(&op);
	OK(rdpesc_disposition(&end, &card, 2));
	assert_int_equal(judge_call(&op, RDPESC_END_TRANSACTION,
	    buf_bytes(&end)), 0);
	assert_card(&op.call.handles);
	assert_int_equal(op.call.hCardAndDisposition.dwDisposition, 2);
	judge_done(&op);
	OK(rdpesc_status(&status, &card));
	assert_int_equal(judge_call(&op, RDPESC_STATUS, buf_bytes(&status)),
	    0);
	assert_card(&op.call.handles);
	assert_int_equal(op.call.status.cbAtrLen, 32);
	judge_done(&op);
	OK(rdpesc_get_attrib(&attribute, &card, 0x7a007, 300));
	assert_int_equal(judge_call(&op, RDPESC_GET_ATTRIB,
	    buf_bytes(&attribute)), 0);
	assert_card(&op.call.handles);
	assert_int_equal(op.call.getAttrib.dwAttrId, 0x7a007);
	assert_int_equal(op.call.getAttrib.cbAttrLen, 300);
	judge_done(&op);
}

static void
freerdp_reads_an_apdu_of_every_alignment(void **state)
{
	static const char apdu[] = "\x00\xa4\x04\x00\x09\xa0\x00\x00\x03\x08";

	(void)state;
	for (size_t n = 4; n <= 10; n++) {
		auto_done(buf) b = { 0 };
		const Transmit_Call *c;
		SMARTCARD_OPERATION op;

		OK(rdpesc_transmit(&b, &card, 2, bytes_of(apdu, n), 258));
		assert_int_equal(judge_call(&op, RDPESC_TRANSMIT,
		    buf_bytes(&b)), 0);
		c = &op.call.transmit;
		assert_card(&c->handles);
		assert_int_equal(c->pioSendPci->dwProtocol, 2);
		assert_int_equal(c->cbSendLength, n);
		assert_memory_equal(c->pbSendBuffer, apdu, n);
		assert_null(c->pioRecvPci);
		assert_int_equal(c->cbRecvLength, 258);
		judge_done(&op);
	}
}

static void
freerdp_reads_a_call_to_the_driver(void **state)
{
	auto_done(buf) b = { 0 };
	SMARTCARD_OPERATION op;

	(void)state;
	OK(rdpesc_control(&b, &card, 0x313520, bytes_str("in"), 64));
	assert_int_equal(judge_call(&op, RDPESC_CONTROL, buf_bytes(&b)), 0);
	assert_card(&op.call.handles);
	assert_int_equal(op.call.control.dwControlCode, 0x313520);
	assert_int_equal(op.call.control.cbInBufferSize, 2);
	assert_memory_equal(op.call.control.pvInBuffer, "in", 2);
	assert_int_equal(op.call.control.cbOutBufferSize, 64);
	judge_done(&op);
}

static void
calls_beyond_the_limits_are_not_written(void **state)
{
	struct rdpesc_state states[RDPESC_READERS_MAX + 1] = { 0 };
	char name[RDPESC_NAME_MAX + 2];
	auto_done(buf) b = { 0 };

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	FAILS(SG_ELIMIT, rdpesc_connect(&b, &card.context, name, 2, 3));
	FAILS(SG_EFORMAT, rdpesc_connect(&b, &card.context, "\xff", 2, 3));
	FAILS(SG_ELIMIT, rdpesc_status_change(&b, &card.context, 0, states,
	    RDPESC_READERS_MAX + 1));
	states[0].atr_n = RDPESC_ATR_MAX + 1;
	FAILS(SG_ELIMIT, rdpesc_status_change(&b, &card.context, 0, states,
	    1));
	FAILS(SG_ELIMIT, rdpesc_transmit(&b, &card, 2, bytes_str(""), 258));
	assert_int_equal(b.n, 0);
}

static void
freerdps_contexts_and_cards_are_read(void **state)
{
	EstablishContext_Return made = { 0, { 8, CONTEXT } };
	Connect_Return connected = { 0, { 8, CONTEXT }, { 8, HANDLE_ }, 2 };
	struct rdpesc_id context;
	struct rdpesc_card c;
	uint32_t rc = 9, protocol;
	wStream *s = judge_return_begin(0);

	(void)state;
	smartcard_pack_establish_context_return(s, &made);
	OK(rdpesc_read_established(judge_return_end(s), &rc, &context));
	assert_int_equal(rc, 0);
	assert_int_equal(context.n, 8);
	assert_memory_equal(context.p, CONTEXT, 8);
	Stream_Free(s, TRUE);

	s = judge_return_begin(0);
	smartcard_pack_connect_return(s, &connected);
	OK(rdpesc_read_connected(judge_return_end(s), &rc, &c, &protocol));
	assert_int_equal(protocol, 2);
	assert_memory_equal(c.context.p, CONTEXT, 8);
	assert_memory_equal(c.handle.p, HANDLE_, 8);
	Stream_Free(s, TRUE);
}

static void
freerdps_list_of_readers_is_read(void **state)
{
	static BYTE names[] = "R\0d\0r\0\0\0\xe4\0\0\0\0\0";
	ListReaders_Return ret = { 0, sizeof(names) - 1, names };
	auto_done(buf) text = { 0 };
	struct bytes utf16;
	uint32_t rc;
	wStream *s = judge_return_begin(0);

	(void)state;
	smartcard_pack_list_readers_return(s, &ret, TRUE);
	OK(rdpesc_read_blob(judge_return_end(s), &rc, &utf16));
	OK(rdpesc_names(&text, utf16));
	assert_int_equal(text.n, 8);
	assert_memory_equal(text.p, "Rdr\0\xc3\xa4\0", 8);
	Stream_Free(s, TRUE);
}

static void
freerdps_changes_are_read(void **state)
{
	ReaderState_Return there[2] = {
		{ 0x10, 0x20122, 3, { 0x3b, 0x80, 0x01 } },
		{ 0x11, 6, 0, { 0 } }
	};
	GetStatusChange_Return ret = { 0, 2, there };
	struct rdpesc_state states[RDPESC_READERS_MAX];
	uint32_t rc, n = 0;
	wStream *s = judge_return_begin(0);

	(void)state;
	smartcard_pack_get_status_change_return(s, &ret, TRUE);
	OK(rdpesc_read_status_change(judge_return_end(s), &rc, states, &n));
	assert_int_equal(n, 2);
	assert_int_equal(states[0].current, 0x10);
	assert_int_equal(states[0].event, 0x20122);
	assert_int_equal(states[0].atr_n, 3);
	assert_memory_equal(states[0].atr, "\x3b\x80\x01", 3);
	assert_int_equal(states[1].event, 6);
	Stream_Free(s, TRUE);
}

static void
freerdps_answers_of_every_length_are_read(void **state)
{
	(void)state;
	for (DWORD n = 2; n < 12; n++) {
		BYTE answer[] = "\x61\x0b\x4f\x06\x00\x00\x10\x00\x01\x90\x00";
		Transmit_Return ret = { 0, NULL, n, answer };
		struct bytes x;
		uint32_t rc;
		wStream *s = judge_return_begin(0);

		smartcard_pack_transmit_return(s, &ret);
		OK(rdpesc_read_transmitted(judge_return_end(s), &rc, &x));
		assert_int_equal(x.n, n);
		assert_memory_equal(x.p, answer, n);
		Stream_Free(s, TRUE);
	}
}

static void
freerdps_status_is_read(void **state)
{
	static BYTE names[] = "R\0\0\0\0\0";
	Status_Return ret = { 0, sizeof(names) - 1, names, 6, 2,
		{ 0x3b, 0x80 }, 2 };
	struct rdpesc_status out;
	uint32_t rc;
	wStream *s = judge_return_begin(0);

	(void)state;
	smartcard_pack_status_return(s, &ret, TRUE);
	OK(rdpesc_read_status(judge_return_end(s), &rc, &out));
	assert_int_equal(out.state, 6);
	assert_int_equal(out.protocol, 2);
	assert_int_equal(out.atr_n, 2);
	assert_int_equal(out.names.n, sizeof(names) - 1);
	Stream_Free(s, TRUE);
}

/* Any of the readers; those that yield something else yield it here, too. */
static enum sg_err
read_as(int which, struct bytes in, uint32_t *rc)
{
	struct rdpesc_state states[RDPESC_READERS_MAX];
	struct rdpesc_card c;
	struct rdpesc_id id;
	struct rdpesc_status status;
	struct bytes x;
	uint32_t n;

	switch (which) {
	case 0: return rdpesc_read_long(in, rc);
	case 1: return rdpesc_read_established(in, rc, &id);
	case 2: return rdpesc_read_blob(in, rc, &x);
	case 3: return rdpesc_read_status_change(in, rc, states, &n);
	case 4: return rdpesc_read_connected(in, rc, &c, &n);
	case 5: return rdpesc_read_reconnected(in, rc, &n);
	case 6: return rdpesc_read_status(in, rc, &status);
	default: return rdpesc_read_transmitted(in, rc, &x);
	}
}
#define READERS 8

static void
of_a_failed_call_only_its_code_is_read(void **state)
{
	static const char failed[] = "\x01\x10\x08\0\xcc\xcc\xcc\xcc"
	    "\x08\0\0\0\0\0\0\0" "\x0c\0\x10\x80\0\0\0\0";

	(void)state;
	for (int i = 0; i < READERS; i++) {
		uint32_t rc = 0;

		OK(read_as(i, bytes_of(failed, sizeof(failed) - 1), &rc));
		assert_int_equal(rc, 0x8010000c);
	}
}

#define HEAD "\x01\x10\x08\0\xcc\xcc\xcc\xcc"
static const struct {
	const char *why;
	int as;
	const char *bytes;
	size_t n;
} hostile[] = {
#define H(why, as, x) { why, as, x, sizeof(x) - 1 }
	H("nothing", 0, ""),
	H("half a header", 0, "\x01\x10\x08\0\xcc"),
	H("version 2", 0, "\x02\x10\x08\0\xcc\xcc\xcc\xcc\x08\0\0\0\0\0\0\0"
	    "\0\0\0\0\0\0\0\0"),
	H("big-endian", 0, "\x01\0\x08\0\xcc\xcc\xcc\xcc\x08\0\0\0\0\0\0\0"
	    "\0\0\0\0\0\0\0\0"),
	H("a longer body than there is", 0, HEAD "\x09\0\0\0\0\0\0\0"
	    "\0\0\0\0\0\0\0\0"),
	H("a body of the greatest length", 0, HEAD "\xff\xff\xff\xff\0\0\0\0"
	    "\0\0\0\0\0\0\0\0"),
	H("a body too short for its code", 0, HEAD "\x02\0\0\0\0\0\0\0"
	    "\0\0\0\0\0\0\0\0"),
	H("more than a code", 0, HEAD "\x10\0\0\0\0\0\0\0"
	    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	H("a context of 17 bytes", 1, HEAD "\x28\0\0\0\0\0\0\0" "\0\0\0\0"
	    "\x11\0\0\0\0\0\2\0\x11\0\0\0" "0123456789abcdefX\0\0\0\0\0\0\0"),
	H("a context of no bytes", 1, HEAD "\x10\0\0\0\0\0\0\0" "\0\0\0\0"
	    "\0\0\0\0\0\0\2\0\0\0\0\0"),
	H("a context without its pointer", 1, HEAD "\x10\0\0\0\0\0\0\0"
	    "\0\0\0\0" "\4\0\0\0\0\0\0\0\0\0\0\0"),
	H("a context that is counted twice, and differently", 1,
	    HEAD "\x18\0\0\0\0\0\0\0" "\0\0\0\0" "\4\0\0\0\0\0\2\0\5\0\0\0"
	    "abcd\0\0\0\0"),
	H("a list of 4 GiB", 2, HEAD "\x18\0\0\0\0\0\0\0" "\0\0\0\0"
	    "\xff\xff\xff\xff\0\0\2\0\xff\xff\xff\xff" "abcdefgh"),
	H("a list that ends within", 2, HEAD "\x18\0\0\0\0\0\0\0" "\0\0\0\0"
	    "\x20\0\0\0\0\0\2\0\x20\0\0\0" "abcdefgh"),
	H("a length without a pointer", 2, HEAD "\x10\0\0\0\0\0\0\0"
	    "\0\0\0\0" "\4\0\0\0\0\0\0\0\0\0\0\0"),
	H("eleven states", 3, HEAD "\x10\0\0\0\0\0\0\0" "\0\0\0\0"
	    "\x0b\0\0\0\0\0\2\0\x0b\0\0\0"),
	H("2^32 - 1 states", 3, HEAD "\x10\0\0\0\0\0\0\0" "\0\0\0\0"
	    "\xff\xff\xff\xff\0\0\2\0\xff\xff\xff\xff"),
	H("a state that is cut", 3, HEAD "\x18\0\0\0\0\0\0\0" "\0\0\0\0"
	    "\1\0\0\0\0\0\2\0\1\0\0\0" "abcdefgh"),
	H("an ATR of 37 bytes", 3, HEAD "\x40\0\0\0\0\0\0\0" "\0\0\0\0"
	    "\1\0\0\0\0\0\2\0\1\0\0\0" "\0\0\0\0\0\0\0\0\x25\0\0\0"
	    "0123456789abcdefghijABCDEFGHIJKLMNOP"),
	H("a card without a handle", 4, HEAD "\x20\0\0\0\0\0\0\0" "\0\0\0\0"
	    "\4\0\0\0\0\0\2\0" "\0\0\0\0\0\0\0\0" "\2\0\0\0" "\4\0\0\0abcd"),
	H("a protocol that is missing", 5, HEAD "\4\0\0\0\0\0\0\0"
	    "\0\0\0\0"),
	H("a status with an ATR of 33 bytes", 6, HEAD "\x38\0\0\0\0\0\0\0"
	    "\0\0\0\0" "\0\0\0\0\0\0\0\0" "\6\0\0\0\2\0\0\0"
	    "0123456789abcdef0123456789abcdef" "\x21\0\0\0"),
	H("an answer of more than it may have", 7, HEAD "\x18\0\0\0\0\0\0\0"
	    "\0\0\0\0" "\0\0\0\0" "\1\4\1\0\0\0\2\0" "\1\4\1\0" "\x90\0"),
	H("an answer whose protocol information is 4 GiB", 7,
	    HEAD "\x20\0\0\0\0\0\0\0" "\0\0\0\0" "\0\0\2\0" "\2\0\0\0"
	    "\4\0\2\0" "\2\0\0\0\xff\xff\xff\xff\0\0\2\0\xff\xff\xff\xff"),
#undef H
};

static void
hostile_returns_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		uint32_t rc;

		if (read_as(hostile[i].as, bytes_of(hostile[i].bytes,
		    hostile[i].n), &rc) != SG_EFORMAT)
			fail_msg("%s is not refused", hostile[i].why);
	}
}

/* Each return of FreeRDP's, cut everywhere: refused, or it was only filling
 * that is missing. */
static void
truncated_returns_are_refused(void **state)
{
	Connect_Return connected = { 0, { 8, CONTEXT }, { 8, HANDLE_ }, 2 };
	wStream *s = judge_return_begin(0);
	struct bytes whole;
	uint32_t rc;

	(void)state;
	smartcard_pack_connect_return(s, &connected);
	whole = judge_return_end(s);
	for (size_t n = 0; n < whole.n; n++) {
		uint8_t *cut = malloc(n + 1);

		memcpy(cut, whole.p, n);
		FAILS(SG_EFORMAT, read_as(4, bytes_of(cut, n), &rc));
		free(cut);
	}
	Stream_Free(s, TRUE);
}

static void
names_without_an_end_or_of_half_characters_are_refused(void **state)
{
	auto_done(buf) b = { 0 };

	(void)state;
	FAILS(SG_EFORMAT, rdpesc_names(&b, bytes_of("", 0)));
	FAILS(SG_EFORMAT, rdpesc_names(&b, bytes_of("R\0", 2)));
	FAILS(SG_EFORMAT, rdpesc_names(&b, bytes_of("R\0\0\0", 4)));
	FAILS(SG_EFORMAT, rdpesc_names(&b, bytes_of("R\0\0\0\0", 5)));
	FAILS(SG_EFORMAT, rdpesc_names(&b, bytes_of("\0\xd8\0\0\0\0", 6)));
	FAILS(SG_EFORMAT, rdpesc_text(&b, bytes_of("a\0\0\0", 4)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(freerdp_reads_calls_that_name_a_context),
		cmocka_unit_test(freerdp_reads_the_call_for_a_context),
		cmocka_unit_test(
		    freerdp_reads_the_call_for_the_list_of_readers),
		cmocka_unit_test(freerdp_reads_the_call_for_a_change),
		cmocka_unit_test(
		    freerdp_reads_connections_to_names_of_any_length),
		cmocka_unit_test(freerdp_reads_calls_to_a_card),
		cmocka_unit_test(freerdp_reads_an_apdu_of_every_alignment),
		cmocka_unit_test(freerdp_reads_a_call_to_the_driver),
		cmocka_unit_test(calls_beyond_the_limits_are_not_written),
		cmocka_unit_test(freerdps_contexts_and_cards_are_read),
		cmocka_unit_test(freerdps_list_of_readers_is_read),
		cmocka_unit_test(freerdps_changes_are_read),
		cmocka_unit_test(freerdps_answers_of_every_length_are_read),
		cmocka_unit_test(freerdps_status_is_read),
		cmocka_unit_test(of_a_failed_call_only_its_code_is_read),
		cmocka_unit_test(hostile_returns_are_refused),
		cmocka_unit_test(truncated_returns_are_refused),
		cmocka_unit_test(
		    names_without_an_end_or_of_half_characters_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
