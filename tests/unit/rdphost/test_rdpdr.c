/* SPDX-License-Identifier: BSD-2-Clause */
#include <freerdp/channels/rdpdr.h>

#include "freerdp_judge.h"

#include "ndr.h"
#include "rdpdr.h"
#include "rdpesc.h"

#define SENT_MAX 32

/* What the channel sent and told. */
struct world {
	struct rdpdr *d;
	struct buf sent[SENT_MAX];
	size_t sent_n;
	unsigned there;
	unsigned gone;
	unsigned listed;
	uint32_t completed;	/* the last request */
	uint32_t status;
	struct buf output;
};

static enum sg_err
send_message(void *arg, struct bytes message)
{
	struct world *w = arg;

	assert_true(w->sent_n < SENT_MAX);
	return buf_add_bytes(&w->sent[w->sent_n++], message);
}

static void
device(void *arg, const struct rdpdr_device *d, bool there)
{
	struct world *w = arg;

	assert_string_equal(d->name, "SCARD");
	*(there ? &w->there : &w->gone) += 1;
}

static void
listed(void *arg)
{
	((struct world *)arg)->listed++;
}

static void
completed(void *arg, uint32_t request, uint32_t status, struct bytes output)
{
	struct world *w = arg;

	w->completed = request;
	w->status = status;
	OK(buf_set(&w->output, output));
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct rdpdr_calls calls = { w, send_message, device, listed,
		completed };

	OK(rdpdr_new(&w->d, &calls));
	OK(rdpdr_start(w->d));
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	rdpdr_free(w->d);
	for (size_t i = 0; i < SENT_MAX; i++)
		buf_done(&w->sent[i]);
	buf_done(&w->output);
	free(w);
	return 0;
}

static enum sg_err
say(struct world *w, const char *p, size_t n)
{
	return rdpdr_chunk(w->d, bytes_of(p, n), RDPDR_FIRST | RDPDR_LAST, n);
}
#define SAY(w, x) say(w, x, sizeof(x) - 1)

#define REPLY	"rDCC\1\0\x0d\0\1\0\0\0"
#define NAME	"rDNC\1\0\0\0\0\0\0\0\x06\0\0\0p\0c\0\0\0"
#define CAPS	"rDPC\2\0\0\0\1\0\x08\0\2\0\0\0\5\0\x0c\0\1\0\0\0abcd"
#define CARD	" \0\0\0\7\0\0\0SCARD\0\0\0\0\0\0\0"
#define CARDS	"rDAD\1\0\0\0" CARD
#define DONE(request) "rDCI\7\0\0\0" request "\0\0\0\0\2\0\0\0ok"

static uint16_t
packet_of(const struct buf *b)
{
	assert_true(b->n >= 4);
	assert_int_equal(b->p[0] | b->p[1] << 8, RDPDR_CTYP_CORE);
	return (uint16_t)(b->p[2] | b->p[3] << 8);
}

static void
begin(struct world *w)
{
	OK(SAY(w, REPLY));
	OK(SAY(w, NAME));
	OK(SAY(w, CAPS));
	OK(SAY(w, CARDS));
}

static void
the_exchange_has_its_order(void **state)
{
	struct world *w = *state;

	assert_int_equal(w->sent_n, 1);
	assert_int_equal(packet_of(&w->sent[0]), PAKID_CORE_SERVER_ANNOUNCE);
	OK(SAY(w, REPLY));
	assert_int_equal(w->sent_n, 1);
	OK(SAY(w, NAME));
	assert_string_equal(rdpdr_client(w->d), "pc");
	assert_int_equal(w->sent_n, 3);
	assert_int_equal(packet_of(&w->sent[1]), PAKID_CORE_SERVER_CAPABILITY);
	assert_int_equal(packet_of(&w->sent[2]), PAKID_CORE_CLIENTID_CONFIRM);
	OK(SAY(w, CAPS));
	OK(SAY(w, CARDS));
	assert_int_equal(w->there, 1);
	assert_int_equal(w->listed, 1);
	assert_int_equal(packet_of(&w->sent[3]), PAKID_CORE_DEVICE_REPLY);
	assert_memory_equal(w->sent[3].p + 4, "\7\0\0\0\0\0\0\0", 8);
	OK(rdpdr_logged_on(w->d));
	assert_int_equal(packet_of(&w->sent[4]), PAKID_CORE_USER_LOGGEDON);
}

