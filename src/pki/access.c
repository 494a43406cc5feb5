/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/access.h"

#include <string.h>
#include <strings.h>

#define ALL_RIGHTS	0xf01ffu
/* What the templates of a forest give administrators: enrolling is apart. */
#define FULL_RIGHTS	(ALL_RIGHTS & ~RIGHT_CONTROL)
#define READ_RIGHTS	(RIGHT_LIST | RIGHT_READ_PROP | RIGHT_LIST_OBJECT | \
			RIGHT_READ_CONTROL)
#define WRITE_RIGHTS	(RIGHT_WRITE_PROP | RIGHT_WRITE_DACL | \
			RIGHT_WRITE_OWNER)
/* MS-ADTS 5.1.3.2: what the generic rights are for directory objects. */
#define GENERIC_WRITE_RIGHTS (RIGHT_SELF | RIGHT_WRITE_PROP | \
			RIGHT_READ_CONTROL)
#define GENERIC_EXECUTE_RIGHTS (RIGHT_LIST | RIGHT_READ_CONTROL)

static const char *const names[ACCESS_RIGHTS] = { "read", "write", "enroll",
	"autoenroll", "full" };

const char *
access_right_name(enum access_right r)
{
	return names[r];
}

enum sg_err
access_right_parse(enum access_right *out, const char *name)
{
	for (int i = 0; i < ACCESS_RIGHTS; i++) {
		if (strcasecmp(names[i], name) != 0)
			continue;
		*out = (enum access_right)i;
		return SG_OK;
	}
	return sg_fail(SG_EARG, "'%.40s' is none of the rights read, write, "
	    "enroll, autoenroll and full", name);
}

static uint32_t
specific(uint32_t mask)
{
	uint32_t v = mask & ALL_RIGHTS;

	v |= (mask & RIGHT_GENERIC_ALL) != 0 ? ALL_RIGHTS : 0;
	v |= (mask & RIGHT_GENERIC_READ) != 0 ? READ_RIGHTS : 0;
	v |= (mask & RIGHT_GENERIC_WRITE) != 0 ? GENERIC_WRITE_RIGHTS : 0;
	v |= (mask & RIGHT_GENERIC_EXECUTE) != 0 ? GENERIC_EXECUTE_RIGHTS : 0;
	return v;
}

static bool
is_allow(const struct ace *a)
{
	return a->type == ACE_ALLOW || a->type == ACE_ALLOW_OBJECT;
}

static bool
is_deny(const struct ace *a)
{
	return a->type == ACE_DENY || a->type == ACE_DENY_OBJECT;
}

/* What the entry says of the extended right of that GUID (NULL: of the object
 * as a whole). */
static uint32_t
covers(const struct ace *a, const char *guid)
{
	uint32_t mask = specific(a->mask);

	if ((a->flags & ACE_INHERIT_ONLY) != 0)
		return 0;
	if (a->object == NULL)
		return mask;
	return guid != NULL && strcmp(a->object, guid) == 0
	    ? mask & RIGHT_CONTROL : 0;
}

static uint32_t
effective(const struct sd *s, const struct texts *who, const char *guid)
{
	uint32_t allowed = 0, denied = 0;

	if (!s->dacl.present || s->dacl.null)
		return ALL_RIGHTS;
	for (size_t i = 0; i < s->dacl.n; i++) {
		const struct ace *a = &s->dacl.v[i];

		if (!texts_has(who, a->trustee))
			continue;
		if (is_allow(a))
			allowed |= covers(a, guid) & ~denied;
		else if (is_deny(a))
			denied |= covers(a, guid) & ~allowed;
	}
	return allowed;
}

static const char *
guid_of(enum access_right r)
{
	if (r == ACCESS_ENROLL)
		return GUID_ENROLL;
	return r == ACCESS_AUTOENROLL ? GUID_AUTOENROLL : NULL;
}

static uint32_t
mask_of(enum access_right r)
{
	switch (r) {
	case ACCESS_READ:
		return READ_RIGHTS;
	case ACCESS_WRITE:
		return WRITE_RIGHTS;
	case ACCESS_ENROLL:
	case ACCESS_AUTOENROLL:
		return RIGHT_CONTROL;
	case ACCESS_FULL:
	case ACCESS_RIGHTS:
		break;
	}
	return FULL_RIGHTS;
}

/* Who gets full control from the console may also enroll. */
static uint32_t
mask_to_add(enum access_right r)
{
	return r == ACCESS_FULL ? ALL_RIGHTS : mask_of(r);
}

bool
access_granted(const struct sd *s, const struct texts *who,
    enum access_right r)
{
	uint32_t want = mask_of(r);

	return (effective(s, who, guid_of(r)) & want) == want;
}

