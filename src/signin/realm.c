/* SPDX-License-Identifier: BSD-2-Clause */
#include "signin/realm.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <krb5/krb5.h>
#include <netinet/in.h>
#include <profile.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>

#define USER_MAX	255	/* bytes */
#define SRV_ANSWER_MAX	16384	/* bytes of a DNS answer */
#define SRV_TIMEOUT	3	/* seconds for one try */

void
principal_done(struct principal *p)
{
	free(p->user);
	free(p->domain);
	free(p->realm);
	*p = (struct principal) { 0 };
}

/* Not isalnum() and toupper(): in a Turkish locale 'i' has no upper case. */
static bool
name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static void
upper(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'a' && *s <= 'z')
			*s = (char)(*s - 'a' + 'A');
}

static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

/* Only such names enter krb5.conf, so that nothing in them can steer it. */
static bool
dns_name(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > REALM_MAX || *s == '.' || *s == '-')
		return false;
	for (; *s != '\0'; s++)
		if (!name_char(*s) && (*s != '.' || s[1] == '.'))
			return false;
	return true;
}

static bool
user_name(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return false;
	return n > 0 && n <= USER_MAX;
}

enum sg_err
principal_parse(struct principal *out, const char *upn)
{
	auto_done(principal) p = { 0 };
	const char *at = strrchr(upn, '@');

	if (at == NULL || !user_name(upn, (size_t)(at - upn)))
		return sg_fail(SG_EFORMAT, "'%s' is not user@domain", upn);
	if (!dns_name(at + 1))
		return sg_fail(SG_EFORMAT,
		    "'%s': what follows the '@' is not a domain's name", upn);
	SG_TRY(str_from_bytes(&p.user, bytes_of(upn, (size_t)(at - upn))));
	SG_TRY(str_dup(&p.domain, at + 1));
	SG_TRY(str_dup(&p.realm, at + 1));
	upper(p.realm);
	*out = p;
	p = (struct principal) { 0 };
	return SG_OK;
}

void
kdc_names_done(struct kdc_names *k)
{
	for (size_t i = 0; i < k->n; i++)
		free(k->v[i]);
	*k = (struct kdc_names) { 0 };
}

static bool
address(const char *s)
{
	struct in6_addr a;

	return inet_pton(AF_INET, s, &a) == 1 ||
	    inet_pton(AF_INET6, s, &a) == 1;
}

enum sg_err
kdc_names_add(struct kdc_names *k, const char *s)
{
	auto_str name = NULL;
	size_t n = strcspn(s, ":/");

	/* "https://..." is a KDC proxy; its certificate is not the KDC's. */
	if (strstr(s, "://") != NULL)
		return SG_OK;
	SG_TRY(str_from_bytes(&name, bytes_of(s, n)));
	if (n > 0 && name[n - 1] == '.')
		name[n - 1] = '\0';
	lower(name);
	if (!dns_name(name) || address(name) || k->n == KDC_NAME_COUNT_MAX)
		return SG_OK;
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->v[i], name) == 0)
			return SG_OK;
	k->v[k->n++] = name;
	name = NULL;
	return SG_OK;
}

static enum sg_err
names_from_list(struct kdc_names *k, const char *list)
{
	static const char gap[] = " \t,";

	for (list += strspn(list, gap); *list != '\0';) {
		auto_str one = NULL;
		size_t n = strcspn(list, gap);

		SG_TRY(str_from_bytes(&one, bytes_of(list, n)));
		SG_TRY(kdc_names_add(k, one));
		list += n;
		list += strspn(list, gap);
	}
	if (k->n == 0)
		return sg_fail(SG_EARG,
		    "kdc-hostname in signet.conf holds no host name");
	return SG_OK;
}

static enum sg_err
names_from_profile(struct kdc_names *k, profile_t profile, const char *realm,
    bool *any)
{
	const char *const path[] = { "realms", realm, "kdc", NULL };
	enum sg_err e = SG_OK;
	char **v = NULL;

	if (profile_get_values(profile, path, &v) != 0)
		return SG_OK;
	*any = true;
	for (size_t i = 0; v[i] != NULL && e == SG_OK; i++)
		e = kdc_names_add(k, v[i]);
	profile_free_list(v);
	return e;
}

enum sg_err
kdc_names_from_srv(struct kdc_names *k, struct bytes answer)
{
	char name[NS_MAXDNAME];
	ns_msg msg;
	ns_rr rr;

	if (answer.n > SRV_ANSWER_MAX ||
	    ns_initparse(answer.p, (int)answer.n, &msg) != 0)
		return sg_fail(SG_EFORMAT, "not a DNS answer");
	for (int i = 0; i < ns_msg_count(msg, ns_s_an); i++) {
		if (ns_parserr(&msg, ns_s_an, i, &rr) != 0)
			return sg_fail(SG_EFORMAT,
			    "a record of a DNS answer is malformed");
		if (ns_rr_type(rr) != ns_t_srv ||
		    ns_rr_rdlen(rr) <= 3 * NS_INT16SZ)
			continue;
		if (ns_name_uncompress(ns_msg_base(msg), ns_msg_end(msg),
		    ns_rr_rdata(rr) + 3 * NS_INT16SZ, name,
		    sizeof(name)) < 0)
			return sg_fail(SG_EFORMAT,
			    "a name in a DNS answer is malformed");
		SG_TRY(kdc_names_add(k, name));
	}
	return SG_OK;
}

static enum sg_err
names_from_dns(struct kdc_names *k, const char *realm)
{
	struct __res_state state = { 0 };
	uint8_t answer[SRV_ANSWER_MAX];
	auto_str name = NULL;
	int n;

	SG_TRY(str_printf(&name, "_kerberos._tcp.%s.", realm));
	if (res_ninit(&state) != 0)
		return SG_OK;
	state.retrans = SRV_TIMEOUT;
	state.retry = 1;
	n = res_nquery(&state, name, ns_c_in, ns_t_srv, answer,
	    sizeof(answer));
	res_nclose(&state);
	if (n <= 0 || (size_t)n > sizeof(answer))
		return SG_OK;
	return kdc_names_from_srv(k, bytes_of(answer, (size_t)n));
}

static bool
dns_allowed(profile_t profile)
{
	int allowed = 1;

	if (profile_get_boolean(profile, "libdefaults", "dns_lookup_kdc",
	    NULL, 1, &allowed) != 0)
		return true;
	return allowed != 0;
}

enum sg_err
kdc_names_find(struct kdc_names *k, const char *realm, const char *chosen)
{
	krb5_context context;
	profile_t profile;
	bool any = false;
	enum sg_err e;

	if (chosen != NULL)
		return names_from_list(k, chosen);
	SG_TRY(kdc_names_add(k, realm));
	if (krb5_init_context(&context) != 0)
		return sg_fail(SG_EIO, "krb5.conf cannot be read");
	if (krb5_get_profile(context, &profile) != 0) {
		krb5_free_context(context);
		return sg_fail(SG_EIO, "krb5.conf cannot be read");
	}
	e = names_from_profile(k, profile, realm, &any);
	if (e == SG_OK && !any && dns_allowed(profile))
		e = names_from_dns(k, realm);
	profile_release(profile);
	krb5_free_context(context);
	return e;
}
