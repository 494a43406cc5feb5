/* SPDX-License-Identifier: BSD-2-Clause */
#include "tpm/key.h"

#include <string.h>
#include <tss2/tss2_mu.h>

#include "tpm/key_public.h"
#include "tpm/loaded.h"
#include "tpm/nv.h"
#include "tpm/session.h"

#define DIGEST_LEN_MIN 20

/* --- the loaded ones --- */

static void
login_forget(struct tpm *t, struct loaded_key *k)
{
	if (k->login != ESYS_TR_NONE)
		(void)Esys_TR_Close(t->esys, &k->login);
	k->login = ESYS_TR_NONE;
}

static void
key_forget(struct tpm *t, struct loaded_key *k)
{
	login_forget(t, k);
	if (k->key != ESYS_TR_NONE && !tpm_gone(t))
		(void)Esys_FlushContext(t->esys, k->key);
	k->key = ESYS_TR_NONE;
}

void
keys_forget(struct tpm *t)
{
	for (size_t i = 0; i < KEYS_LOADED_MAX; i++)
		key_forget(t, &t->keys[i]);
	session_kept_drop(t);
}

void
keys_forget_login(struct tpm *t, uint32_t index)
{
	for (size_t i = 0; i < KEYS_LOADED_MAX; i++)
		if (t->keys[i].login_index == index)
			login_forget(t, &t->keys[i]);
}

/* The loaded one that was used before all others; NULL when none is. */
static struct loaded_key *
oldest(struct tpm *t)
{
	struct loaded_key *k = NULL;

	for (size_t i = 0; i < KEYS_LOADED_MAX; i++)
		if (t->keys[i].key != ESYS_TR_NONE &&
		    (k == NULL || t->keys[i].used < k->used))
			k = &t->keys[i];
	return k;
}

static struct loaded_key *
free_place(struct tpm *t)
{
	struct loaded_key *k;

	for (size_t i = 0; i < KEYS_LOADED_MAX; i++)
		if (t->keys[i].key == ESYS_TR_NONE)
			return &t->keys[i];
	k = oldest(t);
	key_forget(t, k);
	return k;
}

void
keys_make_room(struct tpm *t, size_t n)
{
	struct loaded_key *k;
	size_t have = 0;

	for (size_t i = 0; i < KEYS_LOADED_MAX; i++)
		have += t->keys[i].key != ESYS_TR_NONE;
	for (; t->sole && have > n && (k = oldest(t)) != NULL; have--)
		key_forget(t, k);
}

static struct loaded_key *
loaded(struct tpm *t, const struct name *name)
{
	for (size_t i = 0; i < KEYS_LOADED_MAX; i++)
		if (t->keys[i].key != ESYS_TR_NONE &&
		    memcmp(&t->keys[i].name, name, sizeof(*name)) == 0)
			return &t->keys[i];
	return NULL;
}

/* --- making --- */

static enum sg_err
template(enum tpm_key_type type, const struct policy *policy,
    TPM2B_PUBLIC *out)
{
	auto_done(buf) b = { 0 };
	TPM2B_PUBLIC pub = { 0 };
	size_t at = 0;

	SG_TRY(key_template(type, policy, &b));
	if (Tss2_MU_TPMT_PUBLIC_Unmarshal(b.p, b.n, &at, &pub.publicArea) !=
	    TSS2_RC_SUCCESS)
		return sg_fail(SG_EINTERNAL, "a key's template");
	*out = pub;
	return SG_OK;
}

static enum sg_err
marshal(const TPM2B_PUBLIC *pub, const TPM2B_PRIVATE *priv,
    struct tpm_key *out)
{
	uint8_t *p;
	size_t n = 0;

