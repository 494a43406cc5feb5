/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "options.h"
#include "pin_ask.h"
#include "verb.h"

static enum sg_err
change_now(struct client *c, const struct pin_options *o)
{
	auto_done(secret) old = { 0 };
	auto_done(secret) fresh = { 0 };
	uint32_t left = 0;

	SG_TRY(pin_login(c, o, "Your present PIN, before you choose a new one.",
	    &old));
	SG_TRY(secret_init(&fresh, CLIENT_PIN_MAX));
	SG_TRY(pin_ask_new(c, o, "Choose a new PIN for your container.", &fresh));
	SG_TRY(client_pin_change(c, &old, &fresh, &left));
	(void)puts("The PIN is changed. Your keys, certificates and recovery"
	    " code stay as they are.");
	return SG_OK;
}

static enum sg_err
change(int argc, char **argv)
{
	auto_free(client) c = NULL;
	auto_done(pin_options) o = PIN_OPTIONS_INIT;
	struct arguments a;
	const struct option table[] = {
		PIN_OPTION_ROWS(&o),
		{ .name = "new-pin-fd", .fd = &o.new_pin_fd },
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 0, 0, "no argument"));
	SG_TRY(pin_options_load(&o));
	SG_TRY(client_open(&c, NULL));
	return change_now(c, &o);
}

static enum sg_err
recover_now(struct client *c, const struct pin_options *o)
{
	auto_done(secret) code = { 0 };
	auto_done(secret) fresh = { 0 };

	SG_TRY(secret_init(&code, CLIENT_CODE_MAX));
	SG_TRY(secret_init(&fresh, CLIENT_PIN_MAX));
	SG_TRY(pin_ask_code(o, &code));
	SG_TRY(pin_ask_new(c, o, "Choose a new PIN for your container.", &fresh));
	SG_TRY(client_pin_recover(c, &code, &fresh));
	(void)puts("The new PIN is set and all tries are back. Keep the"
	    " recovery code: it stays valid.");
	return SG_OK;
}

static enum sg_err
recover(int argc, char **argv)
{
	auto_free(client) c = NULL;
	auto_done(pin_options) o = PIN_OPTIONS_INIT;
	struct arguments a;
	const struct option table[] = {
		PIN_OPTION_ROWS(&o),
		{ .name = "code-fd", .fd = &o.pin_fd },
		{ .name = "new-pin-fd", .fd = &o.new_pin_fd },
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 0, 0, "no argument"));
	SG_TRY(pin_options_load(&o));
	SG_TRY(client_open(&c, NULL));
	return recover_now(c, &o);
}

static const struct cli_form forms[] = {
	{ "change", change },
	{ "recover", recover },
	{ NULL, NULL },
};

static int
run(int argc, char **argv)
{
	return cli_run_form(&cli_pin, forms, argc, argv);
}

const struct cli_verb cli_pin = {
	.name = "pin",
	.summary = "changes the PIN, or sets one with the recovery code",
	.usage = "pin change\n"
		 "pin recover\n",
	.text = "Wrong PINs are counted in the TPM; at the limit the container"
		" blocks and only\nthe recovery code opens it. Keys and"
		" certificates stay in either case.\n\n"
		"  --pin-fd N       read the present PIN from this file"
		" descriptor\n"
		"  --code-fd N      read the recovery code from this file"
		" descriptor\n"
		"  --new-pin-fd N   read the new PIN from this file"
		" descriptor\n"
		"  --pinentry PATH  ask with this program\n",
	.run = run,
};
