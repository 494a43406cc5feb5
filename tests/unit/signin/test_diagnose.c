/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "signin/diagnose.h"

/*
 * The lines are real: FreeRDP 3.10.3 and libkrb5 1.20.1 against krb5kdc and
 * freerdp-shadow-cli3 of the same versions in tests/lab, each failure provoked
 * there; process and thread numbers are taken off.  Those marked "not seen"
 * need a Windows host or a wrong clock and are the programs' own texts.
 */
#define NLA(text) "[21:04:11:147] [ERROR][com.winpr.sspi.Kerberos] - "       \
	"[kerberos_AcquireCredentialsHandleA]: krb5glue_get_init_creds (" text
#define AFTERMATH                                                            \
	"[ERROR][com.freerdp.core.auth] - [credssp_auth_authenticate]: "     \
	"InitializeSecurityContext failed with SEC_E_INTERNAL_ERROR "        \
	"[0x80090304]",                                                      \
	"[ERROR][com.freerdp.core.transport] - [transport_connect_nla]: NLA " \
	"begin failed",                                                      \
	"[ERROR][com.freerdp.core] - [transport_connect_nla]: "              \
	"ERRCONNECT_AUTHENTICATION_FAILED [0x00020009]"
#define CORE "[ERROR][com.freerdp.core] - "
#define LINES(...) ((const char *const[]) { __VA_ARGS__, NULL })

