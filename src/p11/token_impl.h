/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_P11_TOKEN_IMPL_H
#define SG_P11_TOKEN_IMPL_H

/* What the files of this folder share. */

#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>

#include "p11/token.h"

#define TOKEN_ATTRIBUTE_MAX 8192	/* bytes of one attribute */
#define TOKEN_SLOTS_MAX	64		/* of one module, with a token */

struct token {
	CK_FUNCTION_LIST **modules;	/* loaded by us, NULL at the end */
	bool all;			/* they are p11-kit's registered ones */
	CK_FUNCTION_LIST *module;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session;
	CK_TOKEN_INFO info;
	char label[33];
	char serial[17];
};

struct token_key {
	struct token *t;
	CK_OBJECT_HANDLE private;
	enum key_kind kind;
	size_t digest_max;		/* bytes that ECDSA takes */
	struct buf id;			/* CKA_ID */
	struct buf spki;
};

static inline void
uri_auto_free(P11KitUri **uri)
{
	p11_kit_uri_free(*uri);
}
#define auto_uri __attribute__((cleanup(uri_auto_free))) P11KitUri *

/* SG_EARG for what is no URI of RFC 7512, and for one with a PIN. */
enum sg_err uri_read(P11KitUri **out, const char *text);

/* SG_OK for CKR_OK; otherwise the failure in words. */
enum sg_err token_rv(const struct token *t, CK_RV rv, const char *doing);

/* The modules that uri names, or all, as they are registered. */
enum sg_err token_modules(struct token *t, const char *path);
/* Fills out, which has room for TOKEN_SLOTS_MAX, with the slots that hold a token;
 * returns how many.  A module that cannot tell its slots has none, and one that
 * claims to have written more than there was room for has only those. */
CK_ULONG token_slots(const CK_FUNCTION_LIST *m, CK_SLOT_ID *out);
/* A field padded with blanks, as a string. */
void token_text(const CK_UTF8CHAR *p, size_t n, char *out);

/* Handles of what fits, at most max; *n is how many there are, up to max,
 * whatever the module says. */
enum sg_err token_search(const struct token *t, CK_ATTRIBUTE *want,
    CK_ULONG count, CK_OBJECT_HANDLE *out, CK_ULONG max, CK_ULONG *n);

/* Appends an attribute's value; SG_ENOENT when the object has none. */
enum sg_err token_attribute(const struct token *t, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, struct buf *out);

/* Appends the DER SubjectPublicKeyInfo of the public key object (or of the
 * certificate) with this id. */
enum sg_err token_spki(const struct token *t, struct bytes id,
    struct buf *out);

#endif
