/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_IPC_CLIENT_H
#define SG_IPC_CLIENT_H

/*
 * The daemon as its clients see it.  A client belongs to the process that
 * opened it; in a forked child every call fails with SG_EIO.  One call at a
 * time: callers with threads bring their own lock.  Every function fails with
 * SG_EIO when the daemon cannot be reached, and the note then says how to
 * start it.  Functions that work inside a container name the caller's own.
 *
 * When it does not answer in time they fail with SG_ETIMEOUT, at once for some
 * seconds after that, so that a daemon that hangs costs its callers one wait
 * and not one for each call.  Later calls connect anew: a client stays good,
 * but a login is over.
 */

#include "base/secret.h"
#include "ipc/objects.h"

struct client;

#define CLIENT_PIN_MAX	127	/* bytes, as Windows Hello's longest PIN */
#define CLIENT_CODE_MAX	64	/* bytes of a recovery code as shown */
#define CLIENT_TICKET_LEN 16

/* One that signetd did not accept in time is opened, and the calls fail.
 * path NULL: $SIGNET_SOCKET (not in setuid programs), else the built-in. */
enum sg_err client_open(struct client **out, const char *path);
void client_free(struct client *c);
SG_AUTO_FREE(client)

/* Milliseconds; for tests and for who has more patience or less. */
struct client_limits {
	unsigned look_ms;	/* for what needs no TPM, and to connect */
	unsigned status_ms;	/* for client_status */
	unsigned work_ms;	/* for everything else */
	unsigned silent_ms;	/* nobody is asked again for so long */
};
void client_set_limits(struct client *c, const struct client_limits *limits);

/* uid: whose container; other than one's own only for root. */
enum sg_err client_status(struct client *c, uint32_t uid, struct status *out);

/* The same of one's own container without a TPM command: tries are as they
 * were last seen, tpm is empty. */
enum sg_err client_glance(struct client *c, struct status *out);

struct setup_ask {
	const struct secret *pin;
	enum object_key_type type;	/* of the first key */
	const char *key_name;
	uint32_t tries;			/* 0: the daemon's default */
	struct bytes escrow;		/* PEM public key or certificate of an
					 * administrator, or empty */
	bool without_tpm;		/* software keys behind the PIN alone,
					 * where there is no TPM */
};
/*
 * Makes the caller's container.  Without an escrow key *code receives the
 * recovery code as it is shown to the person; with one *escrow receives a CMS
 * EnvelopedData (DER) that holds it, and *code stays empty.
 */
enum sg_err client_setup(struct client *c, const struct setup_ask *ask,
    struct secret *code, struct buf *escrow);

/*
 * Opens the container for this process.  SG_EPIN with *tries_left when it is
 * wrong, SG_EBLOCKED, SG_ENOENT without a container.
 */
enum sg_err client_login(struct client *c, const struct secret *pin,
    uint32_t *tries_left);
/* Ends this process's login. */
enum sg_err client_logout(struct client *c);
/* Ends every login to the container and forgets its secrets. */
enum sg_err client_lock(struct client *c);

/*
 * Login by a helper, so that the PIN never enters this process: begin returns
 * a ticket for this process; a helper of the same user finishes it with the
 * PIN within two minutes.  A wrong PIN leaves the ticket good.
 */
enum sg_err client_login_begin(struct client *c,
    uint8_t ticket[CLIENT_TICKET_LEN]);
enum sg_err client_login_finish(struct client *c,
    const uint8_t ticket[CLIENT_TICKET_LEN], const struct secret *pin,
    uint32_t *tries_left);

/* Everything public in the container, in one reply; no TPM command.
 * SG_ENOENT without a container. */
enum sg_err client_objects(struct client *c, struct objects *out);
/* Only the generation, to see whether client_objects is worth a call. */
enum sg_err client_generation(struct client *c, uint64_t *out);

/*
 * The private operation of tpm_key_use: a 256-byte block for RSA-2048, a
 * digest for P-256 (out: r and s).  SG_ELOGIN unless this process is logged
 * in.
 */
enum sg_err client_key_use(struct client *c, const char *key,
    struct bytes in, struct buf *out);

/* Makes one more key; needs a login where its use does.  SG_EEXIST when the
 * name is taken, SG_ETPM without the TPM that the provider needs. */
enum sg_err client_key_make(struct client *c, const char *name,
    enum object_key_type type, enum provider provider);
/* Notes a key that a token has: name, type, spki, token, serial and token_id of
 * key are read.  Needs no login.  SG_EEXIST when name or key are known. */
enum sg_err client_key_record(struct client *c, const struct key_object *key);
/* Needs a login where its use does.  SG_EBUSY while a certificate or request
 * refers to it. */
enum sg_err client_key_remove(struct client *c, const char *name);

/*
 * Stores a certificate; the daemon checks that a personal one fits its key.
 * The same certificate again replaces label and records.  A personal one or an
 * anchor needs a login; not so a personal one that is new and whose key needs
 * none.
 */
struct cert_ask {
	enum cert_kind kind;
	struct bytes der;
	const char *label;
	const char *provider;	/* NULL for CERT_PERSONAL: passport */
	const char *key;	/* NULL unless CERT_PERSONAL */
};
/* Several at once, all or none. */
enum sg_err client_certs_add(struct client *c, const struct cert_ask *asks,
    size_t count, const char *request_done);
enum sg_err client_cert_remove(struct client *c, struct bytes der);

/* A pending request; client_certs_add removes request_done (or NULL). */
enum sg_err client_request_add(struct client *c, const char *name,
    const char *key, struct bytes der);
enum sg_err client_request_remove(struct client *c, const char *name);

enum sg_err client_pin_change(struct client *c, const struct secret *pin,
    const struct secret *fresh, uint32_t *tries_left);
/* SG_EPIN when the code is not this container's. */
enum sg_err client_pin_recover(struct client *c, const struct secret *code,
    const struct secret *fresh);

/*
 * The last audit lines before the byte end that concern the user, oldest
 * first; *start is the end to ask for next, 0 when there are no more.  Another
 * user, or CLIENT_EVERYBODY, only for root.  SG_EUNSUPPORTED when signetd
 * writes no audit file.
 */
#define CLIENT_EVERYBODY UINT32_MAX
enum sg_err client_audit(struct client *c, uint32_t uid, uint64_t end,
    struct buf *out, uint64_t *start);

/* What signetd has counted, in Prometheus' text format; for root. */
enum sg_err client_metrics(struct client *c, struct buf *out);

/* Deletes the container with everything in it. */
enum sg_err client_reset(struct client *c, uint32_t uid);

#endif
