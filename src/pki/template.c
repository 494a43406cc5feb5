/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/template.h"

#include <stdlib.h>
#include <string.h>

#include "pki/name.h"

#define GUID_LEN 16
#define REALM_MAX 255

void
template_init(struct template *t)
{
	*t = (struct template) { 0 };
}

void
template_done(struct template *t)
{
	struct texts *lists[] = { &t->critical, &t->eku, &t->csps,
		&t->supersedes, &t->ra_policies, &t->policies,
		&t->app_policies, &t->ra_app_policies };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		texts_done(lists[i]);
	free(t->cn);
	free(t->display_name);
	free(t->oid);
	buf_done(&t->security_descriptor);
	template_init(t);
}

/* The value of "Name`Type`Value`" in a packed string (MS-CRTD 2.23). */
static enum sg_err
packed(char **out, const struct template *t, const char *name)
{
	const char *s = t->ra_app_policies.n == 1 ? t->ra_app_policies.v[0]
						  : "";
	size_t n = strlen(name);

	while (strchr(s, '`') != NULL) {
		bool hit = strncmp(s, name, n) == 0 && s[n] == '`';
		const char *type = strchr(s, '`') + 1;
		const char *value = strchr(type, '`');
		const char *end;

		if (value == NULL || (end = strchr(value + 1, '`')) == NULL)
			break;
		if (hit)
			return str_from_bytes(out, bytes_of(value + 1,
			    (size_t)(end - value - 1)));
		s = end + 1;
	}
	return sg_fail(SG_ENOENT, "the template does not say %s", name);
}

enum sg_err
template_algorithm(char **out, const struct template *t)
{
	enum sg_err e = packed(out, t, "msPKI-Asymmetric-Algorithm");

	return e == SG_ENOENT ? str_dup(out, "RSA") : e;
}

enum digest
template_hash(const struct template *t)
{
	auto_str name = NULL;

	if (packed(&name, t, "msPKI-Hash-Algorithm") != SG_OK)
		return DIGEST_SHA256;
	if (strcmp(name, "SHA384") == 0)
		return DIGEST_SHA384;
	return strcmp(name, "SHA512") == 0 ? DIGEST_SHA512 : DIGEST_SHA256;
}

void
identity_done(struct identity *id)
{
	buf_done(&id->subject);
	free(id->upn);
	free(id->sid);
	free(id->email);
	texts_done(&id->dns);
	texts_done(&id->ip);
	free(id->realm);
	buf_done(&id->guid);
	*id = (struct identity) { 0 };
}

static bool
realm_valid(const char *realm)
{
	size_t n = strlen(realm);

	return n > 0 && n <= REALM_MAX && dns_valid(realm);
}

enum sg_err
identity_check(const struct identity *id)
{
	if (id->upn != NULL && !upn_valid(id->upn))
		return sg_fail(SG_EARG, "'%s' is not a user principal name "
		    "(name@domain)", id->upn);
	if (id->sid != NULL && !sid_valid(id->sid))
		return sg_fail(SG_EARG, "'%s' is not a SID (S-1-5-...)",
		    id->sid);
	if (id->email != NULL && !upn_valid(id->email))
		return sg_fail(SG_EARG, "'%s' is not a mail address",
		    id->email);
	if (id->realm != NULL && !realm_valid(id->realm))
		return sg_fail(SG_EARG, "'%s' is not a realm", id->realm);
	if (id->guid.n != 0 && id->guid.n != GUID_LEN)
		return sg_fail(SG_EARG, "an objectGUID has 16 bytes");
	for (size_t i = 0; i < id->dns.n; i++)
		if (!dns_valid(id->dns.v[i]))
			return sg_fail(SG_EARG, "'%s' is not a DNS name",
			    id->dns.v[i]);
	return SG_OK;
}
