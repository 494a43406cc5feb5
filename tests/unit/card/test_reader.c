/* SPDX-License-Identifier: BSD-2-Clause */

/* pcscd's side: the reader, with a card service that does as it is told. */

#include "../test.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <ifdhandler.h>
#include <reader.h>

#include "base/file.h"
#include "base/reader.h"
#include "piv/link.h"

#define CONNECTIONS_MAX	64
#define LUN		0x00020001	/* reader 2, slot 1 */

struct connection {
	int fd;
	uint8_t kind;
	uint8_t slot;
};

/* What the service has heard, and what it does. */
struct service {
	char folder[32];
	char path[64];
	int listener;
	pthread_t thread;
	pthread_mutex_t lock;
	struct connection c[CONNECTIONS_MAX];
	size_t n;
	bool ends;
	uint8_t last_op;
	uint64_t last_client;
	size_t last_n;
	uint64_t gone;
	unsigned requests;
	enum link_status status;
	size_t reply_n;		/* of LINK_TRANSMIT; the client's first */
};

static struct service it;

static void
told(const struct connection *c, enum link_presence what)
{
	const uint8_t byte = (uint8_t)what;

	assert_int_equal(send(c->fd, &byte, 1, MSG_NOSIGNAL), 1);
}

static void
greeted(struct connection *c, const uint8_t *hello)
{
	const uint8_t count = 3;

	c->kind = hello[LINK_HEAD_LEN + 1];
	c->slot = hello[LINK_HEAD_LEN + 2];
	if (c->kind == LINK_COUNT) {
		(void)send(c->fd, &count, 1, MSG_NOSIGNAL);
		fd_close(&c->fd);
	}
	if (c->kind == LINK_WATCH)
		told(c, LINK_PRESENT);
}

static void
asked(struct connection *c, const uint8_t *p, size_t n)
{
	static uint8_t reply[2 * LINK_REPLY_MAX];
	struct reader r = reader_of(bytes_of(p, n));
	size_t reply_n = 1;

	it.requests++;
	it.last_op = read_u8(&r);
	it.last_client = read_u64(&r);
	it.last_n = r.left.n;
	if (it.last_op == LINK_GONE) {
		it.gone = it.last_client;
		return;
	}
	memset(reply, 0x77, sizeof(reply));
	reply[0] = (uint8_t)it.status;
	if (it.last_op == LINK_POWER_UP || it.last_op == LINK_RESET)
		reply_n += 19;
	if (it.last_op == LINK_TRANSMIT) {
		reply_n += it.reply_n;
		reply[1] = (uint8_t)it.last_client;
	}
	(void)send(c->fd, reply, reply_n, MSG_NOSIGNAL);
}

static void
served(struct connection *c)
{
	uint8_t p[LINK_REQUEST_MAX + 16];
	ssize_t n = recv(c->fd, p, sizeof(p), MSG_DONTWAIT);

	if (n <= 0)
		fd_close(&c->fd);
	else if (p[0] == LINK_HELLO && n == LINK_HELLO_LEN)
		greeted(c, p);
	else
		asked(c, p, (size_t)n);
}

static void *
serve(void *arg)
{
	bool ends = false;

	(void)arg;
	while (!ends) {
		struct pollfd p[CONNECTIONS_MAX + 1];
		size_t n;

		(void)pthread_mutex_lock(&it.lock);
		n = it.n;
		p[0] = (struct pollfd) { it.listener, POLLIN, 0 };
		for (size_t i = 0; i < n; i++)
			p[i + 1] = (struct pollfd) { it.c[i].fd, POLLIN, 0 };
		(void)pthread_mutex_unlock(&it.lock);
		(void)poll(p, n + 1, 5);
		(void)pthread_mutex_lock(&it.lock);
		for (size_t i = 0; i < n; i++)
			if (p[i + 1].revents != 0 && it.c[i].fd >= 0)
				served(&it.c[i]);
		if (p[0].revents != 0 && it.n < CONNECTIONS_MAX)
			it.c[it.n++].fd = accept(it.listener, NULL, NULL);
		ends = it.ends;
		(void)pthread_mutex_unlock(&it.lock);
	}
	return NULL;
}

