/* SPDX-License-Identifier: BSD-2-Clause */

/* Which tokens are there, and the URI of one. */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "p11/token_impl.h"

#define TOKENS_MAX	64

/* What the module and the card of this container say of themselves. */
#define OWN_MAKER	"Signet"
#define OWN_READER	"Signet Container"

void
token_list_done(struct token_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].module);
	free(l->v);
	*l = (struct token_list) { 0 };
}

/* RFC 7512 2.3: what is not unreserved is escaped. */
static enum sg_err
add_escaped(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		SG_TRY(isalnum(c) || strchr("-._~", c) != NULL
		    ? buf_add_u8(b, c) : buf_printf(b, "%%%02X", c));
	}
	return SG_OK;
}

static enum sg_err
add_part(struct buf *b, const char *before, const char *name, const char *value)
{
	if (value == NULL)
		return SG_OK;
	SG_TRY(buf_printf(b, "%s%s=", before, name));
	return add_escaped(b, value);
}

enum sg_err
token_uri(char **out, const char *label, const char *serial,
    const char *module)
{
	auto_done(buf) b = { 0 };

	SG_TRY(buf_add_str(&b, "pkcs11:"));
	SG_TRY(add_part(&b, "", "token", label));
	SG_TRY(add_part(&b, label != NULL ? ";" : "", "serial", serial));
	SG_TRY(add_part(&b, "?", "module-path", module));
	return str_from_bytes(out, buf_bytes(&b));
}

static bool
is_persons(CK_FUNCTION_LIST *m, CK_SLOT_ID slot, const CK_TOKEN_INFO *info)
{
	const CK_FLAGS wanted = CKF_TOKEN_INITIALIZED | CKF_LOGIN_REQUIRED;
	char maker[sizeof(info->manufacturerID) + 1];
	char reader[sizeof(((CK_SLOT_INFO *)NULL)->slotDescription) + 1];
	CK_SLOT_INFO about;

	if ((info->flags & wanted) != wanted ||
	    m->C_GetSlotInfo(slot, &about) != CKR_OK)
		return false;
	token_text(info->manufacturerID, sizeof(info->manufacturerID), maker);
	token_text(about.slotDescription, sizeof(about.slotDescription),
	    reader);
	return strcmp(maker, OWN_MAKER) != 0 &&
	    strncmp(reader, OWN_READER, strlen(OWN_READER)) != 0;
}

static enum sg_err
add_token(struct token_list *l, const CK_TOKEN_INFO *info, const char *module)
{
	struct token_about *a = &l->v[l->n];

	*a = (struct token_about) { 0 };
	token_text(info->label, sizeof(info->label), a->label);
	token_text(info->serialNumber, sizeof(info->serialNumber), a->serial);
	if (module != NULL)
		SG_TRY(str_dup(&a->module, module));
	l->n++;
	return SG_OK;
}

static enum sg_err
add_tokens(struct token_list *l, CK_FUNCTION_LIST *m, const char *module)
{
	CK_SLOT_ID slots[TOKEN_SLOTS_MAX];
	CK_ULONG n = token_slots(m, slots);

	for (CK_ULONG i = 0; i < n && l->n < TOKENS_MAX; i++) {
		CK_TOKEN_INFO info;

		if (m->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
		    !is_persons(m, slots[i], &info))
			continue;
		SG_TRY(add_token(l, &info, module));
	}
	return SG_OK;
}

enum sg_err
token_list_make(struct token_list *out, const char *module)
{
	auto_free(token) t = calloc(1, sizeof(*t));
	auto_done(token_list) l = { 0 };

	if (t == NULL ||
	    (l.v = calloc(TOKENS_MAX, sizeof(*l.v))) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	t->session = CK_INVALID_HANDLE;
	SG_TRY(token_modules(t, module));
	for (size_t i = 0; t->modules[i] != NULL; i++)
		SG_TRY(add_tokens(&l, t->modules[i], module));
	*out = l;
	l = (struct token_list) { 0 };
	return SG_OK;
}