bool
access_may_change(const struct sd *s, const struct texts *who)
{
	/* Writing a property set or one property is enough, so entries with
	 * an object count too; not the write half of the enroll entries. */
	for (size_t i = 0; s->dacl.present && i < s->dacl.n; i++) {
		const struct ace *a = &s->dacl.v[i];

		if (a->type == ACE_ALLOW_OBJECT && a->object != NULL &&
		    (a->flags & ACE_INHERIT_ONLY) == 0 &&
		    strcmp(a->object, GUID_ENROLL) != 0 &&
		    strcmp(a->object, GUID_AUTOENROLL) != 0 &&
		    (specific(a->mask) & RIGHT_WRITE_PROP) != 0 &&
		    texts_has(who, a->trustee))
			return true;
	}
	return (effective(s, who, NULL) & WRITE_RIGHTS) != 0 ||
	    (s->owner != NULL && texts_has(who, s->owner));
}

/* Where a new entry goes: denials, then object entries, then the others. */
static size_t
place(const struct acl *l, uint8_t type)
{
	size_t i = 0;

	while (i < l->n && is_deny(&l->v[i]))
		i++;
	if (type == ACE_DENY || type == ACE_DENY_OBJECT)
		return i;
	while (type == ACE_ALLOW_OBJECT && i < l->n &&
	    l->v[i].type == ACE_ALLOW_OBJECT)
		i++;
	return type == ACE_ALLOW_OBJECT ? i : l->n;
}

static bool
same_kind(const struct ace *a, uint8_t type, const char *guid,
    const char *trustee)
{
	if (a->type != type || strcmp(a->trustee, trustee) != 0 ||
	    a->flags != 0 || a->inherited != NULL)
		return false;
	if (guid == NULL || a->object == NULL)
		return guid == a->object;
	return strcmp(a->object, guid) == 0;
}

static enum sg_err
add(struct sd *s, const char *trustee, enum access_right r, bool allow)
{
	const char *guid = guid_of(r);
	uint8_t type = allow ? ACE_ALLOW : ACE_DENY;
	auto_done(ace) a = { 0 };

	if (guid != NULL)
		type = allow ? ACE_ALLOW_OBJECT : ACE_DENY_OBJECT;
	for (size_t i = 0; i < s->dacl.n; i++) {
		if (!same_kind(&s->dacl.v[i], type, guid, trustee))
			continue;
		s->dacl.v[i].mask |= mask_to_add(r);
		return SG_OK;
	}
	if (s->dacl.null)
		return sg_fail(SG_EUNSUPPORTED, "the descriptor has no list: "
		    "everything is allowed to everybody");
	a.type = type;
	a.mask = mask_to_add(r);
	SG_TRY(str_dup(&a.trustee, trustee));
	if (guid != NULL)
		SG_TRY(str_dup(&a.object, guid));
	return acl_insert(&s->dacl, place(&s->dacl, type), &a);
}

enum sg_err
access_grant(struct sd *s, const char *trustee, enum access_right r)
{
	return add(s, trustee, r, true);
}

enum sg_err
access_deny(struct sd *s, const char *trustee, enum access_right r)
{
	return add(s, trustee, r, false);
}

/* Takes the right out of the entry; true when nothing is left of it. */
static bool
strip(struct ace *a, enum access_right r, bool *hit)
{
	const char *guid = guid_of(r);

	if (r != ACCESS_RIGHTS && guid == NULL && a->object != NULL)
		return false;
	if (guid != NULL && (a->object == NULL ||
	    strcmp(a->object, guid) != 0))
		return false;
	*hit = true;
	if (r == ACCESS_RIGHTS || r == ACCESS_FULL || guid != NULL)
		return true;
	a->mask = specific(a->mask) & ~mask_of(r);
	/* Reading the descriptor is a part of both halves. */
	return (a->mask & ~RIGHT_READ_CONTROL) == 0;
}

enum sg_err
access_remove(struct sd *s, const char *trustee, enum access_right r)
{
	bool hit = false;

	for (size_t i = s->dacl.n; i-- > 0;) {
		struct ace *a = &s->dacl.v[i];

		if (strcmp(a->trustee, trustee) == 0 && strip(a, r, &hit))
			acl_remove(&s->dacl, i);
	}
	if (hit)
		return SG_OK;
	return sg_fail(SG_ENOENT, "there is no such entry for %s",
	    trustee_name(trustee));
}

enum sg_err
access_trustees(struct texts *out, const struct sd *s)
{
	for (size_t i = 0; i < s->dacl.n; i++)
		if (!texts_has(out, s->dacl.v[i].trustee))
			SG_TRY(texts_add(out, s->dacl.v[i].trustee));
	return SG_OK;
}

enum sg_err
access_default(struct sd *out)
{
	return sddl_parse(out, "D:PAI"
	    "(OA;;RPWPCR;" GUID_ENROLL ";;DA)(OA;;RPWPCR;" GUID_ENROLL ";;EA)"
	    "(A;;CCDCLCSWRPWPDTLOSDRCWDWO;;;DA)"
	    "(A;;CCDCLCSWRPWPDTLOSDRCWDWO;;;EA)(A;;LCRPLORC;;;AU)");
}
