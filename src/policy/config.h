/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_POLICY_CONFIG_H
#define SG_POLICY_CONFIG_H

/*
 * What a person and an administrator may set for the programs that run as the
 * person: signet.conf(5).  The administrator's file is read first, then the
 * person's own; a later value replaces an earlier one.
 */

#include "policy/scep_profile.h"

enum pin_entry {
	PIN_ENTRY_AUTO = 0,	/* protected when a prompt can be shown */
	PIN_ENTRY_PROTECTED,	/* the module asks, the program never sees it */
	PIN_ENTRY_APPLICATION,	/* the program asks and passes it on */
	PIN_ENTRY_ON_USE,	/* the module asks when a key is used; the
				 * program need not log in */
	PIN_ENTRY_SESSION,	/* the program passes a session PIN on; by
				 * the environment only */
};

enum rdp_credential {
	RDP_CREDENTIAL_DEFAULT = 0,
	RDP_CREDENTIAL_SMARTCARD,
	RDP_CREDENTIAL_KERBEROS,
};

#define CONFIG_HOST_MAX 256	/* [rdp HOST] sections */

struct config_host {
	char *pattern;			/* fnmatch(3), compared without case */
	enum rdp_credential credential;
	bool remote_guard;
	bool remote_guard_set;
};

struct config {
	char *pinentry;			/* [prompt] pinentry = PATH, or NULL */
	enum pin_entry pin_entry;	/* [pkcs11] pin-entry = */
	char *rdp_client;		/* [rdp] client = PATH, or NULL */
	char *kdc_hostname;		/* [kerberos] kdc-hostname =, or NULL */
	char *card_module;		/* [smartcard] module = PATH, or NULL:
					 * what p11-kit has registered */
	bool cards_off;			/* [smartcard] module = none */
	enum rdp_credential credential;	/* [rdp] credential = */
	struct config_host *hosts;	/* [rdp HOST], in order of the files */
	size_t host_count;
	struct scep_profile *profiles;	/* [scep NAME] */
	size_t profile_count;
};
void config_done(struct config *c);

/*
 * Reads SIGNET_CONFIG_DIR/signet.conf and $XDG_CONFIG_HOME/signet/signet.conf
 * (~/.config); missing files are fine.  $SIGNET_CONFIG names one file that is
 * read instead of both; it is ignored in setuid programs.
 */
enum sg_err config_load(struct config *out);
/* Pure part: adds the settings of one file's text. */
enum sg_err config_parse(struct config *c, struct bytes text,
    const char *file);
/* The last matching [rdp HOST] section, or NULL. */
const struct config_host *config_host_find(const struct config *c,
    const char *host);

/* The [scep NAME] section, or NULL. */
const struct scep_profile *config_profile_find(const struct config *c,
    const char *name);

#endif
