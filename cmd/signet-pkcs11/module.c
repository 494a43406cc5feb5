/* SPDX-License-Identifier: BSD-2-Clause */
#include "module.h"

#include <stdlib.h>
#include <string.h>

#include "paths.h"

static struct module module = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
};

/*
 * In the child of fork(2) there is one thread, so the lock can be made anew.
 * If nobody held it the data behind it is whole; else it is given up.
 */
static void
forked_child(void)
{
	bool whole = pthread_mutex_trylock(&module.lock) == 0;

	(void)pthread_mutex_init(&module.lock, NULL);
	(void)pthread_cond_init(&module.changed, NULL);
	module.torn = module.torn || !whole;
	module.forked = true;
	module.prompting = false;
}

static void
watch_forks(void)
{
	(void)pthread_atfork(NULL, NULL, forked_child);
}

struct module *
module_enter(void)
{
	struct module *m = &module;

	(void)pthread_mutex_lock(&m->lock);
	if (m->initialized && !m->forked)
		return m;
	(void)pthread_mutex_unlock(&m->lock);
	return NULL;
}

void
module_leave(struct module **m)
{
	if (*m != NULL)
		(void)pthread_mutex_unlock(&(*m)->lock);
}

ck_rv_t
module_rv(enum sg_err e)
{
	switch (e) {
	case SG_OK:
		return CKR_OK;
	case SG_ENOMEM:
		return CKR_HOST_MEMORY;
	case SG_ELOGIN:
		return CKR_USER_NOT_LOGGED_IN;
	case SG_EPIN:
		return CKR_PIN_INCORRECT;
	case SG_EBLOCKED:
		return CKR_PIN_LOCKED;
	case SG_ECANCEL:
		return CKR_FUNCTION_CANCELED;
	case SG_ENOENT:
		return CKR_TOKEN_NOT_PRESENT;
	case SG_EIO:
	case SG_ETIMEOUT:
		return CKR_DEVICE_REMOVED;
	case SG_ETPM:
	case SG_EBUSY:
		return CKR_DEVICE_ERROR;
	case SG_ELIMIT:
		return CKR_DATA_LEN_RANGE;
	case SG_EARG:
	case SG_EFORMAT:
		return CKR_DATA_INVALID;
	case SG_EVERIFY:
		return CKR_ENCRYPTED_DATA_INVALID;
	case SG_EEXIST:
	case SG_EPERM:
	case SG_ECRYPTO:
	case SG_EUNSUPPORTED:
	case SG_EINTERNAL:
	case SG_ERR_COUNT:
		break;
	}
	return CKR_FUNCTION_FAILED;
}

void
pad_blank(unsigned char *field, size_t n, const char *text)
{
	size_t have = strnlen(text, n);

	memset(field, ' ', n);
	memcpy(field, text, have);
}

/* Gives back everything but the lock; the daemon hears nothing of it. */
static void
module_clear(struct module *m)
{
	session_close_all(m);
	object_list_done(&m->list);
	objects_done(&m->objects);
	config_done(&m->config);
	client_free(m->client);
	m->objects = (struct objects) { 0 };
	m->config = (struct config) { 0 };
	m->client = NULL;
	m->logged_in = m->login_ours = false;
	m->initialized = false;
	m->seen = (struct token_seen) { 0 };
	m->epoch++;
	(void)pthread_cond_broadcast(&m->changed);
}

/* What the parent had: the connection is its own and goes on being used. */
static void
inheritance_drop(struct module *m)
{
	if (!m->forked)
		return;
	if (m->torn) {
		m->sessions = NULL;
		m->list = (struct object_list) { 0 };
		m->objects = (struct objects) { 0 };
		m->config = (struct config) { 0 };
	}
	module_clear(m);
	m->forked = m->torn = false;
}

static enum pin_entry
pin_entry_choose(const struct config *c)
{
	const char *s = secure_getenv("SIGNET_PIN_ENTRY");

	if (s != NULL && strcmp(s, "protected") == 0)
		return PIN_ENTRY_PROTECTED;
	if (s != NULL && strcmp(s, "application") == 0)
		return PIN_ENTRY_APPLICATION;
	if (s != NULL && strcmp(s, "on-use") == 0)
		return PIN_ENTRY_ON_USE;
	if (s != NULL && strcmp(s, "session") == 0)
		return PIN_ENTRY_SESSION;
	if (s != NULL && strcmp(s, "auto") == 0)
		return PIN_ENTRY_AUTO;
	return c->pin_entry;
}

static enum labels
labels_choose(void)
{
	const char *s = secure_getenv("SIGNET_LABELS");

	if (s != NULL && strcmp(s, "own") == 0)
		return LABELS_OWN;
	if (s != NULL && strcmp(s, "card") == 0)
		return LABELS_CARD;
	return LABELS_AUTO;
}

static void
module_start(struct module *m)
{
	struct config c = { 0 };

	/* A broken file must not keep the host from starting; `signet` says
	 * what is wrong with it. */
	if (config_load(&c) == SG_OK)
		m->config = c;
	m->pin_entry = pin_entry_choose(&m->config);
	m->labels = labels_choose();
	m->initialized = true;
	m->epoch++;
}

/* 5.4: all four callbacks or none.  Ours is always the system's lock, which
 * works in every Linux program, so callbacks are accepted and not used. */
static ck_rv_t
arguments_check(const struct ck_c_initialize_args *a)
{
	int given;

	if (a == NULL)
		return CKR_OK;
	given = (a->create_mutex != NULL) + (a->destroy_mutex != NULL) +
	    (a->lock_mutex != NULL) + (a->unlock_mutex != NULL);
	if (a->reserved != NULL || (given != 0 && given != 4))
		return CKR_ARGUMENTS_BAD;
	return CKR_OK;
}

ck_rv_t
C_Initialize(void *init_args)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct module *m = &module;
	ck_rv_t rv = arguments_check(init_args);

	if (rv != CKR_OK)
		return rv;
	(void)pthread_once(&once, watch_forks);
	(void)pthread_mutex_lock(&m->lock);
	inheritance_drop(m);
	if (m->initialized)
		rv = CKR_CRYPTOKI_ALREADY_INITIALIZED;
	else
		module_start(m);
	(void)pthread_mutex_unlock(&m->lock);
	return rv;
}

ck_rv_t
C_Finalize(void *reserved)
{
	auto_module m = NULL;

	if (reserved != NULL)
		return CKR_ARGUMENTS_BAD;
	if ((m = module_enter()) == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	daemon_logout(m);
	module_clear(m);
	return CKR_OK;
}

ck_rv_t
C_GetInfo(struct ck_info *info)
{
	auto_module m = module_enter();

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if (info == NULL)
		return CKR_ARGUMENTS_BAD;
	*info = (struct ck_info) { .cryptoki_version = { 2, 40 },
		.library_version = { 0, 1 } };
	PAD(info->manufacturer_id, MODULE_MAKER);
	PAD(info->library_description, "Signet " SIGNET_VERSION);
	return CKR_OK;
}
