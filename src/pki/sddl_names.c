/* SPDX-License-Identifier: BSD-2-Clause */

/* Who an entry is for: aliases (MS-DTYP 2.5.1.1), SIDs, and the names that the
 * consoles show. */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pki/ext.h"
#include "pki/sddl.h"


#define SUB_MAX 15	/* parts of a SID behind the authority */

static const struct {
	char alias[3];
	const char *sid;	/* NULL: the domain's and rid */
	unsigned rid;
	const char *name;
} known[] = {
	{ "AU", "S-1-5-11", 0, "Authenticated Users" },
	{ "WD", "S-1-1-0", 0, "Everyone" },
	{ "AN", "S-1-5-7", 0, "Anonymous Logon" },
	{ "SY", "S-1-5-18", 0, "System" },
	{ "LS", "S-1-5-19", 0, "Local Service" },
	{ "NS", "S-1-5-20", 0, "Network Service" },
	{ "PS", "S-1-5-10", 0, "Self" },
	{ "ED", "S-1-5-9", 0, "Enterprise Domain Controllers" },
	{ "IU", "S-1-5-4", 0, "Interactive" },
	{ "NU", "S-1-5-2", 0, "Network" },
	{ "SU", "S-1-5-6", 0, "Service" },
	{ "RC", "S-1-5-12", 0, "Restricted Code" },
	{ "WR", "S-1-5-33", 0, "Write Restricted Code" },
	{ "CO", "S-1-3-0", 0, "Creator Owner" },
	{ "CG", "S-1-3-1", 0, "Creator Group" },
	{ "OW", "S-1-3-4", 0, "Owner Rights" },
	{ "BA", "S-1-5-32-544", 0, "Administrators" },
	{ "BU", "S-1-5-32-545", 0, "Users" },
	{ "BG", "S-1-5-32-546", 0, "Guests" },
	{ "PU", "S-1-5-32-547", 0, "Power Users" },
	{ "AO", "S-1-5-32-548", 0, "Account Operators" },
	{ "SO", "S-1-5-32-549", 0, "Server Operators" },
	{ "PO", "S-1-5-32-550", 0, "Print Operators" },
	{ "BO", "S-1-5-32-551", 0, "Backup Operators" },
	{ "RE", "S-1-5-32-552", 0, "Replicator" },
	{ "RU", "S-1-5-32-554", 0, "Pre-Windows 2000 Compatible Access" },
	{ "RD", "S-1-5-32-555", 0, "Remote Desktop Users" },
	{ "NO", "S-1-5-32-556", 0, "Network Configuration Operators" },
	{ "CD", "S-1-5-32-574", 0, "Certificate Service DCOM Access" },
	{ "RO", NULL, 498, "Enterprise Read-only Domain Controllers" },
	{ "LA", NULL, 500, "Administrator" },
	{ "LG", NULL, 501, "Guest" },
	{ "DA", NULL, 512, "Domain Admins" },
	{ "DU", NULL, 513, "Domain Users" },
	{ "DG", NULL, 514, "Domain Guests" },
	{ "DC", NULL, 515, "Domain Computers" },
	{ "DD", NULL, 516, "Domain Controllers" },
	{ "CA", NULL, 517, "Cert Publishers" },
	{ "SA", NULL, 518, "Schema Admins" },
	{ "EA", NULL, 519, "Enterprise Admins" },
	{ "PA", NULL, 520, "Group Policy Creator Owners" },
	{ "CN", NULL, 522, "Cloneable Domain Controllers" },
	{ "AP", NULL, 525, "Protected Users" },
	{ "KA", NULL, 526, "Key Admins" },
	{ "EK", NULL, 527, "Enterprise Key Admins" },
	{ "RS", NULL, 553, "RAS and IAS Servers" },
};
#define KNOWN_LEN (sizeof(known) / sizeof(known[0]))

static size_t
find_alias(const char *alias)
{
	size_t i = 0;

	while (i < KNOWN_LEN && strcasecmp(known[i].alias, alias) != 0)
		i++;
	return i;
}

const char *
trustee_name(const char *trustee)
{
	size_t i = find_alias(trustee);

	return i < KNOWN_LEN ? known[i].name : trustee;
}

/* The SID without leading zeros; NULL in *out when a part does not fit its
 * bits, or when there are more than 15 of them. */
static enum sg_err
sid_normal(char **out, const char *sid)
{
	auto_done(buf) b = { 0 };
	unsigned long long v;
	unsigned parts = 0;

	*out = NULL;
	if (!sid_valid(sid) || (v = strtoull(sid + 4, NULL, 10)) >> 48 != 0)
		return SG_OK;
	SG_TRY(buf_printf(&b, "S-1-%llu", v));
	for (sid = strchr(sid + 4, '-'); sid != NULL;
	     sid = strchr(sid + 1, '-')) {
		v = strtoull(sid + 1, NULL, 10);
		if (++parts > SUB_MAX || v > UINT32_MAX)
			return SG_OK;
		SG_TRY(buf_printf(&b, "-%llu", v));
	}
	return str_from_bytes(out, buf_bytes(&b));
}

/* No alias begins so. */
static bool
is_sid(const char *trustee)
{
	return strncmp(trustee, "S-", 2) == 0;
}

enum sg_err
trustee_sid(char **out, const char *trustee, const char *domain)
{
	size_t i = is_sid(trustee) ? KNOWN_LEN : find_alias(trustee);

	if (i == KNOWN_LEN)
		return str_dup(out, trustee);
	if (known[i].sid != NULL)
		return str_dup(out, known[i].sid);
	if (domain == NULL)
		return sg_fail(SG_EARG, "the SID of %s is not known without "
		    "the domain's", known[i].name);
	return str_printf(out, "%s-%u", domain, known[i].rid);
}

enum sg_err
trustee_of_sid(char **out, const char *sid, const char *domain)
{
	size_t n = domain != NULL ? strlen(domain) : 0;
	bool ours = n > 0 && strncmp(sid, domain, n) == 0 && sid[n] == '-';
	unsigned long long rid = ours ? strtoull(sid + n + 1, NULL, 10) : 0;

	for (size_t i = 0; i < KNOWN_LEN; i++)
		if (known[i].sid != NULL ? strcmp(known[i].sid, sid) == 0
		    : ours && rid == known[i].rid)
			return str_dup(out, known[i].alias);
	return str_dup(out, sid);
}

enum sg_err
trustee_parse(char **out, const char *text)
{
	size_t i;

	if (strncasecmp(text, "S-", 2) == 0) {
		auto_str upper = NULL, *sid = NULL;

		SG_TRY(str_dup(&upper, text));
		upper[0] = 'S';
		SG_TRY(sid_normal(&sid, upper));
		if (sid == NULL)
			return sg_fail(SG_EARG, "'%.100s' is not a SID",
			    text);
		return trustee_of_sid(out, sid, NULL);
	}
	if ((i = find_alias(text)) < KNOWN_LEN)
		return str_dup(out, known[i].alias);
	for (i = 0; i < KNOWN_LEN; i++)
		if (strcasecmp(known[i].name, text) == 0)
			return str_dup(out, known[i].alias);
	return sg_fail(SG_EARG, "'%.100s' is neither a SID, nor an SDDL alias,"
	    " nor a group that every domain has", text);
}
