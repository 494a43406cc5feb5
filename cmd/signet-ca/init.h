/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_INIT_H
#define SIGNET_CA_INIT_H

/* What init is about to make: from options and a file, or from answers. */

#include "verb.h"

struct init_plan {
	bool has[CA_LEVELS];	/* which are made here */
	char *name[CA_LEVELS];
	const char *key;	/* "rsa3072" */
	struct ca_key_type type;
	const char *place[CA_LEVELS];	/* of the keys */
	struct ca_config config;
	char *listen;		/* of serve; NULL for a root alone */
	const char *admin;	/* or NULL */
	const char *host;	/* --host, or NULL */
};
void init_plan_done(struct init_plan *p);

/* Strings of the options are used on.  SG_EARG. */
enum sg_err init_plan_make(struct init_plan *p, const struct options *o);
/* "both", "root", "issuing". */
enum sg_err init_role_parse(bool has[CA_LEVELS], const char *name);
/* A name that goes into URLs, with or without a port. */
enum sg_err init_host_check(const char *host);
/* Where serve listens for those who look for it at that host (or NULL). */
enum sg_err init_listen_default(char **out, const char *host);

/* Is there a person to ask, who has said nothing yet but --dir? */
bool init_asks(const struct options *o);
/*
 * Asks, shows what will be made, and asks once more.  out, which has nothing
 * yet, receives the answers as options, and passphrase one if there is to be
 * one.  SG_ECANCEL.
 */
enum sg_err init_ask(struct options *out, struct secret *passphrase,
    const struct options *said);

/* DIR/serve.conf, unless there is one. */
enum sg_err init_serve_conf(const char *dir, const struct init_plan *p);
/* What a person does next. */
void init_next(const struct session *s, const struct options *o,
    const struct init_plan *p);

#endif
