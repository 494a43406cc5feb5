/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <unistd.h>

#include "options.h"
#include "pin_ask.h"
#include "user.h"
#include "verb.h"

static enum sg_err
confirm(const struct pin_options *o, const char *user)
{
	auto_str question = NULL;

	SG_TRY(str_printf(&question, "Delete %s%s container with all its keys"
	    " and certificates? This cannot be undone.",
	    user != NULL ? user : "your", user != NULL ? "'s" : ""));
	return pin_confirm(o, question);
}

static enum sg_err
reset_now(struct client *c, uint32_t uid)
{
	SG_TRY(client_reset(c, uid));
	(void)puts("The container is deleted; its keys cannot be used any more."
	    "\nNext: signet setup");
	return SG_OK;
}

static enum sg_err
reset(int argc, char **argv)
{
	auto_free(client) c = NULL;
	auto_done(pin_options) o = PIN_OPTIONS_INIT;
	struct arguments a;
	const char *user = NULL;
	uint32_t uid;
	bool yes = false;
	const struct option table[] = {
		{ .name = "yes", .flag = &yes },
		{ .name = "user", .text = &user },
		{ .name = "pinentry", .text = &o.pinentry },
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 0, 0, "no argument"));
	SG_TRY(user_id(&uid, user));
	SG_TRY(pin_options_load(&o));
	SG_TRY(client_open(&c, NULL));
	if (!yes)
		SG_TRY(confirm(&o, user));
	return reset_now(c, uid);
}

static int
run(int argc, char **argv)
{
	return cli_end(sg_while(reset(argc, argv), "reset"));
}

const struct cli_verb cli_reset = {
	.name = "reset",
	.summary = "deletes a container with everything in it",
	.usage = "reset [--yes] [--user USER]\n",
	.text = "Needs no PIN: whoever lost PIN and recovery code can only"
		" start afresh. The\nkeys are gone for good; certificates for"
		" them should be revoked.\n\n"
		"  --yes            do not ask\n"
		"  --user USER      another user's container (root only)\n"
		"  --pinentry PATH  ask with this program\n",
	.run = run,
};
