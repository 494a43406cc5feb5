/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * certutil's template text, with the laws that what was read is written, reads
 * back equal, and that whatever was read can be shown, judged and duplicated.
 */

#include <stdlib.h>

#include "fuzz.h"
#include "pki/template_attr.h"
#include "pki/template_edit.h"
#include "pki/template_lint.h"
#include "proto/dstemplate.h"

static void
use(const struct template *t)
{
	const struct template_setting *s;
	auto_done(lint_findings) l = { 0 };
	auto_done(template) copy;

	template_init(&copy);
	for (size_t i = 0; (s = template_setting_at(i)) != NULL; i++) {
		auto_str value = NULL;

		if (template_setting_get(&value, t, s) != SG_OK)
			abort();
	}
	if (template_lint(&l, t) != SG_OK)
		abort();
	SG_IGNORE(template_consistent(t));
	/* The base may make the name of one too long, no more. */
	SG_IGNORE(template_duplicate(&copy, t, "Copy", NULL, "1.2.3"));
}

static void
same_again(const struct template *t)
{
	const struct template *const one[] = { t };
	auto_done(template_changes) c = { 0 };
	auto_done(dstemplates) l = { 0 };
	auto_done(buf) text = { 0 };

	/* A value may hold what cannot be written. */
	if (dstemplate_write(&text, one, 1) != SG_OK)
		return;
	if (dstemplate_read(&l, buf_bytes(&text), "again") != SG_OK ||
	    template_diff(&c, t, &l.v[0]) != SG_OK || c.n != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_done(dstemplates) l = { 0 };

	if (dstemplate_read(&l, bytes_of(p, n), "fuzz") != SG_OK)
		return 0;
	for (size_t i = 0; i < l.n; i++) {
		use(&l.v[i]);
		same_again(&l.v[i]);
	}
	return 0;
}
