/* SPDX-License-Identifier: BSD-2-Clause */
#include "stored.h"

#include <ctype.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

const char *
cert_kind_name(enum cert_kind kind)
{
	switch (kind) {
	case CERT_PERSONAL:
		return "personal";
	case CERT_INTERMEDIATE:
		return "intermediate";
	case CERT_ANCHOR:
		break;
	}
	return "anchor";
}

const char *
stored_state(const struct cert_object *c, const struct cert *x,
    const struct objects *o, int64_t now)
{
	if (c->kind == CERT_PERSONAL && objects_key(o, c->key) == NULL)
		return "key missing";
	if (now < x->not_before)
		return "not yet valid";
	return now > x->not_after ? "expired" : "valid";
}

static bool
begins_with(const char *fingerprint, const char *which)
{
	size_t digits = 0;

	for (; *which != '\0'; which++) {
		if (*which == ':')
			continue;
		if (tolower((unsigned char)*which) != fingerprint[digits])
			return false;
		digits++;
	}
	return digits >= FINGERPRINT_MIN;
}

static enum sg_err
fits(const struct cert_object *c, const char *which, bool *out)
{
	uint8_t digest[SHA256_LEN];
	auto_str hex = NULL;

	SG_TRY(sha256(buf_bytes(&c->der), digest));
	SG_TRY(hex_encode(&hex, bytes_of(digest, sizeof(digest))));
	*out = strcmp(c->label, which) == 0 || begins_with(hex, which);
	return SG_OK;
}

enum sg_err
stored_find(const struct cert_object **out, const struct objects *o,
    const char *which)
{
	const struct cert_object *found = NULL;

	for (size_t i = 0; i < o->cert_count; i++) {
		bool yes;

		SG_TRY(fits(&o->certs[i], which, &yes));
		if (yes && found != NULL)
			return sg_fail(SG_EARG, "several certificates are"
			    " called '%s': name one by its fingerprint"
			    " ('signet cert list --json')", which);
		if (yes)
			found = &o->certs[i];
	}
	if (found == NULL)
		return sg_fail(SG_ENOENT, "no certificate has the label or"
		    " fingerprint '%s' ('signet cert list')", which);
	*out = found;
	return SG_OK;
}

enum sg_err
certs_load(struct certs *out, char *const *files, int n)
{
	for (int i = 0; i < n; i++) {
		auto_done(buf) text = { 0 };

		SG_TRY(file_read(&text, files[i], BUNDLE_MAX));
		SG_TRY(sg_while(certs_read(out, buf_bytes(&text)), "%s",
		    files[i]));
	}
	return SG_OK;
}
