/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_TEMPLATE_LINT_H
#define SG_PKI_TEMPLATE_LINT_H

/*
 * What makes a template dangerous.  Classes are named as the public research
 * on AD CS names them ("ESC1"); others have words.  What is judged is the
 * template as a Windows CA would issue from it; where this CA is not as
 * generous, the text says so.
 */

#include "pki/template.h"

enum lint_severity { LINT_NOTE, LINT_WARNING, LINT_CRITICAL };
const char *lint_severity_name(enum lint_severity s);

struct lint_finding {
	const char *id;		/* "ESC1", "weak-key"; static */
	enum lint_severity severity;
	char *text;		/* a sentence or two */
	char *fix;		/* arguments of signet-ca, quoted for a shell */
};
struct lint_findings {
	struct lint_finding *v;
	size_t n;
};
void lint_findings_done(struct lint_findings *f);

/* All findings, the worst first. */
enum sg_err template_lint(struct lint_findings *out,
    const struct template *t);
bool lint_critical(const struct lint_findings *f);

#endif
