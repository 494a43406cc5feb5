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
	sd_done(&t->security);
	for (size_t i = 0; i < t->extra_count; i++) {
		free(t->extra[i].name);
		texts_done(&t->extra[i].values);
	}
	free(t->extra);
	template_init(t);
}

enum sg_err
template_name_check(const char *cn)
{
	size_t n = strlen(cn);

	if (n == 0 || n > TEMPLATE_NAME_MAX)
		return sg_fail(SG_EARG, "the name of a template has 1 to %d "
		    "bytes", TEMPLATE_NAME_MAX);
	if (cn[0] == '.' || cn[0] == ' ' || cn[n - 1] == ' ')
		return sg_fail(SG_EARG, "the name of a template neither "
		    "begins with a dot nor has blanks at its ends");
	if (!text_plain(cn))
		return sg_fail(SG_EARG, "the name of a template is UTF-8 "
		    "without control characters");
	for (; *cn != '\0'; cn++)
		if (strchr("/\\[]\"`;,+=<>#%*?|:", *cn) != NULL)
			return sg_fail(SG_EARG, "'%c' has no place in the "
			    "name of a template", *cn);
	return SG_OK;
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
