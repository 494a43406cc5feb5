/* SPDX-License-Identifier: BSD-2-Clause */
#include "signin/session.h"

#include <string.h>
#include <strings.h>
#include <time.h>

void
session_done(struct session *s)
{
	candidates_done(&s->candidates);
	principal_done(&s->who);
	*s = (struct session) { 0 };
}

/* FreeRDP looks for a certificate of the user it is given, by the UPN. */
static enum sg_err
check_user(const struct session *s, const struct principal *of_cert)
{
	if (s->ask->credential != RDP_CREDENTIAL_SMARTCARD ||
	    (strcasecmp(of_cert->user, s->who.user) == 0 &&
	    strcmp(of_cert->realm, s->who.realm) == 0))
		return SG_OK;
	return sg_fail(SG_EARG, "the certificate '%s' is that of %s, not of "
	    "%s@%s: the smartcard credential signs in as the certificate's "
	    "own user; leave --user away, choose another --cert, or use "
	    "--credential kerberos where the realm maps it to that account",
	    s->cert->label, s->cert->upn, s->who.user, s->who.domain);
}

static enum sg_err
find_user(struct session *s)
{
	auto_done(principal) of_cert = { 0 };
	const char *user = s->ask->user;
	auto_str full = NULL;

	SG_TRY(sg_while(principal_parse(&of_cert, s->cert->upn),
	    "the user principal name in the certificate '%s'",
	    s->cert->label));
	if (user == NULL)
		user = s->cert->upn;
	if (strchr(user, '@') == NULL) {
		SG_TRY(str_printf(&full, "%s@%s", user, of_cert.domain));
		user = full;
	}
	SG_TRY(sg_while(principal_parse(&s->who, user), "--user"));
	return check_user(s, &of_cert);
}

static enum sg_err
check_ask(const struct session_ask *ask)
{
	SG_TRY(rdp_check_host(ask->host));
	SG_TRY(rdp_check_extra(ask->extra, ask->extra_count,
	    ask->credential));
	if (ask->no_card && ask->credential != RDP_CREDENTIAL_SMARTCARD)
		return sg_fail(SG_EARG, "--no-card goes with --credential "
		    "smartcard; kerberos redirects no card");
	if (ask->remote_guard && ask->credential != RDP_CREDENTIAL_KERBEROS)
		return sg_fail(SG_EARG, "--remote-guard delegates no "
		    "credential, so it goes with --credential kerberos");
	return SG_OK;
}

enum sg_err
session_init(struct session *out, const struct session_ask *ask)
{
	auto_done(session) s = { .ask = ask };

	SG_TRY(check_ask(ask));
	SG_TRY(candidates_init(&s.candidates, ask->objects));
	SG_TRY(choose(&s.candidates, ask->cert, (int64_t)time(NULL),
	    &s.cert));
	SG_TRY(find_user(&s));
	*out = s;
	s = (struct session) { 0 };
	return SG_OK;
}

/* What a host is given must be what the container's own card shows. */
static enum sg_err
check_provider(const struct session *s, const struct cert_object *c,
    const struct key_object *k)
{
	if (s->ask->credential != RDP_CREDENTIAL_SMARTCARD ||
	    k->provider == KSP_PASSPORT)
		return SG_OK;
	if (k->provider == KSP_SMARTCARD)
		return sg_fail(SG_EARG, "the certificate '%s' is on the card "
		    "'%s' (serial %s), whose PIN no host gets to see: use "
		    "--credential kerberos", c->label, k->token, k->serial);
	return sg_fail(SG_EARG, "the key of the certificate '%s' is in the "
	    "%s, which no card shows: use --credential kerberos", c->label,
	    provider_name(k->provider));
}

enum sg_err
session_key(const struct session *s, const struct key_object **out)
{
	const struct cert_object *c = s->cert->cert;
	const struct key_object *k = objects_key(s->ask->objects, c->key);

	if (k == NULL)
		return sg_fail(SG_ENOENT, "the certificate '%s' names a key "
		    "that is not there ('signet cert list')", c->label);
	SG_TRY(check_provider(s, c, k));
	*out = k;
	return SG_OK;
}

struct rdp_ask
session_rdp_ask(const struct session *s, const char *reader)
{
	const struct session_ask *ask = s->ask;

	return (struct rdp_ask) {
		.host = ask->host, .port = ask->port,
		.credential = ask->credential,
		.remote_guard = ask->remote_guard, .module = ask->module,
		.reader = *reader != '\0' ? reader : NULL,
		.user = s->who.user, .domain = s->who.domain,
		.extra = ask->extra, .extra_count = ask->extra_count,
	};
}

static const char *
credential_name(enum rdp_credential c)
{
	return c == RDP_CREDENTIAL_SMARTCARD ? "smartcard" : "kerberos";
}

enum sg_err
session_plan(const struct session *s, struct buf *out)
{
	const struct session_ask *ask = s->ask;
	struct rdp_ask rdp = session_rdp_ask(s, ask->no_card ? ""
	    : "<the container's reader>");
	auto_done(kdc_names) kdcs = { 0 };

	SG_TRY(kdc_names_find(&kdcs, s->who.realm, ask->kdc_hostname));
	SG_TRY(buf_printf(out, "host: %s\nuser: %s@%s\ncertificate: %s "
	    "(%s)\ncredential: %s%s\n", ask->host, s->who.user, s->who.realm,
	    s->cert->label, s->cert->fingerprint,
	    credential_name(ask->credential),
	    ask->remote_guard ? ", remote guard" : ""));
	for (size_t i = 0; i < kdcs.n; i++)
		SG_TRY(buf_printf(out, "kdc certificate for: %s\n",
		    kdcs.v[i]));
	SG_TRY(buf_printf(out, "module: %s\nclient: %s\n", ask->module,
	    ask->client));
	SG_TRY(buf_add_str(out, "client arguments (by a pipe):\n"));
	SG_TRY(rdp_args(&rdp, out));
	return ask->credential == RDP_CREDENTIAL_SMARTCARD ?
	    buf_add_str(out, "/p:<a session PIN>\n") : SG_OK;
}