static const struct {
	enum cause cause;
	bool remote_guard;
	int status;
	const char *const *lines;
} cases[] = {
	{ CAUSE_CERT_EKU, false, 132, LINES(
	    NLA("Inconsistent key purpose [-1765328307])"), AFTERMATH) },
	{ CAUSE_USER_UNKNOWN, false, 132, LINES(
	    NLA("Client 'nobody@CORP.EXAMPLE' not found in Kerberos "
	    "database [-1765328378])"), AFTERMATH) },
	{ CAUSE_CERT_USER, false, 132, LINES(
	    NLA("Client name mismatch [-1765328309])"), AFTERMATH) },
	{ CAUSE_KDC_UNREACHABLE, false, 132, LINES(
	    NLA("Cannot contact any KDC for realm 'CORP.EXAMPLE' "
	    "[-1765328228])"), AFTERMATH) },
	{ CAUSE_CERT_CHAIN, false, 132, LINES(
	    "PKINIT OpenSSL error: Failed to verify own certificate "
	    "(depth 0): unable to get local issuer certificate",
	    "Preauth module pkinit (16) (real) returned: -1765328360/Failed "
	    "to verify own certificate (depth 0): unable to get local "
	    "issuer certificate",
	    NLA("Pre-authentication failed: Failed to verify own "
	    "certificate (depth 0): unable to get local issuer certificate "
	    "[-1765328174])"), AFTERMATH) },
	{ CAUSE_CERT_EXPIRED, false, 0, LINES(
	    "PKINIT OpenSSL error: Failed to verify own certificate "
	    "(depth 0): certificate has expired") },
	{ CAUSE_NO_ANCHORS, false, 132, LINES(
	    "Preauth module pkinit (16) (real) returned: -1765328174/No "
	    "pkinit_anchors supplied",
	    NLA("Pre-authentication failed: No pkinit_anchors supplied "
	    "[-1765328174])"), AFTERMATH) },
	{ CAUSE_KRB5_FILE, false, 0, LINES(
	    "PKINIT OpenSSL error: Cannot open file '/run/lab/missing.pem'",
	    "PKINIT client has no configured identity; giving up",
	    "PKINIT: Pre-authentication failed: Cannot open file "
	    "'/run/lab/missing.pem': (null) [-1765328174]") },
	{ CAUSE_KDC_CERT, false, 132, LINES(
	    "PKINIT OpenSSL error: Failed to verify received certificate "
	    "(depth 1): unable to get local issuer certificate",
	    "Preauth module pkinit (17) (real) returned: -1765328314/Failed "
	    "to verify received certificate (depth 1): unable to get local "
	    "issuer certificate",
	    NLA("Decrypt integrity check failed [-1765328353])"),
	    AFTERMATH) },
	{ CAUSE_KDC_CERT_NAME, false, 0, LINES(
	    "PKINIT client found dNSName SAN in KDC cert: rdp.corp.example",
	    "PKINIT client found no acceptable SAN in KDC cert",
	    "Preauth module pkinit (17) (real) returned: -1765328308/KDC "
	    "name mismatch", "Cannot read password [-1765328254]") },
	{ CAUSE_KDC_CERT_EKU, false, 0, LINES(
	    "PKINIT client matched KDC hostname rdp.corp.example against "
	    "dNSName SAN; EKU check still required",
	    "PKINIT client found no acceptable EKU in KDC cert",
	    "Preauth module pkinit (17) (real) returned: "
	    "-1765328307/Inconsistent key purpose",
	    "Cannot read password [-1765328254]") },
	{ CAUSE_CERT_ISSUER, false, 0, LINES(
	    "Received error from KDC: -1765328359/Additional "
	    "pre-authentication required",
	    "Received error from KDC: -1765328314/Can't verify certificate",
	    "PKINIT: Can't verify certificate [-1765328314]") },
	{ CAUSE_CERT_REVOKED, false, 0, LINES(
	    "Received error from KDC: -1765328312/Revoked certificate") },
	{ CAUSE_KDC_UNKNOWN, false, 0, LINES("PKINIT: Cannot find KDC for "
	    "realm \"NOWHERE.EXAMPLE\" [-1765328230]") },
	{ CAUSE_NO_PKINIT, false, 132, LINES(
	    "Processing preauth types: PA-FX-FAST (136), PA-ETYPE-INFO2 "
	    "(19), PA-ENC-TIMESTAMP (2), PA-FX-COOKIE (133)",
	    NLA("Generic preauthentication failure [-1765328174])"),
	    AFTERMATH) },
	{ CAUSE_NO_PLUGIN, false, 132, LINES(
	    "Processing preauth types: PA-PK-AS-REQ (16), PA-FX-FAST (136)",
	    NLA("Generic preauthentication failure [-1765328174])"),
	    AFTERMATH) },
	/* Not seen: the clocks of a lab are one. */
	{ CAUSE_CLOCK, false, 0, LINES("Received error from KDC: "
	    "-1765328347/Clock skew too great") },
	/* Not seen: krb5kdc has no strong binding. */
	{ CAUSE_CERT_MAPPING, false, 0, LINES("Received error from KDC: "
	    "-1765328318/Certificate mismatch") },
	{ CAUSE_MODULE, false, 0, LINES(
	    "PKINIT PKCS#11 module open failed: unable to load plugin "
	    "[/none.so]: /none.so: cannot open shared object file: No such "
	    "file or directory",
	    "PKINIT client has no configured identity; giving up") },
	{ CAUSE_MODULE, false, 132, LINES(
	    "[ERROR][com.winpr.library] - [LoadLibraryA]: failed with "
	    "/nonexistent.so: cannot open shared object file: No such file "
	    "or directory",
	    "[ERROR][com.freerdp.smartcardlogon] - "
	    "[smartcard_hw_enumerateCerts]: unable to open provider given "
	    "by pkcs11 module",
	    "[ERROR][com.freerdp.core.nla] - "
	    "[nla_adjust_settings_from_smartcard]: unable to get smartcard "
	    "certificate for logon", AFTERMATH) },
	{ CAUSE_NO_CERT, false, 132, LINES(
	    "[WARN][com.freerdp.smartcardlogon] - [list_provider_keys]: "
	    "Microsoft Base Smart Card Crypto Provider [] no certificates "
	    "found",
	    "[ERROR][com.freerdp.smartcardlogon] - [smartcard_getCert]: no "
	    "suitable smartcard certificates were found", AFTERMATH) },
	{ CAUSE_HOST_NAME, false, 140, LINES(
	    CORE "[freerdp_tcp_is_hostname_resolvable]: "
	    "ERRCONNECT_DNS_NAME_NOT_FOUND [0x00020005]",
	    "[ERROR][com.freerdp.core.nego] - [nego_connect]: Failed to "
	    "connect") },
	{ CAUSE_HOST_REFUSED, false, 147, LINES(
	    "[ERROR][com.freerdp.core.transport] - "
	    "[transport_default_write]: BIO_should_retry returned a system "
	    "error 32: Broken pipe",
	    CORE "[transport_default_write]: "
	    "ERRCONNECT_CONNECT_TRANSPORT_FAILED [0x0002000D]") },
	{ CAUSE_TRANSPORT, false, 147, LINES(
	    CORE "[rdp_client_wait_for_activation]: "
	    "ERRCONNECT_CONNECT_TRANSPORT_FAILED [0x0002000D]") },
	/* FreeRDP's server, of whom a name was asked that its keytab lacks; it
	 * was gone when the client tried again. */
	{ CAUSE_HUNG_UP, false, 147, LINES(
	    "[ERROR][com.freerdp.core.transport] - [transport_read_layer]: "
	    "BIO_read retries exceeded",
	    "[ERROR][com.freerdp.core.transport] - "
	    "[transport_default_write]: BIO_should_retry returned a system "
	    "error 32: Broken pipe",
	    CORE "[transport_default_write]: "
	    "ERRCONNECT_CONNECT_TRANSPORT_FAILED [0x0002000D]") },
	{ CAUSE_HOST_CERT, false, 143, LINES(
	    "[WARN][com.freerdp.crypto] - [verify_cb]: Certificate "
	    "verification failure 'unable to get local issuer certificate "
	    "(20)' at stack position 0",
	    "[ERROR][com.freerdp.crypto] - [freerdp_tls_handshake]: "
	    "certificate not trusted, aborting.",
	    CORE "[transport_default_connect_tls]: "
	    "ERRCONNECT_TLS_CONNECT_FAILED [0x00020008]") },
	{ CAUSE_HOST_CERT_NAME, false, 143, LINES(
	    "[ERROR][com.freerdp.crypto] - "
	    "[tls_print_certificate_name_mismatch_error]: @           "
	    "WARNING: CERTIFICATE NAME MISMATCH!           @",
	    CORE "[transport_default_connect_tls]: "
	    "ERRCONNECT_TLS_CONNECT_FAILED [0x00020008]") },
	{ CAUSE_HOST_NLA, false, 133, LINES(
	    "[ERROR][com.freerdp.core.nego] - [nego_connect]: Protocol "
	    "Security Negotiation Failure",
	    CORE "[rdp_client_connect]: "
	    "ERRCONNECT_SECURITY_NEGO_CONNECT_FAILED [0x0002000C]") },
	{ CAUSE_GUARD_REFUSED, true, 147, LINES(
	    "[ERROR][com.freerdp.core.transport] - [transport_read_layer]: "
	    "BIO_read returned a system error 11: Resource temporarily "
	    "unavailable",
	    CORE "[transport_read_layer]: "
	    "ERRCONNECT_CONNECT_TRANSPORT_FAILED [0x0002000D]") },
	{ CAUSE_GUARD_REFUSED, true, 147, LINES(
	    "[ERROR][com.winpr.sspi.Kerberos] - "
	    "[kerberos_ATTR_TICKET_LOGON]: krb5_get_credentials (Matching "
	    "credential not found (filename: /run/lab/x/cc.alice) "
	    "[-1765328243])",
	    "[ERROR][com.freerdp.core.transport] - [transport_read_layer]: "
	    "BIO_read retries exceeded",
	    CORE "[transport_read_layer]: "
	    "ERRCONNECT_CONNECT_TRANSPORT_FAILED [0x0002000D]") },
	{ CAUSE_GUARD_PRINCIPAL, true, 147, LINES(
	    "[ERROR][com.winpr.sspi.Kerberos] - "
	    "[kerberos_ATTR_TICKET_LOGON]: krb5_get_credentials (Server "
	    "HOST/rdp.corp.example@CORP.EXAMPLE not found in Kerberos "
	    "database [-1765328377])",
	    CORE "[rdp_client_wait_for_activation]: "
	    "ERRCONNECT_CONNECT_TRANSPORT_FAILED [0x0002000D]") },
	{ CAUSE_NOT_FORWARDABLE, true, 147, LINES(
	    "[ERROR][com.winpr.sspi.Kerberos] - "
	    "[kerberos_ATTR_TICKET_LOGON]: krb5_fwd_tgt_creds (KDC can't "
	    "fulfill requested option [-1765328371])",
	    CORE "[rdp_client_wait_for_activation]: "
	    "ERRCONNECT_CONNECT_TRANSPORT_FAILED [0x0002000D]") },
	/* Not seen: FreeRDP's server does not get that far. */
	{ CAUSE_HOST_PRINCIPAL, false, 132, LINES(
	    "Received error from KDC: -1765328377/Server not found in "
	    "Kerberos database", AFTERMATH) },
	/* Of a host that lets nobody in after NLA (tests/rdphost). */
	{ CAUSE_LOGON_DENIED, false, 7, LINES(CORE "[rdp_set_error_info]: "
	    "ERRINFO_SERVER_DENIED_CONNECTION [0x00010007]",
	    "[ERROR][com.freerdp.core.transport] - [transport_read_layer]: "
	    "BIO_read retries exceeded") },
	{ CAUSE_LOGON_DENIED, false, 10, LINES(CORE "[rdp_set_error_info]: "
	    "ERRINFO_SERVER_FRESH_CREDENTIALS_REQUIRED [0x0001000A]") },
	{ CAUSE_LOGON_RIGHT, false, 9, LINES(CORE "[rdp_set_error_info]: "
	    "ERRINFO_SERVER_INSUFFICIENT_PRIVILEGES [0x00010009]") },
	/* Not seen: these are a Windows host's answers. */
	{ CAUSE_LOGON_LOCKED, false, 151, LINES(CORE "[nla_recv]: "
	    "ERRCONNECT_ACCOUNT_DISABLED [0x00020012]") },
	{ CAUSE_LOGON_RIGHT, false, 158, LINES(CORE "[nla_recv]: "
	    "ERRCONNECT_LOGON_TYPE_NOT_GRANTED [0x0002001B]") },
	{ CAUSE_DISPLAY, false, 136, LINES(
	    "[ERROR][com.freerdp.client.x11] - [xf_setup_x11]: failed to "
	    "open display: ",
	    CORE "[freerdp_connect_begin]: ERRCONNECT_PRE_CONNECT_FAILED "
	    "[0x00020001]") },
	{ CAUSE_OPTION, false, 23, LINES("") },
	{ CAUSE_NONE, false, 255, LINES("no reason at all") },
};

