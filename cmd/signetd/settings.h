/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNETD_SETTINGS_H
#define SIGNETD_SETTINGS_H

/* What the command line and signetd.conf say; defaults are in signetd.conf(5)
 * and here. */

#include "container/keeper.h"
#include "ipc/server.h"
#include "policy/card.h"

#define SETTINGS_USERS_MAX 32
/* Root, and whom useradd(8) makes.  Subordinate uids are above. */
#define SETTINGS_USERS_DEFAULT "known"

struct settings {
	const char *socket;	/* NULL: handed over, or the built-in */
	const char *config;
	char *state;
	char *tcti;		/* NULL: the machine's */
	char *audit;		/* NULL: stderr */
	bool audit_required;
	bool without_tpm;
	bool debug;
	uint32_t pin_min;
	uint32_t tries;
	uint32_t containers;
	struct keeper_quota keeper;
	struct server_quota server;
	struct uid_range users[SETTINGS_USERS_MAX];
	size_t user_count;
	enum keeper_users who;
	struct card_policy card;
	char *card_user;	/* an account's name */
	char *card_sessions;	/* a folder, as board_set_sessions() */
};

/* What is asked for instead of running. */
enum settings_ask { SETTINGS_RUN, SETTINGS_HELP, SETTINGS_VERSION };

/* From scratch; SG_EARG for the command line's mistakes.  Borrows argv. */
enum sg_err settings_read(int argc, char **argv, struct settings *out,
    enum settings_ask *ask);
void settings_done(struct settings *s);
/* The [card] section as the file has it now, which is checked as a whole; for
 * when it may have changed. */
enum sg_err settings_card(const struct settings *s, struct card_policy *out);

/* Exposed for its test: one line of signetd.conf. */
struct conf_line;
enum sg_err settings_key(void *settings, const struct conf_line *l);

#endif