static void
an_older_clients_number_is_confirmed(void **state)
{
	struct world *w = *state;

	OK(SAY(w, "rDCC\1\0\5\0\x78\x56\x34\x12"));
	OK(SAY(w, NAME));
	assert_memory_equal(w->sent[2].p + 8, "\x78\x56\x34\x12", 4);
}

static void
other_devices_than_cards_are_refused_one_by_one(void **state)
{
	struct world *w = *state;

	OK(SAY(w, REPLY));
	OK(SAY(w, NAME));
	OK(SAY(w, "rDAD\2\0\0\0" "\x08\0\0\0\1\0\0\0DRIVE\0\0\0\4\0\0\0home"
	    CARD));
	assert_int_equal(w->there, 1);
	assert_memory_equal(w->sent[3].p + 4, "\1\0\0\0\xbb\0\0\xc0", 8);
	assert_memory_equal(w->sent[4].p + 4, "\7\0\0\0\0\0\0\0", 8);
}

static void
a_card_that_is_announced_again_is_one_card(void **state)
{
	struct world *w = *state;

	begin(w);
	OK(SAY(w, CARDS));
	assert_int_equal(w->there, 1);
	assert_int_equal(w->listed, 1);
	OK(SAY(w, "rDMD\1\0\0\0\7\0\0\0"));
	assert_int_equal(w->gone, 1);
	OK(SAY(w, "rDMD\1\0\0\0\7\0\0\0"));
	assert_int_equal(w->gone, 1);
	OK(SAY(w, CARDS));
	assert_int_equal(w->there, 2);
}

static void
freerdp_reads_a_request(void **state)
{
	struct world *w = *state;
	auto_done(buf) call = { 0 };
	const struct buf *sent = &w->sent[4];
	SMARTCARD_OPERATION op;
	wStream *s;
	uint32_t request = 0;

	begin(w);
	OK(rdpesc_establish(&call, 2));
	OK(rdpdr_control(w->d, 7, RDPESC_ESTABLISH_CONTEXT, buf_bytes(&call),
	    2048, &request));
	assert_int_equal(packet_of(sent), PAKID_CORE_DEVICE_IOREQUEST);
	assert_int_equal(sent->p[4], 7);
	assert_int_equal(sent->p[12], request);
	assert_int_equal(sent->p[16], IRP_MJ_DEVICE_CONTROL);
	s = Stream_New(NULL, sent->n);
	Stream_Write(s, sent->p, sent->n);
	Stream_SetPosition(s, RDPDR_DEVICE_IO_REQUEST_LENGTH);
	memset(&op, 0, sizeof(op));
	assert_int_equal(smartcard_irp_device_control_decode(s, request, 0,
	    &op), 0);
	assert_int_equal(op.ioControlCode, RDPESC_ESTABLISH_CONTEXT);
	assert_int_equal(op.call.establishContext.dwScope, 2);
	judge_done(&op);
	Stream_Free(s, TRUE);
}

static uint32_t
ask(struct world *w)
{
	uint32_t request = 0;

	OK(rdpdr_control(w->d, 7, RDPESC_CANCEL, bytes_str("x"), 16,
	    &request));
	return request;
}

static void
replies_find_their_requests_in_any_order(void **state)
{
	struct world *w = *state;

	begin(w);
	assert_int_equal(ask(w), 1);
	assert_int_equal(ask(w), 2);
	OK(SAY(w, DONE("\2\0\0\0")));
	assert_int_equal(w->completed, 2);
	assert_int_equal(w->status, 0);
	assert_memory_equal(w->output.p, "ok", 2);
	OK(SAY(w, DONE("\1\0\0\0")));
	assert_int_equal(w->completed, 1);
}

static void
a_reply_that_nobody_waits_for_any_more_is_dropped(void **state)
{
	struct world *w = *state;

	begin(w);
	rdpdr_forget(w->d, ask(w));
	rdpdr_forget(w->d, 99);
	rdpdr_forget(w->d, 0);
	OK(SAY(w, "rDMD\1\0\0\0\7\0\0\0"));
	OK(SAY(w, DONE("\1\0\0\0")));
	assert_int_equal(w->completed, 0);
}