	SG_TRY(buf_extend(&out->public, TPM_KEY_PUBLIC_MAX, &p));
	if (Tss2_MU_TPM2B_PUBLIC_Marshal(pub, p, TPM_KEY_PUBLIC_MAX, &n) !=
	    TSS2_RC_SUCCESS)
		return sg_fail(SG_ELIMIT, "a key's public area is too large");
	out->public.n = n;
	n = 0;
	SG_TRY(buf_extend(&out->private, TPM_KEY_PRIVATE_MAX, &p));
	if (Tss2_MU_TPM2B_PRIVATE_Marshal(priv, p, TPM_KEY_PRIVATE_MAX, &n) !=
	    TSS2_RC_SUCCESS)
		return sg_fail(SG_ELIMIT, "a key's private area is too large");
	out->private.n = n;
	return SG_OK;
}

static enum sg_err
create(struct tpm *t, const TPM2B_PUBLIC *want,
    const TPM2B_SENSITIVE_CREATE *sensitive, struct tpm_key *out)
{
	const TPM2B_DATA no_data = { 0 };
	const TPML_PCR_SELECTION no_pcr = { 0 };
	TPM2B_PUBLIC auto_esys *pub = NULL;
	TPM2B_PRIVATE auto_esys *priv = NULL;
	bool seal = sensitive->sensitive.data.size > 0;

	/* The storage root key and the new key take a slot each. */
	keys_make_room(t, KEYS_LOADED_MAX - 1);
	SG_TRY(tpm_session_mode(t, t->session,
	    seal ? TPMA_SESSION_DECRYPT : 0));
	SG_TRY(tpm_rc(t, Esys_Create(t->esys, t->srk, t->session, ESYS_TR_NONE,
	    ESYS_TR_NONE, sensitive, want, &no_data, &no_pcr, &priv, &pub,
	    NULL, NULL, NULL), seal ? "sealing" : "making a key"));
	return marshal(pub, priv, out);
}

enum sg_err
key_create(struct tpm *t, enum tpm_key_type type, const struct policy *policy,
    const struct secret *sealed, struct tpm_key *out)
{
	auto_done(tpm_key) k = { .type = type };
	auto_done(secret) sensitive = { 0 };
	TPM2B_SENSITIVE_CREATE *s;
	struct key_public made;
	TPM2B_PUBLIC want;
	size_t n = sealed != NULL ? sealed->n : 0;

	SG_TRY(secret_init(&sensitive, sizeof(*s)));
	s = (TPM2B_SENSITIVE_CREATE *)(void *)sensitive.p;
	if (n > sizeof(s->sensitive.data.buffer))
		return sg_fail(SG_ELIMIT, "%zu bytes to be sealed", n);
	if (n > 0)
		memcpy(s->sensitive.data.buffer, sealed->p, n);
	s->sensitive.data.size = (UINT16)n;
	SG_TRY(template(type, policy, &want));
	SG_TRY(create(t, &want, s, &k));
	SG_TRY(key_public_parse(&k, policy, &made));
	*out = k;
	k = (struct tpm_key) { 0 };
	return SG_OK;
}

enum sg_err
tpm_key_make(struct tpm *t, const struct vault *v, enum tpm_key_type type,
    struct tpm_key *out)
{
	struct tree tree;

	if (type != TPM_KEY_RSA2048 && type != TPM_KEY_P256)
		return sg_fail(SG_EUNSUPPORTED, "TPM key type %d", (int)type);
	SG_TRY(tpm_ready(t, v->srk_name));
	SG_TRY(tree_of(v, &tree));
	return key_create(t, type, &tree.key, NULL, out);
}

/* --- using --- */

static enum sg_err
unmarshal(const struct tpm_key *k, TPM2B_PUBLIC *pub, TPM2B_PRIVATE *priv)
{
	size_t at = 0, end = 0;

	if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(k->public.p, k->public.n, &at,
	    pub) != TSS2_RC_SUCCESS || at != k->public.n ||
	    Tss2_MU_TPM2B_PRIVATE_Unmarshal(k->private.p, k->private.n, &end,
	    priv) != TSS2_RC_SUCCESS || end != k->private.n)
		return sg_fail(SG_EFORMAT, "a TPM key's blobs are malformed");
	return SG_OK;
}

