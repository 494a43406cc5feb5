/* SPDX-License-Identifier: BSD-2-Clause */
#include "signin/choose.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define FINGERPRINT_MIN	8	/* hex digits that name a certificate */
#define LISTED_MAX	5	/* certificates that a note describes */

const char *
candidate_flaw(const struct candidate *c, int64_t now)
{
	if (c->broken)
		return "cannot be read";
	if (now < c->not_before)
		return "is not valid yet (is the clock right?)";
	if (now > c->not_after)
		return "has expired";
	if (!c->logon)
		return "is not for smart card logon (its extended key usage)";
	if (c->upn == NULL)
		return "names no user (it has no user principal name)";
	if (!c->rsa)
		return "has no RSA-2048 key, the only kind that FreeRDP and "
		    "MIT Kerberos sign with";
	return NULL;
}

static bool
fingerprint_begins(const char *fingerprint, const char *wanted)
{
	size_t digits = 0;

	for (; *wanted != '\0'; wanted++) {
		if (*wanted == ':')
			continue;
		if (tolower((unsigned char)*wanted) != fingerprint[digits])
			return false;
		digits++;
	}
	return digits >= FINGERPRINT_MIN;
}

static bool
is_wanted(const struct candidate *c, const char *wanted)
{
	return wanted == NULL || strcmp(c->label, wanted) == 0 ||
	    fingerprint_begins(c->fingerprint, wanted);
}

static enum sg_err
describe(struct buf *b, const struct candidate *c, const char *flaw)
{
	SG_TRY(buf_printf(b, "%s'%s' (%.8s)", b->n > 0 ? ", " : "", c->label,
	    c->fingerprint));
	return flaw != NULL ? buf_printf(b, " %s", flaw) : SG_OK;
}

static enum sg_err
fail_none(const struct candidates *c, const char *wanted, int64_t now)
{
	auto_done(buf) b = { 0 };
	size_t listed = 0;

	for (size_t i = 0; i < c->n && listed < LISTED_MAX; i++)
		if (is_wanted(&c->v[i], wanted)) {
			SG_TRY(describe(&b, &c->v[i],
			    candidate_flaw(&c->v[i], now)));
			listed++;
		}
	SG_TRY(buf_terminate(&b));
	if (listed > 0)
		return sg_fail(SG_ENOENT, "no certificate can sign in: %s; "
		    "'signet request new' asks for another", b.p);
	if (wanted != NULL)
		return sg_fail(SG_ENOENT, "no certificate has the label or "
		    "fingerprint '%s'; 'signet cert list' shows them", wanted);
	return sg_fail(SG_ENOENT, "there is no certificate in the container; "
	    "'signet request new' asks for one, 'signet request accept' "
	    "installs it");
}

static enum sg_err
fail_several(const struct candidates *c, const char *wanted, int64_t now)
{
	auto_done(buf) b = { 0 };

	for (size_t i = 0; i < c->n; i++)
		if (is_wanted(&c->v[i], wanted) &&
		    candidate_flaw(&c->v[i], now) == NULL)
			SG_TRY(describe(&b, &c->v[i], NULL));
	SG_TRY(buf_terminate(&b));
	return sg_fail(SG_EARG, "several certificates can sign in: %s; "
	    "choose one by its label or by the digits of its fingerprint: "
	    "--cert %.8s", b.p, strrchr((char *)b.p, '(') + 1);
}

enum sg_err
choose(const struct candidates *c, const char *wanted, int64_t now,
    const struct candidate **out)
{
	const struct candidate *found = NULL;

	for (size_t i = 0; i < c->n; i++) {
		if (!is_wanted(&c->v[i], wanted) ||
		    candidate_flaw(&c->v[i], now) != NULL)
			continue;
		if (found != NULL)
			return fail_several(c, wanted, now);
		found = &c->v[i];
	}
	if (found == NULL)
		return fail_none(c, wanted, now);
	*out = found;
	return SG_OK;
}
