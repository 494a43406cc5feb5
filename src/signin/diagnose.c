/* SPDX-License-Identifier: BSD-2-Clause */
#include "signin/diagnose.h"

#include <stdlib.h>
#include <string.h>

/* {h} host, {u} user, {r} realm, {c} certificate. */
static const struct {
	const char *name;
	int rank;
	const char *words;
} causes[CAUSE_COUNT] = {
	[CAUSE_NONE] = { "unknown", 0,
	    "the sign-in to {h} failed and nothing in its log says why; run "
	    "it again with --verbose to see the log" },
	[CAUSE_TRANSPORT] = { "transport", 1,
	    "the connection to {h} failed; see that it is on and accepts "
	    "remote desktops at that port" },
	[CAUSE_HUNG_UP] = { "hung-up", 3,
	    "{h} hung up during the sign-in: it may have another name in its "
	    "domain, or no key in Kerberos for TERMSRV/{h}; connect by its "
	    "full name there, and see what its own log says" },
	[CAUSE_AUTHENTICATION] = { "authentication", 4,
	    "Kerberos did not sign {u} in at {h}; run it again with --verbose "
	    "to see why" },
	[CAUSE_PREAUTH] = { "preauth", 5,
	    "the KDC of {r} did not accept the sign-in of {u} with the "
	    "certificate '{c}'; its log says why, and so does --verbose" },
	[CAUSE_NO_PKINIT] = { "no-pkinit", 6,
	    "the KDC of {r} wants a password for {u}: it is not set up for "
	    "certificates (PKINIT); its administrator has to give it a KDC "
	    "certificate" },
	[CAUSE_NO_PLUGIN] = { "no-plugin", 7,
	    "the Kerberos library of this machine cannot use certificates: "
	    "install its PKINIT plugin (package krb5-pkinit)" },
	[CAUSE_HOST_NAME] = { "host-name", 20,
	    "no address is known for {h}; check the name, and the network or "
	    "VPN that knows it" },
	[CAUSE_HOST_REFUSED] = { "host-refused", 2,
	    "{h} is not listening at that port; see that remote desktop is "
	    "on there, and that --port is right" },
	[CAUSE_HOST_NLA] = { "host-nla", 20,
	    "{h} does not offer network level authentication, without which "
	    "no certificate can sign in; have it turned on there" },
	[CAUSE_HOST_CERT] = { "host-cert", 20,
	    "the TLS certificate of {h} is not one that this machine trusts; "
	    "import its CA with 'signet cert import --trust-root FILE', or "
	    "decide for yourself with '-- /cert:tofu'" },
	[CAUSE_HOST_CERT_NAME] = { "host-cert-name", 21,
	    "the TLS certificate of {h} is for another name; connect by the "
	    "name that stands in it" },
	[CAUSE_HOST_PRINCIPAL] = { "host-principal", 20,
	    "the KDC of {r} knows no host {h} (no principal TERMSRV/{h}); use "
	    "the full name that the host has in the domain, or have the "
	    "principal added" },
	[CAUSE_GUARD_PRINCIPAL] = { "guard-principal", 21,
	    "remote guard needs the principal HOST/{h}, which the KDC of {r} "
	    "does not know; have it added, or leave --remote-guard away" },
	[CAUSE_GUARD_REFUSED] = { "guard-refused", 15,
	    "{h} broke off the sign-in with remote guard: it is turned off "
	    "there, or the host cannot read what this FreeRDP sends "
	    "(FreeRDP 3.10 hosts cannot); turn it on at the host, or leave "
	    "--remote-guard away" },
	[CAUSE_NOT_FORWARDABLE] = { "not-forwardable", 22,
	    "the KDC of {r} gives no forwardable ticket for {u}, which remote "
	    "guard needs; have it allowed for that account (in Active "
	    "Directory: not 'sensitive and cannot be delegated', not a "
	    "Protected User), or leave --remote-guard away" },
	[CAUSE_LOGON_DENIED] = { "logon-denied", 20,
	    "{h} knows who {u} is but refused the sign-in" },
	[CAUSE_LOGON_LOCKED] = { "logon-locked", 21,
	    "{h} refused {u}: the account is disabled, locked or expired" },
	[CAUSE_LOGON_RIGHT] = { "logon-right", 21,
	    "{h} refused {u}: the account may not sign in there over remote "
	    "desktop, or not now; its administrator can allow it (in Windows: "
	    "the group Remote Desktop Users)" },
	[CAUSE_LOGON_PASSWORD] = { "logon-password", 21,
	    "{h} refused {u}: the account's password has expired and must be "
	    "changed first" },
	[CAUSE_KDC_UNREACHABLE] = { "kdc-unreachable", 30,
	    "no KDC of {r} answers; check the network or VPN" },
	[CAUSE_KDC_UNKNOWN] = { "kdc-unknown", 30,
	    "no KDC is known for {r}: neither krb5.conf nor DNS names one; "
	    "check the realm, the network or VPN, or add the realm to "
	    "krb5.conf" },
	[CAUSE_KDC_CERT] = { "kdc-cert", 40,
	    "the KDC of {r} showed a certificate that is not trusted here; "
	    "import the root of its CA with 'signet cert import --trust-root "
	    "FILE'" },
	[CAUSE_KDC_CERT_NAME] = { "kdc-cert-name", 40,
	    "the KDC of {r} showed a certificate with another name than its "
	    "own; when that name is right, put it into signet.conf: "
	    "'[kerberos]' and 'kdc-hostname = NAME'" },
	[CAUSE_KDC_CERT_EKU] = { "kdc-cert-eku", 40,
	    "the KDC of {r} showed a certificate that is not for KDCs; have "
	    "it replaced, or set 'pkinit_eku_checking = kpServerAuth' for the "
	    "realm in krb5.conf when an old domain controller has no other" },
	[CAUSE_NO_ANCHORS] = { "no-anchors", 40,
	    "nothing says which CA a KDC of {r} may have its certificate "
	    "from; import its root with 'signet cert import --trust-root "
	    "FILE'" },
	[CAUSE_KRB5_FILE] = { "krb5-file", 40,
	    "krb5.conf names a file of certificates for {r} that cannot be "
	    "read; correct krb5.conf (--verbose shows which file it is)" },
	[CAUSE_CLOCK] = { "clock", 40,
	    "the clocks of this machine and of the KDC of {r} differ too "
	    "much; set this one right" },
	[CAUSE_USER_UNKNOWN] = { "user-unknown", 40,
	    "the KDC of {r} knows no user {u}; check the user principal name "
	    "in the certificate '{c}', or name the account with --user" },
	[CAUSE_USER_DISABLED] = { "user-disabled", 40,
	    "the account {u} is disabled, locked or expired" },
	[CAUSE_CERT_REVOKED] = { "cert-revoked", 40,
	    "the certificate '{c}' is revoked; ask for a new one with "
	    "'signet request new'" },
	[CAUSE_CERT_REVOCATION] = { "cert-revocation", 40,
	    "the KDC of {r} cannot find out whether the certificate '{c}' is "
	    "revoked; its administrator has to renew the CA's revocation "
	    "list" },
	[CAUSE_CERT_ISSUER] = { "cert-issuer", 40,
	    "the KDC of {r} does not trust the issuer of the certificate "
	    "'{c}'; use a certificate of a CA that it trusts (--cert), or "
	    "have that CA added to the KDC's trusted ones (in Active "
	    "Directory: the NTAuth store)" },
	[CAUSE_CERT_CHAIN] = { "cert-chain", 40,
	    "the certificate '{c}' does not lead to a root that is trusted "
	    "here; import its CA certificates with 'signet cert import', the "
	    "root with --trust-root" },
	[CAUSE_CERT_EXPIRED] = { "cert-expired", 41,
	    "the certificate '{c}' or one of its CA's has expired; ask for a "
	    "new one with 'signet request new'" },
	[CAUSE_CERT_EKU] = { "cert-eku", 40,
	    "the KDC of {r} does not accept the certificate '{c}' because it "
	    "is not for smart card logon (extended key usage); ask for one "
	    "that is" },
	[CAUSE_CERT_USER] = { "cert-user", 40,
	    "the certificate '{c}' is another user's, not that of {u}; use "
	    "one of your own (--cert), or the user that it names (--user)" },
	[CAUSE_CERT_MAPPING] = { "cert-mapping", 40,
	    "the KDC of {r} does not find the account {u} by the certificate "
	    "'{c}' alone: it wants the account's SID in it, or an explicit "
	    "mapping; have it issued by a template that puts the SID in" },
	[CAUSE_NO_CERT] = { "no-cert", 12,
	    "no certificate for smart card logon was found in Signet's PKCS#11 "
	    "module; 'signet status' tells whether signetd answers" },
	[CAUSE_SEVERAL_CERTS] = { "several-certs", 12,
	    "FreeRDP found several certificates and cannot choose" },
	[CAUSE_MODULE] = { "module", 42,
	    "Signet's PKCS#11 module cannot be loaded; install it, or name it "
	    "with --module" },
	[CAUSE_PIN] = { "pin", 42,
	    "the container refused to open for the sign-in; 'signet status' "
	    "tells why" },
	[CAUSE_DISPLAY] = { "display", 42,
	    "there is no screen to show the desktop on: DISPLAY is not set, "
	    "or nothing answers there" },
	[CAUSE_OPTION] = { "option", 42,
	    "FreeRDP does not understand one of the options behind '--'" },
};