static enum sg_err
load(struct tpm *t, const struct tpm_key *k, const struct name *name,
    struct loaded_key **out)
{
	struct loaded_key *place;
	TPM2B_PUBLIC pub = { 0 };
	TPM2B_PRIVATE priv = { 0 };
	ESYS_TR key;

	SG_TRY(unmarshal(k, &pub, &priv));
	place = free_place(t);
	SG_TRY(tpm_session_mode(t, t->session, 0));
	SG_TRY(tpm_rc(t, Esys_Load(t->esys, t->srk, t->session, ESYS_TR_NONE,
	    ESYS_TR_NONE, &priv, &pub, &key), "loading a key"));
	*place = (struct loaded_key) { *name, key, ESYS_TR_NONE, 0, 0 };
	*out = place;
	return SG_OK;
}

/* The login index, without which nothing is logged in. */
static enum sg_err
login_learn(struct tpm *t, uint32_t index, struct loaded_key *k)
{
	auto_done(handle) h = { 0 };
	struct name name;
	enum sg_err e;

	if (k->login != ESYS_TR_NONE && k->login_index == index)
		return SG_OK;
	login_forget(t, k);
	e = nv_find(t, index, &h, &name);
	if (e == SG_ENOENT)
		return sg_fail(SG_ELOGIN,
		    "the login has ended: its index was removed");
	SG_TRY(e);
	k->login = h.tr;
	k->login_index = index;
	h.kind = HANDLE_NONE;
	return SG_OK;
}

enum sg_err
key_ready(struct tpm *t, const struct tpm_key *k, const struct key_public *pub,
    struct loaded_key **out)
{
	struct loaded_key *place;
	struct name name;

	SG_TRY(object_name(pub->area, &name));
	if ((place = loaded(t, &name)) == NULL)
		SG_TRY(load(t, k, &name, &place));
	place->used = ++t->clock;
	*out = place;
	return SG_OK;
}

static enum sg_err
prove(struct tpm *t, const struct handle *ps, const struct loaded_key *k,
    const struct secret *login)
{
	auto_done(handle) index = { t, k->login, HANDLE_BORROWED };

	SG_TRY(nv_auth_set(&index, login));
	return session_secret(ps, &index);
}

/* Wrong secret, unwritten after a reset, replaced: for the caller it is all
 * the same, somebody has to log in. */
static enum sg_err
arm(struct tpm *t, const struct tree *tree, const struct loaded_key *k,
    const struct secret *login)
{
	struct handle ps;
	enum sg_err e;

	SG_TRY(session_kept(t, &ps));
	if ((e = prove(t, &ps, k, login)) == SG_OK)
		e = session_or(&ps, tree->key_branch, KEY_BRANCHES);
	if (e == SG_EPIN || e == SG_EBLOCKED || e == SG_EVERIFY ||
	    e == SG_ENOENT)
		return sg_fail(SG_ELOGIN, "the login has ended: another one "
		    "followed, or the TPM was reset");
	return e;
}

static enum sg_err
rsa(struct tpm *t, const struct loaded_key *k, ESYS_TR session,
    struct bytes in, struct buf *out)
{
	const TPMT_RSA_DECRYPT raw = { .scheme = TPM2_ALG_NULL };
	const TPM2B_DATA no_label = { 0 };
	TPM2B_PUBLIC_KEY_RSA block = { .size = RSA_LEN };
	TPM2B_PUBLIC_KEY_RSA auto_esys *plain = NULL;
	enum sg_err e = SG_OK;
	uint8_t *p;

	memcpy(block.buffer, in.p, RSA_LEN);
	/* What was decrypted must not be read on the bus. */
	SG_TRY(tpm_session_mode(t, session, TPMA_SESSION_ENCRYPT));
	SG_TRY(tpm_rc(t, Esys_RSA_Decrypt(t->esys, k->key, session,
	    ESYS_TR_NONE, ESYS_TR_NONE, &block, &raw, &no_label, &plain),
	    "using an RSA key"));
	if (plain->size > RSA_LEN)
		e = sg_fail(SG_ETPM, "the TPM answers %u bytes", plain->size);
	else if ((e = buf_extend(out, RSA_LEN, &p)) == SG_OK)
		memcpy(p + RSA_LEN - plain->size, plain->buffer, plain->size);
	wipe(plain, sizeof(*plain));
	return e;
}

