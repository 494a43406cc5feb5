/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_VERB_H
#define SIGNET_CA_VERB_H

/* What a verb of signet-ca is; each has a file of its own. */

#include "ca/store.h"
#include "ca/template_store.h"
#include "options.h"

/* Exit codes, as signet-ca(1) documents them. */
#define EXIT_REFUSED	1
#define EXIT_USAGE	2

struct verb {
	const char *name;	/* one word, or two: "template list" */
	const char *summary;	/* one line without full stop */
	const char *usage;	/* what follows "signet-ca" */
	const char *text;	/* paragraphs and options */
	const enum opt *options;	/* OPT_END at the end */
	int operands;		/* words that are no options, at least */
	int operands_more;	/* and so many more, -1: any number */
	enum sg_err (*run)(const struct options *o);
};

extern const struct verb verb_init;
extern const struct verb verb_issue;
extern const struct verb verb_server;
extern const struct verb verb_crl;
extern const struct verb verb_revoke;
extern const struct verb verb_list;
extern const struct verb verb_show;
extern const struct verb verb_template_list;
extern const struct verb verb_template_show;
extern const struct verb verb_template_lint;
extern const struct verb verb_template_duplicate;
extern const struct verb verb_template_set;
extern const struct verb verb_template_access;
extern const struct verb verb_template_publish;
extern const struct verb verb_template_withdraw;
extern const struct verb verb_template_delete;
extern const struct verb verb_template_export;
extern const struct verb verb_template_import;
extern const struct verb verb_dstemplate;
extern const struct verb verb_dsaddtemplate;

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

/* Writes a new list of that level; prints its number. */
enum sg_err crl_publish(struct session *s, enum ca_level level,
    unsigned days);

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