static const struct {
	const char *text;
	enum cause cause;
} lines[] = {
	/* libkrb5's trace */
	{ "Failed to verify own certificate", CAUSE_CERT_CHAIN },
	{ "Failed to verify received certificate", CAUSE_KDC_CERT },
	{ "found no acceptable SAN in KDC cert", CAUSE_KDC_CERT_NAME },
	{ "found no acceptable EKU in KDC cert", CAUSE_KDC_CERT_EKU },
	{ "No pkinit_anchors supplied", CAUSE_NO_ANCHORS },
	{ "PKINIT OpenSSL error: Cannot open file", CAUSE_KRB5_FILE },
	{ "PKINIT PKCS#11 module open failed", CAUSE_MODULE },
	{ "unable to find PKCS11 plugin symbol", CAUSE_MODULE },
	{ "PKINIT PKCS11 C_GetFunctionList failed", CAUSE_MODULE },
	{ "PKINIT PKCS#11 module shows no slots", CAUSE_NO_CERT },
	{ "PKINIT PKCS#11 module has no matching tokens", CAUSE_NO_CERT },
	{ "PKINIT client has no configured identity", CAUSE_NO_CERT },
	{ "PKINIT PKCS11 C_Login failed", CAUSE_PIN },
	{ "Cannot read password", CAUSE_NO_PKINIT },
	/* FreeRDP: the smart card */
	{ "unable to open provider given by pkcs11 module", CAUSE_MODULE },
	{ "no suitable smartcard certificates were found", CAUSE_NO_CERT },
	{ "more than one suitable smartcard certificate", CAUSE_SEVERAL_CERTS },
	/* FreeRDP: the host */
	{ "ERRCONNECT_DNS_NAME_NOT_FOUND", CAUSE_HOST_NAME },
	{ "ERRCONNECT_DNS_ERROR", CAUSE_HOST_NAME },
	{ "system error 32: Broken pipe", CAUSE_HOST_REFUSED },
	{ "ERRCONNECT_CONNECT_FAILED", CAUSE_HOST_REFUSED },
	{ "BIO_read retries exceeded", CAUSE_HUNG_UP },
	{ "BIO_read returned a system error", CAUSE_HUNG_UP },
	{ "ERRCONNECT_CONNECT_TRANSPORT_FAILED", CAUSE_TRANSPORT },
	{ "ERRCONNECT_SECURITY_NEGO_CONNECT_FAILED", CAUSE_HOST_NLA },
	{ "ERRCONNECT_TLS_CONNECT_FAILED", CAUSE_HOST_CERT },
	{ "CERTIFICATE NAME MISMATCH", CAUSE_HOST_CERT_NAME },
	{ "krb5_fwd_tgt_creds (KDC can't fulfill", CAUSE_NOT_FORWARDABLE },
	{ "Server HOST/", CAUSE_GUARD_PRINCIPAL },
	{ "invalid supplementalCreds", CAUSE_GUARD_REFUSED },
	{ "ERRCONNECT_AUTHENTICATION_FAILED", CAUSE_AUTHENTICATION },
	{ "ERRCONNECT_LOGON_FAILURE", CAUSE_LOGON_DENIED },
	{ "ERRCONNECT_WRONG_PASSWORD", CAUSE_LOGON_DENIED },
	{ "ERRCONNECT_ACCESS_DENIED", CAUSE_LOGON_RIGHT },
	{ "ERRCONNECT_INSUFFICIENT_PRIVILEGES", CAUSE_LOGON_RIGHT },
	{ "ERRCONNECT_ACCOUNT_RESTRICTION", CAUSE_LOGON_RIGHT },
	{ "ERRCONNECT_LOGON_TYPE_NOT_GRANTED", CAUSE_LOGON_RIGHT },
	{ "ERRCONNECT_ACCOUNT_DISABLED", CAUSE_LOGON_LOCKED },
	{ "ERRCONNECT_ACCOUNT_LOCKED_OUT", CAUSE_LOGON_LOCKED },
	{ "ERRCONNECT_ACCOUNT_EXPIRED", CAUSE_LOGON_LOCKED },
	{ "ERRCONNECT_CLIENT_REVOKED", CAUSE_LOGON_LOCKED },
	{ "ERRCONNECT_PASSWORD_EXPIRED", CAUSE_LOGON_PASSWORD },
	{ "ERRCONNECT_PASSWORD_CERTAINLY_EXPIRED", CAUSE_LOGON_PASSWORD },
	{ "ERRCONNECT_PASSWORD_MUST_CHANGE", CAUSE_LOGON_PASSWORD },
	{ "ERRCONNECT_KDC_UNREACHABLE", CAUSE_KDC_UNREACHABLE },
	{ "ERRINFO_SERVER_DENIED_CONNECTION", CAUSE_LOGON_DENIED },
	{ "ERRINFO_SERVER_FRESH_CREDENTIALS_REQUIRED", CAUSE_LOGON_DENIED },
	{ "ERRINFO_SERVER_INSUFFICIENT_PRIVILEGES", CAUSE_LOGON_RIGHT },
	{ "failed to open display", CAUSE_DISPLAY },
	{ "failed to open X display", CAUSE_DISPLAY },
};

