/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * rdphost-module.so: another PKCS#11 module that stays initialised.  libkrb5
 * starts and ends its module for itself and takes one that runs already for
 * broken; a card would then be looked at twice, by this host and by libkrb5.
 * Here starting again counts, and the card is looked at once.  libkrb5 does
 * not tell a refused PIN from other failures, either: rdphost_last_login()
 * does.
 */

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdlib.h>

#define MODULE_ENVIRONMENT "RDPHOST_MODULE"

#define EXPORT __attribute__((visibility("default")))

/* What the last C_Login returned; CKR_OK before the first. */
EXPORT CK_RV rdphost_last_login(void);

static CK_FUNCTION_LIST held;
static CK_FUNCTION_LIST *real;
static unsigned users;
static CK_RV last_login;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static CK_RV
initialize(void *arguments)
{
	CK_RV rv = CKR_OK;

	(void)pthread_mutex_lock(&turn);
	if (users == 0)
		rv = real->C_Initialize(arguments);
	if (rv == CKR_OK)
		users++;
	(void)pthread_mutex_unlock(&turn);
	return rv;
}

static CK_RV
finalize(void *reserved)
{
	CK_RV rv = CKR_OK;

	(void)pthread_mutex_lock(&turn);
	if (users == 0)
		rv = CKR_CRYPTOKI_NOT_INITIALIZED;
	else if (--users == 0)
		rv = real->C_Finalize(reserved);
	(void)pthread_mutex_unlock(&turn);
	return rv;
}

static CK_RV
login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin,
    CK_ULONG length)
{
	CK_RV rv = real->C_Login(session, user, pin, length);

	(void)pthread_mutex_lock(&turn);
	last_login = rv;
	(void)pthread_mutex_unlock(&turn);
	return rv;
}

CK_RV
rdphost_last_login(void)
{
	CK_RV rv;

	(void)pthread_mutex_lock(&turn);
	rv = last_login;
	(void)pthread_mutex_unlock(&turn);
	return rv;
}

static CK_RV
load(void)
{
	const char *path = getenv(MODULE_ENVIRONMENT);
	CK_RV (*list)(CK_FUNCTION_LIST **);
	void *lib;

	if (path == NULL)
		return CKR_GENERAL_ERROR;
	lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (lib == NULL)
		return CKR_GENERAL_ERROR;
	*(void **)&list = dlsym(lib, "C_GetFunctionList");
	if (list == NULL || list(&real) != CKR_OK)
		return CKR_GENERAL_ERROR;
	held = *real;
	held.C_Initialize = initialize;
	held.C_Finalize = finalize;
	held.C_Login = login;
	return CKR_OK;
}

EXPORT CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **out)
{
	CK_RV rv = CKR_OK;

	(void)pthread_mutex_lock(&turn);
	if (real == NULL)
		rv = load();
	(void)pthread_mutex_unlock(&turn);
	if (rv == CKR_OK)
		*out = &held;
	return rv;
}
