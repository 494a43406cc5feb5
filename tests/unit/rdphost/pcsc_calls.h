/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_PCSC_CALLS_H
#define SG_TEST_PCSC_CALLS_H

/* Calls of libpcsclite.so.1 in a file of their own: WinPR's header for smart
 * cards, which the judge needs, has the same names for other types.  A length
 * is returned as it is, a failure as the code, negative. */

#include <stddef.h>
#include <stdint.h>

#define PCSC_OK			0LL
#define PCSC_COMMUNICATION_ERROR (-0x80100013LL)
#define PCSC_INSUFFICIENT_BUFFER (-0x80100008LL)
#define PCSC_INVALID_HANDLE	(-0x80100003LL)
#define PCSC_NO_SERVICE		(-0x8010001dLL)

struct pcsc_card {
	long context;
	long card;
	unsigned long protocol;
	unsigned long state;
	unsigned long atr_n;
};

long long pcsc_connect(struct pcsc_card *c, const char *reader);
long long pcsc_readers(struct pcsc_card *c, char *room, size_t n, char **made);
/* Into memory of the library's. */
long long pcsc_readers_made(struct pcsc_card *c, char **made);
void pcsc_free(struct pcsc_card *c, char *made);
long long pcsc_status(struct pcsc_card *c);
/* An empty command of four bytes. */
long long pcsc_transmit(struct pcsc_card *c, uint8_t *room, size_t n);
long long pcsc_control(struct pcsc_card *c, uint32_t code);
void pcsc_release(struct pcsc_card *c);

#endif
