/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_P11_TOKEN_H
#define SG_P11_TOKEN_H

/*
 * Other people's PKCS#11 tokens (v2.40): a CA's HSM, a person's smart card.
 * A key is named by a URI of RFC 7512; "module-path" in its query says which
 * module, otherwise all that p11-kit has registered are asked.  Several tokens
 * and keys may be open at once; one thread at a time.
 */

#include "base/secret.h"
#include "crypto/signer.h"

/* A session with one token. */
struct token;

/*
 * Finds the one token that the URI describes.  SG_ENOENT: it is not there
 * (no module, no card, nothing that fits); SG_EARG: the URI is none, names
 * more than one token that is there, or holds a PIN (arguments are seen by
 * everybody).
 */
enum sg_err token_open(struct token **out, const char *uri);
void token_free(struct token *t);
SG_AUTO_FREE(token)

/* The token's own word for itself, valid as long as it is open. */
const char *token_label(const struct token *t);

/* True when keys are out of reach before token_login(). */
bool token_wants_pin(const struct token *t);
/* pin may be NULL for a token with a keypad of its own.  SG_EPIN,
 * SG_EBLOCKED; a token that is logged in already stays so. */
enum sg_err token_login(struct token *t, const struct secret *pin);

/* A private key in the token, which it must not outlive. */
struct token_key;

/* The one that the URI's object and id name, or the only one if it names none.
 * SG_ENOENT, SG_EARG when several fit. */
enum sg_err token_key_find(struct token_key **out, struct token *t,
    const char *uri);
/* A fresh pair that never leaves the token, with the label that the URI's object
 * says; bits is 2048 to 8192 for RSA, 256 or 384 for EC.  SG_EEXIST when a key
 * of that label is there. */
enum sg_err token_key_make(struct token_key **out, struct token *t,
    const char *uri, enum key_kind kind, unsigned bits);
void token_key_free(struct token_key *k);
SG_AUTO_FREE(token_key)

struct signer token_key_signer(struct token_key *k);

#endif
