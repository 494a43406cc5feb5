/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/text.h"
#include "enroll/scep.h"

static enum sg_err
fingerprint(char **out, const struct cert *c, enum digest hash)
{
	uint8_t digest[DIGEST_MAX];

	SG_TRY(digest_of(hash, buf_bytes(&c->der), digest));
	return hex_encode(out, bytes_of(digest, digest_size(hash)));
}

static enum sg_err
is_named(bool *out, const struct cert *c, const struct texts *names)
{
	auto_str sha1 = NULL, *sha256 = NULL;

	SG_TRY(fingerprint(&sha1, c, DIGEST_SHA1));
	SG_TRY(fingerprint(&sha256, c, DIGEST_SHA256));
	*out = texts_has(names, sha1) || texts_has(names, sha256);
	return SG_OK;
}

/* What a person has to compare. */
static enum sg_err
describe(char **out, const struct certs *given)
{
	auto_done(buf) b = { 0 };

	for (size_t i = 0; i < given->n; i++) {
		const struct cert *c = given->v[i];
		auto_str hex = NULL;

		if (!c->ext.ca && given->n > 1)
			continue;
		SG_TRY(fingerprint(&hex, c, DIGEST_SHA256));
		SG_TRY(buf_printf(&b, "%s'%s' (SHA-256 %s)",
		    b.n > 0 ? ", " : "", c->subject, hex));
	}
	return str_from_bytes(out, buf_bytes(&b));
}

static enum sg_err
by_fingerprint(const struct cert **out, const struct certs *given,
    const struct texts *names)
{
	auto_str all = NULL;

	for (size_t i = 0; i < given->n; i++) {
		bool yes;

		SG_TRY(is_named(&yes, given->v[i], names));
		if (yes) {
			*out = given->v[i];
			return SG_OK;
		}
	}
	SG_TRY(describe(&all, given));
	return sg_fail(SG_EVERIFY, "the CA is not the one whose fingerprint"
	    " was given; this is %s", all);
}

/* The anchor vouches for something that requests can be sealed to. */
static bool
vouches(const struct cert *anchor, const struct certs *given, int64_t now)
{
	auto_done(scep_choice) c = { 0 };

	return scep_choose(&c, given, anchor, now) == SG_OK;
}

static enum sg_err
by_anchor(const struct cert **out, struct certs *given,
    const struct certs *anchors, int64_t now)
{
	auto_str all = NULL;

	for (size_t i = 0; i < anchors->n; i++) {
		const struct cert *a = anchors->v[i];

		if (!vouches(a, given, now))
			continue;
		if (certs_find(given, a->sha256) == NULL)
			SG_TRY(certs_copy(given, a));
		*out = certs_find(given, a->sha256);
		return SG_OK;
	}
	SG_TRY(describe(&all, given));
	return sg_fail(SG_EVERIFY, "the CA is not known here: it says that it"
	    " is %s. Compare that with what your administrator says, and give"
	    " the fingerprint (--ca-fingerprint)", all);
}

enum sg_err
scep_anchor(const struct cert **out, struct certs *given,
    const struct scep_profile *p, const struct certs *anchors, int64_t now)
{
	if (p->ca_fingerprints.n > 0)
		return by_fingerprint(out, given, &p->ca_fingerprints);
	return by_anchor(out, given, anchors, now);
}
