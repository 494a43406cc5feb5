/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_KEYS_H
#define SIGNET_KEYS_H

/* A person's keys, as the verbs reach them: the container is opened, and a
 * card's PIN asked, when a key wants that and not before. */

#include "ksp/card.h"
#include "pin_ask.h"

struct key_options {
	const char *module;	/* --module, or NULL: [smartcard] module */
	const char *token;	/* --token, or NULL */
	int card_pin_fd;	/* --card-pin-fd, or -1 */
};
#define KEY_OPTIONS_INIT { .card_pin_fd = -1 }
#define KEY_OPTION_ROWS(o)                                        \
	{ .name = "module", .text = &(o)->module },               \
	{ .name = "card-pin-fd", .fd = &(o)->card_pin_fd }

struct keys {
	struct ksp ksp;
	struct client *client;
	const struct pin_options *pin;
	const struct key_options *options;
	const char *why;	/* what the prompts say */
	const char *who;	/* signet-prompt asks, and says this of us;
				 * NULL: ask here */
	bool open;		/* the person was asked */
	/* The PIN last given for a card, for its next use in this run: a wrong
	 * one ended it. */
	struct secret card_pin;
	char *card_serial;
	bool unasked;		/* nobody could be */
};
void keys_done(struct keys *k);
/* Borrows everything; not to be moved afterwards. */
void keys_init(struct keys *k, struct client *c, const struct pin_options *pin,
    const struct key_options *o, const char *why);

/* As pin_login, unless the container was opened here already. */
enum sg_err keys_login(struct keys *k);

/* The tokens that are there.  All registered modules are loaded for that only
 * if there is a card's key to look for; one that is configured or named is
 * asked anyway.  What keeps them from being looked at is told on standard
 * error, and none is there then. */
void keys_cards(struct keys *k, const struct objects *have,
    struct cards *out);

/* "present" or "absent". */
const char *key_presence(const struct cards *c, const struct key_object *key);
/* "", or the card's label and serial number; free(3) it. */
enum sg_err key_place(char **out, const struct key_object *key);

#endif
