/* SPDX-License-Identifier: BSD-2-Clause */
#include "objects_verb.h"

#include <stdio.h>

#include "enroll/propagate.h"
#include "options.h"

enum sg_err
objects_list(int argc, char **argv, objects_fn *json, objects_fn *text)
{
	auto_free(client) c = NULL;
	auto_done(objects) o = { 0 };
	struct arguments a;
	bool wants_json = false;
	const struct option table[] = {
		{ .name = "json", .flag = &wants_json },
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 0, 0, "no argument"));
	SG_TRY(client_open(&c, NULL));
	SG_TRY(client_objects(c, &o));
	return wants_json ? json(&o) : text(&o);
}

/* What a card has is worth knowing; what cannot be stored is no reason not to
 * show the rest. */
static void
copy_in(struct keys *k, const struct cards *cards, struct objects *o)
{
	size_t added = 0;
	enum sg_err e = propagate(k->client, cards, o, &added);

	if (e != SG_OK)
		(void)fprintf(stderr, "signet: certificates of cards are not"
		    " stored: %s\n", sg_note(e));
}

enum sg_err
cards_list(int argc, char **argv, cards_fn *json, cards_fn *text)
{
	auto_free(client) c = NULL;
	auto_done(objects) o = { 0 };
	auto_done(deletion) d = DELETION_INIT;
	auto_done(cards) cards = { 0 };
	struct arguments a;
	auto_done(keys) k = { 0 };
	bool wants_json = false;
	const struct option table[] = {
		{ .name = "json", .flag = &wants_json },
		{ .name = "module", .text = &d.keys.module },
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 0, 0, "no argument"));
	SG_TRY(pin_options_load(&d.pin));
	SG_TRY(client_open(&c, NULL));
	SG_TRY(client_objects(c, &o));
	keys_init(&k, c, &d.pin, &d.keys, "");
	keys_cards(&k, &o, &cards);
	copy_in(&k, &cards, &o);
	return wants_json ? json(&o, &cards) : text(&o, &cards);
}

void
deletion_done(struct deletion *d)
{
	pin_options_done(&d->pin);
}

enum sg_err
deletion_parse(struct deletion *d, int argc, char **argv, const char *what)
{
	struct arguments a;
	const struct option table[] = {
		{ .name = "yes", .flag = &d->yes },
		{ .name = "erase", .flag = &d->erase },
		KEY_OPTION_ROWS(&d->keys),
		PIN_OPTION_ROWS(&d->pin),
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 1, 1, what));
	d->which = a.v[0];
	return pin_options_load(&d->pin);
}

enum sg_err
deletion_confirm(const struct deletion *d, const char *question)
{
	return d->yes ? SG_OK : pin_confirm(&d->pin, question);
}
