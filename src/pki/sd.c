/* SPDX-License-Identifier: BSD-2-Clause */

/* The bytes of security descriptors: self-relative (MS-DTYP 2.4.6), little-
 * endian but for the authority of a SID. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "base/text.h"
#include "pki/sddl.h"

#define REVISION	1
#define ACL_REVISION	2
#define ACL_REVISION_DS	4	/* with object entries */

/* Control bits, MS-DTYP 2.4.6. */
#define SE_DACL_PRESENT		0x0004u
#define SE_SACL_PRESENT		0x0010u
#define SE_DACL_AUTO_REQ	0x0100u
#define SE_SACL_AUTO_REQ	0x0200u
#define SE_DACL_AUTO		0x0400u
#define SE_SACL_AUTO		0x0800u
#define SE_DACL_PROTECTED	0x1000u
#define SE_SACL_PROTECTED	0x2000u
#define SE_SELF_RELATIVE	0x8000u

#define HEADER_LEN	20
#define GUID_LEN	16
#define SUB_MAX		15	/* of a SID */
#define OBJECT_PRESENT	1u
#define INHERITED_PRESENT 2u

static uint32_t
swap32(uint32_t v)
{
	return v >> 24 | (v >> 8 & 0xff00) | (v << 8 & 0xff0000) | v << 24;
}

static uint16_t
read_le16(struct reader *r)
{
	uint16_t v = read_u16(r);

	return (uint16_t)(v >> 8 | v << 8);
}

static uint32_t
read_le32(struct reader *r)
{
	return swap32(read_u32(r));
}

static enum sg_err
add_le16(struct buf *b, size_t v)
{
	return buf_add_u16(b, (uint16_t)((v >> 8 & 0xff) | (v << 8 & 0xff00)));
}

static enum sg_err
add_le32(struct buf *b, uint32_t v)
{
	return buf_add_u32(b, swap32(v));
}

/* Of registry text; the first three groups are little-endian in the bytes
 * (MS-DTYP 2.3.4.2). */
static const uint8_t guid_order[GUID_LEN] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9,
	10, 11, 12, 13, 14, 15 };

static enum sg_err
guid_add(struct buf *b, const char *text)
{
	auto_done(buf) raw = { 0 };
	char hex[2 * GUID_LEN + 1];
	size_t n = 0;

	for (const char *p = text; *p != '\0' && n < 2 * GUID_LEN; p++)
		if (*p != '-')
			hex[n++] = *p;
	hex[n] = '\0';
	SG_TRY(hex_decode(&raw, hex));
	if (raw.n != GUID_LEN)
		return sg_fail(SG_EFORMAT, "'%.40s' is not a GUID", text);
	for (size_t i = 0; i < GUID_LEN; i++)
		SG_TRY(buf_add_u8(b, raw.p[guid_order[i]]));
	return SG_OK;
}

static enum sg_err
guid_read(char **out, struct reader *r)
{
	uint8_t raw[GUID_LEN], text[GUID_LEN];
	auto_str hex = NULL;

	read_copy(r, raw, sizeof(raw));
	for (size_t i = 0; i < GUID_LEN; i++)
		text[guid_order[i]] = raw[i];
	SG_TRY(hex_encode(&hex, bytes_of(text, sizeof(text))));
	return str_printf(out, "%.8s-%.4s-%.4s-%.4s-%s", hex, hex + 8,
	    hex + 12, hex + 16, hex + 20);
}

static enum sg_err
sid_add(struct buf *b, const char *trustee, const char *domain)
{
	auto_str sid = NULL;
	unsigned long long authority;
	uint32_t sub[SUB_MAX];
	size_t n = 0;
	char *p;

	SG_TRY(trustee_sid(&sid, trustee, domain));
	authority = strtoull(sid + 4, &p, 10);
	while (*p == '-' && n < SUB_MAX)
		sub[n++] = (uint32_t)strtoull(p + 1, &p, 10);
	if (*p != '\0' || authority >> 48 != 0)
		return sg_fail(SG_EARG, "'%.100s' is not a SID", sid);
	SG_TRY(buf_add_u8(b, REVISION));
	SG_TRY(buf_add_u8(b, (uint8_t)n));
	SG_TRY(buf_add_u16(b, (uint16_t)(authority >> 32)));
	SG_TRY(buf_add_u32(b, (uint32_t)authority));
	for (size_t i = 0; i < n; i++)
		SG_TRY(add_le32(b, sub[i]));
	return SG_OK;
}

