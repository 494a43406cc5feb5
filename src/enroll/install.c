/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "enroll/accept.h"

#define LABEL_TRIES 100

static bool
label_taken(const struct objects *have, const char *label,
    const struct cert *but)
{
	for (size_t i = 0; i < have->cert_count; i++)
		if (strcmp(have->certs[i].label, label) == 0 &&
		    !bytes_eq(buf_bytes(&have->certs[i].der),
		    buf_bytes(&but->der)))
			return true;
	return false;
}

/* At most so many bytes, without half a character at the end. */
static void
shorten(char *s, size_t max)
{
	if (strlen(s) <= max)
		return;
	while (max > 0 && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	s[max] = '\0';
}

/* "base", or "base (2)" and so on. */
static enum sg_err
unique(char **out, char *base, const struct objects *have,
    const struct cert *c)
{
	shorten(base, OBJECT_NAME_MAX - 8);
	if (!label_taken(have, base, c))
		return str_dup(out, base);
	for (int i = 2; i < LABEL_TRIES; i++) {
		auto_str label = NULL;

		SG_TRY(str_printf(&label, "%s (%d)", base, i));
		if (label_taken(have, label, c))
			continue;
		*out = label;
		label = NULL;
		return SG_OK;
	}
	return sg_fail(SG_EEXIST, "too many certificates are called '%s'",
	    base);
}

enum sg_err
accept_label(char **out, const struct cert *leaf, const struct objects *have)
{
	auto_str base = NULL;

	SG_TRY(leaf->ext.upn != NULL ? str_dup(&base, leaf->ext.upn)
				     : cert_label(&base, leaf));
	return unique(out, base, have, leaf);
}

static enum sg_err
ca_label(char **out, const struct cert *c, const struct objects *have)
{
	auto_str base = NULL;

	SG_TRY(cert_label(&base, c));
	return unique(out, base, have, c);
}

static bool
is_stored(const struct objects *have, const struct cert *c,
    enum cert_kind kind)
{
	for (size_t i = 0; i < have->cert_count; i++)
		if (have->certs[i].kind == kind &&
		    bytes_eq(buf_bytes(&have->certs[i].der),
		    buf_bytes(&c->der)))
			return true;
	return false;
}

/* What is above the leaf and not stored yet. */
static enum sg_err
add_authorities(struct cert_ask *asks, size_t *count, struct texts *labels,
    const struct accept *a, const struct objects *have)
{
	for (size_t i = 1; i < a->path.n; i++) {
		const struct cert *c = a->path.v[i];
		enum cert_kind kind = i + 1 == a->path.n ? CERT_ANCHOR
							 : CERT_INTERMEDIATE;
		auto_str label = NULL;

		if (is_stored(have, c, kind) || is_stored(have, c, CERT_ANCHOR))
			continue;
		SG_TRY(ca_label(&label, c, have));
		SG_TRY(texts_add(labels, label));
		asks[(*count)++] = (struct cert_ask) { .kind = kind,
			.der = buf_bytes(&c->der),
			.label = labels->v[labels->n - 1] };
	}
	return SG_OK;
}

bool
accept_wants_login(const struct accept *a, const struct objects *have)
{
	return provider_wants_gesture(a->key->provider) ||
	    !is_stored(have, accept_root(a), CERT_ANCHOR) ||
	    is_stored(have, a->leaf, CERT_PERSONAL);
}

enum sg_err
accept_install(struct client *c, const struct accept *a,
    const struct objects *have, const char *label)
{
	struct cert_ask asks[BUNDLE_COUNT_MAX + 1] = { 0 };
	auto_done(texts) labels = { 0 };
	auto_str own = NULL;
	size_t count = 1;

	SG_TRY(label != NULL ? str_dup(&own, label)
			     : accept_label(&own, a->leaf, have));
	asks[0] = (struct cert_ask) { .kind = CERT_PERSONAL,
		.der = buf_bytes(&a->leaf->der), .label = own,
		.provider = provider_name(a->key->provider),
		.key = a->key->name };
	if (a->path.n > BUNDLE_COUNT_MAX)
		return sg_fail(SG_ELIMIT, "a chain of %zu certificates",
		    a->path.n);
	SG_TRY(add_authorities(asks, &count, &labels, a, have));
	return client_certs_add(c, asks, count,
	    a->request != NULL ? a->request->name : NULL);
}
