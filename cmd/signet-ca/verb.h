/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_VERB_H
#define SIGNET_CA_VERB_H

/* What a verb of signet-ca is; each has a file of its own. */

#include "ca/mirror.h"
#include "ca/submit.h"
#include "ca/template_store.h"
#include "caller.h"
#include "options.h"

/* Exit codes, as signet-ca(1) documents them. */
#define EXIT_REFUSED	1
#define EXIT_USAGE	2
#define EXIT_LATER	3

struct verb {
	const char *name;	/* one word, or two with a blank */
	const char *alias;	/* the same, or NULL */
	const char *summary;	/* one line without full stop */
	const char *usage;	/* what follows "signet-ca" */
	const char *text;	/* paragraphs and options */
	const enum opt *options;	/* OPT_END at the end */
	int operands;		/* words that are no options, at least */
	int operands_more;	/* and so many more, -1: any number */
	enum sg_err (*run)(const struct options *o);
	bool own_rights;	/* also in a folder of another, caller.h */
};

extern const struct verb verb_init;
extern const struct verb verb_issue;
extern const struct verb verb_submit;
extern const struct verb verb_server;
extern const struct verb verb_request_list;
extern const struct verb verb_request_show;
extern const struct verb verb_request_approve;
extern const struct verb verb_request_deny;
extern const struct verb verb_account_add;
extern const struct verb verb_account_list;
extern const struct verb verb_account_remove;
extern const struct verb verb_challenge_new;
extern const struct verb verb_challenge_list;
extern const struct verb verb_challenge_revoke;
extern const struct verb verb_ra_new;
extern const struct verb verb_ra_renew;
extern const struct verb verb_ra_list;
extern const struct verb verb_cert_list;
extern const struct verb verb_cert_search;
extern const struct verb verb_cert_show;
extern const struct verb verb_cert_export;
extern const struct verb verb_cert_renew;
extern const struct verb verb_cert_revoke;
extern const struct verb verb_cert_hold;
extern const struct verb verb_cert_release;
extern const struct verb verb_ca_list;
extern const struct verb verb_ca_export;
extern const struct verb verb_ca_sign;
extern const struct verb verb_ca_renew;
extern const struct verb verb_ca_install;
extern const struct verb verb_crl;
extern const struct verb verb_serve;
extern const struct verb verb_serve_signer;
extern const struct verb verb_serve_web;
extern const struct verb verb_reload;
extern const struct verb verb_audit_list;
extern const struct verb verb_audit_verify;
extern const struct verb verb_backup;
extern const struct verb verb_restore;
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

/* The name of the verb that does what certutil's ("-resubmit") does; NULL when
 * there is none. */
const char *certutil_verb(const char *word);

/* A CA's key that was opened. */
struct opened_key {
	enum ca_level level;
	unsigned number;
	struct ca_key *key;
};

/* A store, the passphrase of the options if any or as it was typed, and the
 * officer: the user who runs this. */
struct session {
	struct ca_store *store;
	struct secret passphrase;
	bool has_passphrase;
	struct opened_key *keys;
	size_t key_count;
	char *who;
};
/* Writes what was done to audit.log, too. */
void session_done(struct session *s);
enum sg_err session_open(struct session *s, const struct options *o);
/* The same anew, after a CA was renewed. */
enum sg_err session_again(struct session *s);
/* The CA of that level, ready to sign. */
enum sg_err session_issuer(struct ca_issuer *out, struct session *s,
    enum ca_level level);
/* The same with the key of that number. */
enum sg_err session_issuer_of(struct ca_issuer *out, struct session *s,
    enum ca_level level, unsigned key);
/* Is there the certificate's key, and does it open? */
enum sg_err session_key_check(struct session *s, enum ca_level level,
    unsigned number);
/* The officer, now. */
struct ca_act session_act(const struct session *s);
/* The template of that name, as this CA has it. */
enum sg_err session_template(struct template *out, const struct session *s,
    const char *name);
/* Reads --passphrase-fd; *has says whether there is one. */
enum sg_err passphrase_read(struct secret *out, bool *has,
    const struct options *o);
/* May a person be asked for it? */
bool passphrase_askable(void);
enum sg_err passphrase_ask(struct secret *out, const char *dir);
enum sg_err officer_name(char **out);
/* Writes the audit log's new records to audit.log. */
enum sg_err session_mirror(const struct session *s);
/* DIR/audit.log. */
enum sg_err mirror_open(struct ca_mirror *m, const char *dir);

/* Writes new lists of that level, of each key that is still to sign them, good
 * for so many days (0: as always); prints the base lists' numbers. */
enum sg_err crl_publish(struct session *s, enum ca_level level,
    unsigned days);
/* Tells the world what has changed for the key of that number: by a delta if
 * there are those and a base that is good, otherwise by a new base. */
enum sg_err crl_news(struct session *s, enum ca_level level, unsigned key);

#define RA_KEY "rsa2048"	/* of an RA, unless told otherwise */
/* Makes a key for an RA and its certificate; place may be NULL. */
enum sg_err ra_make(struct session *s, const char *type, const char *place);

/* --upn, --sid and so on. */
enum sg_err identity_from(struct identity *id, const struct options *o);
enum sg_err key_make(struct pkey **out, const char *type);
/* Submits by --template and --days.  SG_OK means issued: a denial is its
 * error, a request that must wait SG_EBUSY. */
enum sg_err issue(struct ca_outcome *out, struct session *s,
    const struct options *o, const struct identity *id, const struct csr *r);
/* The same of an outcome that is there. */
enum sg_err outcome_check(const struct ca_outcome *r);
/* Before anything is issued: --out, --chain-out and --key-out are written to
 * folders that take them, and no key lies where one is to be. */
enum sg_err outputs_check(const struct options *o);
/* Writes --out and --chain-out, and says what was done. */
enum sg_err hand_out(const struct session *s, const struct options *o,
    const struct csr *r, const struct cert *c);
enum sg_err write_out(const char *path, struct bytes x);
/* Reads a file that the command line names, "-" for standard input. */
enum sg_err named_read(struct buf *out, const char *path, size_t max);
/* --level; without it the issuing CA, if its key is here. */
enum sg_err level_from(enum ca_level *out, const struct options *o,
    const struct ca_store *s);
/* Writes a CA's request as PEM, and says what is to be done with it. */
enum sg_err request_out(const struct options *o, struct bytes request);
/* How long certificates of CAs are good. */
#define ROOT_DAYS	7300
#define ISSUING_DAYS	3650
/* From a file, or standard input ("-"). */
enum sg_err request_read(struct csr **out, const char *path);
int64_t clock_now(void);

/* Prints a root's SHA-256, in the form in which people compare it. */
void root_print(const struct cert *c);
/* Is standard output a terminal? */
bool person_reads(void);
/* A line about what was done, where nothing else says so: to persons only. */
void told(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