static enum sg_err
sid_read(char **out, struct reader *r, const char *domain)
{
	auto_done(buf) text = { 0 };
	uint8_t revision = read_u8(r), n = read_u8(r);
	uint64_t authority = (uint64_t)read_u16(r) << 32;
	auto_str sid = NULL;

	authority |= read_u32(r);
	if (revision != REVISION || n == 0 || n > SUB_MAX)
		reader_fail(r);
	SG_TRY(buf_printf(&text, "S-1-%llu", (unsigned long long)authority));
	for (uint8_t i = 0; i < n && !r->failed; i++)
		SG_TRY(buf_printf(&text, "-%u", read_le32(r)));
	if (r->failed)
		return sg_fail(SG_EFORMAT, "a SID is cut short or odd");
	SG_TRY(str_from_bytes(&sid, buf_bytes(&text)));
	return trustee_of_sid(out, sid, domain);
}

static bool
has_object(uint8_t type)
{
	return type >= ACE_ALLOW_OBJECT;
}

static enum sg_err
ace_body(struct buf *b, const struct ace *a, const char *domain)
{
	SG_TRY(add_le32(b, a->mask));
	if (has_object(a->type)) {
		SG_TRY(add_le32(b, (a->object != NULL ? OBJECT_PRESENT : 0) |
		    (a->inherited != NULL ? INHERITED_PRESENT : 0)));
		if (a->object != NULL)
			SG_TRY(guid_add(b, a->object));
		if (a->inherited != NULL)
			SG_TRY(guid_add(b, a->inherited));
	}
	return sid_add(b, a->trustee, domain);
}

static enum sg_err
acl_encode(struct buf *out, const struct acl *l, const char *domain)
{
	auto_done(buf) aces = { 0 };
	uint8_t revision = ACL_REVISION;

	for (size_t i = 0; i < l->n; i++) {
		auto_done(buf) body = { 0 };

		if (has_object(l->v[i].type))
			revision = ACL_REVISION_DS;
		SG_TRY(ace_body(&body, &l->v[i], domain));
		SG_TRY(buf_add_u8(&aces, l->v[i].type));
		SG_TRY(buf_add_u8(&aces, l->v[i].flags));
		SG_TRY(add_le16(&aces, body.n + 4));
		SG_TRY(buf_add_bytes(&aces, buf_bytes(&body)));
	}
	if (aces.n + 8 > UINT16_MAX)
		return sg_fail(SG_ELIMIT, "an access list above 64 KiB");
	SG_TRY(buf_add_u8(out, revision));
	SG_TRY(buf_add_u8(out, 0));
	SG_TRY(add_le16(out, aces.n + 8));
	SG_TRY(add_le16(out, l->n));
	SG_TRY(add_le16(out, 0));
	return buf_add_bytes(out, buf_bytes(&aces));
}

static unsigned
control(const struct sd *s)
{
	const struct acl *d = &s->dacl, *a = &s->sacl;
	unsigned c = SE_SELF_RELATIVE;

	c |= d->present ? SE_DACL_PRESENT : 0;
	c |= d->is_protected ? SE_DACL_PROTECTED : 0;
	c |= d->auto_inherited ? SE_DACL_AUTO : 0;
	c |= d->auto_inherit_required ? SE_DACL_AUTO_REQ : 0;
	c |= a->present ? SE_SACL_PRESENT : 0;
	c |= a->is_protected ? SE_SACL_PROTECTED : 0;
	c |= a->auto_inherited ? SE_SACL_AUTO : 0;
	return c | (a->auto_inherit_required ? SE_SACL_AUTO_REQ : 0);
}

/* Where the parts begin, in the header's order. */
enum part { OWNER, GROUP, SACL, DACL, PARTS };

static enum sg_err
parts_encode(struct buf *body, uint32_t at[PARTS], const struct sd *s,
    const char *domain)
{
	if (s->owner != NULL) {
		at[OWNER] = HEADER_LEN;
		SG_TRY(sid_add(body, s->owner, domain));
	}
	if (s->group != NULL) {
		at[GROUP] = (uint32_t)(HEADER_LEN + body->n);
		SG_TRY(sid_add(body, s->group, domain));
	}
	if (s->sacl.present && !s->sacl.null) {
		at[SACL] = (uint32_t)(HEADER_LEN + body->n);
		SG_TRY(acl_encode(body, &s->sacl, domain));
	}
	if (s->dacl.present && !s->dacl.null) {
		at[DACL] = (uint32_t)(HEADER_LEN + body->n);
		SG_TRY(acl_encode(body, &s->dacl, domain));
	}
	return SG_OK;
}

enum sg_err
sd_encode(struct buf *out, const struct sd *s, const char *domain)
{
	auto_done(buf) body = { 0 };
	uint32_t at[PARTS] = { 0 };

	SG_TRY(parts_encode(&body, at, s, domain));
	SG_TRY(buf_add_u8(out, REVISION));
	SG_TRY(buf_add_u8(out, 0));
	SG_TRY(add_le16(out, control(s)));
	for (int i = 0; i < PARTS; i++)
		SG_TRY(add_le32(out, at[i]));
	return buf_add_bytes(out, buf_bytes(&body));
}