static void
a_second_reply_is_refused(void **state)
{
	struct world *w = *state;

	begin(w);
	ask(w);
	OK(SAY(w, DONE("\1\0\0\0")));
	FAILS_SAYING(SG_EFORMAT, "nobody made", SAY(w, DONE("\1\0\0\0")));
}

static void
requests_have_a_limit(void **state)
{
	struct world *w = *state;
	uint32_t request;

	begin(w);
	for (unsigned i = 0; i < RDPDR_WAITING_MAX; i++) {
		w->sent_n = 4;
		buf_done(&w->sent[4]);
		ask(w);
	}
	FAILS(SG_EBUSY, rdpdr_control(w->d, 7, RDPESC_CANCEL, bytes_str("x"),
	    16, &request));
	FAILS(SG_ENOENT, rdpdr_control(w->d, 8, RDPESC_CANCEL, bytes_str("x"),
	    16, &request));
	OK(SAY(w, DONE("\1\0\0\0")));
	w->sent_n = 4;
	buf_done(&w->sent[4]);
	assert_int_equal(ask(w), RDPDR_WAITING_MAX + 1);
}

static void
a_message_comes_in_chunks(void **state)
{
	struct world *w = *state;
	const char *name = NAME;
	size_t n = sizeof(NAME) - 1;

	OK(SAY(w, REPLY));
	OK(rdpdr_chunk(w->d, bytes_of(name, 5), RDPDR_FIRST, n));
	OK(rdpdr_chunk(w->d, bytes_of(name + 5, 0), 0, n));
	OK(rdpdr_chunk(w->d, bytes_of(name + 5, 7), 0, n));
	assert_string_equal(rdpdr_client(w->d), "");
	OK(rdpdr_chunk(w->d, bytes_of(name + 12, n - 12), RDPDR_LAST, n));
	assert_string_equal(rdpdr_client(w->d), "pc");
}

static void
chunks_that_do_not_fit_together_are_refused(void **state)
{
	static const struct {
		const char *why;
		uint32_t flags[2];
		size_t n[2], total[2];
	} wrong[] = {
		{ "no beginning", { 0, 0 }, { 4, 4 }, { 8, 8 } },
		{ "only an end", { RDPDR_LAST, 0 }, { 4, 4 }, { 4, 4 } },
		{ "two beginnings", { RDPDR_FIRST, RDPDR_FIRST }, { 4, 4 },
		  { 8, 8 } },
		{ "too long", { RDPDR_FIRST, RDPDR_LAST }, { 4, 5 },
		  { 8, 8 } },
		{ "too short", { RDPDR_FIRST, RDPDR_LAST }, { 4, 3 },
		  { 8, 8 } },
		{ "another length", { RDPDR_FIRST, RDPDR_LAST }, { 4, 5 },
		  { 8, 9 } },
		{ "too large", { RDPDR_FIRST, 0 }, { 4, 4 },
		  { RDPDR_MESSAGE_MAX + 1, RDPDR_MESSAGE_MAX + 1 } },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct world *w;
		enum sg_err e = SG_OK;

		teardown(state);
		setup(state);
		w = *state;
		for (size_t j = 0; j < 2 && e == SG_OK; j++)
			e = rdpdr_chunk(w->d, bytes_of("rDCC\1\0\x0d\0\1",
			    wrong[i].n[j]), wrong[i].flags[j],
			    wrong[i].total[j]);
		if (e == SG_OK)
			fail_msg("%s is not refused", wrong[i].why);
		FAILS(SG_EPERM, SAY(w, REPLY));
	}
}

