/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/ossl.h"

#include <stdio.h>

/* The provider (crypto/wrap.c) leaves a signer's error in the queue like
 * this; the reason is the enum sg_err. */
static bool
is_signer_error(unsigned long code)
{
	return ERR_GET_LIB(code) == ERR_LIB_USER &&
	    ERR_GET_REASON(code) > 0 && ERR_GET_REASON(code) < SG_ERR_COUNT;
}

enum sg_err
ossl_fail(enum sg_err e, const char *what)
{
	unsigned long code, last = 0;
	const char *data, *words = NULL;
	char note[SG_NOTE_MAX];
	int flags;

	while ((code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags))) {
		if (is_signer_error(code)) {
			(void)snprintf(note, sizeof(note), "%s",
			    (flags & ERR_TXT_STRING) ? data : "");
			ERR_clear_error();
			return sg_fail((enum sg_err)ERR_GET_REASON(code),
			    "%s: %s", what, note);
		}
		if (last == 0 || words == NULL)
			words = ERR_reason_error_string(code);
		last = code;
	}
	if (words == NULL)
		return sg_fail(e, "%s", what);
	return sg_fail(e, "%s: %s", what, words);
}
