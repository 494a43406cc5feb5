/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_KSP_KSP_H
#define SG_KSP_KSP_H

/*
 * A person's keys as his own programs use them, whichever key storage provider
 * holds them: signetd (passport, software, platform) or a PKCS#11 token
 * (smartcard).  A key is found by its record in the container (struct
 * key_object: provider, and name or token) and in no other way.
 *
 * What makes a key in provider P and signs with it:
 *
 *	struct ksp k = { client, NULL, open, pin, arg };
 *	struct ksp_make ask = { .provider = KSP_PLATFORM, .otherwise =
 *	    KSP_SOFTWARE, .name = "scep", .type = OBJECT_RSA2048 };
 *
 *	SG_TRY(ksp_key_make(&k, &ask));
 *	SG_TRY(client_objects(client, &have));
 *	SG_TRY(ksp_key_open(&key, &k, objects_key(&have, "scep")));
 *	signer = ksp_key_signer(key);
 */

#include "crypto/signer.h"
#include "ipc/client.h"

struct ksp {
	struct client *client;
	/* The PKCS#11 module that reaches tokens; NULL: all that p11-kit has
	 * registered ([smartcard] module of signet.conf). */
	const char *module;
	/* Opens the container for this process (pin_login); called before a
	 * key behind the gesture is made or used, and never for others.  NULL:
	 * it is open, or the call fails with SG_ELOGIN. */
	enum sg_err (*open)(void *arg);
	/* Asks for a token's PIN, which replaces *pin.  It is tried once.  hint
	 * is what the token says of the tries that are left, or NULL.  NULL:
	 * nobody can be asked. */
	enum sg_err (*pin)(void *arg, const char *token, const char *serial,
	    const char *hint, struct secret *pin);
	void *arg;
};

struct ksp_make {
	enum provider provider;
	/* Where that cannot be, because the machine has no TPM; 0: fail. */
	enum provider otherwise;
	const char *name;
	enum object_key_type type;
	/* Of KSP_SMARTCARD: the token's label or serial number; NULL: the only
	 * token that is there. */
	const char *token;
};
/*
 * Makes a key and its record.  made, if not NULL, gets the provider that it
 * was made in.  SG_EEXIST when the name is taken; SG_ETPM when that provider
 * needs a TPM and there is none; SG_ENOENT, SG_EARG when the token is not there
 * or several are; SG_EPIN with what the token says of the tries.
 */
enum sg_err ksp_key_make(const struct ksp *k, const struct ksp_make *ask,
    enum provider *made);

/* A key ready to be used; what it was opened with outlives it. */
struct ksp_key;

/*
 * SG_ENOENT when it is in a token that is not there: the note asks for it by
 * name ("insert the card 'LABEL' (serial ...)").  SG_EVERIFY when the token
 * has another key in its place.  Asks for the token's PIN.
 */
enum sg_err ksp_key_open(struct ksp_key **out, const struct ksp *k,
    const struct key_object *key);
void ksp_key_free(struct ksp_key *k);
SG_AUTO_FREE(ksp_key)

struct signer ksp_key_signer(struct ksp_key *k);

/* Removes the key; of one in a token its record, and the pair in the token
 * too if erase says so, for which the token's PIN is asked. */
enum sg_err ksp_key_remove(const struct ksp *k, const struct key_object *key,
    bool erase);

/* What the client of one key in a token needs to reach it by itself. */
struct ksp_place {
	char *module;		/* the PKCS#11 module's file */
	unsigned long slot;	/* in that module */
};
void ksp_place_done(struct ksp_place *p);

/* The same errors as ksp_key_open, and everything is closed again; pin is
 * zeroed and gets the PIN that was right (nothing, when the token needs none
 * of us). */
enum sg_err ksp_key_place(const struct ksp *k, const struct key_object *key,
    struct ksp_place *out, struct secret *pin);

#endif