static int
begin(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	(void)state;
	it = (struct service) { .folder = "/tmp/signet-reader-XXXXXX",
		.reply_n = 2 };
	assert_non_null(mkdtemp(it.folder));
	(void)snprintf(it.path, sizeof(it.path), "%s/card", it.folder);
	strcpy(sun.sun_path, it.path);
	it.listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(bind(it.listener, (struct sockaddr *)&sun,
	    sizeof(sun)), 0);
	assert_int_equal(listen(it.listener, 8), 0);
	assert_int_equal(pthread_mutex_init(&it.lock, NULL), 0);
	return pthread_create(&it.thread, NULL, serve, NULL);
}

static int
end(void **state)
{
	(void)state;
	(void)IFDHCloseChannel(LUN);
	(void)pthread_mutex_lock(&it.lock);
	it.ends = true;
	(void)pthread_mutex_unlock(&it.lock);
	(void)pthread_join(it.thread, NULL);
	for (size_t i = 0; i < it.n; i++)
		fd_close(&it.c[i].fd);
	fd_close(&it.listener);
	(void)unlink(it.path);
	return rmdir(it.folder);
}

/* Something that the service's thread does soon. */
#define SOON(condition)                                           \
	do {                                                      \
		bool soon = false;                                \
		for (int i = 0; i < 4000 && !soon; i++) {         \
			(void)pthread_mutex_lock(&it.lock);       \
			soon = (condition);                       \
			(void)pthread_mutex_unlock(&it.lock);     \
			if (!soon)                                \
				(void)usleep(5000);               \
		}                                                 \
		assert_true(soon);                                \
	} while (0)

static void
all_hang_up(void)
{
	(void)pthread_mutex_lock(&it.lock);
	for (size_t i = 0; i < it.n; i++)
		fd_close(&it.c[i].fd);
	(void)pthread_mutex_unlock(&it.lock);
}

static void
say(enum link_presence what)
{
	(void)pthread_mutex_lock(&it.lock);
	for (size_t i = 0; i < it.n; i++)
		if (it.c[i].fd >= 0 && it.c[i].kind == LINK_WATCH)
			told(&it.c[i], what);
	(void)pthread_mutex_unlock(&it.lock);
}

static RESPONSECODE
power(DWORD action, DWORD *atr_n)
{
	UCHAR atr[MAX_ATR_SIZE];

	*atr_n = sizeof(atr);
	return IFDHPowerICC(LUN, action, atr, atr_n);
}

static RESPONSECODE
transmit(size_t n, UCHAR *out, DWORD *out_n)
{
	static UCHAR apdu[65536];
	SCARD_IO_HEADER from = { SCARD_PROTOCOL_T1, 0 }, to;

	return IFDHTransmitToICC(LUN, from, apdu, n, out, out_n, &to);
}

static long
waits(int ms)
{
	RESPONSECODE (*wait)(DWORD, int) = NULL;
	DWORD n = sizeof(wait);

	assert_int_equal(IFDHGetCapabilities(LUN,
	    TAG_IFD_POLLING_THREAD_WITH_TIMEOUT, &n, (PUCHAR)&wait),
	    IFD_SUCCESS);
	return wait(LUN, ms);
}

static unsigned
slots(DWORD lun)
{
	UCHAR count = 0;
	DWORD n = 1;

	assert_int_equal(IFDHGetCapabilities(lun, TAG_IFD_SLOTS_NUMBER, &n,
	    &count), IFD_SUCCESS);
	return count;
}

static void
the_service_says_how_many_slots_there_are(void **state)
{
	char nowhere[] = "/nonexistent/card";

	(void)state;
	assert_int_equal(IFDHCreateChannelByName(LUN, it.path), IFD_SUCCESS);
	assert_int_equal(slots(LUN), 3);
	assert_int_equal(IFDHCreateChannelByName(0, nowhere), IFD_SUCCESS);
	assert_int_equal(slots(0), LINK_SLOTS_DEFAULT);
	assert_int_equal(IFDHCloseChannel(0), IFD_SUCCESS);
	assert_int_equal(IFDHCloseChannel(0), IFD_NO_SUCH_DEVICE);
	assert_int_equal(IFDHCreateChannelByName(17 << 16, nowhere),
	    IFD_NO_SUCH_DEVICE);
	assert_int_equal(IFDHCreateChannelByName(17, nowhere),
	    IFD_NO_SUCH_DEVICE);
}

