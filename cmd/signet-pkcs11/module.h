/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_MODULE_H
#define SG_MODULE_H

/*
 * The PKCS#11 module's one instance and what its files share.  Section numbers
 * are those of PKCS #11 Base Specification 2.40.
 */

#include <pthread.h>

#include "crypto/hashes.h"
#include "ipc/client_card.h"
#include "policy/config.h"

#define CRYPTOKI_GNU
#include <p11-kit/pkcs11.h>

/* FreeRDP cuts slot ids to 16 bits. */
#define MODULE_SLOT		1
#define MODULE_MAKER		"Signet"
#define MODULE_RSA_LEN		256	/* bytes of a block of RSA-2048 */
#define MODULE_EC_LEN		64	/* bytes of r and s on P-256 */

struct attribute {
	ck_attribute_type_t type;
	struct buf value;
};

#define OBJECT_ATTRIBUTES_MAX 32

struct object {
	ck_object_handle_t handle;
	ck_object_class_t class;
	struct bytes identity;		/* DER it was made of; in m->objects */
	const struct key_object *key;	/* in m->objects; NULL: certificate */
	struct attribute attributes[OBJECT_ATTRIBUTES_MAX];
	size_t count;
};

struct object_list {
	struct object *p;
	size_t n;
};

/* What a mechanism does; see mechanism_find(). */
enum scheme { SCHEME_PKCS1 = 1, SCHEME_RAW, SCHEME_PSS, SCHEME_OAEP,
	SCHEME_ECDSA };

struct mechanism {
	ck_mechanism_type_t type;
	enum scheme scheme;
	enum digest hash;	/* 0: the caller brings what is signed */
	ck_flags_t flags;	/* CKF_SIGN, CKF_DECRYPT,
				 * CKF_GENERATE_KEY_PAIR */
};

/* A signature or decryption between its Init and its end. */
struct operation {
	const struct mechanism *mechanism;	/* NULL: none is active */
	char *key;			/* by name: objects may be renewed */
	enum digest hash;		/* PSS and OAEP: of the parameters */
	enum digest mgf;
	size_t salt;
	struct buf label;		/* OAEP */
	struct hashing *hashing;
	struct buf input;
	bool updated;			/* C_SignUpdate was called */
	struct buf output;		/* waits for a buffer that is large
					 * enough */
};

struct session {
	ck_session_handle_t handle;
	ck_flags_t flags;
	bool finding;
	ck_object_handle_t *found;
	size_t found_count;
	size_t found_at;
	struct operation sign;
	struct operation decrypt;
	struct session *next;
};

/* Which token was in the slot when C_WaitForSlotEvent was last told. */
struct token_seen {
	bool known;		/* anybody looked since C_Initialize */
	uint64_t container;	/* when it was made; 0: none */
};

/* What objects are called. */
enum labels {
	LABELS_AUTO = 0,	/* as a card's where the policy says so */
	LABELS_OWN,		/* as in the container */
	LABELS_CARD,		/* those that the card shows, as OpenSC does */
};

struct module {
	pthread_mutex_t lock;
	pthread_cond_t changed;		/* prompting became false, or epoch
					 * moved */
	bool initialized;
	unsigned long epoch;		/* counts C_Initialize and C_Finalize */
	struct client *client;		/* NULL: not connected */
	time_t quiet_until;		/* CLOCK_MONOTONIC; see daemon.c */
	struct token_seen seen;
	enum pin_entry pin_entry;
	enum labels labels;
	struct config config;
	struct objects objects;		/* as of objects.generation */
	uint64_t objects_of;		/* the container they are of */
	uint64_t card_of;		/* generation of what the card shows, 0:
					 * labels are the container's */
	struct object_list list;
	ck_object_handle_t last_object;
	ck_object_handle_t widow;	/* public half of a destroyed key */
	struct session *sessions;
	ck_session_handle_t last_session;
	bool logged_in;			/* as PKCS#11 sees it */
	bool login_ours;		/* C_Login opened it, so we close it */
	bool prompting;
	bool forked;			/* the child's side of a fork */
	bool torn;			/* ... while another thread was inside */
};

/*
 * The locked module, or NULL when it is not initialised (in a forked child it
 * is not).  module_leave is called at the end of the scope.
 */
struct module *module_enter(void);
void module_leave(struct module **m);
#define auto_module __attribute__((cleanup(module_leave))) struct module *

/* The return value for an error that nothing better is known about. */
ck_rv_t module_rv(enum sg_err e);

/*
 * daemon.c: the calls, with a new connection when the old one was lost.
 *
 * daemon_look asks what there is; SG_ENOENT without a container.  A login that
 * ended behind the module's back is noticed.
 */
