/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_OPTIONS_H
#define SIGNET_CA_OPTIONS_H

#include "pki/texts.h"

enum opt {
	OPT_END = 0,
	OPT_DIR = 256,
	OPT_FROM,
	OPT_HOST,
	OPT_NAME,
	OPT_ROOT_NAME,
	OPT_KEY,
	OPT_KEY_AT,
	OPT_ROOT_KEY_AT,
	OPT_RA_KEY_AT,
	OPT_TCTI,
	OPT_ROLE,
	OPT_LEVEL,
	OPT_REQUEST_OUT,
	OPT_NEW_KEY,
	OPT_CANCEL,
	OPT_PATH_LENGTH,
	OPT_CDP_URL,
	OPT_AIA_URL,
	OPT_OCSP_URL,
	OPT_ROOT_CDP_URL,
	OPT_ROOT_AIA_URL,
	OPT_CRL_DAYS,
	OPT_PASSPHRASE_FD,
	OPT_TEMPLATE,
	OPT_IN,
	OPT_OUT,
	OPT_KEY_OUT,
	OPT_CHAIN_OUT,
	OPT_SUBJECT,
	OPT_UPN,
	OPT_SID,
	OPT_EMAIL,
	OPT_DNS,
	OPT_IP,
	OPT_GUID,
	OPT_REALM,
	OPT_DAYS,
	OPT_GROUP,
	OPT_EKU,
	OPT_KEY_SIZE,
	OPT_KEY_HASH,
	OPT_VALID,
	OPT_COUNT,
	OPT_STATIC,
	OPT_REASON,
	OPT_JSON,
	OPT_LIMIT,
	OPT_AFTER,
	OPT_PENDING,
	OPT_REVOKED,
	OPT_WHY,
	OPT_DER,
	OPT_HEAD,
	OPT_DRY_RUN,
	OPT_YES,
	OPT_REPLACE,
	OPT_WINDOWS,
	OPT_FOREST,
	OPT_ALLOW,
	OPT_DENY,
	OPT_REMOVE,
	OPT_RESET,
	OPT_SDDL,
	OPT_LISTEN,
	OPT_PUBLISH,
	OPT_DELTA,
	OPT_ADMIN,
	OPT_DESK,
	OPT_CONNECTIONS,
	OPT_PER_ADDRESS,
	OPT_USER,
	OPT_WEB_USER,
	OPT_BEYOND,
};

/* What the command line says, and a file that it names; strings point into the
 * one, or to kept. */
struct options {
	bool said[OPT_BEYOND - OPT_DIR];	/* on the command line */
	struct texts kept;
	const char *dir;
	const char *from;
	const char *host;
	const char *name;
	const char *root_name;
	const char *key;
	const char *key_at;
	const char *root_key_at;
	const char *ra_key_at;
	const char *tcti;
	const char *role;
	const char *level;
	const char *request_out;
	bool new_key;
	bool cancel;
	unsigned path_length;	/* 0: not said, too */
	struct texts cdp_url;
	struct texts aia_url;
	struct texts ocsp_url;
	struct texts root_cdp_url;
	struct texts root_aia_url;
	unsigned crl_days;
	int passphrase_fd;	/* -1: none */
	const char *template;
	const char *in;
	const char *out;
	const char *key_out;
	const char *chain_out;
	const char *subject;
	const char *upn;
	const char *sid;
	const char *email;
	struct texts dns;
	struct texts ip;
	struct texts group;
	struct texts eku;
	unsigned key_size;	/* bits, 0: not said */
	const char *key_hash;
	const char *valid;
	unsigned count;		/* 0: not said */
	bool is_static;
	const char *guid;
	const char *realm;
	unsigned days;		/* 0: not said */
	const char *reason;
	bool json;
	long long limit;	/* 0: not said */
	const char *after;
	bool pending;
	bool revoked;
	const char *why;
	bool der;
	const char *head;
	const char *listen;
	const char *admin;
	const char *desk;
	const char *user;
	const char *web_user;
	unsigned connections;	/* 0: not said */
	unsigned per_address;
	bool publish;
	bool delta;
	bool dry_run;
	bool yes;
	bool replace;
	bool windows;
	bool reset;
	const char *forest;
	struct texts allow;
	struct texts deny;
	struct texts remove;
	const char *sddl;
	const char *operand;	/* the first, NULL: none */
	char **operands;	/* all of them */
	int operand_count;
};
void options_done(struct options *o);

/*
 * Reads argv[1..] by getopt_long(3); only the allowed options (OPT_END at the
 * end), and so many operands (at most -1: no limit).  --from is read, too.
 * SG_EARG.
 */
enum sg_err options_parse(struct options *out, int argc, char **argv,
    const enum opt *allowed, int least, int most);
/* A copy of text that lives as long as they do. */
enum sg_err options_keep(const char **out, struct options *o,
    const char *text);
/* Without the dashes. */
const char *option_name(enum opt o);
/* SG_EARG when an option that a verb cannot do without is missing. */
enum sg_err option_needed(const char *value, const char *name);

#endif
