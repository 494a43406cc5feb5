/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/certreq.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pki/name.h"
#include "proto/certreq_keys.h"

#define NAME_CHARACTERS                  \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"     \
	"abcdefghijklmnopqrstuvwxyz0123456789-._"

void
certreq_init(struct certreq *r)
{
	*r = (struct certreq) { .hash = DIGEST_SHA256 };
	csr_content_init(&r->content);
}

void
certreq_done(struct certreq *r)
{
	free(r->subject);
	free(r->container);
	free(r->friendly_name);
	csr_content_done(&r->content);
	certreq_init(r);
}

enum sg_err
certreq_add_oid(struct texts *list, const char *oid)
{
	if (!oid_valid(oid))
		return sg_fail(SG_EARG, "'%s' is not an object identifier",
		    oid);
	if (list->n == CERTREQ_LIST_MAX)
		return sg_fail(SG_ELIMIT, "more than %d identifiers",
		    CERTREQ_LIST_MAX);
	return texts_add(list, oid);
}

enum sg_err
certreq_add_eku(struct certreq *r, const char *oid)
{
	return certreq_add_oid(&r->content.ext.eku, oid);
}

enum sg_err
certreq_set_subject(struct certreq *r, const char *text)
{
	auto_done(buf) der = { 0 };
	char *copy;

	SG_TRY(name_parse(&der, text));
	SG_TRY(str_dup(&copy, text));
	free(r->subject);
	r->subject = copy;
	buf_done(&r->content.subject);
	r->content.subject = der;
	der = (struct buf) { 0 };
	return SG_OK;
}

enum sg_err
certreq_set_upn(struct certreq *r, const char *upn)
{
	char *copy;

	if (!upn_valid(upn) || strchr(upn, '&') != NULL)
		return sg_fail(SG_EARG, "'%s' is not a user principal name"
		    " (user@realm)", upn);
	SG_TRY(str_dup(&copy, upn));
	free(r->content.ext.upn);
	r->content.ext.upn = copy;
	return SG_OK;
}

enum sg_err
certreq_add_attribute(struct certreq *r, const char *name, const char *value)
{
	if (*name == '\0' || strcasecmp(name, "_continue_") == 0 ||
	    strspn(name, NAME_CHARACTERS) != strlen(name))
		return sg_fail(SG_EARG,
		    "'%s' is no name of a request attribute", name);
	if (r->content.pair_count == CSR_ATTRS_MAX)
		return sg_fail(SG_ELIMIT, "more than %d attributes",
		    CSR_ATTRS_MAX);
	return csr_content_add_pair(&r->content, name, value);
}

/* certreq would take an unquoted comma for the end of the value. */
static enum sg_err
check_commas(const struct inf_line *l)
{
	if (!l->quoted && strchr(l->value, ',') != NULL)
		return sg_fail(SG_EFORMAT,
		    "a value with a comma must stand in quotes");
	return SG_OK;
}

static enum sg_err
version_line(struct certreq_reading *g, const struct inf_line *l)
{
	(void)g;
	if (strcasecmp(l->key, "Signature") != 0)
		return sg_fail(SG_EFORMAT, "unknown key (Signature)");
	if (strcasecmp(l->value, "$Windows NT$") != 0 &&
	    strcasecmp(l->value, "$Chicago$") != 0)
		return sg_fail(SG_EFORMAT, "the signature is \"$Windows NT$\"");
	return SG_OK;
}

static enum sg_err
eku_line(struct certreq_reading *g, const struct inf_line *l)
{
	if (strcasecmp(l->key, "OID") != 0)
		return sg_fail(SG_EFORMAT, "unknown key (OID)");
	return certreq_add_eku(&g->r, l->value);
}

static enum sg_err
attribute_line(struct certreq_reading *g, const struct inf_line *l)
{
	SG_TRY(check_commas(l));
	if (csr_content_pair(&g->r.content, l->key) != NULL)
		return sg_fail(SG_EFORMAT, "it stands there twice");
	return certreq_add_attribute(&g->r, l->key, l->value);
}

static enum sg_err
newrequest_line(struct certreq_reading *g, const struct inf_line *l)
{
	SG_TRY(check_commas(l));
	return certreq_key(g, l->key, l->value);
}

static enum sg_err
strings_line(struct certreq_reading *g, const struct inf_line *l)
{
	(void)g;
	(void)l;
	return SG_OK;
}

static enum sg_err
policy_line(struct certreq_reading *g, const struct inf_line *l)
{
	(void)g;
	(void)l;
	return sg_fail(SG_EUNSUPPORTED,
	    "this section is for cross certificates (certreq -policy)");
}