static enum sg_err
number_add(struct buf *out, const TPM2B_ECC_PARAMETER *x)
{
	uint8_t *p;

	if (x->size > VAULT_POINT_LEN)
		return sg_fail(SG_ETPM, "the TPM answers %u bytes", x->size);
	SG_TRY(buf_extend(out, VAULT_POINT_LEN, &p));
	memcpy(p + VAULT_POINT_LEN - x->size, x->buffer, x->size);
	return SG_OK;
}

static enum sg_err
p256(struct tpm *t, const struct loaded_key *k, ESYS_TR session,
    struct bytes in, struct buf *out)
{
	const TPMT_SIG_SCHEME ecdsa = {
		.scheme = TPM2_ALG_ECDSA,
		.details.ecdsa.hashAlg = TPM2_ALG_SHA256,
	};
	const TPMT_TK_HASHCHECK no_ticket = {
		.tag = TPM2_ST_HASHCHECK,
		.hierarchy = TPM2_RH_NULL,
	};
	TPM2B_DIGEST digest = { .size = SHA256_LEN };
	TPMT_SIGNATURE auto_esys *sig = NULL;
	auto_done(buf) rs = { 0 };
	size_t n = in.n < SHA256_LEN ? in.n : SHA256_LEN;

	/* FIPS 186-5, 6.4.1: the leftmost bits; a shorter one is a smaller
	 * number. */
	memcpy(digest.buffer + SHA256_LEN - n, in.p, n);
	SG_TRY(tpm_session_mode(t, session, 0));
	SG_TRY(tpm_rc(t, Esys_Sign(t->esys, k->key, session, ESYS_TR_NONE,
	    ESYS_TR_NONE, &digest, &ecdsa, &no_ticket, &sig), "signing"));
	SG_TRY(number_add(&rs, &sig->signature.ecdsa.signatureR));
	SG_TRY(number_add(&rs, &sig->signature.ecdsa.signatureS));
	return buf_add_bytes(out, buf_bytes(&rs));
}

enum sg_err
key_operate(struct tpm *t, const struct loaded_key *k, ESYS_TR session,
    const struct key_public *pub, struct bytes in, struct buf *out)
{
	return pub->type == TPM_KEY_RSA2048 ? rsa(t, k, session, in, out)
					    : p256(t, k, session, in, out);
}

enum sg_err
key_input_check(const struct key_public *pub, struct bytes in)
{
	if (pub->type == TPM_KEY_SEALED)
		return sg_fail(SG_EARG, "something sealed is no key");
	if (pub->type == TPM_KEY_P256) {
		if (in.n < DIGEST_LEN_MIN || in.n > DIGEST_MAX)
			return sg_fail(SG_EARG, "a digest of %zu bytes", in.n);
		return SG_OK;
	}
	if (in.n != RSA_LEN)
		return sg_fail(SG_EARG, "an RSA block of %zu bytes, expected "
		    "%d", in.n, RSA_LEN);
	if (memcmp(in.p, pub->modulus.p, RSA_LEN) >= 0)
		return sg_fail(SG_EARG,
		    "an RSA block that is not below the modulus");
	return SG_OK;
}

/* What a vault and its login are known by, where neither shall be kept. */
static enum sg_err
ahead_name(const struct vault *v, const struct secret *login,
    uint8_t out[SHA256_LEN])
{
	auto_done(buf) b = { 0 };

	SG_TRY(buf_add(&b, v->id, sizeof(v->id)));
	SG_TRY(buf_add_u32(&b, v->login_index));
	SG_TRY(buf_add_bytes(&b, secret_bytes(login)));
	return sha256(buf_bytes(&b), out);
}

