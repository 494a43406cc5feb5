/* SPDX-License-Identifier: BSD-2-Clause */

/* C_CreateObject stores a certificate of a key in the container;
 * C_DestroyObject removes a certificate or a key. */

#include "base/text.h"
#include "module.h"
#include "pki/view.h"

/* What the certificate says of itself is taken from it. */
static const struct demand certificate[] = {
	{ .type = CKA_CLASS, .kind = DEMAND_NUMBER, .number = CKO_CERTIFICATE,
	    .required = true },
	{ .type = CKA_TOKEN, .kind = DEMAND_TRUE, .required = true },
	{ .type = CKA_CERTIFICATE_TYPE, .kind = DEMAND_NUMBER,
	    .number = CKC_X_509 },
	{ .type = CKA_PRIVATE, .kind = DEMAND_FALSE },
	{ .type = CKA_TRUSTED, .kind = DEMAND_FALSE },
	{ .type = CKA_VALUE, .required = true },
	{ .type = CKA_LABEL }, { .type = CKA_ID }, { .type = CKA_SUBJECT },
	{ .type = CKA_ISSUER }, { .type = CKA_SERIAL_NUMBER },
	{ .type = CKA_CERTIFICATE_CATEGORY }, { .type = CKA_CHECK_VALUE },
	{ .type = CKA_START_DATE }, { .type = CKA_END_DATE },
	{ .type = CKA_PUBLIC_KEY_INFO }, { .type = CKA_MODIFIABLE },
	{ .type = CKA_COPYABLE }, { .type = CKA_DESTROYABLE },
};
static const struct demands certificate_all[] = {
	{ certificate, sizeof(certificate) / sizeof(certificate[0]) },
	{ NULL, 0 },
};

static const struct key_object *
key_of(const struct objects *o, struct bytes spki)
{
	for (size_t i = 0; i < o->key_count; i++)
		if (bytes_eq(buf_bytes(&o->keys[i].spki), spki))
			return &o->keys[i];
	return NULL;
}

/* Only a certificate whose key is here would be shown again. */
static ck_rv_t
cert_store(struct module *m, struct bytes der, const char *label)
{
	auto_done(cert_view) v = { 0 };
	const struct key_object *key;
	struct cert_ask ask = { .kind = CERT_PERSONAL, .der = der,
		.provider = PROVIDER_PASSPORT };
	enum sg_err e;

	if (cert_view_read(der, &v) != SG_OK)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if ((e = daemon_refresh(m)) != SG_OK)
		return module_rv(e);
	if ((key = key_of(&m->objects, buf_bytes(&v.spki))) == NULL)
		return CKR_TEMPLATE_INCONSISTENT;
	ask.key = key->name;
	ask.label = label != NULL ? label : key->name;
	if ((e = daemon_cert_add(m, &ask)) == SG_OK)
		e = daemon_refresh(m);
	return write_rv(e);
}

static ck_rv_t
cert_create(struct module *m, const struct template *t,
    ck_object_handle_t *out)
{
	const struct ck_attribute *value = template_find(t, CKA_VALUE);
	struct bytes der = bytes_of(value->value, value->value_len);
	auto_str label = NULL;
	ck_rv_t rv = template_label(t, &label);

	if (rv == CKR_OK)
		rv = cert_store(m, der, label);
	if (rv == CKR_OK)
		*out = object_handle(&m->list, CKO_CERTIFICATE, der);
	return rv;
}

ck_rv_t
login_to_write(struct module *m, ck_session_handle_t handle)
{
	const struct session *s = session_find(m, handle);
	ck_rv_t rv;

	if ((s->flags & CKF_RW_SESSION) == 0)
		return CKR_SESSION_READ_ONLY;
	if ((rv = login_on_use(m, handle)) != CKR_OK)
		return rv;
	return m->logged_in ? CKR_OK : CKR_USER_NOT_LOGGED_IN;
}

ck_rv_t
C_CreateObject(ck_session_handle_t handle, struct ck_attribute *templ,
    unsigned long count, ck_object_handle_t *object)
{
	auto_module m = module_enter();
	const struct template t = { templ, count };
	ck_rv_t rv;

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if (session_find(m, handle) == NULL)
		return CKR_SESSION_HANDLE_INVALID;
	if (object == NULL || !template_valid(&t))
		return CKR_ARGUMENTS_BAD;
	if ((rv = template_check(&t, certificate_all)) != CKR_OK ||
	    (rv = login_to_write(m, handle)) != CKR_OK)
		return rv;
	return cert_create(m, &t, object);
}

/* The key's other half goes too; a program that destroys both is not told that
 * the second one is gone already. */
static ck_rv_t
key_destroy(struct module *m, const struct object *o)
{
	ck_object_handle_t public = object_handle(&m->list, CKO_PUBLIC_KEY,
	    o->identity);
	enum sg_err e = daemon_key_remove(m, o->key->name);

	if (e == SG_OK)
		m->widow = public;
	return write_rv(e);
}

static ck_rv_t
destroy(struct module *m, const struct object *o)
{
	ck_rv_t rv;

	if (o->class == CKO_PUBLIC_KEY)
		return CKR_ACTION_PROHIBITED;
	rv = o->class == CKO_PRIVATE_KEY ? key_destroy(m, o)
		: write_rv(daemon_cert_remove(m, o->identity));
	if (rv == CKR_OK)
		SG_IGNORE(daemon_refresh(m));
	return rv;
}

ck_rv_t
C_DestroyObject(ck_session_handle_t handle, ck_object_handle_t object)
{
	auto_module m = module_enter();
	const struct object *o;
	ck_rv_t rv;

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if (session_find(m, handle) == NULL)
		return CKR_SESSION_HANDLE_INVALID;
	if (object != CK_INVALID_HANDLE && object == m->widow) {
		m->widow = CK_INVALID_HANDLE;
		return CKR_OK;
	}
	o = object_find(m, object);
	if (o == NULL || !object_visible(m, o))
		return CKR_OBJECT_HANDLE_INVALID;
	if ((rv = login_to_write(m, handle)) != CKR_OK)
		return rv;
	/* Asking for the PIN may have taken minutes. */
	o = object_find(m, object);
	return o != NULL ? destroy(m, o) : CKR_OBJECT_HANDLE_INVALID;
}
