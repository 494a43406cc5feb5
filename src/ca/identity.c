/* SPDX-License-Identifier: BSD-2-Clause */

/* Identities in the database, and those that a certificate names. */

#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "ca/requests.h"

#define VERSION		1
#define TEXT_MAX	EXT_TEXT_MAX
#define LIST_MAX	EXT_NAMES_MAX

static enum sg_err
text_add(struct buf *out, const char *s)
{
	return buf_add_block(out, bytes_str(s != NULL ? s : ""));
}

static enum sg_err
list_add(struct buf *out, const struct texts *l)
{
	SG_TRY(buf_add_u32(out, (uint32_t)l->n));
	for (size_t i = 0; i < l->n; i++)
		SG_TRY(text_add(out, l->v[i]));
	return SG_OK;
}

enum sg_err
ca_identity_encode(struct buf *out, const struct identity *id)
{
	SG_TRY(buf_add_u8(out, VERSION));
	SG_TRY(buf_add_block(out, buf_bytes(&id->subject)));
	SG_TRY(text_add(out, id->upn));
	SG_TRY(text_add(out, id->sid));
	SG_TRY(text_add(out, id->email));
	SG_TRY(list_add(out, &id->dns));
	SG_TRY(list_add(out, &id->ip));
	SG_TRY(text_add(out, id->realm));
	return buf_add_block(out, buf_bytes(&id->guid));
}

/* An empty text is none. */
static enum sg_err
text_read(char **out, struct reader *r)
{
	struct bytes x = read_block(r, TEXT_MAX);

	return x.n > 0 ? str_from_bytes(out, x) : SG_OK;
}

static enum sg_err
list_read(struct texts *out, struct reader *r)
{
	uint32_t n = read_u32(r);

	if (n > LIST_MAX)
		reader_fail(r);
	for (uint32_t i = 0; i < n && !r->failed; i++) {
		auto_str s = NULL;

		SG_TRY(text_read(&s, r));
		if (s != NULL)
			SG_TRY(texts_add(out, s));
	}
	return SG_OK;
}

static enum sg_err
fields_read(struct identity *id, struct reader *r)
{
	SG_TRY(buf_set(&id->subject, read_block(r, TEXT_MAX)));
	SG_TRY(text_read(&id->upn, r));
	SG_TRY(text_read(&id->sid, r));
	SG_TRY(text_read(&id->email, r));
	SG_TRY(list_read(&id->dns, r));
	SG_TRY(list_read(&id->ip, r));
	SG_TRY(text_read(&id->realm, r));
	return buf_set(&id->guid, read_block(r, TEXT_MAX));
}

enum sg_err
ca_identity_decode(struct identity *out, struct bytes x)
{
	auto_done(identity) id = { 0 };
	struct reader r = reader_of(x);

	if (read_u8(&r) != VERSION)
		return sg_fail(SG_EFORMAT, "an identity of another version");
	SG_TRY(fields_read(&id, &r));
	SG_TRY(reader_finish(&r, "an identity"));
	*out = id;
	id = (struct identity) { 0 };
	return SG_OK;
}

static enum sg_err
copy(char **out, const char *s)
{
	return s != NULL ? str_dup(out, s) : SG_OK;
}

enum sg_err
ca_identity_of(struct identity *out, const struct cert *c)
{
	const struct extensions *x = &c->ext;
	const char *realm = x->principal != NULL ? strchr(x->principal, '@')
						 : NULL;
	auto_done(identity) id = { 0 };

	SG_TRY(buf_set(&id.subject, buf_bytes(&c->subject_der)));
	SG_TRY(copy(&id.upn, x->upn));
	SG_TRY(copy(&id.sid, x->sid));
	SG_TRY(copy(&id.email, x->email.n > 0 ? x->email.v[0] : NULL));
	SG_TRY(texts_add_all(&id.dns, &x->dns));
	SG_TRY(texts_add_all(&id.ip, &x->ip));
	SG_TRY(copy(&id.realm, realm != NULL ? realm + 1 : NULL));
	SG_TRY(buf_set(&id.guid, buf_bytes(&x->guid)));
	*out = id;
	id = (struct identity) { 0 };
	return SG_OK;
}
