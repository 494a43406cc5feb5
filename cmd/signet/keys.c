/* SPDX-License-Identifier: BSD-2-Clause */
#include "keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"

static enum sg_err
open_container(void *arg)
{
	return keys_login(arg);
}

void
keys_done(struct keys *k)
{
	secret_done(&k->card_pin);
	free(k->card_serial);
	k->card_serial = NULL;
}

static enum sg_err
ask_card_pin(const struct keys *k, const char *token, const char *serial,
    const char *hint, struct secret *pin)
{
	struct prompt p = pin_prompt(k->pin);
	struct prompt_ask ask = { .title = "Signet", .error = hint };
	auto_str text = NULL;
	auto_str label = NULL;

	p.fd = k->options->card_pin_fd;
	SG_TRY(str_printf(&text, "%s The card '%s' (serial %s) wants its "
	    "PIN.", k->why, token, serial));
	SG_TRY(str_printf(&label, "PIN of the card"));
	ask.text = text;
	ask.label = label;
	return sg_while(prompt_pin(&p, &ask, pin), "asking for the PIN of the "
	    "card '%s' (serial %s; --card-pin-fd)", token, serial);
}

static enum sg_err
card_pin(void *arg, const char *token, const char *serial, const char *hint,
    struct secret *pin)
{
	struct keys *k = arg;

	if (k->card_serial != NULL && strcmp(k->card_serial, serial) == 0) {
		secret_clear(pin);
		return secret_add(pin, k->card_pin.p, k->card_pin.n);
	}
	SG_TRY(ask_card_pin(k, token, serial, hint, pin));
	keys_done(k);
	SG_TRY(secret_set(&k->card_pin, pin->p, pin->n));
	return str_dup(&k->card_serial, serial);
}

void
keys_init(struct keys *k, struct client *c, const struct pin_options *pin,
    const struct key_options *o, const char *why)
{
	const char *module = o->module != NULL ? o->module
	    : pin->config.card_module;

	*k = (struct keys) {
		.ksp = { .client = c, .module = module,
		    .open = open_container, .pin = card_pin, .arg = k },
		.client = c, .pin = pin, .options = o, .why = why,
	};
}

enum sg_err
keys_login(struct keys *k)
{
	enum sg_err e;

	if (k->open)
		return SG_OK;
	progress(NULL);
	if (k->who != NULL && k->pin->pin_fd < 0)
		e = pin_login_prompter(k->client, k->who);
	else
		e = pin_login(k->client, k->pin, k->why, NULL);
	k->open = e == SG_OK;
	k->unasked = e == SG_EIO;
	return e;
}

static bool
any_card(const struct objects *o)
{
	for (size_t i = 0; i < o->key_count; i++)
		if (o->keys[i].provider == KSP_SMARTCARD)
			return true;
	return false;
}

/* Some modules take their time, and complain aloud of devices they lack. */
void
keys_cards(struct keys *k, const struct objects *have, struct cards *out)
{
	enum sg_err e;

	if (k->ksp.module == NULL &&
	    (k->pin->config.cards_off || !any_card(have)))
		return;
	e = cards_look(out, &k->ksp);
	if (e != SG_OK)
		(void)fprintf(stderr, "signet: cards are not looked at: %s\n",
		    sg_note(e));
}

const char *
key_presence(const struct cards *c, const struct key_object *key)
{
	return cards_have(c, key) ? "present" : "absent";
}

enum sg_err
key_place(char **out, const struct key_object *key)
{
	if (key->provider != KSP_SMARTCARD)
		return str_dup(out, "");
	return str_printf(out, "%s (%s)", key->token, key->serial);
}
