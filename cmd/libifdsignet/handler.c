/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The IFD handler (version 3.0) that pcscd loads: a reader whose cards are
 * Signet's containers.  See signet-card(8).
 *
 * pcscd serves each of its clients, an SCARDCONTEXT, in a thread of its own,
 * and calls us in it.  That is all that tells one client from another here:
 * each thread gets a number, which goes along with its commands.
 */

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <ifdhandler.h>
#include <reader.h>

#include "paths.h"
#include "slot.h"

/* pcscd finds the functions by these names. */
#define API __attribute__((visibility("default"))) RESPONSECODE

#define READERS_MAX	16
#define SLOT_OF(lun)	((lun) & 0xffff)
#define READER_OF(lun)	((lun) >> 16)

/* pcscd opens and closes readers one at a time, and asks nothing of one that is
 * not open. */
static struct slot slots[READERS_MAX][LINK_SLOTS_MAX];
static unsigned counts[READERS_MAX];

/* The calling thread as a client, and where it has been. */
struct client {
	uint64_t number;
	bool used[READERS_MAX][LINK_SLOTS_MAX];
};
static _Atomic uint64_t clients;
static pthread_key_t client_key;
static bool client_key_made;

static void
client_gone(void *arg)
{
	struct client *c = arg;

	for (size_t i = 0; i < READERS_MAX; i++)
		for (size_t j = 0; j < LINK_SLOTS_MAX; j++)
			if (c->used[i][j])
				slot_tell_gone(&slots[i][j], c->number);
	free(c);
}

__attribute__((constructor)) static void
load(void)
{
	client_key_made = pthread_key_create(&client_key, client_gone) == 0;
}

/* A thread may outlive this library. */
__attribute__((destructor)) static void
unload(void)
{
	if (client_key_made)
		(void)pthread_key_delete(client_key);
}

static struct client *
client_here(void)
{
	struct client *c = pthread_getspecific(client_key);

	if (c != NULL)
		return c;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->number = ++clients;
	if (pthread_setspecific(client_key, c) == 0)
		return c;
	free(c);
	return NULL;
}

static struct slot *
slot_at(DWORD lun)
{
	struct slot *s;

	if (READER_OF(lun) >= READERS_MAX || SLOT_OF(lun) >= LINK_SLOTS_MAX)
		return NULL;
	s = &slots[READER_OF(lun)][SLOT_OF(lun)];
	return s->open ? s : NULL;
}

API
IFDHCreateChannelByName(DWORD lun, LPSTR device)
{
	struct sockaddr_un service = { .sun_family = AF_UNIX };

	if (READER_OF(lun) >= READERS_MAX || SLOT_OF(lun) >= LINK_SLOTS_MAX ||
	    strlen(device) >= sizeof(service.sun_path))
		return IFD_NO_SUCH_DEVICE;
	strcpy(service.sun_path, device);
	if (counts[READER_OF(lun)] == 0)
		counts[READER_OF(lun)] = slot_count(&service);
	return slot_open(&slots[READER_OF(lun)][SLOT_OF(lun)], &service,
	    (uint8_t)SLOT_OF(lun)) ? IFD_SUCCESS : IFD_COMMUNICATION_ERROR;
}

/* A reader file without DEVICENAME. */
API
IFDHCreateChannel(DWORD lun, DWORD channel)
{
	char path[] = SIGNET_CARD_SOCKET_PATH;

	(void)channel;
	return IFDHCreateChannelByName(lun, path);
}

API
IFDHCloseChannel(DWORD lun)
{
	struct slot *s = slot_at(lun);

	if (s == NULL)
		return IFD_NO_SUCH_DEVICE;
	slot_close(s);
	if (SLOT_OF(lun) == 0)
		counts[READER_OF(lun)] = 0;
	return IFD_SUCCESS;
}

API
IFDHICCPresence(DWORD lun)
{
	struct slot *s = slot_at(lun);

	if (s == NULL)
		return IFD_NO_SUCH_DEVICE;
	return slot_present(s) ? IFD_ICC_PRESENT : IFD_ICC_NOT_PRESENT;
}

/* pcscd's thread of this slot waits here instead of asking now and then. */
static RESPONSECODE
wait_for_change(DWORD lun, int timeout_ms)
{
	struct slot *s = slot_at(lun);

	if (s == NULL)
		return IFD_NO_SUCH_DEVICE;
	slot_wait(s, timeout_ms);
	return IFD_SUCCESS;
}

static RESPONSECODE
stop_waiting(DWORD lun)
{
	struct slot *s = slot_at(lun);

	if (s == NULL)
		return IFD_NO_SUCH_DEVICE;
	slot_stop(s);
	return IFD_SUCCESS;
}

