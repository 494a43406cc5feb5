/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * A program that uses a smart card, as told on its standard input, one line
 * each; every line is answered by one:
 *
 *	open N		a context (SCARDCONTEXT) of its own, and the card
 *	N HEX		a command: the response in hex, status word last
 *	reset N, unpower N, close N
 *	begin N, end N	a transaction
 *	wait N MS	until there is no card, at most so long
 *	time N COUNT HEX	milliseconds a command: the median, and p95
 *
 * usage: card_client READER.  What fails is answered with "error CODE".
 */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <winscard.h>

#define PLACES		32
#define LINE_MAX_	4096
#define APDU_MAX	2048
#define TIMES_MAX	100000

struct place {
	SCARDCONTEXT context;
	SCARDHANDLE card;
	bool open;
};

static struct place places[PLACES];
static const char *reader;

static void
said(LONG rc)
{
	if (rc == SCARD_S_SUCCESS)
		(void)puts("ok");
	else
		(void)printf("error %08lx\n", (unsigned long)rc);
}

static LONG
place_open(struct place *p)
{
	DWORD protocol;
	LONG rc = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL,
	    &p->context);

	if (rc != SCARD_S_SUCCESS)
		return rc;
	rc = SCardConnect(p->context, reader, SCARD_SHARE_SHARED,
	    SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &p->card, &protocol);
	p->open = rc == SCARD_S_SUCCESS;
	if (!p->open)
		(void)SCardReleaseContext(p->context);
	return rc;
}

static LONG
place_close(struct place *p, DWORD how)
{
	LONG rc = SCARD_S_SUCCESS;

	if (p->open) {
		rc = SCardDisconnect(p->card, how);
		(void)SCardReleaseContext(p->context);
	}
	p->open = false;
	return rc;
}

static LONG
place_reset(struct place *p)
{
	DWORD protocol;

	return SCardReconnect(p->card, SCARD_SHARE_SHARED,
	    SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, SCARD_RESET_CARD,
	    &protocol);
}

static LONG
place_wait(struct place *p, const char *ms)
{
	SCARD_READERSTATE s = { .szReader = reader,
		.dwCurrentState = SCARD_STATE_UNAWARE };
	LONG rc = SCardGetStatusChange(p->context, 0, &s, 1);

	while (rc == SCARD_S_SUCCESS &&
	    (s.dwEventState & SCARD_STATE_PRESENT) != 0) {
		s.dwCurrentState = s.dwEventState;
		rc = SCardGetStatusChange(p->context,
		    (DWORD)strtoul(ms, NULL, 10), &s, 1);
	}
	return rc;
}

static size_t
unhex(const char *text, BYTE out[APDU_MAX])
{
	size_t n = 0;
	unsigned v;

	for (; sscanf(text, " %2x", &v) == 1 && n < APDU_MAX; n++) {
		out[n] = (BYTE)v;
		while (*text == ' ')
			text++;
		text += 2;
	}
	return n;
}

static LONG
exchange(struct place *p, const BYTE *apdu, size_t n, BYTE *reply,
    DWORD *reply_n)
{
	*reply_n = MAX_BUFFER_SIZE_EXTENDED;
	return SCardTransmit(p->card, SCARD_PCI_T1, apdu, n, NULL, reply,
	    reply_n);
}

static void
command(struct place *p, const char *text)
{
	static BYTE reply[MAX_BUFFER_SIZE_EXTENDED];
	BYTE apdu[APDU_MAX];
	DWORD n = 0;
	LONG rc = exchange(p, apdu, unhex(text, apdu), reply, &n);

	if (rc != SCARD_S_SUCCESS) {
		said(rc);
		return;
	}
	for (DWORD i = 0; i < n; i++)
		(void)printf("%02x", reply[i]);
	(void)putchar('\n');
}

static int
by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
measure(struct place *p, unsigned long count, const char *text)
{
	static BYTE reply[MAX_BUFFER_SIZE_EXTENDED];
	static double took[TIMES_MAX];
	BYTE apdu[APDU_MAX];
	size_t n = unhex(text, apdu);
	DWORD reply_n;

	if (count == 0 || count > TIMES_MAX)
		count = TIMES_MAX;
	for (unsigned long i = 0; i < count; i++) {
		double begin = now_ms();
		LONG rc = exchange(p, apdu, n, reply, &reply_n);

		took[i] = now_ms() - begin;
		if (rc != SCARD_S_SUCCESS) {
			said(rc);
			return;
		}
	}
	qsort(took, count, sizeof(*took), by_size);
	(void)printf("%.4f %.4f\n", took[count / 2], took[count * 95 / 100]);
}

static void
obey(const char *word, unsigned long number, const char *rest)
{
	struct place *p = &places[number % PLACES];

	if (strcmp(word, "open") == 0) {
		(void)place_close(p, SCARD_LEAVE_CARD);
		said(place_open(p));
	} else if (!p->open) {
		(void)puts("error closed");
	} else if (strcmp(word, "reset") == 0) {
		said(place_reset(p));
	} else if (strcmp(word, "unpower") == 0) {
		said(place_close(p, SCARD_UNPOWER_CARD));
	} else if (strcmp(word, "close") == 0) {
		said(place_close(p, SCARD_LEAVE_CARD));
	} else if (strcmp(word, "begin") == 0) {
		said(SCardBeginTransaction(p->card));
	} else if (strcmp(word, "end") == 0) {
		said(SCardEndTransaction(p->card, SCARD_LEAVE_CARD));
	} else if (strcmp(word, "wait") == 0) {
		said(place_wait(p, rest));
	} else if (strcmp(word, "time") == 0) {
		char *text = NULL;
		unsigned long count = strtoul(rest, &text, 10);

		measure(p, count, text);
	} else {
		(void)puts("error word");
	}
}

int
main(int argc, char **argv)
{
	static char line[LINE_MAX_];

	if (argc != 2) {
		(void)fputs("usage: card_client READER\n", stderr);
		return 2;
	}
	reader = argv[1];
	while (fgets(line, sizeof(line), stdin) != NULL) {
		char word[16] = "";
		unsigned long number = 0;
		int at = 0;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%lu%n", &number, &at) == 1)
			command(&places[number % PLACES], line + at);
		else if (sscanf(line, "%15s %lu%n", word, &number, &at) == 2)
			obey(word, number, line + at);
		else
			(void)puts("error line");
		(void)fflush(stdout);
	}
	return 0;
}
