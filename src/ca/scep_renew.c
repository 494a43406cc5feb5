/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/scep_impl.h"

#include <string.h>
#include <strings.h>

#include "ca/accounts.h"
#include "ca/signers.h"
#include "ca/vouched.h"

/* A renewal on its way. */
struct renewal {
	struct scep_turn *t;
	const struct template *template;
	struct ca_binding binding;	/* the old names */
	struct ca_account account;
	bool has_account;
	struct ca_signers signers;
	struct template nameless;
	uint32_t status;
};

static void
renewal_done(struct renewal *r)
{
	ca_binding_done(&r->binding);
	ca_account_done(&r->account);
	ca_signers_done(&r->signers);
	template_done(&r->nameless);
}

static enum sg_err
check_standing(const struct ca_record *r, int64_t now)
{
	if (r->state != CA_VALID)
		return sg_fail(SG_EVERIFY, "the certificate to renew is %s",
		    r->state == CA_HELD ? "held" : "revoked");
	if (now < r->cert->not_before || now >= r->cert->not_after)
		return sg_fail(SG_EVERIFY, "the certificate to renew is not "
		    "valid now");
	if (r->cert->ext.ca)
		return sg_fail(SG_EVERIFY, "a CA is not renewed so");
	return SG_OK;
}

/* By the store's word only; the message's certificate is the same, byte for
 * byte, and its key has signed. */
enum sg_err
scep_find_old(struct scep_turn *t)
{
	const struct cert *signer = t->r->signer;
	enum sg_err e = ca_certs_get(&t->old, t->x->c.store, signer->serial);

	if (e == SG_ENOENT || e == SG_EARG || (e == SG_OK &&
	    !bytes_eq(buf_bytes(&t->old.cert->der), buf_bytes(&signer->der))))
		return sg_fail(SG_EVERIFY, "the certificate that signed was not"
		    " issued here");
	SG_TRY(e);
	return check_standing(&t->old, t->now);
}

/* The same template, or one that takes its place (MS-WCCE
 * 3.2.2.6.2.1.2.3). */
static enum sg_err
find_template(struct renewal *r)
{
	struct template_cache *known = r->t->kept->templates;
	const char *old = r->t->old.template;
	const struct ca_templates *all;
	enum sg_err e;

	r->status = CA_E_UNSUPPORTED_TEMPLATE;
	if (old == NULL)
		return sg_fail(SG_EVERIFY, "the certificate to renew is of no "
		    "template");
	e = template_cache_published(&r->template, known, old);
	if (e != SG_ENOENT)
		return e;
	SG_TRY(template_cache_list(&all, known));
	for (size_t i = 0; i < all->n; i++) {
		const struct ca_template *t = &all->v[i];

		for (size_t j = 0; t->published && j < t->t.supersedes.n; j++)
			if (strcasecmp(t->t.supersedes.v[j], old) == 0) {
				r->template = &t->t;
				return SG_OK;
			}
	}
	return sg_fail(SG_EVERIFY, "template: %s is no longer issued by",
	    old);
}

/* The names of one by a challenge that names nobody are good for what such a
 * challenge is good for now, whatever the template was. */
static enum sg_err
check_powers(bool *harmless, const struct renewal *r)
{
	enum ca_evidence_kind origin;

	*harmless = true;
	if (!ca_powerful(r->template))
		return SG_OK;
	SG_TRY(ca_origin(&origin, r->t->x->c.store, &r->t->old));
	*harmless = origin != CA_BY_CHALLENGE;
	return SG_OK;
}

/* A name that its holder chose says nothing about who he is. */
static enum sg_err
check_vouched(struct renewal *r)
{
	bool vouched, harmless;

	r->status = CA_E_BAD_SUBJECT;
	SG_TRY(check_powers(&harmless, r));
	if (harmless && (r->template->name_flag & NAME_ENROLLEE_SUPPLIES) != 0)
		return SG_OK;
	SG_TRY(ca_names_vouched(&vouched, r->t->x->c.store, &r->t->old));
	return vouched ? SG_OK : sg_fail(SG_EVERIFY, "nobody but its own "
	    "request vouched for the names in the certificate %s",
	    r->t->old.cert->serial);
}

