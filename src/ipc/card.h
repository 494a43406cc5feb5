/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_IPC_CARD_H
#define SG_IPC_CARD_H

/*
 * The emulated smart card as signetd tells of it: nothing secret in here.
 *
 * A container is a card in one slot of the reader while its owner's policy
 * shows it, in the same slot for as long as possible.  A slot has the name
 * that pcscd gives it, and the PKCS#11 module's slot description is the same.
 */

#include <stdio.h>

#include "base/reader.h"
#include "ipc/objects.h"

#define CARD_READER		"Signet Container"
#define CARD_READER_MAX		64	/* bytes of a slot's name and NUL */
#define CARD_READER_SLOTS_MAX	16	/* IFD handlers have no more */
#define CARD_NO_SLOT		UINT32_MAX

#define CARD_PIN_MAX		8	/* characters (SP 800-73-4) */
#define CARD_CERT_MAX		8192	/* bytes; larger ones are not shown */
#define CARD_SESSION_PIN_LEN	8	/* digits */
#define CARD_SESSION_TRIES	3	/* wrong ones that end it */
#define CARD_SESSION_SECONDS_MAX (24 * 3600)
#define CARD_SESSION_USES_MAX	100

/* PIV's key references. */
enum card_ref {
	CARD_AUTHENTICATION = 0x9a,
	CARD_SIGNATURE = 0x9c,
	CARD_MANAGEMENT = 0x9d,
	CARD_CARD = 0x9e,
};
#define CARD_REFS 4

/* pcscd's name of a slot; CARD_NO_SLOT counts as the first. */
void card_reader_name(uint32_t slot, char out[CARD_READER_MAX]);

/* --- CARD_TABLE --- */

struct card_place {
	uint32_t slot;
	uint32_t uid;
	/* Another number whenever what CARD_OBJECTS answers may be another. */
	uint64_t generation;
};
struct card_table {
	struct card_place v[CARD_READER_SLOTS_MAX];	/* by slot */
	size_t n;
	uint32_t slots;		/* of the reader, taken or not */
	uint32_t idle_s;	/* how long a PIN lives without a use */
};
enum sg_err card_table_write(struct buf *b, const struct card_table *t);
enum sg_err card_table_read(struct bytes x, struct card_table *out);

/* --- CARD_OBJECTS --- */

/* A key reference that the card fills. */
struct card_key {
	enum card_ref ref;
	enum object_key_type type;
	char *key;		/* its name, for CARD_USE */
	char *label;		/* of the certificate in the container */
	struct buf cert;	/* DER */
};
struct card_keys {
	uint64_t generation;	/* as in the table */
	struct card_key v[CARD_REFS];	/* by reference, each once */
	size_t n;
};
void card_keys_done(struct card_keys *k);
enum sg_err card_keys_write(struct buf *b, const struct card_keys *k);
/* Replaces out. */
enum sg_err card_keys_read(struct bytes x, struct card_keys *out);
/* NULL when the card does not fill that reference, or show that key. */
const struct card_key *card_keys_ref(const struct card_keys *k,
    enum card_ref ref);
const struct card_key *card_keys_key(const struct card_keys *k,
    const char *name);

/* --- CARD_STATUS --- */

/* What the machine's policy lets cards be. */
enum card_use {
	CARD_USE_NONE = 0,	/* no card at all */
	CARD_USE_SESSION,	/* only while a session PIN asks for it */
	CARD_USE_CARD,		/* the certificates are a smart card's */
};

struct card_status {
	enum card_use use;
	bool all_users;		/* shown while its owner is away, too */
	bool service;		/* the card service asked a moment ago */
	uint32_t slot;		/* CARD_NO_SLOT: there is no card now */
	bool crowded;		/* ... because no slot is left for it */
	bool told;		/* the card service knows what it shows */
	bool verified;		/* its PIN was right, and that still holds */
	bool session;		/* a session PIN is open */
	bool held;		/* the card takes nothing but session PINs */
	bool pin_long;		/* the container's PIN does not fit a card */
	uint32_t seconds;	/* what is left of the session PIN ... */
	uint32_t uses;
	uint32_t tries;		/* ... of wrong ones, too */
	struct card_keys keys;	/* what the card shows, or would */
};
void card_status_done(struct card_status *s);
enum sg_err card_status_write(struct buf *b, const struct card_status *s);
/* Replaces out. */
enum sg_err card_status_read(struct bytes x, struct card_status *out);

#endif