/*
 * libkrb5's codes are the protocol's numbers (RFC 4120 7.5.9, RFC 4556 3.1.3)
 * above this base, and its own from 128 up.
 */
#define KRB5_BASE	(-1765328384L)

static const struct {
	int code;		/* above KRB5_BASE */
	enum cause cause;
} codes[] = {
	{ 1, CAUSE_USER_DISABLED },	/* KDC_ERR_NAME_EXP */
	{ 6, CAUSE_USER_UNKNOWN },	/* KDC_ERR_C_PRINCIPAL_UNKNOWN */
	{ 7, CAUSE_HOST_PRINCIPAL },	/* KDC_ERR_S_PRINCIPAL_UNKNOWN */
	{ 13, CAUSE_NOT_FORWARDABLE },	/* KDC_ERR_BADOPTION */
	{ 16, CAUSE_NO_PKINIT },	/* KDC_ERR_PADATA_TYPE_NOSUPP */
	{ 18, CAUSE_USER_DISABLED },	/* KDC_ERR_CLIENT_REVOKED */
	{ 21, CAUSE_USER_DISABLED },	/* KDC_ERR_CLIENT_NOTYET */
	{ 24, CAUSE_PREAUTH },		/* KDC_ERR_PREAUTH_FAILED */
	{ 37, CAUSE_CLOCK },		/* KRB_AP_ERR_SKEW */
	{ 62, CAUSE_CERT_ISSUER },	/* KDC_ERR_CLIENT_NOT_TRUSTED */
	{ 66, CAUSE_CERT_MAPPING },	/* KDC_ERR_CERTIFICATE_MISMATCH */
	{ 70, CAUSE_CERT_ISSUER },	/* KDC_ERR_CANT_VERIFY_CERTIFICATE */
	{ 71, CAUSE_CERT_ISSUER },	/* KDC_ERR_INVALID_CERTIFICATE */
	{ 72, CAUSE_CERT_REVOKED },	/* KDC_ERR_REVOKED_CERTIFICATE */
	{ 73, CAUSE_CERT_REVOCATION },	/* ..._REVOCATION_STATUS_UNKNOWN */
	{ 74, CAUSE_CERT_REVOCATION },	/* ..._REVOCATION_STATUS_UNAVAILABLE */
	{ 75, CAUSE_CERT_USER },	/* KDC_ERR_CLIENT_NAME_MISMATCH */
	{ 77, CAUSE_CERT_EKU },		/* KDC_ERR_INCONSISTENT_KEY_PURPOSE */
	{ 130, CAUSE_NO_PKINIT },	/* KRB5_LIBOS_CANTREADPWD */
	{ 148, CAUSE_CLOCK },		/* KRB5_KDCREP_SKEW */
	{ 154, CAUSE_KDC_UNKNOWN },	/* KRB5_REALM_UNKNOWN */
	{ 156, CAUSE_KDC_UNREACHABLE },	/* KRB5_KDC_UNREACH */
	{ 210, CAUSE_NO_PKINIT },	/* KRB5_PREAUTH_FAILED */
};

