/* SPDX-License-Identifier: BSD-2-Clause */

/* The templates that every forest has, MS-CRTD appendix A note 42.  Minimal
 * key sizes, who may enroll, and the revocation flag of OCSPResponseSigning
 * are those of a forest made in 2024, where they differ from the note. */

#include <string.h>
#include <strings.h>

#include "pki/access.h"
#include "pki/template.h"

#define DAY ((int64_t)86400)
#define YEAR (365 * DAY)
#define WEEK (7 * DAY)

#define A0 (USAGE_DIGITAL_SIGNATURE | USAGE_KEY_ENCIPHERMENT)
#define CA_USAGE (USAGE_DIGITAL_SIGNATURE | USAGE_CERT_SIGN | USAGE_CRL_SIGN)

#define DSS "3,Microsoft Base DSS Cryptographic Provider"
#define BASE "2,Microsoft Base Cryptographic Provider v1.0"
#define ENHANCED "1,Microsoft Enhanced Cryptographic Provider v1.0"
#define CA_ENHANCED ENHANCED
#define SCHANNEL "1,Microsoft RSA SChannel Cryptographic Provider"
#define DH_SCHANNEL "2,Microsoft DH SChannel Cryptographic Provider"

/* The service's own SID is that of its virtual account. */
#define OCSP_PACKED PACKED_ALGORITHM "`PZPWSTR`RSA`" \
	PACKED_HASH "`PZPWSTR`SHA1`" \
	PACKED_KEY_SDDL "`PZPWSTR`D:P(A;;FA;;;BA)(A;;FA;;;SY)(A;;GR;;;" \
	"S-1-5-80-3804348527-3718992918-2141599610-3686422417-2726379419)`" \
	PACKED_KEY_USAGE "`DWORD`2`"

#define LIST_MAX 5

/* Who may enroll besides domain and enterprise administrators. */
enum enrollees {
	ADMINS,
	USERS,
	COMPUTERS,
	MACHINES,		/* computers and domain controllers */
	CONTROLLERS,
	CONTROLLERS_AUTO,	/* also by themselves */
	RAS_SERVERS,
};

#define OA(rights, guid, who) "(OA;;" rights ";" guid ";;" who ")"
#define ENROLL(who) OA("RPWPCR", GUID_ENROLL, who)
#define ENROLL_RODC OA("RPCR", GUID_ENROLL, "RO")
#define AUTOENROLL(who) OA("RPWPCR", GUID_AUTOENROLL, who)

static const char *const enrollees_sddl[] = {
	[ADMINS] = "",
	[USERS] = ENROLL("DU"),
	[COMPUTERS] = ENROLL("DC"),
	[MACHINES] = ENROLL("DC") ENROLL("DD"),
	[CONTROLLERS] = ENROLL_RODC ENROLL("DD") ENROLL("ED"),
	[CONTROLLERS_AUTO] = ENROLL_RODC ENROLL("DD") ENROLL("ED")
	    AUTOENROLL("DD") AUTOENROLL("ED"),
	[RAS_SERVERS] = ENROLL("RS"),
};

struct builtin {
	const char *cn;
	const char *display_name;
	unsigned number;	/* last arc of its OID */
	uint32_t flags, name_flag, enrollment_flag, private_key_flag;
	uint32_t schema, revision, minor, key_spec;
	unsigned key_usage;
	int max_depth;
	int64_t validity, overlap;
	enum enrollees enrollees;
	const char *eku[LIST_MAX];
	const char *csps[LIST_MAX];
	const char *critical[LIST_MAX];
	const char *ra_app_policies;
	const char *supersedes;
};

