/* SPDX-License-Identifier: BSD-2-Clause */

/* The templates that every forest has, MS-CRTD appendix A note 42; minimal
 * key sizes as forests of today have them. */

#include <string.h>
#include <strings.h>

#include "pki/template.h"

#define DAY ((int64_t)86400)
#define YEAR (365 * DAY)
#define WEEK (7 * DAY)

#define A0 (USAGE_DIGITAL_SIGNATURE | USAGE_KEY_ENCIPHERMENT)
#define CA_USAGE (USAGE_DIGITAL_SIGNATURE | USAGE_CERT_SIGN | USAGE_CRL_SIGN)

#define CSP_ENHANCED "1,Microsoft Enhanced Cryptographic Provider v1.0"
#define CSP_SCHANNEL "1,Microsoft RSA SChannel Cryptographic Provider"
#define CSP_DH "2,Microsoft DH SChannel Cryptographic Provider"

#define LIST_MAX 5

struct builtin {
	const char *cn;
	const char *display_name;
	unsigned number;	/* last arc of its OID */
	uint32_t flags, name_flag, enrollment_flag, private_key_flag;
	uint32_t schema, revision, minor, key_spec;
	unsigned key_usage;
	int max_depth;
	int64_t validity;
	const char *eku[LIST_MAX];
	const char *csps[LIST_MAX];
	const char *critical[LIST_MAX];
};

static const struct builtin table[] = {
	{ "SmartcardLogon", "Smartcard Logon", 5, 0x10200, 0x82000000, 0, 0,
	    1, 6, 1, 1, A0, 0, YEAR,
	    { OID_CLIENT_AUTH, OID_SMARTCARD_LOGON }, { NULL },
	    { OID_KEY_USAGE } },
	{ "SmartcardUser", "Smartcard User", 3, 0x1020A, 0xA6000000, 9, 0,
	    1, 11, 1, 1, A0, 0, YEAR,
	    { OID_EMAIL_PROTECTION, OID_CLIENT_AUTH, OID_SMARTCARD_LOGON },
	    { NULL }, { OID_KEY_USAGE } },
	{ "ClientAuth", "Authenticated Session", 4, 0x10220, 0x82000000, 32,
	    0, 1, 3, 1, 2, USAGE_DIGITAL_SIGNATURE, 0, YEAR,
	    { OID_CLIENT_AUTH },
	    { "3,Microsoft Base DSS Cryptographic Provider",
	    "2,Microsoft Base Cryptographic Provider v1.0", CSP_ENHANCED },
	    { OID_KEY_USAGE } },
	{ "KerberosAuthentication", "Kerberos Authentication", 33, 0x10060,
	    0x08400000, 32, 0, 2, 110, 0, 1, A0, 0, YEAR,
	    { OID_CLIENT_AUTH, OID_SERVER_AUTH, OID_SMARTCARD_LOGON,
	    OID_KDC_AUTH }, { CSP_SCHANNEL },
	    { OID_KEY_USAGE, OID_SUBJECT_ALT_NAME } },
	{ "DomainController", "Domain Controller", 15, 0x1026C, 0x19000000,
	    41, 0, 1, 4, 1, 1, A0, 0, YEAR,
	    { OID_CLIENT_AUTH, OID_SERVER_AUTH }, { CSP_SCHANNEL },
	    { OID_KEY_USAGE } },
	{ "Machine", "Computer", 14, 0x10260, 0x18000000, 32, 0, 1, 5, 1, 1,
	    A0, 0, YEAR, { OID_CLIENT_AUTH, OID_SERVER_AUTH },
	    { CSP_SCHANNEL }, { OID_KEY_USAGE } },
	{ "WebServer", "Web Server", 16, 0x10241, 0x1, 0, 0, 1, 4, 1, 1, A0,
	    0, 2 * YEAR, { OID_SERVER_AUTH }, { CSP_DH, CSP_SCHANNEL },
	    { OID_KEY_USAGE } },
	{ "CA", "Root Certification Authority", 17, 0x100D1, 0x1, 0, 16, 1,
	    5, 1, 2, CA_USAGE, -1, 5 * YEAR, { NULL }, { CSP_ENHANCED },
	    { OID_KEY_USAGE, OID_BASIC_CONSTRAINTS } },
	{ "SubCA", "Subordinate Certification Authority", 18, 0x102D1, 0x1,
	    0, 16, 1, 5, 1, 2, CA_USAGE, -1, 5 * YEAR, { NULL },
	    { CSP_ENHANCED }, { OID_KEY_USAGE, OID_BASIC_CONSTRAINTS } },
};
#define TABLE_LEN (sizeof(table) / sizeof(table[0]))

const char *
template_builtin_name(size_t i)
{
	return i < TABLE_LEN ? table[i].cn : NULL;
}

static enum sg_err
list_fill(struct texts *out, const char *const from[LIST_MAX])
{
	for (size_t i = 0; i < LIST_MAX && from[i] != NULL; i++)
		SG_TRY(texts_add(out, from[i]));
	return SG_OK;
}

static enum sg_err
fill(struct template *t, const struct builtin *b, const char *oid_base)
{
	SG_TRY(str_dup(&t->cn, b->cn));
	SG_TRY(str_dup(&t->display_name, b->display_name));
	if (oid_base != NULL)
		SG_TRY(str_printf(&t->oid, "%s.1.%u", oid_base, b->number));
	t->flags = b->flags;
	t->name_flag = b->name_flag;
	t->enrollment_flag = b->enrollment_flag;
	t->private_key_flag = b->private_key_flag;
	t->schema = b->schema;
	t->revision = b->revision;
	t->minor = b->minor;
	t->key_spec = b->key_spec;
	t->key_usage = b->key_usage;
	t->max_depth = b->max_depth;
	t->validity = b->validity;
	t->overlap = 6 * WEEK;
	t->minimal_key_size = 2048;
	SG_TRY(list_fill(&t->eku, b->eku));
	SG_TRY(list_fill(&t->csps, b->csps));
	SG_TRY(list_fill(&t->critical, b->critical));
	/* MS-CRTD 2.21: schema 1 has none, the others repeat the EKU. */
	return b->schema >= 2 ? texts_add_all(&t->app_policies, &t->eku)
			      : SG_OK;
}

static enum sg_err
unknown(const char *name)
{
	auto_done(buf) all = { 0 };

	for (size_t i = 0; i < TABLE_LEN; i++)
		SG_TRY(buf_printf(&all, " %s", table[i].cn));
	SG_TRY(buf_terminate(&all));
	return sg_fail(SG_ENOENT, "there is no template '%.80s'; there are%s",
	    name, (const char *)all.p);
}

enum sg_err
template_builtin(struct template *out, const char *name, const char *oid_base)
{
	for (size_t i = 0; i < TABLE_LEN; i++) {
		struct template t;
		enum sg_err e;

		if (strcasecmp(table[i].cn, name) != 0 &&
		    strcasecmp(table[i].display_name, name) != 0)
			continue;
		template_init(&t);
		if ((e = fill(&t, &table[i], oid_base)) != SG_OK) {
			template_done(&t);
			return e;
		}
		*out = t;
		return SG_OK;
	}
	return unknown(name);
}
