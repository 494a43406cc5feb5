/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "key_verb.h"
#include "options.h"
#include "output.h"

struct new_key {
	struct ksp_make ask;
	const char *provider;
	const char *type;
	struct key_options keys;
	struct pin_options pin;
};

static void
new_key_done(struct new_key *n)
{
	pin_options_done(&n->pin);
}

static const char *
doing(enum provider p)
{
	switch (p) {
	case KSP_PASSPORT:
	case KSP_PLATFORM:
		return "Making the key in the TPM; this can take half a"
		    " minute...";
	case KSP_SMARTCARD:	/* which asks for its PIN meanwhile */
		return NULL;
	case KSP_SOFTWARE:
	case KSP_END:
		break;
	}
	return "Making the key...";
}

enum sg_err
key_make(struct keys *k, const struct ksp_make *ask)
{
	enum sg_err e;

	if (provider_wants_gesture(ask->provider))
		SG_TRY(keys_login(k));
	progress(doing(ask->provider));
	e = ksp_key_make(&k->ksp, ask, NULL);
	progress(NULL);
	SG_TRY(e);
	(void)puts("The key is made.");
	return SG_OK;
}

static enum sg_err
parse(struct new_key *n, int argc, char **argv)
{
	struct arguments a;
	const struct option table[] = {
		{ .name = "type", .text = &n->type },
		{ .name = "provider", .text = &n->provider },
		{ .name = "token", .text = &n->keys.token },
		KEY_OPTION_ROWS(&n->keys),
		PIN_OPTION_ROWS(&n->pin),
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 1, 1, "one NAME"));
	SG_TRY(provider_parse(&n->ask.provider, n->provider));
	SG_TRY(key_type_parse(&n->ask.type, n->type));
	if (n->keys.token != NULL && n->ask.provider != KSP_SMARTCARD)
		return sg_fail(SG_EARG, "--token goes with --provider"
		    " smartcard");
	n->ask.name = a.v[0];
	n->ask.token = n->keys.token;
	return pin_options_load(&n->pin);
}

enum sg_err
key_new(int argc, char **argv)
{
	auto_free(client) c = NULL;
	auto_done(new_key) n = { .provider = "passport", .type = "rsa2048",
		.keys = KEY_OPTIONS_INIT, .pin = PIN_OPTIONS_INIT };
	auto_done(keys) k = { 0 };

	SG_TRY(parse(&n, argc, argv));
	SG_TRY(client_open(&c, NULL));
	keys_init(&k, c, &n.pin, &n.keys, "To make a key.");
	SG_TRY(key_make(&k, &n.ask));
	(void)printf("Next: signet request new --key '%s' --upn YOU@REALM\n",
	    n.ask.name);
	return SG_OK;
}