static RESPONSECODE
value(const void *p, size_t n, PDWORD room, PUCHAR out)
{
	if (*room < n)
		return IFD_ERROR_INSUFFICIENT_BUFFER;
	memcpy(out, p, n);
	*room = n;
	return IFD_SUCCESS;
}

static RESPONSECODE
value_byte(unsigned v, PDWORD room, PUCHAR out)
{
	const UCHAR byte = (UCHAR)v;

	return value(&byte, 1, room, out);
}

API
IFDHGetCapabilities(DWORD lun, DWORD tag, PDWORD length, PUCHAR out)
{
	static const char vendor[] = "Signet";
	RESPONSECODE (*const wait)(DWORD, int) = wait_for_change;
	RESPONSECODE (*const stop)(DWORD) = stop_waiting;

	if (READER_OF(lun) >= READERS_MAX)
		return IFD_NO_SUCH_DEVICE;
	switch (tag) {
	case TAG_IFD_SIMULTANEOUS_ACCESS:
		return value_byte(READERS_MAX, length, out);
	case TAG_IFD_SLOTS_NUMBER:
		return value_byte(counts[READER_OF(lun)], length, out);
	case TAG_IFD_THREAD_SAFE:
	case TAG_IFD_SLOT_THREAD_SAFE:
		return value_byte(1, length, out);
	case TAG_IFD_POLLING_THREAD_WITH_TIMEOUT:
		return value(&wait, sizeof(wait), length, out);
	case TAG_IFD_STOP_POLLING_THREAD:
		return value(&stop, sizeof(stop), length, out);
	case SCARD_ATTR_VENDOR_NAME:
		return value(vendor, sizeof(vendor), length, out);
	default:
		return IFD_ERROR_TAG;
	}
}

API
IFDHSetCapabilities(DWORD lun, DWORD tag, DWORD length, PUCHAR in)
{
	(void)lun;
	(void)tag;
	(void)length;
	(void)in;
	return IFD_ERROR_TAG;
}

API
IFDHSetProtocolParameters(DWORD lun, DWORD protocol, UCHAR flags, UCHAR pts1,
    UCHAR pts2, UCHAR pts3)
{
	(void)lun;
	(void)flags;
	(void)pts1;
	(void)pts2;
	(void)pts3;
	return protocol == SCARD_PROTOCOL_T1 ? IFD_SUCCESS
	    : IFD_PROTOCOL_NOT_SUPPORTED;
}

API
IFDHPowerICC(DWORD lun, DWORD action, PUCHAR atr, PDWORD atr_len)
{
	struct slot *s = slot_at(lun);
	uint8_t reply[LINK_REPLY_MAX];
	size_t n = sizeof(reply);
	enum link_op op = action == IFD_POWER_UP ? LINK_POWER_UP
	    : action == IFD_RESET ? LINK_RESET : LINK_POWER_DOWN;

	if (s == NULL)
		return IFD_NO_SUCH_DEVICE;
	if (action != IFD_POWER_UP && action != IFD_RESET &&
	    action != IFD_POWER_DOWN)
		return IFD_NOT_SUPPORTED;
	*atr_len = 0;
	/* Without a connection there is no power either. */
	if (!slot_ask(s, op, 0, NULL, 0, reply, &n))
		return action == IFD_POWER_DOWN ? IFD_SUCCESS
		    : IFD_ERROR_POWER_ACTION;
	if (n > MAX_ATR_SIZE)
		return IFD_COMMUNICATION_ERROR;
	memcpy(atr, reply, n);
	*atr_len = n;
	return IFD_SUCCESS;
}

API
IFDHTransmitToICC(DWORD lun, SCARD_IO_HEADER send_pci, PUCHAR in, DWORD in_len,
    PUCHAR out, PDWORD out_len, PSCARD_IO_HEADER recv_pci)
{
	struct slot *s = slot_at(lun);
	struct client *c = client_here();
	size_t n = *out_len;

	if (recv_pci != NULL)
		recv_pci->Protocol = send_pci.Protocol;
	*out_len = 0;
	if (s == NULL)
		return IFD_NO_SUCH_DEVICE;
	if (c == NULL)
		return IFD_COMMUNICATION_ERROR;
	c->used[READER_OF(lun)][SLOT_OF(lun)] = true;
	if (!slot_ask(s, LINK_TRANSMIT, c->number, in, in_len, out, &n))
		return IFD_COMMUNICATION_ERROR;
	*out_len = n;
	return IFD_SUCCESS;
}

API
IFDHControl(DWORD lun, DWORD code, PUCHAR in, DWORD in_len, PUCHAR out,
    DWORD out_max, LPDWORD out_len)
{
	(void)lun;
	(void)code;
	(void)in;
	(void)in_len;
	(void)out;
	(void)out_max;
	*out_len = 0;
	return IFD_ERROR_NOT_SUPPORTED;
}
