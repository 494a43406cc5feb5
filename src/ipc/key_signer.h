/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_IPC_KEY_SIGNER_H
#define SG_IPC_KEY_SIGNER_H

/* A container's key behind the socket, as a signer. */

#include "crypto/signer.h"
#include "ipc/client.h"

/* Borrows all three; they outlive the signer made of it. */
struct key_signer {
	struct client *client;
	const struct key_object *key;
};

/* Paddings are put on and taken off in this process; the daemon sees one
 * block or one digest.  RSA_PKCS1, RSA_PSS, ECDSA; every decrypt scheme. */
struct signer key_signer(struct key_signer *k);

#endif
