/* SPDX-License-Identifier: BSD-2-Clause */

/* A certificate request, and the decision about it. */

#include "fuzz.h"
#include "pki/print.h"
#include "pki/template.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_free(csr) r = NULL;
	auto_done(fields) f = { 0 };
	auto_done(template) t;
	auto_done(identity) id = { 0 };
	auto_done(cert_content) c;

	template_init(&t);
	cert_content_init(&c);
	if (csr_parse(&r, bytes_of(p, n)) != SG_OK)
		return 0;
	SG_IGNORE(csr_fields(&f, r));
	if (template_builtin(&t, "WebServer", NULL) != SG_OK)
		return 0;
	SG_IGNORE(template_check(&t, r));
	SG_IGNORE(template_fill(&c, &t, &id, r, 1750000000));
	return 0;
}