static void
consider(struct diagnosis *d, enum cause cause)
{
	if (causes[cause].rank > causes[d->cause].rank)
		d->cause = cause;
}

/* The code in "...[-1765328307]" at the line's end, or behind "Received error
 * from KDC: "; 0 when there is none. */
static long
code_in(const char *line)
{
	static const char heard[] = "Received error from KDC: ";
	const char *p = strstr(line, heard);

	if (p != NULL)
		return strtol(p + strlen(heard), NULL, 10);
	p = strstr(line, "[-17653");
	return p != NULL ? strtol(p + 1, NULL, 10) : 0;
}

static void
diagnose_code(struct diagnosis *d, long code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (code == KRB5_BASE + codes[i].code)
			consider(d, codes[i].cause);
}

void
diagnose_line(struct diagnosis *d, const char *line)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (strstr(line, lines[i].text) != NULL)
			consider(d, lines[i].cause);
	if (strstr(line, "certificate has expired") != NULL &&
	    d->cause == CAUSE_CERT_CHAIN)
		consider(d, CAUSE_CERT_EXPIRED);
	if (strstr(line, "Authentication only, exit status 1") != NULL)
		d->auth_only_ok = true;
	if (strstr(line, "PA-PK-AS-REQ (16)") != NULL)
		d->pkinit_offered = true;
	diagnose_code(d, code_in(line));
}

