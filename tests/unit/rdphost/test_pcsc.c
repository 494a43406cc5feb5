/* SPDX-License-Identifier: BSD-2-Clause */
#include "freerdp_judge.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "link.h"
#include "ndr.h"
#include "pcsc_calls.h"

/*
 * A host that answers each call from a table, in a thread, with what FreeRDP's
 * client would send; one answer for each code.
 */
#define ANSWERS_MAX 8

struct answer {
	uint32_t code;
	uint32_t status;
	struct buf body;
	bool hang_up;
};
static struct answer answers[ANSWERS_MAX];
static size_t answer_n;
static uint32_t control_seen;
static int listener = -1;
static _Atomic int talking = -1;	/* the connection, for teardown */
static pthread_t thread;
static char folder[] = "/tmp/pcsc-XXXXXX";
#define PATH "host.sock"

static void
see(uint32_t code, struct bytes call)
{
	SMARTCARD_OPERATION op;

	if (code != RDPESC_CONTROL ||
	    judge_call(&op, code, call) != SCARD_S_SUCCESS)
		return;
	control_seen = op.call.control.dwControlCode;
	judge_done(&op);
}

static bool
answer(int fd, uint32_t code)
{
	auto_done(buf) b = { 0 };

	for (size_t i = 0; i < answer_n; i++) {
		if (answers[i].code != code)
			continue;
		if (answers[i].hang_up)
			return false;
		OK(buf_add_le32(&b, answers[i].status));
		OK(buf_add_bytes(&b, buf_bytes(&answers[i].body)));
		return send(fd, b.p, b.n, MSG_NOSIGNAL) == (ssize_t)b.n;
	}
	return false;
}

static void *
host(void *arg)
{
	static uint8_t p[LINK_MAX];
	int fd;

	(void)arg;
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		talking = fd;
		for (;;) {
			ssize_t n = recv(fd, p, sizeof(p), 0);
			struct reader r;
			uint32_t code;

			if (n <= 0)
				break;
			r = reader_of(bytes_of(p, (size_t)n));
			code = read_le32(&r);
			see(code, r.left);
			if (!answer(fd, code))
				break;
		}
		talking = -1;
		(void)close(fd);
	}
	return NULL;
}

/* What comes for that code from now on; takes the stream. */
static void
reply(uint32_t code, wStream *s)
{
	struct answer *a = &answers[answer_n++];

	assert_true(answer_n <= ANSWERS_MAX);
	*a = (struct answer) { .code = code };
	OK(buf_set(&a->body, judge_return_end(s)));
	Stream_Free(s, TRUE);
}

#define ID "\x01\x02\x03\x04\x05\x06\x07\x08"

static int
setup(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = PATH };
	EstablishContext_Return made = { 0, { 8, ID } };
	wStream *s = judge_return_begin(0);

	(void)state;
	strcpy(folder, "/tmp/pcsc-XXXXXX");
	if (mkdtemp(folder) == NULL || chdir(folder) != 0 ||
	    setenv(LINK_ENVIRONMENT, PATH, 1) != 0)
		return -1;
	listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(listener, 4) != 0)
		return -1;
	smartcard_pack_establish_context_return(s, &made);
	reply(RDPESC_ESTABLISH_CONTEXT, s);
	reply(RDPESC_RELEASE_CONTEXT, judge_return_begin(0));
	return pthread_create(&thread, NULL, host, NULL);
}

static int
teardown(void **state)
{
	(void)state;
	/* A test that failed has left its connection open. */
	(void)shutdown(listener, SHUT_RDWR);
	(void)shutdown(talking, SHUT_RDWR);
	(void)pthread_join(thread, NULL);
	fd_close(&listener);
	for (size_t i = 0; i < answer_n; i++)
		buf_done(&answers[i].body);
	answer_n = 0;
	(void)unlink(PATH);
	return chdir("/") != 0 || rmdir(folder) != 0;
}

/* A connection to the card in "R". */
static void
connect_card(struct pcsc_card *c)
{
	Connect_Return connected = { 0, { 8, ID }, { 8, ID }, 0x10000 };
	wStream *s = judge_return_begin(0);

	smartcard_pack_connect_return(s, &connected);
	reply(RDPESC_CONNECT, s);
	assert_int_equal(pcsc_connect(c, "R"), PCSC_OK);
}

static void
the_list_of_readers_goes_into_room_of_three_kinds(void **state)
{
	static BYTE names[] = "A\0\0\0B\0\0\0\0\0";
	ListReaders_Return ret = { 0, sizeof(names) - 1, names };
	wStream *s = judge_return_begin(0);
	struct pcsc_card c;
	char *made, room[5];

	(void)state;
	smartcard_pack_list_readers_return(s, &ret, TRUE);
	reply(RDPESC_LIST_READERS, s);
	connect_card(&c);
	assert_int_equal(pcsc_readers(&c, NULL, 0, &made), 5);
	assert_int_equal(pcsc_readers(&c, room, 4, &made),
	    PCSC_INSUFFICIENT_BUFFER);
	assert_int_equal(pcsc_readers(&c, room, 5, &made), 5);
	assert_memory_equal(room, "A\0B\0", 5);
	assert_int_equal(pcsc_readers_made(&c, &made), 5);
	assert_memory_equal(made, "A\0B\0", 5);
	pcsc_free(&c, made);
	pcsc_release(&c);
}

