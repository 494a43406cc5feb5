/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_KSP_CARD_H
#define SG_KSP_CARD_H

/* The smart card provider: any PKCS#11 token, found again by its serial
 * number. */

#include "ksp/ksp.h"
#include "p11/token.h"

/* A session with the token of a key, and the key. */
struct card {
	struct token *token;
	struct token_key *key;
};
void card_done(struct card *c);

/* As ksp_key_open; c is zeroed.  pin, unless NULL, is zeroed and gets the PIN
 * that was right. */
enum sg_err card_open_key(struct card *c, const struct ksp *k,
    const struct key_object *key, struct secret *pin);
/* The token of a key without logging in to it. */
enum sg_err card_open(struct token **out, const struct ksp *k,
    const struct key_object *key);
enum sg_err card_make_key(const struct ksp *k, const struct ksp_make *ask);
enum sg_err card_erase_key(const struct ksp *k, const struct key_object *key);

/* Stores a certificate beside its key in the token, for who looks for it
 * there. */
enum sg_err card_store_cert(const struct ksp *k, const struct key_object *key,
    const char *label, struct bytes der);

/* --- which are there --- */

/* The tokens that are there now.  What keeps a module from being loaded is
 * said; tokens of it are absent then. */
struct cards {
	struct token_list tokens;
};
void cards_done(struct cards *c);
enum sg_err cards_look(struct cards *out, const struct ksp *k);
/* The key can be used: its token is there, or it needs none. */
bool cards_have(const struct cards *c, const struct key_object *key);

/* A certificate in a token, with a record for its key that names everything
 * but the record (name is NULL). */
typedef enum sg_err card_cert(void *arg, struct bytes der,
    struct key_object *record);
/* Calls each for every certificate of a key in the tokens that are there; no
 * PIN is asked.  A token that fails is passed over. */
enum sg_err cards_certs(const struct cards *c, card_cert *each, void *arg);

#endif
