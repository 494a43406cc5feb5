/* SPDX-License-Identifier: BSD-2-Clause */
#include <p11-kit/p11-kit.h>
#include <stdlib.h>
#include <string.h>

#include "p11/token_impl.h"

/* --- URIs --- */

enum sg_err
uri_read(P11KitUri **out, const char *text)
{
	auto_uri uri = p11_kit_uri_new();
	int rc;

	if (uri == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	rc = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri);
	if (rc != P11_KIT_URI_OK)
		return sg_fail(SG_EARG, "that is no PKCS#11 URI as in "
		    "pkcs11:token=NAME;object=KEY (RFC 7512): %s",
		    p11_kit_uri_message(rc));
	if (p11_kit_uri_get_pin_value(uri) != NULL)
		return sg_fail(SG_EARG, "a PKCS#11 URI must not hold the PIN: "
		    "everybody can read the arguments of a program");
	if (p11_kit_uri_any_unrecognized(uri))
		return sg_fail(SG_EARG, "the PKCS#11 URI has a part that is "
		    "not known (RFC 7512)");
	*out = uri;
	uri = NULL;
	return SG_OK;
}

/* --- errors --- */

enum sg_err
token_rv(const struct token *t, CK_RV rv, const char *doing)
{
	switch (rv) {
	case CKR_OK:
		return SG_OK;
	case CKR_PIN_INCORRECT:
	case CKR_PIN_LEN_RANGE:
	case CKR_PIN_INVALID:
		return sg_fail(SG_EPIN, "token '%s': wrong PIN", t->label);
	case CKR_PIN_LOCKED:
		return sg_fail(SG_EBLOCKED, "token '%s': too many wrong PINs: "
		    "it is blocked", t->label);
	case CKR_USER_NOT_LOGGED_IN:
		return sg_fail(SG_ELOGIN, "token '%s': %s needs its PIN",
		    t->label, doing);
	case CKR_FUNCTION_CANCELED:
		return sg_fail(SG_ECANCEL, "token '%s': %s was cancelled",
		    t->label, doing);
	case CKR_HOST_MEMORY:
		return sg_fail(SG_ENOMEM, "out of memory");
	case CKR_TOKEN_NOT_PRESENT:
	case CKR_DEVICE_REMOVED:
	case CKR_SESSION_HANDLE_INVALID:
		return sg_fail(SG_ENOENT, "token '%s' was taken away",
		    t->label);
	case CKR_TOKEN_WRITE_PROTECTED:
	case CKR_SESSION_READ_ONLY:
		return sg_fail(SG_EPERM, "token '%s' is write-protected",
		    t->label);
	case CKR_MECHANISM_INVALID:
	case CKR_FUNCTION_NOT_SUPPORTED:
	case CKR_KEY_SIZE_RANGE:
	case CKR_MECHANISM_PARAM_INVALID:
		return sg_fail(SG_EUNSUPPORTED, "token '%s' cannot do that: "
		    "%s (%s)", t->label, doing, p11_kit_strerror(rv));
	default:
		return sg_fail(SG_EIO, "token '%s': %s: %s (0x%lx)", t->label,
		    doing, p11_kit_strerror(rv), rv);
	}
}

/* --- modules and tokens --- */

