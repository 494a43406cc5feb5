/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_TSS2_KEY_H
#define SG_PKI_TSS2_KEY_H

/*
 * The file format of a key that a TPM keeps, as other programs write and read
 * it too: TPMKey of "ASN.1 Specification for TPM 2.0 Key Files", PEM label
 * "TSS2 PRIVATE KEY".
 */

#include "base/bytes.h"

struct tss2_key {
	bool empty_auth;	/* no passphrase */
	uint32_t parent;	/* handle, 0x81000001 is the storage root key */
	struct buf public;	/* marshalled TPM2B_PUBLIC */
	struct buf private;	/* marshalled TPM2B_PRIVATE */
};
void tss2_key_done(struct tss2_key *k);

/* Appends the PEM text. */
enum sg_err tss2_key_write(const struct tss2_key *k, struct buf *out);
/* SG_EFORMAT; SG_EUNSUPPORTED for keys that are to be imported, are sealed data
 * or have a policy. */
enum sg_err tss2_key_read(struct tss2_key *out, struct bytes pem);

#endif