static const struct builtin table[] = {
	{ "User", "User", 1,
	    0x1023a, 0xa6000000, 41, 16, 1, 3, 1, 1, A0,
	    0, YEAR, 6 * WEEK, USERS,
	    { OID_EFS, OID_EMAIL_PROTECTION, OID_CLIENT_AUTH },
	    { BASE, ENHANCED }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "UserSignature", "User Signature Only", 2,
	    0x10222, 0xa6000000, 32, 0, 1, 4, 1, 2, USAGE_DIGITAL_SIGNATURE,
	    0, YEAR, 6 * WEEK, USERS,
	    { OID_EMAIL_PROTECTION, OID_CLIENT_AUTH },
	    { DSS, BASE, ENHANCED }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "SmartcardUser", "Smartcard User", 3,
	    0x1020a, 0xa6000000, 9, 0, 1, 11, 1, 1, A0,
	    0, YEAR, 6 * WEEK, ADMINS,
	    { OID_EMAIL_PROTECTION, OID_CLIENT_AUTH, OID_SMARTCARD_LOGON },
	    { NULL }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "ClientAuth", "Authenticated Session", 4,
	    0x10220, 0x82000000, 32, 0, 1, 3, 1, 2, USAGE_DIGITAL_SIGNATURE,
	    0, YEAR, 6 * WEEK, USERS,
	    { OID_CLIENT_AUTH },
	    { DSS, BASE, ENHANCED }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "SmartcardLogon", "Smartcard Logon", 5,
	    0x10200, 0x82000000, 0, 0, 1, 6, 1, 1, A0,
	    0, YEAR, 6 * WEEK, ADMINS,
	    { OID_CLIENT_AUTH, OID_SMARTCARD_LOGON },
	    { NULL }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "EFS", "Basic EFS", 6,
	    0x10238, 0x82000000, 41, 16, 1, 3, 1, 1, USAGE_KEY_ENCIPHERMENT,
	    0, YEAR, 6 * WEEK, USERS,
	    { OID_EFS },
	    { BASE, ENHANCED }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "Administrator", "Administrator", 7,
	    0x1023a, 0xa6000000, 41, 16, 1, 4, 1, 1, A0,
	    0, YEAR, 6 * WEEK, ADMINS,
	    { OID_TRUST_LIST, OID_EFS, OID_EMAIL_PROTECTION, OID_CLIENT_AUTH },
	    { BASE, ENHANCED }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "EFSRecovery", "EFS Recovery Agent", 8,
	    0x10230, 0x82000000, 33, 16, 1, 6, 1, 1, USAGE_KEY_ENCIPHERMENT,
	    0, 5 * YEAR, 6 * WEEK, ADMINS,
	    { OID_FILE_RECOVERY },
	    { BASE, ENHANCED }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "CodeSigning", "Code Signing", 9,
	    0x10220, 0x82000000, 32, 0, 1, 3, 1, 2, USAGE_DIGITAL_SIGNATURE,
	    0, YEAR, 6 * WEEK, ADMINS,
	    { OID_CODE_SIGNING },
	    { DSS, BASE, ENHANCED }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "CTLSigning", "Trust List Signing", 10,
	    0x10220, 0x82000000, 32, 0, 1, 3, 1, 2, USAGE_DIGITAL_SIGNATURE,
	    0, YEAR, 6 * WEEK, ADMINS,
	    { OID_TRUST_LIST },
	    { DSS, BASE, ENHANCED }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "EnrollmentAgent", "Enrollment Agent", 11,
	    0x10220, 0x82000000, 32, 0, 1, 4, 1, 2, USAGE_DIGITAL_SIGNATURE,
	    0, 2 * YEAR, 6 * WEEK, ADMINS,
	    { OID_REQUEST_AGENT },
	    { DSS, BASE, ENHANCED }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "EnrollmentAgentOffline",
	    "Exchange Enrollment Agent (Offline request)", 12,
	    0x10201, 0x1, 0, 0, 1, 4, 1, 2, USAGE_DIGITAL_SIGNATURE,
	    0, 2 * YEAR, 6 * WEEK, ADMINS,
	    { OID_REQUEST_AGENT },
	    { DSS, BASE, ENHANCED }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "MachineEnrollmentAgent", "Enrollment Agent (Computer)", 13,
	    0x10260, 0x18000000, 32, 0, 1, 5, 1, 2, USAGE_DIGITAL_SIGNATURE,
	    0, 2 * YEAR, 6 * WEEK, ADMINS,
	    { OID_REQUEST_AGENT },
	    { DSS, BASE, ENHANCED }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "Machine", "Computer", 14,
	    0x10260, 0x18000000, 32, 0, 1, 5, 1, 1, A0,
	    0, YEAR, 6 * WEEK, COMPUTERS,
	    { OID_CLIENT_AUTH, OID_SERVER_AUTH },
	    { SCHANNEL }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "DomainController", "Domain Controller", 15,
	    0x1026c, 0x19000000, 41, 0, 1, 4, 1, 1, A0,
	    0, YEAR, 6 * WEEK, CONTROLLERS,
	    { OID_CLIENT_AUTH, OID_SERVER_AUTH },
	    { SCHANNEL }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "WebServer", "Web Server", 16,
	    0x10241, 0x1, 0, 0, 1, 4, 1, 1, A0,
	    0, 2 * YEAR, 6 * WEEK, ADMINS,
	    { OID_SERVER_AUTH },
	    { DH_SCHANNEL, SCHANNEL }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "CA", "Root Certification Authority", 17,
	    0x100d1, 0x1, 0, 16, 1, 5, 1, 2, CA_USAGE,
	    -1, 5 * YEAR, 6 * WEEK, ADMINS,
	    { NULL },
	    { CA_ENHANCED }, { OID_KEY_USAGE, OID_BASIC_CONSTRAINTS },
	    NULL, NULL },
	{ "SubCA", "Subordinate Certification Authority", 18,
	    0x102d1, 0x1, 0, 16, 1, 5, 1, 2, CA_USAGE,
	    -1, 5 * YEAR, 6 * WEEK, ADMINS,
	    { NULL },
	    { CA_ENHANCED }, { OID_KEY_USAGE, OID_BASIC_CONSTRAINTS },
	    NULL, NULL },
	{ "IPSECIntermediateOnline", "IPSec", 19,
	    0x10260, 0x18000000, 32, 0, 1, 8, 1, 1, A0,
	    0, 2 * YEAR, 6 * WEEK, MACHINES,
	    { OID_IKE },
	    { SCHANNEL }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "IPSECIntermediateOffline", "IPSec (Offline request)", 20,
	    0x10241, 0x1, 0, 0, 1, 7, 1, 1, A0,
	    0, 2 * YEAR, 6 * WEEK, ADMINS,
	    { OID_IKE },
	    { SCHANNEL }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "OfflineRouter", "Router (Offline request)", 21,
	    0x10241, 0x1, 0, 0, 1, 4, 1, 1, A0,
	    0, 2 * YEAR, 6 * WEEK, ADMINS,
	    { OID_CLIENT_AUTH },
	    { SCHANNEL }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "CEPEncryption", "CEP Encryption", 22,
	    0x10241, 0x1, 0, 0, 1, 4, 1, 1, USAGE_KEY_ENCIPHERMENT,
	    0, 2 * YEAR, 6 * WEEK, ADMINS,
	    { OID_REQUEST_AGENT },
	    { SCHANNEL }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "ExchangeUser", "Exchange User", 23,
	    0x10211, 0x1, 1, 16, 1, 7, 1, 1, USAGE_KEY_ENCIPHERMENT,
	    0, YEAR, 6 * WEEK, ADMINS,
	    { OID_EMAIL_PROTECTION },
	    { BASE, ENHANCED }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "ExchangeUserSignature", "Exchange Signature Only", 24,
	    0x10201, 0x1, 0, 0, 1, 6, 1, 2, USAGE_DIGITAL_SIGNATURE,
	    0, YEAR, 6 * WEEK, ADMINS,
	    { OID_EMAIL_PROTECTION },
	    { DSS, BASE, ENHANCED }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "CrossCA", "Cross Certification Authority", 25,
	    0x10810, 0x1, 8, 16, 2, 105, 0, 2, CA_USAGE,
	    -1, 5 * YEAR, 6 * WEEK, ADMINS,
	    { NULL },
	    { CA_ENHANCED }, { OID_KEY_USAGE },
	    OID_QUALIFIED_SUBORDINATION, NULL },
	{ "CAExchange", "CA Exchange", 26,
	    0x10040, 0x1, 1, 0, 2, 106, 0, 1, USAGE_KEY_ENCIPHERMENT,
	    0, WEEK, DAY, ADMINS,
	    { OID_KEY_ARCHIVAL },
	    { BASE, ENHANCED }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "KeyRecoveryAgent", "Key Recovery Agent", 27,
	    0x10020, 0x82000000, 39, 16, 2, 105, 0, 1, USAGE_KEY_ENCIPHERMENT,
	    0, 2 * YEAR, 6 * WEEK, ADMINS,
	    { OID_KEY_RECOVERY },
	    { CA_ENHANCED }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "DomainControllerAuthentication",
	    "Domain Controller Authentication", 28,
	    0x10060, 0x08000000, 32, 0, 2, 110, 0, 1, A0,
	    0, YEAR, 6 * WEEK, CONTROLLERS_AUTO,
	    { OID_CLIENT_AUTH, OID_SERVER_AUTH, OID_SMARTCARD_LOGON },
	    { SCHANNEL }, { OID_KEY_USAGE, OID_SUBJECT_ALT_NAME },
	    NULL, "DomainController" },
	{ "DirectoryEmailReplication", "Directory Email Replication", 29,
	    0x10060, 0x09000000, 41, 0, 2, 115, 0, 1, A0,
	    0, YEAR, 6 * WEEK, CONTROLLERS_AUTO,
	    { OID_DS_REPLICATION },
	    { SCHANNEL }, { OID_KEY_USAGE, OID_SUBJECT_ALT_NAME },
	    NULL, "DomainController" },
	{ "Workstation", "Workstation Authentication", 30,
	    0x10260, 0x08000000, 32, 0, 2, 101, 0, 1, A0,
	    0, YEAR, 6 * WEEK, COMPUTERS,
	    { OID_CLIENT_AUTH },
	    { SCHANNEL }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "RASAndIASServer", "RAS and IAS Server", 31,
	    0x10260, 0x48000000, 32, 0, 2, 101, 0, 1, A0,
	    0, YEAR, 6 * WEEK, RAS_SERVERS,
	    { OID_CLIENT_AUTH, OID_SERVER_AUTH },
	    { SCHANNEL }, { OID_KEY_USAGE },
	    NULL, NULL },
	{ "OCSPResponseSigning", "OCSP Response Signing", 32,
	    0x10240, 0x18000000, 0x5000, 0, 3, 101, 0, 2,
	    USAGE_DIGITAL_SIGNATURE,
	    0, 2 * WEEK, 2 * DAY, ADMINS,
	    { OID_OCSP_SIGNING },
	    { NULL }, { OID_KEY_USAGE },
	    OCSP_PACKED, NULL },
	{ "KerberosAuthentication", "Kerberos Authentication", 33,
	    0x10060, 0x08400000, 32, 0, 2, 110, 0, 1, A0,
	    0, YEAR, 6 * WEEK, CONTROLLERS_AUTO,
	    { OID_CLIENT_AUTH, OID_SERVER_AUTH,
	    OID_SMARTCARD_LOGON, OID_KDC_AUTH },
	    { SCHANNEL }, { OID_KEY_USAGE, OID_SUBJECT_ALT_NAME },
	    NULL, NULL },
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
security_fill(struct sd *out, const struct builtin *b)
{
	auto_str text = NULL;

	SG_TRY(str_printf(&text, "D:PAI%s" ENROLL("DA") ENROLL("EA")
	    "(A;;CCDCLCSWRPWPDTLOSDRCWDWO;;;DA)"
	    "(A;;CCDCLCSWRPWPDTLOSDRCWDWO;;;EA)(A;;LCRPLORC;;;AU)",
	    enrollees_sddl[b->enrollees]));
	return sddl_parse(out, text);
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
	t->key_usage_len = 2;
	t->max_depth = b->max_depth;
	t->validity = b->validity;
	t->overlap = b->overlap;
	t->minimal_key_size = 2048;
	SG_TRY(list_fill(&t->eku, b->eku));
	SG_TRY(list_fill(&t->csps, b->csps));
	SG_TRY(list_fill(&t->critical, b->critical));
	SG_TRY(security_fill(&t->security, b));
	if (b->ra_app_policies != NULL)
		SG_TRY(texts_add(&t->ra_app_policies, b->ra_app_policies));
	if (b->supersedes != NULL)
		SG_TRY(texts_add(&t->supersedes, b->supersedes));
	/* Only the cross certificate is vouched for by an agent. */
	t->ra_signatures = b->flags & TEMPLATE_IS_CROSS_CA ? 1 : 0;
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