/* MS-CRTD 2.26: then the old certificate's key is all that it takes. */
static bool
key_based(const struct template *t)
{
	return (t->enrollment_flag & ENROLL_KEY_BASED_RENEWAL) != 0 &&
	    (t->enrollment_flag & ENROLL_PREVIOUS_APPROVAL) != 0 &&
	    (t->name_flag & NAME_ENROLLEE_SUPPLIES) != 0;
}

/* Who made a challenge vouched for its names; all others are accounts, and
 * whoever is one must still be who he was. */
static enum sg_err
find_account(struct renewal *r)
{
	const struct ca_store *s = r->t->x->c.store;
	enum ca_evidence_kind origin;
	enum sg_err e;

	r->status = CA_E_TEMPLATE_DENIED;
	e = ca_account_of(&r->account, s, &r->binding.identity);
	r->has_account = e == SG_OK;
	if (e == SG_EVERIFY)
		r->status = CA_E_BAD_SUBJECT;
	if (e != SG_ENOENT || key_based(r->template))
		return e == SG_ENOENT ? SG_OK : e;
	SG_TRY(ca_origin(&origin, s, &r->t->old));
	return origin == CA_BY_CHALLENGE ? SG_OK : sg_fail(SG_EVERIFY,
	    "the certificate to renew is no account's");
}

static enum sg_err
check_names(struct renewal *r)
{
	r->status = CA_E_RENEWAL_SUBJECT;
	return ca_binding_fits(&r->binding, r->template, r->t->content.csr);
}

static enum sg_err
decide(struct renewal *r)
{
	SG_TRY(ca_identity_of(&r->binding.identity, r->t->old.cert));
	SG_TRY(texts_add_all(&r->binding.uri, &r->t->old.cert->ext.uri));
	SG_TRY(find_template(r));
	SG_TRY(check_vouched(r));
	SG_TRY(find_account(r));
	return check_names(r);
}

static bool
may_enroll(void *ctx, const struct template *t, const char *requester)
{
	const struct renewal *r = ctx;
	bool may = true;

	(void)requester;
	/* Out of memory is no reason to let anybody in. */
	return !r->has_account || (ca_account_may(&may, &r->account,
	    &t->security, ACCESS_ENROLL) == SG_OK && may);
}

/* A name for the books when there is no template. */
static enum sg_err
template_named(struct renewal *r)
{
	if (r->template != NULL)
		return SG_OK;
	r->template = &r->nameless;
	return str_dup(&r->nameless.cn,
	    r->t->old.template != NULL ? r->t->old.template : "?");
}

static enum sg_err
submit(struct renewal *r)
{
	const struct ca_gate gate = { may_enroll, r };
	struct scep_turn *t = r->t;
	struct ca_order o = { .identity = &r->binding.identity,
		.request = t->content.csr, .now = t->now,
		.evidence = { .kind = CA_BY_CERTIFICATE },
		.renews = r->t->old.cert, .signers = &r->signers,
		.gate = &gate };
	auto_str note = NULL;
	enum sg_err e = decide(r);

	if (e != SG_OK && !ca_verdict_denies(e))
		return e;
	SG_TRY(str_dup(&note, sg_note(e)));
	SG_TRY(template_named(r));
	SG_TRY(ca_signers_add(&r->signers, r->t->old.cert->serial,
	    CA_SIGNED_OLD));
	o.template = r->template;
	o.requester = r->has_account ? r->account.name
				     : r->t->old.cert->subject;
	if (e == SG_OK)
		return scep_submit(t, &o);
	t->result->told = true;
	return ca_refuse(&t->outcome, t->x->c.store, &o, r->status,
	    sg_fail(e, "%s", note));
}

enum sg_err
scep_renew(struct scep_turn *t)
{
	auto_done(renewal) r = { .t = t };

	template_init(&r.nameless);
	csr_challenge_erase(t->content.csr);
	SG_TRY(submit(&r));
	return scep_outcome(t, &t->outcome);
}