static enum cause
found(size_t i, bool backwards)
{
	struct diagnosis d = { .remote_guard = cases[i].remote_guard };
	size_t n = 0;

	while (cases[i].lines[n] != NULL)
		n++;
	for (size_t k = 0; k < n; k++)
		diagnose_line(&d, cases[i].lines[backwards ? n - 1 - k : k]);
	diagnose_end(&d, cases[i].status);
	return d.cause;
}

static void
each_failure_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(cause_name(found(i, false)),
		    cause_name(cases[i].cause));
}

/* FreeRDP's two outputs reach us in any order. */
static void
order_does_not_matter(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(cause_name(found(i, true)),
		    cause_name(cases[i].cause));
}

static void
ordinary_lines_say_nothing(void **state)
{
	static const char *const lines[] = {
		"[ERROR][com.winpr.crypto.hash] - [winpr_Digest_Init_"
		"Internal]: Failed to initialize digest md4",
		"Received error from KDC: -1765328359/Additional "
		"pre-authentication required",
		"Retrieving alice@CORP.EXAMPLE -> krb5_ccache_conf_data/"
		"pa_type/krbtgt\\/CORP.EXAMPLE\\@CORP.EXAMPLE@X-CACHECONF: "
		"from MEMORY:x with result: -1765328243/Matching credential "
		"not found",
		"PKINIT client verified DH reply",
		"[WARN][com.freerdp.core.license] - [license_read_binary_"
		"blob_data]: license binary blob::type BB_ERROR_BLOB, "
		"length=0, skipping.",
	};
	struct diagnosis d = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		diagnose_line(&d, lines[i]);
	assert_int_equal(d.cause, CAUSE_NONE);
}

