/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CONTAINER_KEEPER_H
#define SG_CONTAINER_KEEPER_H

/*
 * The keeper of all containers: the daemon's knowledge and rules without its
 * socket.  A login belongs to one process (an opaque address here); the secret
 * of an open container lives in the keeper's memory only and is wiped when
 * the last login ends, when it is locked and when its PIN is blocked.  A card
 * (keeper_card.h) and a session PIN hold it open, too.
 */

#include "container/board.h"

struct keeper;

/* What one user may have. */
struct keeper_quota {
	uint32_t keys;
	uint32_t certs;
	uint32_t requests;
	uint32_t bytes;		/* of those three, as in a reply */
	uint32_t prompts;	/* logins that a helper may finish */
};
#define KEEPER_QUOTA_DEFAULT { 128, 256, 64, 500u << 10, 16 }
#define KEEPER_BYTES_MIN 4096

struct uid_range {
	uint32_t first;
	uint32_t last;
};

/* Who may make a container. */
enum keeper_users {
	KEEPER_ANYBODY = 0,
	KEEPER_KNOWN,		/* whom the machine has an account for */
	KEEPER_LISTED,
};

struct keeper_config {
	const char *folder;	/* of the container files */
	const char *tcti;	/* NULL: the machine's TPM */
	size_t pin_min;		/* characters */
	uint32_t tries;		/* of new containers, when none is asked */
	uint32_t containers_max;/* users in all; NV space of a TPM is small */
	const struct keeper_quota *quota;	/* NULL: the defaults */
	const struct uid_range *users;	/* who may make one ... */
	size_t user_count;
	enum keeper_users who;	/* ... if KEEPER_LISTED */
	/* Milliseconds that never go back, for tests; NULL: board_clock. */
	int64_t (*clock)(void);
	bool without_tpm;	/* containers may be made where there is none */
};

#define KEEPER_TRIES_DEFAULT	5
#define KEEPER_TRIES_MAX	32
#define KEEPER_TICKET_LEN	16
#define KEEPER_TICKET_S		120
#define KEEPER_CONTAINERS_DEFAULT 100

/* Reads nothing but the folder; finishes what a crash left half-made or
 * half-removed as soon as the TPM answers.  Borrows the config's strings and
 * users. */
enum sg_err keeper_new(struct keeper **out, const struct keeper_config *cfg);
void keeper_free(struct keeper *k);
SG_AUTO_FREE(keeper)

/* Where everything public is, up to date when a function returns.  It may be
 * read by any thread; all that follows belongs to one. */
struct board *keeper_board(const struct keeper *k);
/* Puts what was counted so far on the board. */
void keeper_tell(struct keeper *k);

/* The process and user who ask. */
struct caller {
	const void *process;
	uint32_t uid;
	const char *program;	/* for the audit log */
	long pid;
};

enum sg_err keeper_status(struct keeper *k, const struct caller *c,
    uint32_t uid, struct status *out);

struct keeper_setup {
	struct bytes pin;
	enum object_key_type type;
	const char *key_name;
	uint32_t tries;
	struct bytes escrow;	/* PEM, or empty */
	/* Software keys behind the PIN alone: container/lock.h.  SG_EPERM
	 * unless the configuration allows it, SG_EARG when there is a TPM. */
	bool without_tpm;
};
/* code receives the recovery code, or escrow the CMS that holds it. */
enum sg_err keeper_setup(struct keeper *k, const struct caller *c,
    const struct keeper_setup *ask, struct secret *code, struct buf *escrow);

/* *tries_left is set with SG_EPIN, here and below. */
enum sg_err keeper_login(struct keeper *k, const struct caller *c,
    struct bytes pin, uint32_t *tries_left);
enum sg_err keeper_login_begin(struct keeper *k, const struct caller *c,
    uint8_t ticket[KEEPER_TICKET_LEN]);
/* c is the helper; the login is for the process that began. */
enum sg_err keeper_login_finish(struct keeper *k, const struct caller *c,
    struct bytes ticket, struct bytes pin, uint32_t *tries_left);
enum sg_err keeper_logout(struct keeper *k, const struct caller *c);
enum sg_err keeper_lock(struct keeper *k, const struct caller *c);
/* The process is gone: its logins and tickets with it. */
void keeper_forget(struct keeper *k, const void *process);

enum sg_err keeper_key_use(struct keeper *k, const struct caller *c,
    const char *key, struct bytes in, struct buf *out);
/* For when nobody waits for the TPM: does part of the next use of a key
 * ahead, for whoever uses one again and again. */
void keeper_rest(struct keeper *k);
struct key_ask {
	const char *name;
	enum object_key_type type;
	enum provider provider;		/* not KSP_SMARTCARD */
};
/* Wants a login where using the key does. */
enum sg_err keeper_key_make(struct keeper *k, const struct caller *c,
    const struct key_ask *ask);
/* Notes a key that is in a token; takes what record holds.  Wants no login, as
 * what it says is no secret and gives nobody anything: whoever uses the key
 * finds out whether the token has it. */
enum sg_err keeper_key_record(struct keeper *k, const struct caller *c,
    struct key_object *record);
enum sg_err keeper_key_remove(struct keeper *k, const struct caller *c,
    const char *name);

/* All or none of count certificates (kind, der, label, provider, key are
 * read); request_done names a request that ends with them, or is "". */
enum sg_err keeper_certs_add(struct keeper *k, const struct caller *c,
    const struct cert_object *certs, size_t count, const char *request_done);
enum sg_err keeper_cert_remove(struct keeper *k, const struct caller *c,
    struct bytes der);
enum sg_err keeper_request_add(struct keeper *k, const struct caller *c,
    const char *name, const char *key, struct bytes der);
enum sg_err keeper_request_remove(struct keeper *k, const struct caller *c,
    const char *name);

enum sg_err keeper_pin_change(struct keeper *k, const struct caller *c,
    struct bytes pin, struct bytes fresh, uint32_t *tries_left);
enum sg_err keeper_pin_recover(struct keeper *k, const struct caller *c,
    struct bytes code, struct bytes fresh);
enum sg_err keeper_reset(struct keeper *k, const struct caller *c,
    uint32_t uid);

#endif
