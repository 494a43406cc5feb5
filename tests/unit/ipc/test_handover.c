/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "ipc/handover.h"

static const struct handover sample = { "0123456789abcde", 4711, "kinit" };

static void
what_is_written_is_read(void **state)
{
	auto_done(buf) b = { 0 };
	struct handover h;

	(void)state;
	OK(handover_write(&sample, &b));
	assert_true(b.n <= HANDOVER_MESSAGE_MAX);
	OK(handover_read(buf_bytes(&b), &h));
	assert_memory_equal(h.ticket, sample.ticket, sizeof(h.ticket));
	assert_int_equal(h.pid, 4711);
	assert_string_equal(h.program, "kinit");
}

static void
the_longest_name_fits(void **state)
{
	struct handover h = sample, back;
	auto_done(buf) b = { 0 };

	(void)state;
	memset(h.program, 'x', HANDOVER_PROGRAM_MAX);
	OK(handover_write(&h, &b));
	assert_true(b.n <= HANDOVER_MESSAGE_MAX);
	OK(handover_read(buf_bytes(&b), &back));
	assert_string_equal(back.program, h.program);
}

static void
anything_else_is_refused(void **state)
{
	auto_done(buf) b = { 0 };
	struct handover h;

	(void)state;
	OK(handover_write(&sample, &b));
	for (size_t n = 0; n < b.n; n++)
		FAILS(SG_EFORMAT, handover_read(bytes_of(b.p, n), &h));
	b.p[b.n - 1] = '\0';
	FAILS(SG_EFORMAT, handover_read(buf_bytes(&b), &h));
	b.p[b.n - 1] = 't';
	OK(buf_add_u8(&b, 0));
	FAILS_SAYING(SG_EFORMAT, "1 bytes too many",
	    handover_read(buf_bytes(&b), &h));
	b.p[CLIENT_TICKET_LEN + 4 + 3] = HANDOVER_PROGRAM_MAX + 1;
	FAILS(SG_EFORMAT, handover_read(buf_bytes(&b), &h));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(the_longest_name_fits),
		cmocka_unit_test(anything_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