static void
the_card_is_there_as_long_as_the_service_says(void **state)
{
	(void)state;
	assert_int_equal(IFDHCreateChannelByName(LUN, it.path), IFD_SUCCESS);
	assert_int_equal(IFDHICCPresence(LUN), IFD_ICC_PRESENT);
	/* A card that was changed: pcscd has to see it go. */
	say(LINK_ABSENT);
	say(LINK_PRESENT);
	assert_int_equal(waits(20000), IFD_SUCCESS);
	assert_int_equal(IFDHICCPresence(LUN), IFD_ICC_NOT_PRESENT);
	assert_int_equal(waits(20000), IFD_SUCCESS);
	assert_int_equal(IFDHICCPresence(LUN), IFD_ICC_PRESENT);
	all_hang_up();
	assert_int_equal(waits(20000), IFD_SUCCESS);
	/* Another service is there already, and has another card. */
	assert_int_equal(IFDHICCPresence(LUN), IFD_ICC_NOT_PRESENT);
	assert_int_equal(waits(20000), IFD_SUCCESS);
	/* It is asked again by itself. */
	for (int i = 0; i < 100 && IFDHICCPresence(LUN) != IFD_ICC_PRESENT;
	    i++)
		assert_int_equal(waits(200), IFD_SUCCESS);
	assert_int_equal(IFDHICCPresence(LUN), IFD_ICC_PRESENT);
}

static void *
stop(void *arg)
{
	RESPONSECODE (*stopping)(DWORD) = NULL;
	DWORD n = sizeof(stopping);

	(void)arg;
	(void)IFDHGetCapabilities(LUN, TAG_IFD_STOP_POLLING_THREAD, &n,
	    (PUCHAR)&stopping);
	(void)stopping(LUN);
	return NULL;
}

static void
who_waits_can_be_stopped(void **state)
{
	pthread_t t;

	(void)state;
	assert_int_equal(IFDHCreateChannelByName(LUN, it.path), IFD_SUCCESS);
	assert_int_equal(IFDHICCPresence(LUN), IFD_ICC_PRESENT);
	assert_int_equal(pthread_create(&t, NULL, stop, NULL), 0);
	/* For ever, as far as this test is concerned. */
	assert_int_equal(waits(1000000), IFD_SUCCESS);
	(void)pthread_join(t, NULL);
}

static void
power_and_commands_go_to_the_service(void **state)
{
	UCHAR out[LINK_REPLY_MAX];
	DWORD n, atr_n;

	(void)state;
	assert_int_equal(IFDHCreateChannelByName(LUN, it.path), IFD_SUCCESS);
	n = sizeof(out);
	assert_int_equal(transmit(5, out, &n), IFD_COMMUNICATION_ERROR);
	assert_int_equal(power(IFD_POWER_UP, &atr_n), IFD_SUCCESS);
	assert_int_equal(atr_n, 19);
	n = sizeof(out);
	assert_int_equal(transmit(5, out, &n), IFD_SUCCESS);
	assert_int_equal(n, 2);
	assert_int_equal(it.last_n, 5);
	assert_int_equal(power(IFD_RESET, &atr_n), IFD_SUCCESS);
	assert_int_equal(it.last_op, LINK_RESET);
	assert_int_equal(power(IFD_POWER_DOWN, &atr_n), IFD_SUCCESS);
	assert_int_equal(it.last_op, LINK_POWER_DOWN);
	it.status = LINK_NO_CARD;
	assert_int_equal(power(IFD_POWER_UP, &atr_n), IFD_ERROR_POWER_ACTION);
	n = sizeof(out);
	assert_int_equal(transmit(5, out, &n), IFD_COMMUNICATION_ERROR);
	assert_int_equal(n, 0);
}

static void
a_command_that_is_too_long_is_cut_and_refused_there(void **state)
{
	UCHAR out[LINK_REPLY_MAX];
	DWORD n = sizeof(out), atr_n;

	(void)state;
	assert_int_equal(IFDHCreateChannelByName(LUN, it.path), IFD_SUCCESS);
	assert_int_equal(power(IFD_POWER_UP, &atr_n), IFD_SUCCESS);
	assert_int_equal(transmit(65536, out, &n), IFD_SUCCESS);
	assert_int_equal(it.last_n, PIV_APDU_MAX + 1);
}