static void
words_are_about_this_sign_in(void **state)
{
	const struct diagnose_about about = { "HHH", "UUU", "RRR", "CCC" };

	(void)state;
	for (enum cause c = CAUSE_NONE; c < CAUSE_COUNT; c++) {
		const struct diagnosis d = { .cause = c };
		auto_done(buf) b = { 0 };

		OK(diagnose_words(&d, &about, &b));
		OK(buf_terminate(&b));
		assert_true(b.n > 40);
		assert_null(strchr((char *)b.p, '{'));
		assert_non_null(cause_name(c));
	}
}

static void
an_auth_only_that_worked_is_an_end(void **state)
{
	struct diagnosis d = { 0 };

	(void)state;
	assert_true(diagnosis_is_end(&d, 0));
	assert_true(diagnosis_is_end(&d, 2));
	assert_false(diagnosis_is_end(&d, 131));
	diagnose_line(&d, CORE "[freerdp_connect_begin]: Authentication "
	    "only, exit status 0");
	assert_false(diagnosis_is_end(&d, 131));
	diagnose_line(&d, CORE "[freerdp_connect_begin]: Authentication "
	    "only, exit status 1");
	assert_true(diagnosis_is_end(&d, 131));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_failure_is_found),
		cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(ordinary_lines_say_nothing),
		cmocka_unit_test(words_are_about_this_sign_in),
		cmocka_unit_test(an_auth_only_that_worked_is_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
