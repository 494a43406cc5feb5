/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "module.h"

static bool
object_fits(const struct object *o, const struct ck_attribute *templ,
    unsigned long count)
{
	for (unsigned long i = 0; i < count; i++) {
		const struct attribute *a = object_attribute(o, templ[i].type);

		if (a == NULL || !bytes_eq(buf_bytes(&a->value),
		    bytes_of(templ[i].value, templ[i].value_len)))
			return false;
	}
	return true;
}

static ck_rv_t
find(struct module *m, struct session *s, const struct ck_attribute *templ,
    unsigned long count)
{
	free(s->found);
	s->found_count = s->found_at = 0;
	s->found = calloc(m->list.n + 1, sizeof(*s->found));
	if (s->found == NULL)
		return CKR_HOST_MEMORY;
	for (size_t i = 0; i < m->list.n; i++) {
		const struct object *o = &m->list.p[i];

		if (object_visible(m, o) && object_fits(o, templ, count))
			s->found[s->found_count++] = o->handle;
	}
	s->finding = true;
	return CKR_OK;
}

ck_rv_t
C_FindObjectsInit(ck_session_handle_t handle, struct ck_attribute *templ,
    unsigned long count)
{
	auto_module m = module_enter();
	const struct template t = { templ, count };
	struct session *s;
	enum sg_err e;

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if ((s = session_find(m, handle)) == NULL)
		return CKR_SESSION_HANDLE_INVALID;
	if (s->finding)
		return CKR_OPERATION_ACTIVE;
	if (!template_valid(&t))
		return CKR_ARGUMENTS_BAD;
	if ((e = daemon_refresh(m)) == SG_ENOENT)
		return CKR_DEVICE_REMOVED;
	return e == SG_OK ? find(m, s, templ, count) : module_rv(e);
}

ck_rv_t
C_FindObjects(ck_session_handle_t handle, ck_object_handle_t *objects,
    unsigned long max, unsigned long *count)
{
	auto_module m = module_enter();
	struct session *s;

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if ((s = session_find(m, handle)) == NULL)
		return CKR_SESSION_HANDLE_INVALID;
	if (!s->finding)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (count == NULL || (objects == NULL && max != 0))
		return CKR_ARGUMENTS_BAD;
	*count = 0;
	while (*count < max && s->found_at < s->found_count)
		objects[(*count)++] = s->found[s->found_at++];
	return CKR_OK;
}

ck_rv_t
C_FindObjectsFinal(ck_session_handle_t handle)
{
	auto_module m = module_enter();
	struct session *s;

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if ((s = session_find(m, handle)) == NULL)
		return CKR_SESSION_HANDLE_INVALID;
	if (!s->finding)
		return CKR_OPERATION_NOT_INITIALIZED;
	s->finding = false;
	return CKR_OK;
}

/* What stays in the TPM, so that asking is answered as the standard says. */
static bool
attribute_sensitive(const struct object *o, ck_attribute_type_t type)
{
	static const ck_attribute_type_t never[] = { CKA_VALUE,
		CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2,
		CKA_EXPONENT_1, CKA_EXPONENT_2, CKA_COEFFICIENT };

	if (o->class != CKO_PRIVATE_KEY)
		return false;
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (never[i] == type)
			return true;
	return false;
}

/* 5.7.5, one attribute. */
static ck_rv_t
attribute_give(const struct object *o, struct ck_attribute *out)
{
	const struct attribute *a = object_attribute(o, out->type);
	unsigned long room = out->value_len;

	out->value_len = CK_UNAVAILABLE_INFORMATION;
	if (attribute_sensitive(o, out->type))
		return CKR_ATTRIBUTE_SENSITIVE;
	if (a == NULL)
		return CKR_ATTRIBUTE_TYPE_INVALID;
	if (out->value != NULL && room < a->value.n)
		return CKR_BUFFER_TOO_SMALL;
	out->value_len = a->value.n;
	if (out->value != NULL && a->value.n > 0)
		memcpy(out->value, a->value.p, a->value.n);
	return CKR_OK;
}

ck_rv_t
C_GetAttributeValue(ck_session_handle_t handle, ck_object_handle_t object,
    struct ck_attribute *templ, unsigned long count)
{
	auto_module m = module_enter();
	const struct object *o;
	ck_rv_t rv = CKR_OK;

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if (session_find(m, handle) == NULL)
		return CKR_SESSION_HANDLE_INVALID;
	o = object_find(m, object);
	if (o == NULL || !object_visible(m, o))
		return CKR_OBJECT_HANDLE_INVALID;
	if (templ == NULL && count != 0)
		return CKR_ARGUMENTS_BAD;
	for (unsigned long i = 0; i < count; i++) {
		ck_rv_t one = attribute_give(o, &templ[i]);

		if (rv == CKR_OK)
			rv = one;
	}
	return rv;
}
