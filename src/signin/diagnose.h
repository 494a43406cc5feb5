/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_SIGNIN_DIAGNOSE_H
#define SG_SIGNIN_DIAGNOSE_H

/*
 * Why a sign-in failed, in words that say what to do.  Lines come from three
 * mouths, in any order: libkrb5's trace, FreeRDP's log, and tgt.h's last line.
 * Each cause has a rank, because one failure makes many lines: what was at the
 * root of it wins over what followed from it.
 */

#include "base/bytes.h"

enum cause {
	CAUSE_NONE = 0,
	/* What is only the end of something else. */
	CAUSE_TRANSPORT,	/* no connection */
	CAUSE_HUNG_UP,		/* there was one */
	CAUSE_AUTHENTICATION,	/* no ticket, no better reason known */
	CAUSE_PREAUTH,
	CAUSE_NO_PKINIT,	/* the KDC offers none */
	CAUSE_NO_PLUGIN,	/* libkrb5 has none */
	/* The host. */
	CAUSE_HOST_NAME,	/* DNS does not know it */
	CAUSE_HOST_REFUSED,	/* nothing listens */
	CAUSE_HOST_NLA,		/* it does not do NLA */
	CAUSE_HOST_CERT,	/* its TLS certificate is not trusted */
	CAUSE_HOST_CERT_NAME,
	CAUSE_HOST_PRINCIPAL,	/* the KDC does not know TERMSRV/host */
	CAUSE_GUARD_PRINCIPAL,	/* ... or HOST/host */
	CAUSE_GUARD_REFUSED,
	CAUSE_NOT_FORWARDABLE,
	CAUSE_LOGON_DENIED,
	CAUSE_LOGON_LOCKED,
	CAUSE_LOGON_RIGHT,
	CAUSE_LOGON_PASSWORD,
	/* The KDC. */
	CAUSE_KDC_UNREACHABLE,
	CAUSE_KDC_UNKNOWN,	/* of the realm */
	CAUSE_KDC_CERT,
	CAUSE_KDC_CERT_NAME,
	CAUSE_KDC_CERT_EKU,
	CAUSE_NO_ANCHORS,
	CAUSE_KRB5_FILE,	/* that krb5.conf names */
	CAUSE_CLOCK,
	/* The person and the certificate. */
	CAUSE_USER_UNKNOWN,
	CAUSE_USER_DISABLED,
	CAUSE_CERT_REVOKED,
	CAUSE_CERT_REVOCATION,	/* the KDC cannot tell */
	CAUSE_CERT_ISSUER,	/* the KDC does not trust it */
	CAUSE_CERT_CHAIN,	/* we do not */
	CAUSE_CERT_EXPIRED,
	CAUSE_CERT_EKU,
	CAUSE_CERT_USER,	/* it is another user's */
	CAUSE_CERT_MAPPING,	/* strong binding */
	/* This machine. */
	CAUSE_NO_CERT,		/* FreeRDP found none */
	CAUSE_SEVERAL_CERTS,
	CAUSE_MODULE,
	CAUSE_PIN,
	CAUSE_DISPLAY,
	CAUSE_OPTION,
	CAUSE_COUNT
};

struct diagnosis {
	enum cause cause;
	bool remote_guard;	/* set by the caller: it was asked for */
	bool pkinit_offered;	/* by the KDC */
	bool auth_only_ok;	/* "+auth-only", and it worked */
};

/* Takes one line into account. */
void diagnose_line(struct diagnosis *d, const char *line);

/* Behind the last line; status is the client's exit code, or 0 when it was
 * never started. */
void diagnose_end(struct diagnosis *d, int status);
/* Whether only the end of something else is known. */
bool diagnosis_is_vague(const struct diagnosis *d);

/* Whether the client's exit code is that of a session that came to its end,
 * or of +auth-only that worked. */
bool diagnosis_is_end(const struct diagnosis *d, int status);

/* A fixed short name ("cert-revoked"), for the log. */
const char *cause_name(enum cause cause);

struct diagnose_about {
	const char *host;
	const char *user;	/* user@REALM */
	const char *realm;
	const char *cert;	/* label */
};
/* One or two sentences: what happened, and what to do. */
enum sg_err diagnose_words(const struct diagnosis *d,
    const struct diagnose_about *about, struct buf *out);

#endif
