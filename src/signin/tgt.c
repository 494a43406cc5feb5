/* SPDX-License-Identifier: BSD-2-Clause */
#include "signin/tgt.h"

#include <krb5/krb5.h>
#include <profile.h>
#include <string.h>

struct krb {
	krb5_context context;
	krb5_principal client;
	krb5_ccache ccache;
	krb5_get_init_creds_opt *opt;
	krb5_creds creds;
};

static void
krb_done(struct krb *k)
{
	if (k->context == NULL)
		return;
	krb5_free_cred_contents(k->context, &k->creds);
	krb5_get_init_creds_opt_free(k->context, k->opt);
	if (k->ccache != NULL)
		(void)krb5_cc_close(k->context, k->ccache);
	krb5_free_principal(k->context, k->client);
	krb5_free_context(k->context);
}

/* Codes that mean "nobody answered" and not "refused". */
static enum sg_err
kind_of(krb5_error_code code)
{
	return code == KRB5_KDC_UNREACH || code == KRB5_REALM_UNKNOWN ?
	    SG_EIO : SG_EVERIFY;
}

static enum sg_err
krb_fail(const struct krb *k, const struct tgt_ask *ask, krb5_error_code code)
{
	const char *text = krb5_get_error_message(k->context, code);
	auto_str line = NULL;
	enum sg_err e;

	e = str_printf(&line, "PKINIT: %s [%d]", text, (int)code);
	if (e == SG_OK) {
		ask->line(ask->arg, line);
		e = sg_fail(kind_of(code), "no Kerberos ticket for %s@%s: %s",
		    ask->who->user, ask->who->realm, text);
	}
	krb5_free_error_message(k->context, text);
	return e;
}

#define KRB_TRY(k, ask, expr)                                  \
	do {                                                   \
		krb5_error_code krb_code = (expr);             \
		if (krb_code != 0)                             \
			return krb_fail(k, ask, krb_code);     \
	} while (0)

static void
trace(krb5_context context, const krb5_trace_info *info, void *arg)
{
	const struct tgt_ask *ask = arg;
	auto_str line = NULL;

	(void)context;
	/* The line end comes with the message; a line without memory is lost
	 * to the diagnosis, no more. */
	if (info != NULL && str_from_bytes(&line, bytes_of(info->message,
	    strcspn(info->message, "\n"))) == SG_OK)
		ask->line(ask->arg, line);
}

static enum sg_err
context_open(struct krb *k, struct tgt_ask *ask)
{
	profile_t profile;
	krb5_error_code code;

	if (profile_init_path(ask->config, &profile) != 0)
		return sg_fail(SG_EIO, "the Kerberos configuration %s cannot "
		    "be read", ask->config);
	code = krb5_init_context_profile(profile, 0, &k->context);
	profile_release(profile);
	if (code != 0) {
		k->context = NULL;
		return sg_fail(SG_EIO, "the Kerberos configuration %s is "
		    "broken", ask->config);
	}
	/* A libkrb5 without tracing only leaves less to diagnose. */
	(void)krb5_set_trace_callback(k->context, trace, ask);
	return SG_OK;
}

/* A PIN that was wrong once is not tried again. */
struct answer {
	const struct secret *pin;
	bool given;
};

static krb5_error_code
answer(krb5_context context, void *data, const char *name, const char *banner,
    int n, krb5_prompt prompts[])
{
	struct answer *a = data;

	(void)context, (void)name, (void)banner;
	if (n == 0)
		return 0;
	if (a->pin == NULL || a->given || n != 1 || !prompts[0].hidden ||
	    prompts[0].reply->length <= a->pin->n)
		return KRB5_LIBOS_CANTREADPWD;
	memcpy(prompts[0].reply->data, a->pin->p, a->pin->n);
	prompts[0].reply->data[a->pin->n] = '\0';
	prompts[0].reply->length = (unsigned)a->pin->n;
	a->given = true;
	return 0;
}

static enum sg_err
ask_for(struct krb *k, const struct tgt_ask *ask)
{
	struct answer a = { ask->pin, false };

	/* Built, not parsed: '/' in a UPN separates nothing. */
	KRB_TRY(k, ask, krb5_build_principal(k->context, &k->client,
	    (unsigned)strlen(ask->who->realm), ask->who->realm,
	    ask->who->user, (char *)NULL));
	KRB_TRY(k, ask, krb5_cc_resolve(k->context, ask->ccache, &k->ccache));
	KRB_TRY(k, ask, krb5_cc_initialize(k->context, k->ccache, k->client));
	KRB_TRY(k, ask, krb5_get_init_creds_opt_alloc(k->context, &k->opt));
	krb5_get_init_creds_opt_set_forwardable(k->opt, 1);
	KRB_TRY(k, ask, krb5_get_init_creds_opt_set_pa(k->context, k->opt,
	    "X509_user_identity", ask->identity));
	KRB_TRY(k, ask, krb5_get_init_creds_opt_set_out_ccache(k->context,
	    k->opt, k->ccache));
	KRB_TRY(k, ask, krb5_get_init_creds_password(k->context, &k->creds,
	    k->client, NULL, ask->pin != NULL ? answer : NULL, &a, 0, NULL,
	    k->opt));
	return SG_OK;
}

enum sg_err
tgt_get(const struct tgt_ask *ask, struct tgt *out)
{
	__attribute__((cleanup(krb_done))) struct krb k = { 0 };
	struct tgt_ask copy = *ask;

	SG_TRY(context_open(&k, &copy));
	SG_TRY(ask_for(&k, ask));
	out->forwardable = (k.creds.ticket_flags & TKT_FLG_FORWARDABLE) != 0;
	/* The ticket's 32 bits are unsigned, good until 2106. */
	out->end = (int64_t)(uint32_t)k.creds.times.endtime;
	return SG_OK;
}

static enum sg_err
path_check(const char *module)
{
	if (strpbrk(module, ":,\n") == NULL)
		return SG_OK;
	return sg_fail(SG_EARG, "%s: a module's path may not have a colon or "
	    "comma in it", module);
}

enum sg_err
tgt_module_identity(const char *module, const char *id_hex, char **out)
{
	SG_TRY(path_check(module));
	return str_printf(out, "PKCS11:module_name=%s:certid=%s", module,
	    id_hex);
}

enum sg_err
tgt_slot_identity(const char *module, unsigned long slot, const char *id_hex,
    char **out)
{
	SG_TRY(path_check(module));
	return str_printf(out, "PKCS11:module_name=%s:slotid=%lu:certid=%s",
	    module, slot, id_hex);
}
