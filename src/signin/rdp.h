/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_SIGNIN_RDP_H
#define SG_SIGNIN_RDP_H

/* What FreeRDP 3 is told: arguments and environment. */

#include "base/secret.h"
#include "policy/config.h"

#define RDP_HOST_MAX	255	/* bytes of a host's name */
#define RDP_ARGS_MAX	16384	/* bytes of all arguments */

struct rdp_ask {
	const char *host;
	unsigned port;			/* 0: FreeRDP's own, 3389 */
	enum rdp_credential credential;	/* not DEFAULT */
	bool remote_guard;		/* only with KERBEROS */
	const char *module;		/* SMARTCARD: the PKCS#11 module */
	const char *reader;		/* SMARTCARD: the one that the host gets
					 * to see, or NULL */
	const char *user;		/* KERBEROS; NULL otherwise */
	const char *domain;
	char *const *extra;		/* passed through as they are */
	size_t extra_count;
};

/* SG_EARG unless it is the name of a host: an address has no Kerberos
 * principal. */
enum sg_err rdp_check_host(const char *host);

/*
 * The person's own FreeRDP options.  SG_EARG for those that would undo what
 * this sign-in is: another host, credential, security layer or PIN, with
 * SMARTCARD other readers than the card's.  What the
 * person decides about the host's certificate is his own matter.
 */
enum sg_err rdp_check_extra(char *const *extra, size_t count,
    enum rdp_credential credential);

/*
 * Pure: one argument a line, as /args-from reads them, without the PIN.  Fails
 * with SG_EARG for what cannot stand on a line.
 */
enum sg_err rdp_args(const struct rdp_ask *ask, struct buf *out);

/* Appends the same and, for SMARTCARD only, the session PIN; out has
 * RDP_ARGS_MAX bytes of room. */
enum sg_err rdp_args_secret(const struct rdp_ask *ask,
    const struct secret *pin, struct secret *out);

/* An environment: "NAME=value" strings and a NULL. */
struct environment {
	char **v;
	size_t n;
};
void environment_done(struct environment *e);
/* A copy. */
enum sg_err environment_init(struct environment *e, char *const *from);
/* Sets or, with NULL, removes a variable. */
enum sg_err environment_set(struct environment *e, const char *name,
    const char *value);

struct rdp_environment {
	const char *krb5_config;
	const char *ccache;		/* the ticket, or "MEMORY:..." */
	const char *trust;		/* PEM file for the host's TLS, or NULL */
	const char *cert;		/* fingerprint of the one that the
					 * module shows, see docs/rdp.md */
	bool card;			/* it is called as the card calls it */
	const char *pcsc;		/* a folder to look for libraries in
					 * first, or NULL */
	const char *reader;		/* the only one that may be used, or
					 * NULL */
};
/* What the client's process is given on top of the person's own. */
enum sg_err rdp_environment(const struct rdp_environment *r,
    struct environment *e);

#endif
