/* SPDX-License-Identifier: BSD-2-Clause */
#include "signin/rdp.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* FreeRDP redirects readers in whose name it finds the text: none. */
#define RDP_NO_READER "no reader at all"

enum sg_err
rdp_check_host(const char *host)
{
	/* Not isalnum(), which depends on the locale. */
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t n = strlen(host), good = strspn(host, chars);
	struct in6_addr a;

	if (inet_pton(AF_INET, host, &a) == 1 || strchr(host, ':') != NULL)
		return sg_fail(SG_EARG, "'%s' is not a host's name: Kerberos "
		    "knows hosts by name only (a port is given by --port)",
		    host);
	if (n == 0 || n > RDP_HOST_MAX || *host == '.' || *host == '-')
		return sg_fail(SG_EARG, "'%s' is not a host's name", host);
	if (good < n)
		return sg_fail(SG_EARG,
		    "a host's name cannot have '%c' in it", host[good]);
	return SG_OK;
}

/* The name of "/name:value", "+name" or "-name"; its length, or 0. */
static size_t
option_name(const char *s, const char **name)
{
	if (*s != '/' && *s != '+' && *s != '-')
		return 0;
	s += strspn(s, "/+-");
	*name = s;
	return strcspn(s, ":");
}

enum sg_err
rdp_check_extra(char *const *extra, size_t count,
    enum rdp_credential credential)
{
	static const char redirect[] = "smartcard";
	static const struct {
		const char *name;
		const char *why;
	} ours[] = {
		{ "v", "the host is signet's own argument" },
		{ "port", "use signet's --port" },
		{ "u", "use signet's --user" },
		{ "d", "the domain is the certificate's" },
		{ "p", "a certificate signs in here, no password" },
		{ "pth", "a certificate signs in here, no password" },
		{ "pass-the-hash", "a certificate signs in here" },
		{ "smartcard-logon", "use signet's --credential" },
		{ "kerberos", "signet makes the Kerberos settings" },
		{ "remoteGuard", "use signet's --remote-guard" },
		{ "sec", "only NLA signs in with a certificate" },
		{ "sec-nla", "only NLA signs in with a certificate" },
		{ "auth-pkg-list", "only Kerberos signs in with a "
		    "certificate" },
		{ "authentication", "only NLA signs in with a certificate" },
		{ "args-from", "signet uses it for its own arguments" },
		{ "from-stdin", "signet asks for what is needed" },
		{ "gateway", "FreeRDP would use the same credential, with "
		    "smartcard the PIN, for the gateway" },
		{ "g", "FreeRDP would use the same credential, with "
		    "smartcard the PIN, for the gateway" },
		{ "restricted-admin", "FreeRDP sends the PIN all the same; "
		    "use signet's --remote-guard" },
		{ "restrictedAdmin", "FreeRDP sends the PIN all the same; "
		    "use signet's --remote-guard" },
	};

	for (size_t i = 0; i < count; i++) {
		const char *name;
		size_t n = option_name(extra[i], &name);

		if (n == 0)
			return sg_fail(SG_EARG, "'%s' is not a FreeRDP "
			    "option; they begin with '/', '+' or '-'",
			    extra[i]);
		if (credential == RDP_CREDENTIAL_SMARTCARD &&
		    n == strlen(redirect) &&
		    strncasecmp(name, redirect, n) == 0)
			return sg_fail(SG_EARG, "FreeRDP option '%s': this "
			    "credential redirects your container's card, and "
			    "no other", extra[i]);
		for (size_t k = 0; k < sizeof(ours) / sizeof(*ours); k++)
			if (n == strlen(ours[k].name) &&
			    strncasecmp(name, ours[k].name, n) == 0)
				return sg_fail(SG_EARG,
				    "FreeRDP option '%.*s': %s",
				    (int)(name - extra[i] + (long)n),
				    extra[i], ours[k].why);
	}
	return SG_OK;
}

/* "/cert:tofu", and "/cert-tofu" as it was called before. */
static bool
extra_decides_cert(const struct rdp_ask *ask)
{
	const char *name;

	for (size_t i = 0; i < ask->extra_count; i++)
		if (option_name(ask->extra[i], &name) >= 4 &&
		    strncasecmp(name, "cert", 4) == 0)
			return true;
	return false;
}

static enum sg_err
arg(struct buf *out, const char *option, const char *value)
{
	if (strpbrk(value, "\r\n") != NULL)
		return sg_fail(SG_EARG, "a FreeRDP argument holds a line end");
	return buf_printf(out, "%s%s\n", option, value);
}

static enum sg_err
args_of_credential(const struct rdp_ask *ask, struct buf *out)
{
	if (ask->credential == RDP_CREDENTIAL_SMARTCARD) {
		if (strchr(ask->module, ',') != NULL)
			return sg_fail(SG_EARG, "%s: FreeRDP takes no module "
			    "whose path has a comma", ask->module);
		SG_TRY(arg(out, "/smartcard-logon", ""));
		/* Without a name every reader would be redirected. */
		SG_TRY(arg(out, "/smartcard:", ask->reader != NULL
			? ask->reader : RDP_NO_READER));
		return arg(out, "/kerberos:pkcs11-module:", ask->module);
	}
	SG_TRY(arg(out, "/u:", ask->user));
	SG_TRY(arg(out, "/d:", ask->domain));
	/* Empty on purpose: without it FreeRDP asks for one. */
	SG_TRY(arg(out, "/p:", ""));
	return ask->remote_guard ? arg(out, "/remoteGuard", "") : SG_OK;
}