void
diagnose_end(struct diagnosis *d, int status)
{
	if (d->cause == CAUSE_NO_PKINIT && d->pkinit_offered)
		consider(d, CAUSE_NO_PLUGIN);
	if (d->remote_guard && d->cause == CAUSE_HUNG_UP)
		consider(d, CAUSE_GUARD_REFUSED);
	/* xfreerdp3's codes for options it cannot read. */
	if (status == 128 || (status > 16 && status < 32))
		consider(d, CAUSE_OPTION);
}

bool
diagnosis_is_vague(const struct diagnosis *d)
{
	return d->cause == CAUSE_NONE || d->cause == CAUSE_TRANSPORT ||
	    d->cause == CAUSE_HUNG_UP || d->cause == CAUSE_AUTHENTICATION ||
	    d->cause == CAUSE_PREAUTH;
}

bool
diagnosis_is_end(const struct diagnosis *d, int status)
{
	/* Closed by either side, logged off, idle, or taken over elsewhere;
	 * 11 and 12: closed by the person.  FreeRDP 3.10 ends a successful
	 * +auth-only with "connection failed". */
	return (status >= 0 && status <= 5) || status == 11 ||
	    status == 12 || d->auth_only_ok;
}

const char *
cause_name(enum cause cause)
{
	return causes[cause].name;
}

static const char *
value_of(const struct diagnose_about *about, char key)
{
	switch (key) {
	case 'h':
		return about->host;
	case 'u':
		return about->user;
	case 'r':
		return about->realm;
	default:
		return about->cert;
	}
}

enum sg_err
diagnose_words(const struct diagnosis *d, const struct diagnose_about *about,
    struct buf *out)
{
	const char *p = causes[d->cause].words;

	for (;;) {
		size_t n = strcspn(p, "{");

		SG_TRY(buf_add(out, p, n));
		if (p[n] == '\0')
			return SG_OK;
		SG_TRY(buf_add_str(out, value_of(about, p[n + 1])));
		p += n + strlen("{x}");
	}
}
