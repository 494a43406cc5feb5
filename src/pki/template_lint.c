/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/template_lint.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "pki/access.h"
#include "pki/template_edit.h"

#define KEY_SIZE_GOOD 2048u

/* Everybody, more or less. */
static const char *const broad[] = { "WD", "AU", "AN", "BU", "BG", "DU", "DG",
	"DC", "IU", "NU", "RU", "LG" };
/* Whoever these are can do anything anyway. */
static const char *const trusted[] = { "DA", "EA", "BA", "SY", "SA", "LA",
	"CO", "PS" };
#define LEN(a) (sizeof(a) / sizeof((a)[0]))

void
lint_findings_done(struct lint_findings *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->v[i].text);
		free(f->v[i].fix);
	}
	free(f->v);
	*f = (struct lint_findings) { 0 };
}

const char *
lint_severity_name(enum lint_severity s)
{
	static const char *const names[] = { "note", "warning", "critical" };

	return names[s];
}

bool
lint_critical(const struct lint_findings *f)
{
	return f->n > 0 && f->v[0].severity == LINT_CRITICAL;
}

/* What the checks ask again and again. */
struct subject {
	const struct template *t;
	struct lint_findings found;
	const char *enrollees;	/* the broadest who may, or NULL */
	bool gated;		/* an officer or agent has to agree */
	bool logs_on;		/* good for signing in */
	bool any_purpose;
	char *name;		/* quoted for a shell */
};

static void
subject_done(struct subject *s)
{
	lint_findings_done(&s->found);
	free(s->name);
}

static bool
in(const char *const *list, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], s) == 0)
			return true;
	return false;
}

static enum sg_err
quote(char **out, const char *s)
{
	auto_done(buf) b = { 0 };
	bool plain = *s != '\0';

	for (const char *p = s; *p != '\0'; p++)
		plain = plain && (isalnum((unsigned char)*p) ||
		    strchr("-_.", *p) != NULL);
	if (plain)
		return str_dup(out, s);
	SG_TRY(buf_add_str(&b, "'"));
	for (; *s != '\0'; s++)
		SG_TRY(*s == '\'' ? buf_add_str(&b, "'\\''")
				  : buf_add_u8(&b, (uint8_t)*s));
	SG_TRY(buf_add_str(&b, "'"));
	return str_from_bytes(out, buf_bytes(&b));
}