enum sg_err
rdp_args(const struct rdp_ask *ask, struct buf *out)
{
	auto_done(buf) b = { 0 };

	SG_TRY(arg(&b, "/v:", ask->host));
	if (ask->port != 0)
		SG_TRY(buf_printf(&b, "/port:%u\n", ask->port));
	SG_TRY(arg(&b, "/sec:nla", ""));
	SG_TRY(arg(&b, "/auth-pkg-list:!ntlm,kerberos", ""));
	/* Its question would be asked where nobody sees it. */
	if (!extra_decides_cert(ask))
		SG_TRY(arg(&b, "/cert:deny", ""));
	SG_TRY(args_of_credential(ask, &b));
	for (size_t i = 0; i < ask->extra_count; i++)
		SG_TRY(arg(&b, "", ask->extra[i]));
	if (b.n > RDP_ARGS_MAX / 2)
		return sg_fail(SG_ELIMIT, "the FreeRDP options are longer "
		    "than %d bytes", RDP_ARGS_MAX / 2);
	return buf_add_bytes(out, buf_bytes(&b));
}

enum sg_err
rdp_args_secret(const struct rdp_ask *ask, const struct secret *pin,
    struct secret *out)
{
	auto_done(buf) b = { 0 };

	SG_TRY(rdp_args(ask, &b));
	SG_TRY(secret_add(out, b.p, b.n));
	if (ask->credential != RDP_CREDENTIAL_SMARTCARD)
		return SG_OK;
	if (memchr(pin->p, '\n', pin->n) != NULL)
		return sg_fail(SG_EARG, "the PIN holds a line end");
	/* For FreeRDP the PIN is the password; "pin:" would split it at
	 * commas. */
	SG_TRY(secret_add(out, "/p:", 3));
	SG_TRY(secret_add(out, pin->p, pin->n));
	return secret_add(out, "\n", 1);
}

void
environment_done(struct environment *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->v[i]);
	free(e->v);
	*e = (struct environment) { 0 };
}

enum sg_err
environment_init(struct environment *e, char *const *from)
{
	auto_done(environment) fresh = { 0 };
	size_t n = 0;

	while (from[n] != NULL)
		n++;
	fresh.v = calloc(n + 1, sizeof(*fresh.v));
	if (fresh.v == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	for (; fresh.n < n; fresh.n++)
		SG_TRY(str_dup(&fresh.v[fresh.n], from[fresh.n]));
	*e = fresh;
	fresh = (struct environment) { 0 };
	return SG_OK;
}

static void
environment_remove(struct environment *e, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < e->n;) {
		if (strncmp(e->v[i], name, n) != 0 || e->v[i][n] != '=') {
			i++;
			continue;
		}
		free(e->v[i]);
		e->v[i] = e->v[--e->n];
		e->v[e->n] = NULL;
	}
}

enum sg_err
environment_set(struct environment *e, const char *name, const char *value)
{
	auto_str s = NULL;
	char **v;

	environment_remove(e, name);
	if (value == NULL)
		return SG_OK;
	SG_TRY(str_printf(&s, "%s=%s", name, value));
	v = realloc(e->v, (e->n + 2) * sizeof(*v));
	if (v == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	e->v = v;
	e->v[e->n++] = s;
	e->v[e->n] = NULL;
	s = NULL;
	return SG_OK;
}

static const char *
environment_find(const struct environment *e, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < e->n; i++)
		if (strncmp(e->v[i], name, n) == 0 && e->v[i][n] == '=')
			return e->v[i] + n + 1;
	return NULL;
}

/* FreeRDP would connect to whichever reader a host names. */
static enum sg_err
one_reader(const struct rdp_environment *r, struct environment *e)
{
	const char *before = environment_find(e, "LD_LIBRARY_PATH");
	auto_str path = NULL;

	SG_TRY(environment_set(e, "SIGNET_READER", r->reader));
	if (r->pcsc == NULL)
		return SG_OK;
	SG_TRY(str_printf(&path, "%s%s%s", r->pcsc,
	    before != NULL && *before != '\0' ? ":" : "",
	    before != NULL ? before : ""));
	return environment_set(e, "LD_LIBRARY_PATH", path);
}

enum sg_err
rdp_environment(const struct rdp_environment *r, struct environment *e)
{
	SG_TRY(environment_set(e, "KRB5_CONFIG", r->krb5_config));
	SG_TRY(environment_set(e, "KRB5CCNAME", r->ccache));
	/* libkrb5 tells here why PKINIT failed; FreeRDP itself does not. */
	SG_TRY(environment_set(e, "KRB5_TRACE", "/dev/stderr"));
	if (r->trust != NULL)
		SG_TRY(environment_set(e, "SSL_CERT_FILE", r->trust));
	SG_TRY(environment_set(e, "SIGNET_PIN_ENTRY", "session"));
	SG_TRY(environment_set(e, "SIGNET_LABELS", r->card ? "card" : "own"));
	SG_TRY(environment_set(e, "SIGNET_CERT", r->cert));
	SG_TRY(one_reader(r, e));
	SG_TRY(environment_set(e, "FREERDP_ASKPASS", NULL));
	/* Its log is what a failure is diagnosed from. */
	SG_TRY(environment_set(e, "WLOG_LEVEL", NULL));
	SG_TRY(environment_set(e, "WLOG_FILTER", NULL));
	return environment_set(e, "WLOG_APPENDER", NULL);
}