static enum sg_err
ace_read(struct ace *a, struct bytes x, const char *domain)
{
	struct reader r = reader_of(x);

	a->mask = read_le32(&r);
	if (has_object(a->type)) {
		uint32_t which = read_le32(&r);

		if ((which & OBJECT_PRESENT) != 0)
			SG_TRY(guid_read(&a->object, &r));
		if ((which & INHERITED_PRESENT) != 0)
			SG_TRY(guid_read(&a->inherited, &r));
	}
	SG_TRY(sid_read(&a->trustee, &r, domain));
	return reader_finish(&r, "an entry");
}

static enum sg_err
ace_decode(struct acl *l, struct reader *r, const char *domain)
{
	auto_done(ace) a = { .type = read_u8(r) };
	uint16_t size;
	struct bytes body;

	a.flags = read_u8(r);
	size = read_le16(r);
	body = read_bytes(r, size >= 4 ? (size_t)size - 4 : SIZE_MAX);
	if (r->failed)
		return sg_fail(SG_EFORMAT, "an access list is cut short");
	if (a.type > ACE_AUDIT && (a.type < ACE_ALLOW_OBJECT ||
	    a.type > ACE_AUDIT_OBJECT))
		return sg_fail(SG_EUNSUPPORTED, "entries of type %u are not "
		    "done here", a.type);
	SG_TRY(ace_read(&a, body, domain));
	return acl_insert(l, l->n, &a);
}

static enum sg_err
acl_decode(struct acl *l, struct bytes whole, uint32_t at, const char *domain)
{
	struct reader r = reader_of(whole);
	uint8_t revision;
	uint16_t size, n;
	struct bytes body;

	(void)read_bytes(&r, at);
	revision = read_u8(&r);
	(void)read_u8(&r);
	size = read_le16(&r);
	n = read_le16(&r);
	(void)read_le16(&r);
	body = read_bytes(&r, size >= 8 ? (size_t)size - 8 : SIZE_MAX);
	if (r.failed || (revision != ACL_REVISION &&
	    revision != ACL_REVISION_DS))
		return sg_fail(SG_EFORMAT,
		    "an access list is cut short or odd");
	r = reader_of(body);
	for (uint16_t i = 0; i < n; i++)
		SG_TRY(ace_decode(l, &r, domain));
	return SG_OK;
}

static void
control_read(struct sd *s, unsigned c)
{
	s->dacl.present = (c & SE_DACL_PRESENT) != 0;
	s->dacl.is_protected = (c & SE_DACL_PROTECTED) != 0;
	s->dacl.auto_inherited = (c & SE_DACL_AUTO) != 0;
	s->dacl.auto_inherit_required = (c & SE_DACL_AUTO_REQ) != 0;
	s->sacl.present = (c & SE_SACL_PRESENT) != 0;
	s->sacl.is_protected = (c & SE_SACL_PROTECTED) != 0;
	s->sacl.auto_inherited = (c & SE_SACL_AUTO) != 0;
	s->sacl.auto_inherit_required = (c & SE_SACL_AUTO_REQ) != 0;
}

static enum sg_err
who_decode(char **out, struct bytes whole, uint32_t at, const char *domain)
{
	struct reader r = reader_of(whole);

	if (at == 0)
		return SG_OK;
	(void)read_bytes(&r, at);
	return sid_read(out, &r, domain);
}

static enum sg_err
list_decode(struct acl *l, struct bytes whole, uint32_t at,
    const char *domain)
{
	if (!l->present)
		return SG_OK;
	l->null = at == 0;
	return l->null ? SG_OK : acl_decode(l, whole, at, domain);
}

enum sg_err
sd_decode(struct sd *out, struct bytes x, const char *domain)
{
	auto_done(sd) s = { 0 };
	struct reader r = reader_of(x);
	uint8_t revision = read_u8(&r);
	uint32_t at[PARTS];

	if (x.n > SD_SIZE_MAX)
		return sg_fail(SG_ELIMIT, "more than %d bytes of security "
		    "descriptor", SD_SIZE_MAX);
	(void)read_u8(&r);
	control_read(&s, read_le16(&r));
	for (int i = 0; i < PARTS; i++)
		at[i] = read_le32(&r);
	if (r.failed || revision != REVISION)
		return sg_fail(SG_EFORMAT, "not a security descriptor");
	SG_TRY(who_decode(&s.owner, x, at[OWNER], domain));
	SG_TRY(who_decode(&s.group, x, at[GROUP], domain));
	SG_TRY(list_decode(&s.sacl, x, at[SACL], domain));
	SG_TRY(list_decode(&s.dacl, x, at[DACL], domain));
	*out = s;
	s = (struct sd) { 0 };
	return SG_OK;
}