static bool
is_ahead(const struct tpm *t, const struct vault *v,
    const struct secret *login)
{
	uint8_t name[SHA256_LEN];

	return t->ahead.proved && ahead_name(v, login, name) == SG_OK &&
	    bytes_eq_secret(bytes_of(name, sizeof(name)),
	    bytes_of(t->ahead.of, sizeof(t->ahead.of)));
}

static enum sg_err
tree_kept(struct tpm *t, const struct vault *v, const struct tree **out)
{
	if (memcmp(&t->of, v, sizeof(*v)) != 0) {
		t->of = (struct vault) { 0 };
		SG_TRY(tree_of(v, &t->tree));
		memcpy(&t->of, v, sizeof(*v));
	}
	*out = &t->tree;
	return SG_OK;
}

enum sg_err
key_arm(struct tpm *t, const struct vault *v, const struct secret *login,
    struct loaded_key *k)
{
	const struct tree *tree = NULL;

	SG_TRY(tree_kept(t, v, &tree));
	SG_TRY(login_learn(t, v->login_index, k));
	if (!is_ahead(t, &t->of, login))
		SG_TRY(arm(t, tree, k, login));
	/* Whatever the key does with it, a session is good for one use. */
	t->ahead.proved = false;
	return SG_OK;
}

/* A session that got half way is of no use, and an index that failed may have
 * been replaced. */
void
key_broken(struct tpm *t, struct loaded_key *k)
{
	session_kept_drop(t);
	login_forget(t, k);
}

enum sg_err
tpm_key_use(struct tpm *t, const struct vault *v, const struct secret *login,
    const struct tpm_key *k, struct bytes in, struct buf *out)
{
	struct loaded_key *place;
	struct key_public pub;
	const struct tree *tree = NULL;
	enum sg_err e;

	SG_TRY(tpm_ready(t, v->srk_name));
	SG_TRY(tree_kept(t, v, &tree));
	SG_TRY(key_public_parse(k, &tree->key, &pub));
	SG_TRY(key_input_check(&pub, in));
	SG_TRY(key_ready(t, k, &pub, &place));
	e = key_arm(t, v, login, place);
	if (e == SG_OK)
		e = key_operate(t, place, t->policy, &pub, in, out);
	if (e != SG_OK)
		key_broken(t, place);
	return e;
}

static struct loaded_key *
loaded_for(struct tpm *t, const struct vault *v)
{
	for (size_t i = 0; i < KEYS_LOADED_MAX; i++)
		if (t->keys[i].key != ESYS_TR_NONE &&
		    t->keys[i].login != ESYS_TR_NONE &&
		    t->keys[i].login_index == v->login_index)
			return &t->keys[i];
	return NULL;
}

static enum sg_err
ahead(struct tpm *t, const struct vault *v, struct loaded_key *k,
    const struct secret *login)
{
	const struct tree *tree = NULL;

	SG_TRY(tpm_ready(t, v->srk_name));
	SG_TRY(tree_kept(t, v, &tree));
	SG_TRY(ahead_name(v, login, t->ahead.of));
	return arm(t, tree, k, login);
}

void
tpm_key_ahead(struct tpm *t, const struct vault *v,
    const struct secret *login)
{
	struct loaded_key *k = loaded_for(t, v);

	if (k == NULL || is_ahead(t, v, login))
		return;
	if (ahead(t, v, k, login) == SG_OK) {
		t->ahead.proved = true;
		return;
	}
	session_kept_drop(t);
	login_forget(t, k);
}

void
tpm_key_unload(struct tpm *t, const struct tpm_key *k)
{
	struct loaded_key *place;
	struct name name;

	session_kept_drop(t);
	if (k->public.n > 2 && object_name(bytes_of(k->public.p + 2,
	    k->public.n - 2), &name) == SG_OK &&
	    (place = loaded(t, &name)) != NULL)
		key_forget(t, place);
}