enum sg_err
token_modules(struct token *t, const char *path)
{
	CK_FUNCTION_LIST *one;
	CK_RV rv;

	if (path == NULL) {
		t->all = true;
		t->modules = p11_kit_modules_load_and_initialize(0);
		return t->modules != NULL ? SG_OK
		    : sg_fail(SG_EIO, "the registered PKCS#11 modules: %s",
			p11_kit_message());
	}
	if ((t->modules = calloc(2, sizeof(*t->modules))) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	if ((one = p11_kit_module_load(path, 0)) == NULL)
		return sg_fail(SG_ENOENT, "PKCS#11 module '%s': %s", path,
		    p11_kit_message());
	if ((rv = p11_kit_module_initialize(one)) != CKR_OK) {
		p11_kit_module_release(one);
		return sg_fail(SG_EIO, "PKCS#11 module '%s': %s", path,
		    p11_kit_strerror(rv));
	}
	t->modules[0] = one;
	return SG_OK;
}

static void
modules_free(struct token *t)
{
	if (t->modules == NULL)
		return;
	if (t->all) {
		p11_kit_modules_finalize_and_release(t->modules);
		return;
	}
	if (t->modules[0] != NULL) {
		(void)p11_kit_module_finalize(t->modules[0]);
		p11_kit_module_release(t->modules[0]);
	}
	free(t->modules);
}

/* PKCS#11 pads with blanks. */
void
token_text(const CK_UTF8CHAR *p, size_t n, char *out)
{
	while (n > 0 && p[n - 1] == ' ')
		n--;
	memcpy(out, p, n);
	out[n] = '\0';
}

static bool
fits(P11KitUri *uri, CK_FUNCTION_LIST *m, CK_SLOT_ID slot,
    CK_TOKEN_INFO *info)
{
	CK_SLOT_INFO about;

	return m->C_GetTokenInfo(slot, info) == CKR_OK &&
	    (info->flags & CKF_TOKEN_INITIALIZED) != 0 &&
	    p11_kit_uri_match_token_info(uri, info) &&
	    m->C_GetSlotInfo(slot, &about) == CKR_OK &&
	    p11_kit_uri_match_slot_info(uri, &about);
}

CK_ULONG
token_slots(const CK_FUNCTION_LIST *m, CK_SLOT_ID *out)
{
	CK_ULONG n = TOKEN_SLOTS_MAX;

	if (m->C_GetSlotList(CK_TRUE, out, &n) != CKR_OK)
		return 0;
	return n < TOKEN_SLOTS_MAX ? n : TOKEN_SLOTS_MAX;
}

static unsigned
look_in(struct token *t, P11KitUri *uri, CK_FUNCTION_LIST *m)
{
	CK_SLOT_ID slots[TOKEN_SLOTS_MAX];
	CK_ULONG n = token_slots(m, slots);
	unsigned found = 0;

	for (CK_ULONG i = 0; i < n; i++) {
		CK_TOKEN_INFO info;

		if (!fits(uri, m, slots[i], &info))
			continue;
		found++;
		t->module = m;
		t->slot = slots[i];
		t->info = info;
	}
	return found;
}

static enum sg_err
find(struct token *t, P11KitUri *uri, const char *text)
{
	unsigned found = 0;

	for (size_t i = 0; t->modules[i] != NULL; i++)
		found += look_in(t, uri, t->modules[i]);
	if (found == 0)
		return sg_fail(SG_ENOENT, "no token fits '%s': insert it, or "
		    "name its module (?module-path=...)", text);
	if (found > 1)
		return sg_fail(SG_EARG, "%u tokens fit '%s': say which one "
		    "(serial=...)", found, text);
	token_text(t->info.label, sizeof(t->info.label), t->label);
	token_text(t->info.serialNumber, sizeof(t->info.serialNumber),
	    t->serial);
	return SG_OK;
}

static enum sg_err
session_open(struct token *t)
{
	CK_FLAGS flags = CKF_SERIAL_SESSION;

	if ((t->info.flags & CKF_WRITE_PROTECTED) == 0)
		flags |= CKF_RW_SESSION;
	return token_rv(t, t->module->C_OpenSession(t->slot, flags, NULL, NULL,
	    &t->session), "opening a session");
}

enum sg_err
token_open(struct token **out, const char *text)
{
	auto_free(token) t = calloc(1, sizeof(*t));
	auto_uri uri = NULL;

	if (t == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	t->session = CK_INVALID_HANDLE;
	SG_TRY(uri_read(&uri, text));
	SG_TRY(token_modules(t, p11_kit_uri_get_module_path(uri)));
	SG_TRY(find(t, uri, text));
	SG_TRY(session_open(t));
	*out = t;
	t = NULL;
	return SG_OK;
}

void
token_free(struct token *t)
{
	if (t == NULL)
		return;
	if (t->session != CK_INVALID_HANDLE)
		(void)t->module->C_CloseSession(t->session);
	modules_free(t);
	free(t);
}

const char *
token_label(const struct token *t)
{
	return t->label;
}

const char *
token_serial(const struct token *t)
{
	return t->serial;
}

enum sg_err
token_module(const struct token *t, char **out)
{
	char *name = p11_kit_module_get_filename(t->module);
	enum sg_err e;

	if (name == NULL)
		return sg_fail(SG_EIO, "token '%s': its module has no file",
		    t->label);
	e = str_dup(out, name);
	free(name);
	return e;
}

unsigned long
token_slot(const struct token *t)
{
	return t->slot;
}

bool
token_wants_pin(const struct token *t)
{
	return (t->info.flags & CKF_LOGIN_REQUIRED) != 0;
}

bool
token_has_keypad(const struct token *t)
{
	return (t->info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
}

enum sg_err
token_login(struct token *t, const struct secret *pin)
{
	CK_UTF8CHAR *p = pin != NULL ? pin->p : NULL;
	CK_RV rv;

	if (pin == NULL && !token_has_keypad(t))
		return sg_fail(SG_EARG, "token '%s' wants its PIN", t->label);
	rv = t->module->C_Login(t->session, CKU_USER, p,
	    pin != NULL ? pin->n : 0);
	return rv == CKR_USER_ALREADY_LOGGED_IN ? SG_OK
	    : token_rv(t, rv, "logging in");
}

const char *
token_tries(struct token *t)
{
	CK_TOKEN_INFO now;

	if (t->module->C_GetTokenInfo(t->slot, &now) != CKR_OK)
		return NULL;
	if ((now.flags & CKF_USER_PIN_LOCKED) != 0)
		return "its PIN is blocked";
	if ((now.flags & CKF_USER_PIN_FINAL_TRY) != 0)
		return "one try is left";
	if ((now.flags & CKF_USER_PIN_COUNT_LOW) != 0)
		return "it counts wrong PINs, and few tries may be left";
	return NULL;
}

/* --- objects --- */

enum sg_err
token_search(const struct token *t, CK_ATTRIBUTE *want, CK_ULONG count,
    CK_OBJECT_HANDLE *out, CK_ULONG max, CK_ULONG *n)
{
	CK_RV rv = t->module->C_FindObjectsInit(t->session, want, count);

	SG_TRY(token_rv(t, rv, "looking for a key"));
	rv = t->module->C_FindObjects(t->session, out, max, n);
	if (rv == CKR_OK && *n > max)
		*n = max;
	(void)t->module->C_FindObjectsFinal(t->session);
	return token_rv(t, rv, "looking for a key");
}

enum sg_err
token_attribute(const struct token *t, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, struct buf *out)
{
	CK_ATTRIBUTE a = { type, NULL, 0 };
	auto_done(buf) value = { 0 };
	CK_ULONG room;
	uint8_t *p;
	CK_RV rv = t->module->C_GetAttributeValue(t->session, object, &a, 1);

	if (rv == CKR_ATTRIBUTE_TYPE_INVALID || (rv == CKR_OK &&
	    (a.ulValueLen == 0 || a.ulValueLen == CK_UNAVAILABLE_INFORMATION)))
		return sg_fail(SG_ENOENT, "token '%s': a key lacks attribute "
		    "0x%lx", t->label, type);
	SG_TRY(token_rv(t, rv, "reading a key's attributes"));
	if (a.ulValueLen > TOKEN_ATTRIBUTE_MAX)
		return sg_fail(SG_ELIMIT, "token '%s': an attribute of %lu "
		    "bytes", t->label, a.ulValueLen);
	room = a.ulValueLen;
	SG_TRY(buf_extend(&value, room, &p));
	a.pValue = p;
	SG_TRY(token_rv(t, t->module->C_GetAttributeValue(t->session, object,
	    &a, 1), "reading a key's attributes"));
	if (a.ulValueLen > room)
		return sg_fail(SG_EFORMAT, "token '%s': an attribute of %lu "
		    "bytes, of %lu before", t->label, a.ulValueLen, room);
	return buf_add(out, p, a.ulValueLen);
}
