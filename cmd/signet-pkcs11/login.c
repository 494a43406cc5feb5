/* SPDX-License-Identifier: BSD-2-Clause */
#include "gesture/pin.h"
#include "module.h"

static ck_rv_t
logged_in(struct module *m, bool ours)
{
	m->logged_in = true;
	m->login_ours = ours;
	return CKR_OK;
}

/* The host has the PIN and passes it on. */
static ck_rv_t
login_with(struct module *m, const unsigned char *pin, unsigned long len)
{
	auto_done(secret) s = { 0 };
	enum sg_err e;

	/* Characters are not fewer than bytes: no PIN is that short. */
	if (len < PIN_MIN_LEAST || len > CLIENT_PIN_MAX)
		return CKR_PIN_LEN_RANGE;
	if (secret_set(&s, pin, len) != SG_OK)
		return CKR_HOST_MEMORY;
	e = daemon_login(m, &s);
	if (e == SG_EARG || e == SG_ELIMIT)
		return CKR_PIN_INCORRECT;
	return e == SG_OK ? logged_in(m, true) : module_rv(e);
}

/* Waits while another thread's prompt is shown; false when the module was
 * finalized or the session closed meanwhile. */
static bool
wait_turn(struct module *m, ck_session_handle_t handle)
{
	unsigned long epoch = m->epoch;

	while (m->prompting && m->epoch == epoch)
		(void)pthread_cond_wait(&m->changed, &m->lock);
	return m->epoch == epoch && session_find(m, handle) != NULL;
}

/*
 * Gives the lock up while the person is asked, which may take minutes: other
 * threads go on.  What happened meanwhile is looked at afterwards.
 */
static ck_rv_t
prompt_unlocked(struct module *m, ck_session_handle_t handle)
{
	uint8_t ticket[CLIENT_TICKET_LEN];
	unsigned long epoch = m->epoch;
	enum sg_err e = daemon_login_begin(m, ticket);
	ck_rv_t rv;

	if (e != SG_OK)
		return module_rv(e);
	m->prompting = true;
	(void)pthread_mutex_unlock(&m->lock);
	rv = prompt_run(ticket);
	wipe(ticket, sizeof(ticket));
	(void)pthread_mutex_lock(&m->lock);
	m->prompting = false;
	(void)pthread_cond_broadcast(&m->changed);
	if (m->epoch != epoch)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if (rv != CKR_OK)
		return rv;
	(void)logged_in(m, true);
	if (m->sessions == NULL)
		daemon_logout(m);
	return session_find(m, handle) != NULL ? CKR_OK
					       : CKR_SESSION_HANDLE_INVALID;
}

/* The protected authentication path: no PIN enters this process. */
static ck_rv_t
login_protected(struct module *m, ck_session_handle_t handle)
{
	auto_done(status) s = { 0 };
	enum sg_err e;

	if (!wait_turn(m, handle))
		return CKR_SESSION_HANDLE_INVALID;
	if (m->logged_in)
		return CKR_USER_ALREADY_LOGGED_IN;
	if ((e = daemon_look(m, &s)) != SG_OK)
		return module_rv(e);
	if (s.state == CONTAINER_OPEN)
		return logged_in(m, false);
	if (s.state == CONTAINER_BLOCKED)
		return CKR_PIN_LOCKED;
	if (m->pin_entry == PIN_ENTRY_APPLICATION ||
	    m->pin_entry == PIN_ENTRY_SESSION)
		return CKR_ARGUMENTS_BAD;
	return prompt_unlocked(m, handle);
}

ck_rv_t
login_on_use(struct module *m, ck_session_handle_t handle)
{
	ck_rv_t rv;

	if (m->pin_entry != PIN_ENTRY_ON_USE)
		return CKR_OK;
	/* Is the login that we know of still one? */
	SG_IGNORE(daemon_present(m));
	if (m->logged_in)
		return CKR_OK;
	rv = login_protected(m, handle);
	if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LOCKED)
		return CKR_USER_NOT_LOGGED_IN;
	return rv == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : rv;
}

/* What a failure means where a login is known. */
static bool
login_holds(struct module *m)
{
	if (m->logged_in)
		SG_IGNORE(daemon_present(m));
	return m->logged_in;
}

ck_rv_t
C_Login(ck_session_handle_t handle, ck_user_type_t type, unsigned char *pin,
    unsigned long len)
{
	auto_module m = module_enter();

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if (session_find(m, handle) == NULL)
		return CKR_SESSION_HANDLE_INVALID;
	/* No key of ours asks for a PIN at each use. */
	if (type == CKU_CONTEXT_SPECIFIC)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (type != CKU_USER)
		return CKR_USER_TYPE_INVALID;
	if (login_holds(m))
		return CKR_USER_ALREADY_LOGGED_IN;
	return pin != NULL ? login_with(m, pin, len)
			   : login_protected(m, handle);
}

ck_rv_t
C_Logout(ck_session_handle_t handle)
{
	auto_module m = module_enter();

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if (session_find(m, handle) == NULL)
		return CKR_SESSION_HANDLE_INVALID;
	if (!m->logged_in)
		return CKR_USER_NOT_LOGGED_IN;
	for (struct session *s = m->sessions; s != NULL; s = s->next) {
		operation_done(&s->sign);
		operation_done(&s->decrypt);
	}
	daemon_logout(m);
	return CKR_OK;
}
