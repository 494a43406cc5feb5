/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_IPC_HANDOVER_H
#define SG_IPC_HANDOVER_H

/*
 * What the PKCS#11 module hands to signet-prompt, so that a PIN never enters
 * the program that wants to sign, and the one byte that comes back.  Both go
 * over a SOCK_SEQPACKET pair that is descriptor HANDOVER_FD of the helper.
 */

#include "ipc/client.h"

#define HANDOVER_FD		3
#define HANDOVER_PROGRAM_MAX	64	/* bytes of the asking program's name */
#define HANDOVER_MESSAGE_MAX	128

struct handover {
	uint8_t ticket[CLIENT_TICKET_LEN];
	uint32_t pid;					/* who asks */
	char program[HANDOVER_PROGRAM_MAX + 1];
};

enum handover_result {
	HANDOVER_OPEN = 'o',		/* the container is open */
	HANDOVER_CANCELLED = 'c',
	HANDOVER_WRONG = 'w',		/* asked as often as is sensible */
	HANDOVER_BLOCKED = 'b',
	HANDOVER_FAILED = 'f',
};

/* Appends the message; a longer program name is cut. */
enum sg_err handover_write(const struct handover *h, struct buf *out);
/* SG_EFORMAT unless the message is whole.  Pure. */
enum sg_err handover_read(struct bytes message, struct handover *out);

#endif