static const struct {
	const char *name;
	enum sg_err (*line)(struct certreq_reading *g,
	    const struct inf_line *l);
	bool repeats;
} sections[] = {
	{ "Version", version_line, false },
	{ "NewRequest", newrequest_line, false },
	{ "Extensions", certreq_extension_line, false },
	{ "EnhancedKeyUsageExtension", eku_line, true },
	{ "RequestAttributes", attribute_line, true },
	{ "Strings", strings_line, true },
	{ "PolicyStatementExtension", policy_line, true },
	{ "ApplicationPolicyStatementExtension", policy_line, true },
	{ "BasicConstraintsExtension", policy_line, true },
	{ "NameConstraintsExtension", policy_line, true },
	{ "CRLDistributionPoint", policy_line, true },
	{ "AuthorityInformationAccess", policy_line, true },
	{ "CrossCertificateDistributionPointsExtension", policy_line, true },
};

static bool
seen_before(const struct inf_section *s, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcasecmp(s->lines[i].key, s->lines[at].key) == 0)
			return true;
	return false;
}

/* What a file says wrongly is no mistake on the command line. */
static enum sg_err
not_usage(enum sg_err e)
{
	return e == SG_EARG ? SG_EFORMAT : e;
}

static enum sg_err
section_read(struct certreq_reading *g, const struct inf_section *s,
    const char *file, size_t kind)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct inf_line *l = &s->lines[i];
		enum sg_err e;

		if (!sections[kind].repeats && seen_before(s, i))
			e = sg_fail(SG_EFORMAT, "it stands there twice");
		else
			e = sections[kind].line(g, l);
		SG_TRY(sg_while(not_usage(e),
		    "%s:%u: [%s] %s", file, l->line, s->name, l->key));
	}
	return SG_OK;
}

static enum sg_err
any_section(struct certreq_reading *g, const struct inf_section *s,
    const char *file)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++)
		if (strcasecmp(s->name, sections[i].name) == 0)
			return section_read(g, s, file, i);
	return sg_fail(SG_EFORMAT, "%s:%u: unknown section [%s]", file,
	    s->line, s->name);
}

static enum sg_err
check_whole(const struct certreq *r, const struct inf *f, const char *file)
{
	const struct inf_section *s = inf_find(f, "NewRequest");

	if (s == NULL)
		return sg_fail(SG_EFORMAT, "%s: the section [NewRequest] is"
		    " missing", file);
	if (r->existing && r->container == NULL)
		return sg_fail(SG_EFORMAT, "%s:%u: [NewRequest]"
		    " UseExistingKeySet needs KeyContainer", file, s->line);
	return SG_OK;
}

static void
certreq_reading_done(struct certreq_reading *g)
{
	certreq_done(&g->r);
	texts_done(&g->critical);
}

/* ';' separates and ',' is an ordinary character, outside of quotes: written
 * the other way round, for name_parse. */
static enum sg_err
with_commas(struct buf *out, const char *subject)
{
	bool quoted = false;

	for (const char *s = subject; *s != '\0'; s++) {
		quoted ^= *s == '"';
		if (*s == ',' && !quoted)
			SG_TRY(buf_add_str(out, "\\,"));
		else
			SG_TRY(buf_add_u8(out, *s == ';' && !quoted ? ','
			    : (uint8_t)*s));
	}
	return buf_terminate(out);
}

static enum sg_err
subject_end(struct certreq_reading *g)
{
	auto_done(buf) text = { 0 };
	auto_str plain = g->r.subject;

	g->r.subject = NULL;
	if (plain == NULL)
		return SG_OK;
	if (!g->semicolons)
		return certreq_set_subject(&g->r, plain);
	SG_TRY(with_commas(&text, plain));
	return certreq_set_subject(&g->r, (const char *)text.p);
}

enum sg_err
certreq_read(struct certreq *out, const struct inf *f, const char *file)
{
	auto_done(certreq_reading) g = { 0 };

	certreq_init(&g.r);
	for (size_t i = 0; i < f->n; i++)
		SG_TRY(any_section(&g, &f->sections[i], file));
	SG_TRY(check_whole(&g.r, f, file));
	SG_TRY(sg_while(not_usage(subject_end(&g)), "%s: [NewRequest] Subject",
	    file));
	SG_TRY(sg_while(certreq_extensions_end(&g), "%s: [Extensions]", file));
	*out = g.r;
	certreq_init(&g.r);
	return SG_OK;
}
