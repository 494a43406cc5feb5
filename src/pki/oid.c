/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/oid.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *oid;
	const char *name;
} names[] = {
	{ OID_SERVER_AUTH, "Server Authentication" },
	{ OID_CLIENT_AUTH, "Client Authentication" },
	{ OID_CODE_SIGNING, "Code Signing" },
	{ OID_EMAIL_PROTECTION, "Secure Email" },
	{ "1.3.6.1.5.5.7.3.8", "Time Stamping" },
	{ OID_OCSP_SIGNING, "OCSP Signing" },
	{ OID_IKE, "IP security IKE intermediate" },
	{ OID_ANY_USAGE, "Any Purpose" },
	{ OID_SMARTCARD_LOGON, "Smart Card Logon" },
	{ OID_KDC_AUTH, "KDC Authentication" },
	{ OID_PKINIT_CLIENT, "PKINIT Client Authentication" },
	{ OID_TRUST_LIST, "Microsoft Trust List Signing" },
	{ OID_EFS, "Encrypting File System" },
	{ OID_FILE_RECOVERY, "File Recovery" },
	{ OID_QUALIFIED_SUBORDINATION, "Qualified Subordination" },
	{ OID_REQUEST_AGENT, "Certificate Request Agent" },
	{ OID_KEY_ARCHIVAL, "Private Key Archival" },
	{ OID_KEY_RECOVERY, "Key Recovery Agent" },
	{ OID_DS_REPLICATION, "Directory Service Email Replication" },
	{ "1.3.6.1.4.1.311.10.3.12", "Document Signing" },
	{ "1.3.6.1.4.1.311.54.1.2", "Remote Desktop Authentication" },
	{ OID_KEY_USAGE, "Key Usage" },
	{ OID_SUBJECT_ALT_NAME, "Subject Alternative Name" },
	{ OID_BASIC_CONSTRAINTS, "Basic Constraints" },
	{ OID_OCSP_NOCHECK, "OCSP No Check" },
	{ OID_SID, "Security Identifier" },
	{ OID_TEMPLATE_V1, "Template Name" },
	{ OID_TEMPLATE_V2, "Template" },
	{ OID_APP_POLICIES, "Application Policies" },
	{ "1.3.6.1.4.1.311.21.1", "CA Version" },
	{ "1.2.840.113549.1.9.15", "S/MIME Capabilities" },
};

const char *
oid_name(const char *oid)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].oid, oid) == 0)
			return names[i].name;
	return oid;
}

const char *
oid_of_name(const char *name)
{
	if (oid_valid(name))
		return name;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(names[i].name, name) == 0)
			return names[i].oid;
	return NULL;
}

bool
oid_valid(const char *oid)
{
	bool digit = false, dots = false;

	/* X.660: the first arc is 0 to 2; no empty arcs. */
	if (*oid < '0' || *oid > '2' || strlen(oid) >= OID_TEXT_MAX)
		return false;
	for (; *oid != '\0'; oid++) {
		if (*oid == '.') {
			if (!digit)
				return false;
			digit = false;
			dots = true;
		} else if (*oid >= '0' && *oid <= '9') {
			digit = true;
		} else {
			return false;
		}
	}
	return digit && dots;
}
