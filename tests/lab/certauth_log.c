/*
 * A plugin for MIT's KDC (krb5/certauth_plugin.h) that has no opinion and
 * writes into the KDC's log which certificate a client signed in with. The
 * stock KDC says nowhere which one it was.
 *
 * It runs after the KDC has verified the chain and the client's signature, and
 * writes one line:
 *
 *	PKINIT: client alice@R certificate serial 5AB0.. issuer DC=..,CN=..
 */
#include <krb5/krb5.h>
#include <krb5/certauth_plugin.h>
#include <com_err.h>
#include <openssl/bn.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

krb5_error_code certauth_log_initvt(
    krb5_context context, int major, int minor, krb5_plugin_vtable vtable);

static krb5_error_code
authorize(krb5_context context, krb5_certauth_moddata data, const uint8_t *der,
    size_t len, krb5_const_principal who, const void *opts,
    const struct _krb5_db_entry_new *entry, char ***indicators)
{
	char *name = NULL, *serial = NULL, issuer[512] = "", subject[512] = "";
	BIGNUM *number = NULL;
	X509 *cert;

	(void)data;
	(void)opts;
	(void)entry;
	(void)indicators;
	cert = d2i_X509(NULL, &der, (long)len);
	if (cert != NULL && krb5_unparse_name(context, who, &name) == 0) {
		number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
		serial = number != NULL ? BN_bn2hex(number) : NULL;
		X509_NAME_oneline(
		    X509_get_issuer_name(cert), issuer, sizeof(issuer));
		X509_NAME_oneline(
		    X509_get_subject_name(cert), subject, sizeof(subject));
		/* The KDC sends what goes to com_err into its own log. */
		com_err("PKINIT", 0,
		    "PKINIT: client %s certificate serial %s "
		    "issuer %s subject %s",
		    name, serial != NULL ? serial : "?", issuer, subject);
	}
	OPENSSL_free(serial);
	BN_free(number);
	krb5_free_unparsed_name(context, name);
	X509_free(cert);
	return KRB5_PLUGIN_NO_HANDLE;
}

krb5_error_code
certauth_log_initvt(
    krb5_context context, int major, int minor, krb5_plugin_vtable vtable)
{
	krb5_certauth_vtable vt = (krb5_certauth_vtable)vtable;

	(void)context;
	(void)minor;
	if (major != 1)
		return KRB5_PLUGIN_VER_NOTSUPP;
	vt->name = "log";
	vt->authorize = authorize;
	return 0;
}
