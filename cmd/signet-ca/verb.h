/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_VERB_H
#define SIGNET_CA_VERB_H

/* What a verb of signet-ca is; each has a file of its own. */

#include "ca/store.h"
#include "options.h"

/* Exit codes, as signet-ca(1) documents them. */
#define EXIT_REFUSED	1
#define EXIT_USAGE	2

struct verb {
	const char *name;
	const char *summary;	/* one line without full stop */
	const char *usage;	/* what follows "signet-ca" */
	const char *text;	/* paragraphs and options */
	const enum opt *options;	/* OPT_END at the end */
	int operands;		/* words that are no options */
	enum sg_err (*run)(const struct options *o);
};

extern const struct verb verb_init;
extern const struct verb verb_issue;
extern const struct verb verb_server;
extern const struct verb verb_crl;
extern const struct verb verb_serve;
extern const struct verb verb_revoke;
extern const struct verb verb_list;
extern const struct verb verb_show;

/* A store with its audit log, and the passphrase of the options if any. */
struct session {
	struct ca_store *store;
	struct secret passphrase;
	bool has_passphrase;
	struct pkey *key[CA_LEVELS];	/* those that were opened */
};
void session_done(struct session *s);
enum sg_err session_open(struct session *s, const struct options *o);
/* The CA of that level, ready to sign. */
enum sg_err session_issuer(struct ca_issuer *out, struct session *s,
    enum ca_level level);
/* Reads --passphrase-fd; *has says whether there is one. */
enum sg_err passphrase_read(struct secret *out, bool *has,
    const struct options *o);

/* Writes new lists of that level, good for so many days (0: as always);
 * prints the base list's number. */
enum sg_err crl_publish(struct session *s, enum ca_level level,
    unsigned days);
/* Tells the world what has changed at the issuing CA: by a delta if it has
 * those and a base that is good, otherwise by a new base. */
enum sg_err crl_news(struct session *s);

/* --upn, --sid and so on. */
enum sg_err identity_from(struct identity *id, const struct options *o);
enum sg_err key_make(struct pkey **out, const char *type);
/* Issues by --template and --days, and keeps it. */
enum sg_err issue(struct cert **out, struct session *s,
    const struct options *o, const struct identity *id, const struct csr *r);
/* Writes --out and --chain-out, and says what was done. */
enum sg_err hand_out(const struct session *s, const struct options *o,
    const struct csr *r, const struct cert *c);
int64_t clock_now(void);

#endif