static void
a_reply_that_is_too_long_ends_the_connection(void **state)
{
	UCHAR out[64];
	DWORD n = sizeof(out), atr_n;

	(void)state;
	assert_int_equal(IFDHCreateChannelByName(LUN, it.path), IFD_SUCCESS);
	assert_int_equal(power(IFD_POWER_UP, &atr_n), IFD_SUCCESS);
	it.reply_n = sizeof(out) + 1;
	assert_int_equal(transmit(5, out, &n), IFD_COMMUNICATION_ERROR);
	it.reply_n = sizeof(out);
	n = sizeof(out);
	/* Not before there is power again. */
	assert_int_equal(transmit(5, out, &n), IFD_COMMUNICATION_ERROR);
	assert_int_equal(power(IFD_POWER_UP, &atr_n), IFD_SUCCESS);
	n = sizeof(out);
	assert_int_equal(transmit(5, out, &n), IFD_SUCCESS);
	assert_int_equal(n, sizeof(out));
}

static void
a_service_that_was_away_is_asked_for_power_first(void **state)
{
	UCHAR out[LINK_REPLY_MAX];
	DWORD n = sizeof(out), atr_n;

	(void)state;
	assert_int_equal(IFDHCreateChannelByName(LUN, it.path), IFD_SUCCESS);
	assert_int_equal(power(IFD_POWER_UP, &atr_n), IFD_SUCCESS);
	all_hang_up();
	assert_int_equal(transmit(5, out, &n), IFD_COMMUNICATION_ERROR);
	/* pcscd, which believes that there is power, sees the card gone. */
	assert_int_equal(waits(20000), IFD_SUCCESS);
	assert_int_equal(IFDHICCPresence(LUN), IFD_ICC_NOT_PRESENT);
	assert_int_equal(waits(20000), IFD_SUCCESS);
	n = sizeof(out);
	assert_int_equal(transmit(5, out, &n), IFD_COMMUNICATION_ERROR);
	assert_int_equal(power(IFD_POWER_UP, &atr_n), IFD_SUCCESS);
	all_hang_up();
	assert_int_equal(power(IFD_RESET, &atr_n), IFD_SUCCESS);
	all_hang_up();
	assert_int_equal(power(IFD_POWER_DOWN, &atr_n), IFD_SUCCESS);
}

static void *
another_client(void *arg)
{
	UCHAR out[LINK_REPLY_MAX];
	DWORD n = sizeof(out);
	uint8_t *number = arg;

	if (transmit(5, out, &n) == IFD_SUCCESS)
		*number = out[0];
	return NULL;
}

static void
each_thread_is_a_client_and_its_end_is_told(void **state)
{
	uint8_t first = 0, second = 0;
	UCHAR out[LINK_REPLY_MAX];
	DWORD n = sizeof(out), atr_n;
	pthread_t t;

	(void)state;
	assert_int_equal(IFDHCreateChannelByName(LUN, it.path), IFD_SUCCESS);
	assert_int_equal(power(IFD_POWER_UP, &atr_n), IFD_SUCCESS);
	assert_int_equal(transmit(5, out, &n), IFD_SUCCESS);
	first = out[0];
	assert_int_equal(pthread_create(&t, NULL, another_client, &second), 0);
	(void)pthread_join(t, NULL);
	assert_true(first != 0 && second != 0 && first != second);
	SOON(it.gone == second);
	n = sizeof(out);
	assert_int_equal(transmit(5, out, &n), IFD_SUCCESS);
	assert_int_equal(out[0], first);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_service_says_how_many_slots_there_are),
		CASE(the_card_is_there_as_long_as_the_service_says),
		CASE(who_waits_can_be_stopped),
		CASE(power_and_commands_go_to_the_service),
		CASE(a_command_that_is_too_long_is_cut_and_refused_there),
		CASE(a_reply_that_is_too_long_ends_the_connection),
		CASE(a_service_that_was_away_is_asked_for_power_first),
		CASE(each_thread_is_a_client_and_its_end_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