enum sg_err daemon_look(struct module *m, struct status *out);
/* The same when only the answer matters. */
enum sg_err daemon_present(struct module *m);
/* With the container's PIN, or where that is the setting with a session's. */
enum sg_err daemon_login(struct module *m, const struct secret *pin);
enum sg_err daemon_card(struct module *m, struct card_status *out);
enum sg_err daemon_login_begin(struct module *m,
    uint8_t ticket[CLIENT_TICKET_LEN]);
enum sg_err daemon_key_use(struct module *m, const char *key,
    struct bytes in, struct buf *out);
enum sg_err daemon_key_make(struct module *m, const char *name,
    enum object_key_type type);
enum sg_err daemon_key_remove(struct module *m, const char *name);
enum sg_err daemon_cert_add(struct module *m, const struct cert_ask *ask);
enum sg_err daemon_cert_remove(struct module *m, struct bytes der);
/* Ends the login if C_Login made it; nothing to be done when that fails. */
void daemon_logout(struct module *m);
/* Makes m->objects and m->list those of now; SG_ENOENT: no container, and the
 * list is empty. */
enum sg_err daemon_refresh(struct module *m);

/* object.c */
void object_list_done(struct object_list *l);
/* The objects as PKCS#11 shows them; an object that was in old keeps its
 * handle.  What is of card is called as there.  o outlives the list. */
enum sg_err object_list_make(const struct objects *o,
    const struct card_keys *card, const struct object_list *old,
    ck_object_handle_t *last, struct object_list *out);
const struct attribute *object_attribute(const struct object *o,
    ck_attribute_type_t type);
/* The object of that class and identity, or CK_INVALID_HANDLE. */
ck_object_handle_t object_handle(const struct object_list *l,
    ck_object_class_t class, struct bytes identity);
/* The object, whoever may see it, or NULL. */
const struct object *object_find(const struct module *m,
    ck_object_handle_t handle);
bool object_visible(const struct module *m, const struct object *o);

/* session.c */
struct session *session_find(const struct module *m,
    ck_session_handle_t handle);
void session_close_all(struct module *m);

/* mechanism.c */
const struct mechanism *mechanism_find(ck_mechanism_type_t type);
/* Starts an operation of the kind flag (CKF_SIGN, CKF_DECRYPT). */
ck_rv_t operation_start(const struct module *m, struct operation *op,
    const struct ck_mechanism *how, ck_object_handle_t key, ck_flags_t flag);
/* The return value when the daemon knows no such key: is there a token? */
ck_rv_t key_gone(struct module *m);
void operation_done(struct operation *op);

/*
 * template.c: what a program wants an object to be, against what can be
 * granted.
 */
struct template {
	const struct ck_attribute *p;
	unsigned long n;
};

enum demand_kind { DEMAND_ANYTHING, DEMAND_TRUE, DEMAND_FALSE, DEMAND_NUMBER,
	DEMAND_BYTES };

struct demand {
	ck_attribute_type_t type;
	enum demand_kind kind;
	unsigned long number;
	struct bytes bytes;
	bool required;
	ck_rv_t otherwise;	/* 0: CKR_TEMPLATE_INCONSISTENT */
};

/* Tables of them; an array of these ends with NULL. */
struct demands {
	const struct demand *p;
	size_t n;
};

/* No attribute with a length and without a value. */
bool template_valid(const struct template *t);
ck_rv_t template_check(const struct template *t, const struct demands *d);
const struct ck_attribute *template_find(const struct template *t,
    ck_attribute_type_t type);
/* Leaves *out alone without a label. */
ck_rv_t template_label(const struct template *t, char **out);
/* The return value for a daemon that refused to write. */
ck_rv_t write_rv(enum sg_err e);
/* CKR_OK when the session, which exists, may write. */
ck_rv_t login_to_write(struct module *m, ck_session_handle_t handle);

/* login.c: asks for the PIN before a key is used, where that is the setting.
 * The lock is given up meanwhile: look the session up again. */
ck_rv_t login_on_use(struct module *m, ck_session_handle_t handle);

/* prompt.c: starts signet-prompt and waits for its word; touches nothing of
 * the module, so that it can run without the lock. */
ck_rv_t prompt_run(const uint8_t ticket[CLIENT_TICKET_LEN]);

/* Fills a field of fixed size with text and blanks (3.1). */
#define PAD(field, text) pad_blank((field), sizeof(field), (text))
void pad_blank(unsigned char *field, size_t n, const char *text);

#endif
