/* SPDX-License-Identifier: BSD-2-Clause */
#include "pcsc_calls.h"

#include <PCSC/winscard.h>

static long long
result(LONG rc, DWORD length)
{
	return rc == SCARD_S_SUCCESS ? (long long)length : -(long long)rc;
}

long long
pcsc_connect(struct pcsc_card *c, const char *reader)
{
	LONG rc = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL,
	    &c->context);

	if (rc == SCARD_S_SUCCESS)
		rc = SCardConnect(c->context, reader, SCARD_SHARE_SHARED,
		    SCARD_PROTOCOL_T1, &c->card, &c->protocol);
	return result(rc, 0);
}

long long
pcsc_readers(struct pcsc_card *c, char *room, size_t n, char **made)
{
	DWORD length = n;
	LONG rc = SCardListReaders(c->context, NULL, room, &length);

	*made = NULL;
	return result(rc, length);
}

long long
pcsc_readers_made(struct pcsc_card *c, char **made)
{
	DWORD length = SCARD_AUTOALLOCATE;
	LONG rc = SCardListReaders(c->context, NULL, (LPSTR)(void *)made,
	    &length);

	return result(rc, length);
}

void
pcsc_free(struct pcsc_card *c, char *made)
{
	(void)SCardFreeMemory(c->context, made);
}

long long
pcsc_status(struct pcsc_card *c)
{
	char name[16];
	BYTE atr[MAX_ATR_SIZE];
	DWORD name_n = sizeof(name);

	c->atr_n = sizeof(atr);
	return result(SCardStatus(c->card, name, &name_n, &c->state,
	    &c->protocol, atr, &c->atr_n), 0);
}

long long
pcsc_transmit(struct pcsc_card *c, uint8_t *room, size_t n)
{
	static const BYTE apdu[4];
	DWORD length = n;
	LONG rc = SCardTransmit(c->card, SCARD_PCI_T1, apdu, sizeof(apdu),
	    NULL, room, &length);

	return result(rc, length);
}

long long
pcsc_control(struct pcsc_card *c, uint32_t code)
{
	BYTE room[16];
	DWORD length = 0;
	LONG rc = SCardControl(c->card, code, NULL, 0, room, sizeof(room),
	    &length);

	return result(rc, length);
}

void
pcsc_release(struct pcsc_card *c)
{
	(void)SCardReleaseContext(c->context);
}
