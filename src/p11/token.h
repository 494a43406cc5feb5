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

/* The token's own words for itself, valid as long as it is open. */
const char *token_label(const struct token *t);
const char *token_serial(const struct token *t);

/* The file of the module that reaches it; free(3) it. */
enum sg_err token_module(const struct token *t, char **out);
/* The number of its slot in that module. */
unsigned long token_slot(const struct token *t);

/* The URI of the token with that label and serial number, either may be NULL;
 * module as in token_list_make(). */
enum sg_err token_uri(char **out, const char *label, const char *serial,
    const char *module);

/* True when keys are out of reach before token_login(). */
bool token_wants_pin(const struct token *t);
/* It has a keypad of its own, and takes no PIN from here. */
bool token_has_keypad(const struct token *t);
/* pin may be NULL for a token with a keypad of its own.  SG_EPIN,
 * SG_EBLOCKED; a token that is logged in already stays so. */
enum sg_err token_login(struct token *t, const struct secret *pin);
/* What the token says of the tries that are left, for a person; NULL when
 * nothing is wrong with them. */
const char *token_tries(struct token *t);

/* --- all that are there --- */

struct token_about {
	char label[33];
	char serial[17];
	char *module;		/* the URI's module-path; NULL: registered */
};
struct token_list {
	struct token_about *v;
	size_t n;
};
void token_list_done(struct token_list *l);

/*
 * The tokens that hold a person's keys: not those of this container (whose
 * maker is "Signet", or whose reader is the emulated card's), and none without
 * a PIN, such as the lists of anchors.  module is the file of the one module
 * to ask, or NULL for all that p11-kit has registered.
 */
enum sg_err token_list_make(struct token_list *out, const char *module);

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
/* The same by the label itself. */
enum sg_err token_key_make_named(struct token_key **out, struct token *t,
    const char *label, enum key_kind kind, unsigned bits);
/* The one with that CKA_ID. */
enum sg_err token_key_find_id(struct token_key **out, struct token *t,
    struct bytes id);
/* Its CKA_ID. */
struct bytes token_key_id(const struct token_key *k);
/* Removes the pair and the certificates beside it. */
enum sg_err token_key_erase(struct token_key *k);
void token_key_free(struct token_key *k);
SG_AUTO_FREE(token_key)

struct signer token_key_signer(struct token_key *k);

/* --- certificates in the token --- */

/* Calls each for every certificate that can be one of a private key in the
 * token; before token_login() that is said by what is not hidden.  id is its
 * CKA_ID. */
enum sg_err token_certs(const struct token *t,
    enum sg_err (*each)(void *arg, struct bytes id, struct bytes der),
    void *arg);
/* Stores a certificate beside its key; one that is there already is fine. */
enum sg_err token_cert_add(struct token *t, struct bytes id,
    const char *label, struct bytes der);

#endif
