/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_IPC_OBJECTS_H
#define SG_IPC_OBJECTS_H

/* What the daemon tells of a container: nothing secret in here. */

#include "base/bytes.h"
#include "ipc/provider.h"

#define OBJECT_NAME_MAX	128	/* bytes of a key's name or a label */
#define OBJECT_ID_LEN	20	/* SHA-1 of the public key's bits */
#define OBJECT_COUNT_MAX 256	/* of each kind in a container */

#define OBJECT_SERIAL_MAX 64	/* bytes of a token's serial number */
#define OBJECT_TOKEN_ID_MAX 128	/* bytes of a token's CKA_ID */

/* What a provider of signetd makes, and what tokens may have besides. */
enum object_key_type { OBJECT_RSA2048 = 1, OBJECT_P256, OBJECT_RSA3072,
	OBJECT_RSA4096, OBJECT_P384, OBJECT_TYPE_END };

struct key_object {
	char *name;
	enum object_key_type type;
	enum provider provider;		/* who holds the private half */
	uint8_t id[OBJECT_ID_LEN];	/* CKA_ID of everything of this key */
	struct buf spki;		/* DER SubjectPublicKeyInfo */
	uint64_t created;		/* Unix seconds */
	/* Of KSP_SMARTCARD, otherwise empty: where it is found again. */
	char *token;			/* its label, for people */
	char *serial;			/* its serial number, which counts */
	struct buf token_id;		/* the key's CKA_ID there */
};

enum cert_kind {
	CERT_PERSONAL = 1,	/* has a key in some provider */
	CERT_INTERMEDIATE,
	CERT_ANCHOR,		/* trusted by its owner's choice */
};

struct cert_object {
	enum cert_kind kind;
	struct buf der;
	char *label;
	char *provider;			/* "" unless CERT_PERSONAL */
	char *key;			/* name of its key; "" likewise */
	uint8_t id[OBJECT_ID_LEN];	/* as the key's; zero likewise */
	uint64_t added;
};

/* A request that waits for its certificate. */
struct request_object {
	char *name;
	char *key;
	struct buf der;			/* PKCS#10 */
	uint64_t created;
};

struct objects {
	uint64_t generation;	/* grows with every change */
	struct key_object *keys;
	size_t key_count;
	struct cert_object *certs;
	size_t cert_count;
	struct request_object *requests;
	size_t request_count;
};
void objects_done(struct objects *o);

/* RSA, or a curve. */
bool object_type_is_rsa(enum object_key_type type);
/* Of the modulus or the curve; 0 for no type. */
unsigned object_type_bits(enum object_key_type type);

/* NULL when there is none. */
const struct key_object *objects_key(const struct objects *o,
    const char *name);

enum container_state {
	CONTAINER_NONE = 0,
	CONTAINER_READY,	/* closed to the asking process */
	CONTAINER_OPEN,		/* the asking process is logged in */
	CONTAINER_BLOCKED,	/* no PIN try left */
	CONTAINER_BROKEN,	/* its file or its TPM parts are unusable */
};

/* Why a container is broken, or would be: what helps differs. */
enum container_reason {
	REASON_NONE = 0,
	REASON_UNREADABLE,	/* the disk does not give the file */
	REASON_DAMAGED,		/* it is not what was written */
	REASON_NEWER,		/* a later version wrote it */
	REASON_FOREIGN,		/* it is another user's */
	REASON_OTHER_TPM,	/* made with another TPM, or that was cleared */
	REASON_INDEX_GONE,	/* what checks the PIN was removed from the TPM */
	REASON_COUNT
};

/* What is known of the TPM. */
enum tpm_health {
	HEALTH_UNKNOWN = 0,	/* nobody looked */
	HEALTH_OK,
	HEALTH_LOCKOUT,		/* its own; containers are not affected */
	HEALTH_UNUSABLE,	/* status.tpm says why */
	HEALTH_SILENT,		/* it does not answer */
	HEALTH_COUNT
};

struct status {
	enum container_state state;
	enum container_reason reason;	/* of CONTAINER_BROKEN */
	uint32_t uid;
	uint32_t tries_used;
	uint32_t tries_limit;
	bool tries_known;
	uint64_t generation;	/* 0 when there is no container */
	uint32_t logins;	/* processes that are logged in */
	uint32_t pin_min;	/* characters of a new PIN */
	uint64_t created;
	uint32_t waiting;	/* requests of everybody, for the TPM */
	uint32_t busy_s;	/* how long the present one has taken */
	uint64_t audit_lost;	/* lines */
	bool card_as;		/* its certificates are a smart card's */
	uint64_t card_generation;	/* of what a card shows */
	char *daemon;		/* program and version */
	char *trouble;		/* what is broken, "" otherwise */
	enum tpm_health health;
	char *tpm;		/* maker, firmware; what is wrong with it */
};
void status_done(struct status *s);

#endif