static const struct {
	const char *why;
	bool begun;		/* after the exchange */
	const char *p;
	size_t n;
} hostile[] = {
#define H(why, begun, x) { why, begun, x, sizeof(x) - 1 }
	H("nothing", false, ""),
	H("half a header", false, "rD"),
	H("a printer's component", false, "RPCC\1\0\x0d\0\1\0\0\0"),
	H("a server's packet", false, "rDnI\1\0\x0d\0\1\0\0\0"),
	H("a server's request", true, "rDRI\7\0\0\0"),
	H("version 2", false, "rDCC\2\0\0\0\1\0\0\0"),
	H("a cut announcement", false, "rDCC\1\0\x0d\0\1"),
	H("a long announcement", false, REPLY "x"),
	H("a second announcement", true, REPLY),
	H("a name first", false, NAME),
	H("a list first", false, CARDS),
	H("a second name", true, NAME),
	H("a name of 4 GiB", true, "rDNC\1\0\0\0\0\0\0\0\xff\xff\xff\xff"),
	H("capabilities of no length", true, "rDPC\1\0\0\0\1\0\0\0\2\0\0\0"),
	H("capabilities that end within", true,
	    "rDPC\1\0\0\0\1\0\x2c\0\2\0\0\0abcd"),
	H("65535 capabilities", true, "rDPC\xff\xff\0\0\1\0\x08\0\2\0\0\0"),
	H("2^32 - 1 devices", true, "rDAD\xff\xff\xff\xff" CARD),
	H("seventeen devices", true, "rDAD\x11\0\0\0" CARD),
	H("fewer devices than said", true, "rDAD\2\0\0\0" CARD),
	H("more devices than said", true, CARDS CARD),
	H("a device with 4 GiB of data", true, "rDAD\1\0\0\0 \0\0\0\7\0\0\0"
	    "SCARD\0\0\0\xff\xff\xff\xff"),
	H("2^32 - 1 devices that went", true, "rDMD\xff\xff\xff\xff"),
	H("fewer devices that went", true, "rDMD\2\0\0\0\7\0\0\0"),
	H("a reply to nobody", true, DONE("\1\0\0\0")),
	H("a reply to request 0", true, DONE("\0\0\0\0")),
	H("a reply to request 2^32 - 1", true, DONE("\xff\xff\xff\xff")),
	H("a reply that is cut", true, "rDCI\7\0\0\0\1\0\0\0"),
	H("a reply with 4 GiB of output", true, "rDCI\7\0\0\0\1\0\0\0\0\0\0\0"
	    "\xff\xff\xff\xff" "ok"),
#undef H
};

static void
hostile_messages_are_refused_and_end_the_channel(void **state)
{
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		struct world *w;
		uint32_t request;

		teardown(state);
		setup(state);
		w = *state;
		if (hostile[i].begun)
			begin(w);
		if (say(w, hostile[i].p, hostile[i].n) == SG_OK)
			fail_msg("%s is not refused", hostile[i].why);
		FAILS(SG_EPERM, SAY(w, CAPS));
		FAILS(SG_ENOENT, rdpdr_control(w->d, 7, RDPESC_CANCEL,
		    bytes_str("x"), 16, &request));
		assert_int_equal(w->completed, 0);
		assert_int_equal(w->gone, 0);
	}
}

static void
devices_have_a_limit_over_all_lists(void **state)
{
	struct world *w = *state;
	char list[] = CARDS;
	enum sg_err e = SG_OK;
	unsigned i;

	begin(w);
	for (i = 0; i < 2 * RDPDR_DEVICES_MAX && e == SG_OK; i++) {
		list[12] = (char)(0x40 + i);
		e = say(w, list, sizeof(list) - 1);
	}
	assert_int_equal(e, SG_ELIMIT);
	assert_int_equal(w->there, RDPDR_DEVICES_MAX);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_exchange_has_its_order),
		TEST(an_older_clients_number_is_confirmed),
		TEST(other_devices_than_cards_are_refused_one_by_one),
		TEST(a_card_that_is_announced_again_is_one_card),
		TEST(freerdp_reads_a_request),
		TEST(replies_find_their_requests_in_any_order),
		TEST(a_reply_that_nobody_waits_for_any_more_is_dropped),
		TEST(a_second_reply_is_refused),
		TEST(requests_have_a_limit),
		TEST(a_message_comes_in_chunks),
		TEST(chunks_that_do_not_fit_together_are_refused),
		TEST(hostile_messages_are_refused_and_end_the_channel),
		TEST(devices_have_a_limit_over_all_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
