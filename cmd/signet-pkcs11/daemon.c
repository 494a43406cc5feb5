/* SPDX-License-Identifier: BSD-2-Clause */
#include <time.h>

#include "module.h"

#define QUIET_S 30	/* seconds that a hanging daemon is not asked again */

typedef enum sg_err daemon_call(struct client *c, void *arg);

static void
disconnect(struct module *m)
{
	client_free(m->client);
	m->client = NULL;
}

/* signetd may have been started anew since the last call: one more try. */
static enum sg_err
ask(struct module *m, daemon_call *call, void *arg)
{
	bool fresh;
	enum sg_err e;

	do {
		fresh = m->client == NULL;
		if (fresh)
			SG_TRY(client_open(&m->client, NULL));
		e = call(m->client, arg);
		/* After SG_ETIMEOUT the client itself knows how long not to
		 * ask again. */
		if (e == SG_EIO)
			disconnect(m);
	} while (e == SG_EIO && !fresh);
	return e;
}

/*
 * Programs load this module through p11-kit without wanting anything of it.  A
 * daemon that hangs costs them one time limit, not one for each function: it is
 * left alone for a while then.
 */
static enum sg_err
ask_public(struct module *m, daemon_call *call, void *arg)
{
	struct timespec now;
	enum sg_err e;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec < m->quiet_until)
		return sg_fail(SG_ETIMEOUT, "signetd did not answer a moment "
		    "ago");
	e = ask(m, call, arg);
	if (e == SG_ETIMEOUT)
		m->quiet_until = now.tv_sec + QUIET_S;
	return e;
}

static enum sg_err
call_glance(struct client *c, void *arg)
{
	return client_glance(c, arg);
}

static void
login_lost(struct module *m)
{
	m->logged_in = m->login_ours = false;
}

enum sg_err
daemon_look(struct module *m, struct status *out)
{
	enum sg_err e = ask_public(m, call_glance, out);
	bool none = e != SG_OK || out->state == CONTAINER_NONE;

	if (!m->seen.known)
		m->seen = (struct token_seen) { true,
			none ? 0 : out->created };
	/* From a daemon that is only slow nothing is known. */
	if (e != SG_ETIMEOUT && (none || out->state != CONTAINER_OPEN))
		login_lost(m);
	if (e == SG_OK && none)
		return sg_fail(SG_ENOENT, "there is no container");
	return e;
}

enum sg_err
daemon_present(struct module *m)
{
	auto_done(status) s = { 0 };

	return daemon_look(m, &s);
}

enum sg_err
daemon_login(struct module *m, const struct secret *pin)
{
	uint32_t tries_left;

	/* Finds a lost connection out before the PIN goes over it: a wrong PIN
	 * sent twice would cost two tries. */
	SG_TRY(daemon_present(m));
	if (m->pin_entry == PIN_ENTRY_SESSION)
		return client_session_login(m->client, pin, &tries_left);
	return client_login(m->client, pin, &tries_left);
}

static enum sg_err
call_card(struct client *c, void *arg)
{
	return client_card_status(c, arg);
}

enum sg_err
daemon_card(struct module *m, struct card_status *out)
{
	return ask_public(m, call_card, out);
}

static enum sg_err
call_login_begin(struct client *c, void *arg)
{
	return client_login_begin(c, arg);
}

enum sg_err
daemon_login_begin(struct module *m, uint8_t ticket[CLIENT_TICKET_LEN])
{
	return ask(m, call_login_begin, ticket);
}

/* A call that needs a login: that there is none any more is news. */
static enum sg_err
ask_open(struct module *m, daemon_call *call, void *arg)
{
	enum sg_err e = ask(m, call, arg);

	if (e == SG_ELOGIN)
		login_lost(m);
	return e;
}

struct key_use {
	const char *key;
	struct bytes in;
	struct buf *out;
};

static enum sg_err
call_key_use(struct client *c, void *arg)
{
	struct key_use *u = arg;

	return client_key_use(c, u->key, u->in, u->out);
}

enum sg_err
daemon_key_use(struct module *m, const char *key, struct bytes in,
    struct buf *out)
{
	struct key_use u = { key, in, out };

	return ask_open(m, call_key_use, &u);
}

struct key_make {
	const char *name;
	enum object_key_type type;
};

static enum sg_err
call_key_make(struct client *c, void *arg)
{
	struct key_make *k = arg;

	return client_key_make(c, k->name, k->type, KSP_PASSPORT);
}

enum sg_err
daemon_key_make(struct module *m, const char *name, enum object_key_type type)
{
	struct key_make k = { name, type };

	return ask_open(m, call_key_make, &k);
}

static enum sg_err
call_key_remove(struct client *c, void *arg)
{
	return client_key_remove(c, *(const char **)arg);
}

enum sg_err
daemon_key_remove(struct module *m, const char *name)
{
	return ask_open(m, call_key_remove, &name);
}

static enum sg_err
call_cert_add(struct client *c, void *arg)
{
	return client_certs_add(c, *(const struct cert_ask **)arg, 1, NULL);
}

enum sg_err
daemon_cert_add(struct module *m, const struct cert_ask *ask)
{
	return ask_open(m, call_cert_add, &ask);
}

static enum sg_err
call_cert_remove(struct client *c, void *arg)
{
	return client_cert_remove(c, *(struct bytes *)arg);
}

enum sg_err
daemon_cert_remove(struct module *m, struct bytes der)
{
	return ask_open(m, call_cert_remove, &der);
}

void
daemon_logout(struct module *m)
{
	bool ours = m->login_ours;

	login_lost(m);
	/* Without a connection the daemon has forgotten us already. */
	if (ours && m->client != NULL)
		SG_IGNORE(client_logout(m->client));
}

static enum sg_err
call_objects(struct client *c, void *arg)
{
	return client_objects(c, arg);
}

static void
objects_drop(struct module *m)
{
	object_list_done(&m->list);
	objects_done(&m->objects);
	m->objects = (struct objects) { 0 };
}

/* The generation of what the card shows, where its labels are wanted. */
static uint64_t
card_wanted(const struct module *m, const struct status *s)
{
	return m->labels == LABELS_CARD ||
	    (m->labels == LABELS_AUTO && s->card_as) ? s->card_generation : 0;
}

static enum sg_err
objects_fetch(struct module *m, bool as_card)
{
	auto_done(card_status) card = { .slot = CARD_NO_SLOT };
	struct objects fresh = { 0 };
	struct object_list list = { 0 };
	enum sg_err e;

	if (as_card)
		SG_TRY(daemon_card(m, &card));
	SG_TRY(ask_public(m, call_objects, &fresh));
	e = object_list_make(&fresh, &card.keys, &m->list, &m->last_object,
	    &list);
	if (e != SG_OK) {
		objects_done(&fresh);
		return e;
	}
	objects_drop(m);
	m->objects = fresh;
	m->list = list;
	return SG_OK;
}

enum sg_err
daemon_refresh(struct module *m)
{
	auto_done(status) s = { 0 };
	enum sg_err e = daemon_look(m, &s);
	uint64_t card = e == SG_OK ? card_wanted(m, &s) : 0;

	/* A container made anew counts its changes anew. */
	if (e == SG_OK && (s.generation != m->objects.generation ||
	    s.created != m->objects_of || card != m->card_of))
		e = objects_fetch(m, card != 0);
	if (e == SG_OK) {
		m->objects_of = s.created;
		m->card_of = card;
	}
	if (e == SG_ENOENT)
		objects_drop(m);
	return e;
}