static void
the_raw_protocol_and_the_state_have_their_numbers_here(void **state)
{
	static BYTE names[] = "R\0\0\0\0\0";
	Status_Return ret = { 0, sizeof(names) - 1, names, 6, 0x10000,
		{ 0x3b, 0x80 }, 2 };
	wStream *s = judge_return_begin(0);
	struct pcsc_card c;

	(void)state;
	smartcard_pack_status_return(s, &ret, TRUE);
	reply(RDPESC_STATUS, s);
	connect_card(&c);
	assert_int_equal(c.protocol, 4);
	assert_int_equal(pcsc_status(&c), PCSC_OK);
	assert_int_equal(c.state, 0x54);
	assert_int_equal(c.protocol, 4);
	assert_int_equal(c.atr_n, 2);
	pcsc_release(&c);
}

static void
an_answer_that_does_not_fit_is_told(void **state)
{
	BYTE bytes[] = "\x61\x0b\x90\x00";
	Transmit_Return ret = { 0, NULL, 4, bytes };
	wStream *s = judge_return_begin(0);
	struct pcsc_card c;
	uint8_t room[4];

	(void)state;
	smartcard_pack_transmit_return(s, &ret);
	reply(RDPESC_TRANSMIT, s);
	connect_card(&c);
	assert_int_equal(pcsc_transmit(&c, room, 3),
	    PCSC_INSUFFICIENT_BUFFER);
	assert_int_equal(pcsc_transmit(&c, room, 4), 4);
	assert_memory_equal(room, bytes, 4);
	pcsc_release(&c);
}

static void
a_code_for_the_driver_is_translated(void **state)
{
	Control_Return ret = { 0, 0, NULL };
	wStream *s = judge_return_begin(0);
	struct pcsc_card c;

	(void)state;
	smartcard_pack_control_return(s, &ret);
	reply(RDPESC_CONTROL, s);
	connect_card(&c);
	/* CM_IOCTL_GET_FEATURE_REQUEST, here and there. */
	assert_int_equal(pcsc_control(&c, 0x42000000 + 3400), PCSC_OK);
	assert_int_equal(control_seen, 0x00313520);
	pcsc_release(&c);
}

static void
what_the_client_says_no_to_is_told_with_its_code(void **state)
{
	struct pcsc_card c;
	char *made;

	(void)state;
	reply(RDPESC_LIST_READERS, judge_return_begin((LONG)0x8010002e));
	connect_card(&c);
	assert_int_equal(pcsc_readers(&c, NULL, 0, &made), -0x8010002eLL);
	pcsc_release(&c);
}

static void
hostile_returns_are_a_communication_error(void **state)
{
	struct pcsc_card c;
	char *made;

	(void)state;
	answers[answer_n++] = (struct answer) { .code = RDPESC_LIST_READERS };
	OK(buf_add_str(&answers[answer_n - 1].body, "\x01\x10"));
	answers[answer_n++] = (struct answer) { .code = RDPESC_STATUS,
		.status = 0xc0000001 };
	connect_card(&c);
	assert_int_equal(pcsc_readers(&c, NULL, 0, &made),
	    PCSC_COMMUNICATION_ERROR);
	assert_int_equal(pcsc_status(&c), PCSC_COMMUNICATION_ERROR);
	pcsc_release(&c);
}

static void
a_host_that_hangs_up_or_is_not_there_is_no_service(void **state)
{
	struct pcsc_card c;
	char *made;

	(void)state;
	answers[answer_n++] = (struct answer) { .code = RDPESC_LIST_READERS,
		.hang_up = true };
	connect_card(&c);
	assert_int_equal(pcsc_readers(&c, NULL, 0, &made), PCSC_NO_SERVICE);
	pcsc_release(&c);
	assert_int_equal(unsetenv(LINK_ENVIRONMENT), 0);
	assert_int_equal(pcsc_connect(&c, "R"), PCSC_NO_SERVICE);
}

static void
handles_that_nobody_was_given_are_refused(void **state)
{
	struct pcsc_card c;
	uint8_t room[4];

	(void)state;
	connect_card(&c);
	pcsc_release(&c);
	/* Its cards went with the context. */
	assert_int_equal(pcsc_transmit(&c, room, 4), PCSC_INVALID_HANDLE);
	c.card = 0;
	assert_int_equal(pcsc_status(&c), PCSC_INVALID_HANDLE);
	c.card = -1;
	assert_int_equal(pcsc_status(&c), PCSC_INVALID_HANDLE);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_list_of_readers_goes_into_room_of_three_kinds),
		TEST(the_raw_protocol_and_the_state_have_their_numbers_here),
		TEST(an_answer_that_does_not_fit_is_told),
		TEST(a_code_for_the_driver_is_translated),
		TEST(what_the_client_says_no_to_is_told_with_its_code),
		TEST(hostile_returns_are_a_communication_error),
		TEST(a_host_that_hangs_up_or_is_not_there_is_no_service),
		TEST(handles_that_nobody_was_given_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
