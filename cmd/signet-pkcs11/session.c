/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "module.h"

struct session *
session_find(const struct module *m, ck_session_handle_t handle)
{
	struct session *s = m->sessions;

	while (s != NULL && s->handle != handle)
		s = s->next;
	return s;
}

static void
session_free(struct session *s)
{
	operation_done(&s->sign);
	operation_done(&s->decrypt);
	free(s->found);
	free(s);
}

void
session_close_all(struct module *m)
{
	struct session *s;

	while ((s = m->sessions) != NULL) {
		m->sessions = s->next;
		session_free(s);
	}
}

ck_rv_t
C_OpenSession(ck_slot_id_t slot, ck_flags_t flags, void *application,
    ck_notify_t notify, ck_session_handle_t *out)
{
	auto_module m = module_enter();
	struct session *s;

	(void)application;
	(void)notify;
	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if (slot != MODULE_SLOT)
		return CKR_SLOT_ID_INVALID;
	if (out == NULL)
		return CKR_ARGUMENTS_BAD;
	if ((flags & CKF_SERIAL_SESSION) == 0)
		return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
	if (daemon_present(m) != SG_OK)
		return CKR_TOKEN_NOT_PRESENT;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return CKR_HOST_MEMORY;
	s->handle = *out = ++m->last_session;
	s->flags = flags & (CKF_SERIAL_SESSION | CKF_RW_SESSION);
	s->next = m->sessions;
	m->sessions = s;
	return CKR_OK;
}

ck_rv_t
C_CloseSession(ck_session_handle_t handle)
{
	auto_module m = module_enter();
	struct session **at, *s;

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	at = &m->sessions;
	while (*at != NULL && (*at)->handle != handle)
		at = &(*at)->next;
	if ((s = *at) == NULL)
		return CKR_SESSION_HANDLE_INVALID;
	*at = s->next;
	session_free(s);
	if (m->sessions == NULL)
		daemon_logout(m);
	return CKR_OK;
}

ck_rv_t
C_CloseAllSessions(ck_slot_id_t slot)
{
	auto_module m = module_enter();

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if (slot != MODULE_SLOT)
		return CKR_SLOT_ID_INVALID;
	session_close_all(m);
	daemon_logout(m);
	return CKR_OK;
}

static ck_state_t
state_of(const struct module *m, const struct session *s)
{
	if ((s->flags & CKF_RW_SESSION) != 0)
		return m->logged_in ? CKS_RW_USER_FUNCTIONS
				    : CKS_RW_PUBLIC_SESSION;
	return m->logged_in ? CKS_RO_USER_FUNCTIONS : CKS_RO_PUBLIC_SESSION;
}

ck_rv_t
C_GetSessionInfo(ck_session_handle_t handle, struct ck_session_info *info)
{
	auto_module m = module_enter();
	const struct session *s;

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if ((s = session_find(m, handle)) == NULL)
		return CKR_SESSION_HANDLE_INVALID;
	if (info == NULL)
		return CKR_ARGUMENTS_BAD;
	/* NSS asks here whether it must ask for the PIN again. */
	if (m->logged_in)
		SG_IGNORE(daemon_present(m));
	*info = (struct ck_session_info) { .slot_id = MODULE_SLOT,
		.state = state_of(m, s), .flags = s->flags };
	return CKR_OK;
}
