/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_SIGNIN_SESSION_H
#define SG_SIGNIN_SESSION_H

/* One sign-in to one host, from the container's objects to the end of the
 * remote desktop. */

#include "base/secret.h"
#include "ipc/client.h"
#include "signin/choose.h"
#include "signin/diagnose.h"
#include "signin/rdp.h"
#include "signin/realm.h"

typedef void session_line(void *arg, const char *line);

/* Where the key is, when it is on a card and not in the container. */
struct session_card {
	const char *module;		/* the PKCS#11 module's file */
	unsigned long slot;
	struct bytes id;		/* CKA_ID */
	const struct secret *pin;	/* NULL: the card asks for itself */
};

struct session_ask {
	const char *host;
	unsigned port;			/* 0: 3389 */
	enum rdp_credential credential;	/* not DEFAULT */
	bool remote_guard;
	const char *cert;		/* label or fingerprint, or NULL */
	const char *user;		/* "user" or "user@REALM", or NULL */
	const char *kdc_hostname;	/* from the configuration, or NULL */
	const char *module;
	const char *client;		/* FreeRDP's program */
	bool no_card;			/* SMARTCARD: redirects nothing */
	const char *pcsc;		/* SMARTCARD: the folder of what FreeRDP
					 * loads as libpcsclite, which keeps
					 * other readers from it */
	char *const *extra;
	size_t extra_count;
	const struct objects *objects;
	struct client *daemon;		/* for session_run */
	/* The same, or NULL; session_key tells which key to look up. */
	const struct session_card *card;
	bool verbose;
	session_line *line;		/* the log when verbose, else only the
					 * end of that of a vague failure */
	void *arg;
};

/* Borrows what it was asked. */
struct session {
	const struct session_ask *ask;
	struct candidates candidates;
	const struct candidate *cert;
	struct principal who;
};
void session_done(struct session *s);

/*
 * Checks what was asked and chooses the certificate; touches nothing.
 * SG_EARG and SG_ENOENT say what to do instead.
 */
enum sg_err session_init(struct session *s, const struct session_ask *ask);

/* The record of the key of the chosen certificate; SG_ENOENT, and SG_EARG for
 * one that the credential cannot use. */
enum sg_err session_key(const struct session *s,
    const struct key_object **out);

/* What FreeRDP is asked, to redirect that reader, or "" for none. */
struct rdp_ask session_rdp_ask(const struct session *s, const char *reader);

/* What session_run would do, without a secret, for --dry-run. */
enum sg_err session_plan(const struct session *s, struct buf *out);

/* SG_OK when the client is FreeRDP 3 or later; the note says what to do
 * otherwise. */
enum sg_err session_check_client(const struct session *s);

/* SG_OK when what SMARTCARD needs of this machine is there: cards, and a
 * service that shows them.  The note says what to do otherwise. */
enum sg_err session_check_card(const struct session *s);

/*
 * Signs in and returns when the desktop is closed.  This process must be
 * logged in to the container and is logged out as soon as that is possible.
 * With SMARTCARD the host gets to see a session PIN, which ends with this.  A
 * failure's note is its diagnosis.
 */
enum sg_err session_run(const struct session *s);

#endif