/* The worst first, else in the order of finding.  Takes text and fix. */
static enum sg_err
insert(struct lint_findings *f, struct lint_finding *x)
{
	struct lint_finding *v = reallocarray(f->v, f->n + 1, sizeof(*v));
	size_t at = f->n;

	if (v == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	f->v = v;
	while (at > 0 && v[at - 1].severity < x->severity)
		at--;
	memmove(v + at + 1, v + at, (f->n - at) * sizeof(*v));
	v[at] = *x;
	f->n++;
	return SG_OK;
}

static enum sg_err
found(struct subject *s, const char *id, enum lint_severity severity,
    const char *text, const char *fix)
{
	struct lint_finding x = { id, severity, NULL, NULL };
	auto_str t = NULL, *f = NULL;

	SG_TRY(str_dup(&t, text));
	SG_TRY(str_dup(&f, fix));
	x.text = t;
	x.fix = f;
	SG_TRY(insert(&s->found, &x));
	t = f = NULL;
	return SG_OK;
}

/* Schema version 1 takes no settings: whoever may enroll has to go, or a
 * duplicate takes its place. */
static enum sg_err
found_set(struct subject *s, const char *id, enum lint_severity severity,
    const char *text, const char *setting)
{
	auto_str fix = NULL, *other = NULL, *quoted = NULL;

	if (s->t->schema >= 2) {
		SG_TRY(str_printf(&fix, "template set %s %s", s->name,
		    setting));
	} else if (severity == LINT_CRITICAL && s->enrollees != NULL) {
		SG_TRY(str_printf(&fix, "template access %s --remove %s",
		    s->name, s->enrollees));
	} else {
		SG_TRY(str_printf(&other, "%s 2", s->t->display_name != NULL
		    ? s->t->display_name : s->t->cn));
		SG_TRY(quote(&quoted, other));
		SG_TRY(str_printf(&fix, "template duplicate %s %s%s%s",
		    s->name, quoted, *setting != '\0' ? " " : "", setting));
	}
	return found(s, id, severity, text, fix);
}

static bool
purpose(const struct template *t, const char *oid)
{
	return texts_has(&t->eku, oid) || texts_has(&t->app_policies, oid);
}

static bool
supplies(const struct subject *s)
{
	return (s->t->name_flag & NAME_ENROLLEE_SUPPLIES) != 0;
}

static bool
open_to_all(const struct subject *s)
{
	return s->enrollees != NULL && !s->gated;
}

static enum sg_err
check_names(struct subject *s)
{
	if (!supplies(s) || !open_to_all(s))
		return SG_OK;
	if (s->logs_on)
		SG_TRY(found_set(s, "ESC1", LINT_CRITICAL, "everybody may "
		    "enroll, writes the subject into the request, and can "
		    "sign in with the certificate: as anybody, "
		    "administrators included", "subject=directory "
		    "subject-format=fully-distinguished-name "
		    "alternative-names=upn"));
	else if (purpose(s->t, OID_SERVER_AUTH) ||
	    purpose(s->t, OID_KDC_AUTH))
		SG_TRY(found_set(s, "any-server", LINT_CRITICAL, "everybody "
		    "may enroll and writes the names into the request: "
		    "anybody can be any server", "approval=yes"));
	if (s->t->schema == 1)
		SG_TRY(found_set(s, "ESC15", LINT_WARNING, "schema version 1 "
		    "and names from the request: an unpatched Windows CA "
		    "(CVE-2024-49019) also takes application policies from "
		    "the request; this CA does not", ""));
	return SG_OK;
}

static enum sg_err
check_purpose(struct subject *s)
{
	if (!open_to_all(s))
		return SG_OK;
	if ((s->t->flags & (TEMPLATE_IS_CA | TEMPLATE_IS_CROSS_CA)) != 0)
		return found_set(s, "ca-for-all", LINT_CRITICAL,
		    "everybody may enroll for the certificate of a CA",
		    "approval=yes");
	if (s->any_purpose)
		SG_TRY(found_set(s, "ESC2", LINT_CRITICAL, "everybody may "
		    "enroll, and the certificate is good for any purpose, "
		    "signing in and acting for others included",
		    "'application-policies=Client Authentication'"));
	if (purpose(s->t, OID_REQUEST_AGENT))
		SG_TRY(found_set(s, "ESC3", LINT_CRITICAL, "everybody may "
		    "become an enrollment agent, who requests certificates "
		    "in the name of others", "approval=yes"));
	return SG_OK;
}

static enum sg_err
check_mapping(struct subject *s)
{
	if ((s->t->enrollment_flag & ENROLL_NO_SECURITY_EXTENSION) == 0 ||
	    !s->logs_on)
		return SG_OK;
	return found_set(s, "ESC9", s->enrollees != NULL ? LINT_CRITICAL
	    : LINT_WARNING, "without the SID in the certificate a domain "
	    "controller goes by names, which whoever may change an account "
	    "can change", "sid-extension=yes");
}

/* Which policies are linked to groups stands in the directory only. */
static enum sg_err
check_policies(struct subject *s)
{
	if (s->t->policies.n == 0 || !s->logs_on || !open_to_all(s))
		return SG_OK;
	return found_set(s, "ESC13", LINT_NOTE, "everybody may enroll for an "
	    "issuance policy; if the directory links it to a group "
	    "(msDS-OIDToGroupLink), they get that group's rights",
	    "issuance-policies=");
}

static enum sg_err
check_keys(struct subject *s)
{
	auto_str algorithm = NULL, *hash = NULL;
	bool exportable = (s->t->private_key_flag & KEY_EXPORTABLE) != 0;

	SG_TRY(template_algorithm(&algorithm, s->t));
	if (strcmp(algorithm, "RSA") == 0 &&
	    s->t->minimal_key_size < KEY_SIZE_GOOD)
		SG_TRY(found_set(s, "weak-key", LINT_WARNING, "RSA keys of "
		    "less than 2048 bits are allowed",
		    "minimum-key-size=2048"));
	if (template_packed_get(&hash, s->t, PACKED_HASH) == SG_OK &&
	    strcmp(hash, "SHA1") == 0)
		SG_TRY(found_set(s, "weak-hash", LINT_NOTE, "clients sign "
		    "their requests over SHA-1, which this CA refuses",
		    "request-hash=SHA256"));
	if (exportable && s->logs_on)
		SG_TRY(found_set(s, "exportable", LINT_NOTE, "the key of a "
		    "certificate for signing in can be copied",
		    "export-key=no"));
	return SG_OK;
}

static enum sg_err
check_writer(struct subject *s, const char *who)
{
	const char *const one[] = { who };
	struct texts list = { .v = (char **)(uintptr_t)one, .n = 1 };
	bool everybody = in(broad, LEN(broad), who);
	auto_str text = NULL, *fix = NULL;

	if (in(trusted, LEN(trusted), who) ||
	    !access_may_change(&s->t->security, &list))
		return SG_OK;
	SG_TRY(str_printf(&text, "%s may change the template, and so make "
	    "it whatever they want", trustee_name(who)));
	SG_TRY(str_printf(&fix, "template access %s --remove %s", s->name,
	    who));
	return found(s, "ESC4", everybody ? LINT_CRITICAL : LINT_WARNING,
	    text, fix);
}

static enum sg_err
check_writers(struct subject *s)
{
	const struct sd *sd = &s->t->security;
	auto_done(texts) all = { 0 };

	if (!sd->dacl.present || sd->dacl.null) {
		auto_str fix = NULL;

		SG_TRY(str_printf(&fix, "template access %s --reset",
		    s->name));
		return found(s, "ESC4", LINT_CRITICAL, "there is no access "
		    "list: everybody may enroll and change the template",
		    fix);
	}
	SG_TRY(access_trustees(&all, sd));
	if (sd->owner != NULL && !texts_has(&all, sd->owner))
		SG_TRY(texts_add(&all, sd->owner));
	for (size_t i = 0; i < all.n; i++)
		SG_TRY(check_writer(s, all.v[i]));
	return SG_OK;
}

static const char *
broadest(const struct sd *sd)
{
	for (size_t i = 0; i < LEN(broad); i++) {
		const char *const one[] = { broad[i] };
		struct texts who = { .v = (char **)(uintptr_t)one, .n = 1 };

		if (access_granted(sd, &who, ACCESS_ENROLL) ||
		    access_granted(sd, &who, ACCESS_AUTOENROLL))
			return broad[i];
	}
	return NULL;
}

static enum sg_err
subject_make(struct subject *s, const struct template *t)
{
	bool ca = (t->flags & (TEMPLATE_IS_CA | TEMPLATE_IS_CROSS_CA)) != 0;

	s->t = t;
	s->enrollees = broadest(&t->security);
	s->gated = (t->enrollment_flag & ENROLL_PEND) != 0 ||
	    t->ra_signatures > 0;
	s->any_purpose = !ca && ((t->eku.n == 0 && t->app_policies.n == 0) ||
	    purpose(t, OID_ANY_USAGE));
	s->logs_on = s->any_purpose || purpose(t, OID_CLIENT_AUTH) ||
	    purpose(t, OID_SMARTCARD_LOGON) || purpose(t, OID_PKINIT_CLIENT);
	return quote(&s->name, t->cn);
}

enum sg_err
template_lint(struct lint_findings *out, const struct template *t)
{
	auto_done(subject) s = { 0 };

	SG_TRY(subject_make(&s, t));
	SG_TRY(check_names(&s));
	SG_TRY(check_purpose(&s));
	SG_TRY(check_writers(&s));
	SG_TRY(check_mapping(&s));
	SG_TRY(check_policies(&s));
	SG_TRY(check_keys(&s));
	*out = s.found;
	s.found = (struct lint_findings) { 0 };
	return SG_OK;
}
