/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_KEY_H
#define SG_CA_KEY_H

/*
 * A CA's private key, wherever it lives.  What is kept of it in the CA's
 * folder says where: an encrypted (or plain) PKCS#8 PEM text, a TPM key file
 * ("TSS2 PRIVATE KEY"), or one line with the PKCS#11 URI of a key in a token.
 */

#include "base/secret.h"
#include "crypto/signer.h"

#define CA_KEY_KEPT_MAX 16384	/* bytes; an RSA-8192 key takes 7,000 */

/* What to make: "rsa2048", "rsa3072", "rsa4096", "p256" or "p384". */
struct ca_key_type {
	enum key_kind kind;
	unsigned bits;
};
enum sg_err ca_key_type_parse(struct ca_key_type *out, const char *text);

/* What opens a key: PEM's passphrase, the TPM key's, the token's PIN; and
 * which TPM (NULL: the machine's). */
struct ca_key_access {
	const struct secret *passphrase;	/* or NULL */
	const char *tcti;
};

struct ca_key;
/*
 * place is "file", "tpm", or the PKCS#11 URI that the key is to have.  keep,
 * uninitialised, receives what is to be written down.
 */
enum sg_err ca_key_make(struct ca_key **out, struct ca_key_type type,
    const char *place, const struct ca_key_access *a, struct secret *keep);
/* What is kept of a key in a file, into a secret that is not initialised;
 * SG_ENOENT, SG_EPERM. */
enum sg_err ca_key_read(struct secret *out, const char *path);
/* SG_EPIN when the passphrase or PIN is wrong or missing; SG_ENOENT when the
 * token or the TPM is not there. */
enum sg_err ca_key_open(struct ca_key **out, struct bytes kept,
    const struct ca_key_access *a);
/* The place of a key by what is kept of it: "file", "tpm", or the URI. */
enum sg_err ca_key_place(char **out, struct bytes kept);
/* The same place for a key of that number: in a token the object's name gets
 * AD CS's "(1)" in place of the one that it has.  SG_EARG for a URI that does
 * not name it. */
enum sg_err ca_key_place_next(char **out, const char *place,
    unsigned number);
void ca_key_free(struct ca_key *k);
SG_AUTO_FREE(ca_key)

struct signer ca_key_signer(struct ca_key *k);

#endif
