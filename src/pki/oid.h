/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_OID_H
#define SG_PKI_OID_H

/* Object identifiers as dotted text, and their names for people. */

#include <stdbool.h>
#include <stddef.h>

/* Extended key usages. */
#define OID_SERVER_AUTH		"1.3.6.1.5.5.7.3.1"
#define OID_CLIENT_AUTH		"1.3.6.1.5.5.7.3.2"
#define OID_EMAIL_PROTECTION	"1.3.6.1.5.5.7.3.4"
#define OID_OCSP_SIGNING	"1.3.6.1.5.5.7.3.9"
#define OID_ANY_USAGE		"2.5.29.37.0"
#define OID_SMARTCARD_LOGON	"1.3.6.1.4.1.311.20.2.2"
#define OID_KDC_AUTH		"1.3.6.1.5.2.3.5"
#define OID_PKINIT_CLIENT	"1.3.6.1.5.2.3.4"
#define OID_CODE_SIGNING	"1.3.6.1.5.5.7.3.3"
#define OID_OCSP_SIGNING	"1.3.6.1.5.5.7.3.9"
#define OID_IKE			"1.3.6.1.5.5.8.2.2"
#define OID_TRUST_LIST		"1.3.6.1.4.1.311.10.3.1"
#define OID_EFS			"1.3.6.1.4.1.311.10.3.4"
#define OID_FILE_RECOVERY	"1.3.6.1.4.1.311.10.3.4.1"
#define OID_QUALIFIED_SUBORDINATION "1.3.6.1.4.1.311.10.3.10"
#define OID_REQUEST_AGENT	"1.3.6.1.4.1.311.20.2.1"
#define OID_KEY_ARCHIVAL	"1.3.6.1.4.1.311.21.5"
#define OID_KEY_RECOVERY	"1.3.6.1.4.1.311.21.6"
#define OID_DS_REPLICATION	"1.3.6.1.4.1.311.21.19"

/* Extensions. */
#define OID_KEY_USAGE		"2.5.29.15"
#define OID_SUBJECT_ALT_NAME	"2.5.29.17"
#define OID_BASIC_CONSTRAINTS	"2.5.29.19"
#define OID_OCSP_NOCHECK	"1.3.6.1.5.5.7.48.1.5"
#define OID_SID			"1.3.6.1.4.1.311.25.2"
#define OID_TEMPLATE_V1		"1.3.6.1.4.1.311.20.2"
#define OID_TEMPLATE_V2		"1.3.6.1.4.1.311.21.7"
#define OID_APP_POLICIES	"1.3.6.1.4.1.311.21.10"
#define OID_OCSP_NOCHECK	"1.3.6.1.5.5.7.48.1.5"

/* Names inside subjectAltName and the SID extension. */
#define OID_UPN			"1.3.6.1.4.1.311.20.2.3"
#define OID_SID_NAME		"1.3.6.1.4.1.311.25.2.1"
#define OID_GUID		"1.3.6.1.4.1.311.25.1"
#define OID_PKINIT_SAN		"1.3.6.1.5.2.2"

/* Request attributes. */
#define OID_OS_VERSION		"1.3.6.1.4.1.311.13.2.3"
#define OID_NAME_VALUE		"1.3.6.1.4.1.311.13.2.1"
#define OID_CSP_INFO		"1.3.6.1.4.1.311.13.2.2"
#define OID_CLIENT_INFO		"1.3.6.1.4.1.311.21.20"
#define OID_EXTENSIONS		"1.2.840.113549.1.9.14"
#define OID_EXTENSIONS_MS	"1.3.6.1.4.1.311.2.1.14"
#define OID_RENEWAL		"1.3.6.1.4.1.311.13.1"
#define OID_CHALLENGE		"1.2.840.113549.1.9.7"

#define OID_TEXT_MAX 128	/* bytes of the text, NUL included */

/* What people call it ("Smart Card Logon"), or the OID itself. */
const char *oid_name(const char *oid);
/* The OID of such a name, without case, or of an OID itself; NULL. */
const char *oid_of_name(const char *name);
/* Digits and dots as an OBJECT IDENTIFIER allows them. */
bool oid_valid(const char *oid);

#endif
