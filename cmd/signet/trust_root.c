/* SPDX-License-Identifier: BSD-2-Clause */
#include "trust_root.h"

/* "AB:CD:..." as people compare it. */
static enum sg_err
fingerprint(char **out, const uint8_t digest[SHA256_LEN])
{
	auto_done(buf) b = { 0 };

	for (size_t i = 0; i < SHA256_LEN; i++)
		SG_TRY(buf_printf(&b, "%s%02X", i > 0 ? ":" : "", digest[i]));
	return str_from_bytes(out, buf_bytes(&b));
}

enum sg_err
trust_root(const struct pin_options *o, const struct cert *root, bool trusted)
{
	struct prompt p = pin_prompt(o);
	auto_str shown = NULL;
	auto_str question = NULL;
	enum sg_err e;

	if (trusted)
		return SG_OK;
	SG_TRY(fingerprint(&shown, root->sha256));
	SG_TRY(str_printf(&question, "The root certificate\n    %s\n    SHA-256"
	    " %s\nis not trusted yet. Compare the fingerprint with what your"
	    " administrator says.\nTrust it?", root->subject, shown));
	e = prompt_confirm(&p, question);
	if (e == SG_EIO)
		return sg_fail(SG_EIO, "the root certificate '%s' (SHA-256 %s)"
		    " is not trusted yet: --trust-root trusts it",
		    root->subject, shown);
	return e;
}
