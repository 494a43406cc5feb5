/* SPDX-License-Identifier: BSD-2-Clause */
#include "module.h"

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

static enum sg_err
call_generation(struct client *c, void *arg)
{
	return client_generation(c, arg);
}

enum sg_err
daemon_generation(struct module *m, uint64_t *out)
{
	uint64_t g;

	SG_TRY(ask(m, call_generation, &g));
	if (g == 0)
		return sg_fail(SG_ENOENT, "there is no container");
	*out = g;
	return SG_OK;
}

static enum sg_err
call_glance(struct client *c, void *arg)
{
	return client_glance(c, arg);
}

enum sg_err
daemon_glance(struct module *m, struct status *out)
{
	return ask(m, call_glance, out);
}

enum sg_err
daemon_login(struct module *m, const struct secret *pin)
{
	uint32_t tries_left;
	uint64_t generation = 0;

	/* Finds a lost connection out before the PIN goes over it: a wrong PIN
	 * sent twice would cost two tries. */
	SG_TRY(daemon_generation(m, &generation));
	return client_login(m->client, pin, &tries_left);
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
	enum sg_err e = ask(m, call_key_use, &u);

	if (e == SG_ELOGIN)
		m->logged_in = m->login_ours = false;
	return e;
}

void
daemon_logout(struct module *m)
{
	bool ours = m->login_ours;

	m->logged_in = m->login_ours = false;
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

static enum sg_err
objects_fetch(struct module *m)
{
	struct objects fresh = { 0 };
	struct object_list list = { 0 };
	enum sg_err e;

	SG_TRY(ask(m, call_objects, &fresh));
	e = object_list_make(&fresh, &m->list, &m->last_object, &list);
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
	uint64_t generation = 0;
	enum sg_err e = daemon_generation(m, &generation);

	if (e == SG_OK && generation != m->objects.generation)
		e = objects_fetch(m);
	if (e == SG_ENOENT)
		objects_drop(m);
	return e;
}
