/* SPDX-License-Identifier: BSD-2-Clause */
#include "ksp/ksp.h"

#include <stdlib.h>

#include "ipc/key_signer.h"
#include "ksp/card.h"

struct ksp_key {
	struct key_signer signer;	/* of signetd */
	struct card card;		/* of a token */
};

void
ksp_key_free(struct ksp_key *k)
{
	if (k == NULL)
		return;
	card_done(&k->card);
	free(k);
}

static enum sg_err
open_container(const struct ksp *k, enum provider p)
{
	if (!provider_wants_gesture(p) || k->open == NULL)
		return SG_OK;
	return k->open(k->arg);
}

enum sg_err
ksp_key_open(struct ksp_key **out, const struct ksp *k,
    const struct key_object *key)
{
	auto_free(ksp_key) made = calloc(1, sizeof(*made));

	if (made == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	if (key->provider == KSP_SMARTCARD)
		SG_TRY(card_open_key(&made->card, k, key, NULL));
	else
		SG_TRY(open_container(k, key->provider));
	made->signer = (struct key_signer) { k->client, key };
	*out = made;
	made = NULL;
	return SG_OK;
}

struct signer
ksp_key_signer(struct ksp_key *k)
{
	return k->card.key != NULL ? token_key_signer(k->card.key)
				   : key_signer(&k->signer);
}

static enum sg_err
make_in(const struct ksp *k, const struct ksp_make *ask, enum provider p)
{
	if (p == KSP_SMARTCARD)
		return card_make_key(k, ask);
	SG_TRY(open_container(k, p));
	return client_key_make(k->client, ask->name, ask->type, p);
}

enum sg_err
ksp_key_make(const struct ksp *k, const struct ksp_make *ask,
    enum provider *made)
{
	enum provider p = ask->provider;
	enum sg_err e = make_in(k, ask, p);

	if (e == SG_ETPM && ask->otherwise != 0) {
		p = ask->otherwise;
		e = make_in(k, ask, p);
	}
	if (e == SG_OK && made != NULL)
		*made = p;
	return e;
}

enum sg_err
ksp_key_remove(const struct ksp *k, const struct key_object *key, bool erase)
{
	if (key->provider == KSP_SMARTCARD && erase)
		SG_TRY(card_erase_key(k, key));
	SG_TRY(open_container(k, key->provider));
	return client_key_remove(k->client, key->name);
}

void
ksp_place_done(struct ksp_place *p)
{
	free(p->module);
	*p = (struct ksp_place) { 0 };
}

enum sg_err
ksp_key_place(const struct ksp *k, const struct key_object *key,
    struct ksp_place *out, struct secret *pin)
{
	auto_done(card) card = { 0 };

	SG_TRY(card_open_key(&card, k, key, pin));
	SG_TRY(token_module(card.token, &out->module));
	out->slot = token_slot(card.token);
	return SG_OK;
}
