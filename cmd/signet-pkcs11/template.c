/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "module.h"

static bool
is_bool(const struct ck_attribute *a, bool wanted)
{
	return a->value_len == 1 &&
	    (*(const unsigned char *)a->value != 0) == wanted;
}

static bool
is_number(const struct ck_attribute *a, unsigned long wanted)
{
	unsigned long v;

	if (a->value_len != sizeof(v))
		return false;
	memcpy(&v, a->value, sizeof(v));
	return v == wanted;
}

static bool
granted(const struct demand *d, const struct ck_attribute *a)
{
	switch (d->kind) {
	case DEMAND_ANYTHING:
		return true;
	case DEMAND_TRUE:
		return is_bool(a, true);
	case DEMAND_FALSE:
		return is_bool(a, false);
	case DEMAND_NUMBER:
		return is_number(a, d->number);
	case DEMAND_BYTES:
		return bytes_eq(bytes_of(a->value, a->value_len), d->bytes);
	}
	return false;
}

static const struct demand *
demand_find(const struct demands *d, ck_attribute_type_t type)
{
	for (; d->p != NULL; d++)
		for (size_t i = 0; i < d->n; i++)
			if (d->p[i].type == type)
				return &d->p[i];
	return NULL;
}

const struct ck_attribute *
template_find(const struct template *t, ck_attribute_type_t type)
{
	for (unsigned long i = 0; i < t->n; i++)
		if (t->p[i].type == type)
			return &t->p[i];
	return NULL;
}

bool
template_valid(const struct template *t)
{
	if (t->p == NULL)
		return t->n == 0;
	for (unsigned long i = 0; i < t->n; i++)
		if (t->p[i].value == NULL && t->p[i].value_len != 0)
			return false;
	return true;
}

static ck_rv_t
check_present(const struct template *t, const struct demands *d)
{
	for (; d->p != NULL; d++)
		for (size_t i = 0; i < d->n; i++)
			if (d->p[i].required &&
			    template_find(t, d->p[i].type) == NULL)
				return CKR_TEMPLATE_INCOMPLETE;
	return CKR_OK;
}

ck_rv_t
template_check(const struct template *t, const struct demands *d)
{
	for (unsigned long i = 0; i < t->n; i++) {
		const struct demand *one = demand_find(d, t->p[i].type);

		if (one == NULL)
			return CKR_ATTRIBUTE_TYPE_INVALID;
		if (!granted(one, &t->p[i]))
			return one->otherwise != CKR_OK ? one->otherwise
						: CKR_TEMPLATE_INCONSISTENT;
	}
	return check_present(t, d);
}

ck_rv_t
template_label(const struct template *t, char **out)
{
	const struct ck_attribute *a = template_find(t, CKA_LABEL);

	if (a == NULL || a->value_len == 0)
		return CKR_OK;
	if (a->value_len > OBJECT_NAME_MAX || str_from_bytes(out,
	    bytes_of(a->value, a->value_len)) != SG_OK)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return CKR_OK;
}

ck_rv_t
write_rv(enum sg_err e)
{
	if (e == SG_EARG || e == SG_EEXIST || e == SG_EFORMAT)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (e == SG_EVERIFY || e == SG_EUNSUPPORTED)
		return CKR_TEMPLATE_INCONSISTENT;
	if (e == SG_EBUSY)
		return CKR_ACTION_PROHIBITED;
	return e == SG_ELIMIT ? CKR_DEVICE_MEMORY : module_rv(e);
}
