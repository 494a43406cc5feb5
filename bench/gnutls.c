/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * A program that knows nothing of our module and loads it all the same: GnuTLS
 * loads what p11-kit lists.  It asks for the system's trusted CAs, as every
 * TLS client does, and looks at all tokens, as one does that takes a
 * certificate by its URI.
 */

#include <gnutls/gnutls.h>
#include <gnutls/pkcs11.h>

#include "measure.h"

int
main(void)
{
	gnutls_certificate_credentials_t trust;
	char *url;

	if (gnutls_global_init() != 0 ||
	    gnutls_certificate_allocate_credentials(&trust) != 0 ||
	    gnutls_certificate_set_x509_system_trust(trust) < 0)
		die("GnuTLS does not start");
	for (unsigned int i = 0; gnutls_pkcs11_token_get_url(i,
	    GNUTLS_PKCS11_URL_GENERIC, &url) == 0; i++)
		gnutls_free(url);
	gnutls_certificate_free_credentials(trust);
	gnutls_global_deinit();
	return 0;
}
