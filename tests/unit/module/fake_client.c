/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake_client.h"

#include <assert.h>
#include <openssl/ecdsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

#include "ipc/objects_wire.h"

#define FAKE_ROOM 8	/* keys, certificates */

struct fake fake;

/* What the linker puts in the place of getauxval(), see meson.build. */
unsigned long __real_getauxval(unsigned long type);
unsigned long __wrap_getauxval(unsigned long type);

unsigned long
__wrap_getauxval(unsigned long type)
{
	return type == AT_SECURE ? fake.secure : __real_getauxval(type);
}

/* The same for clock_gettime(), so that no test waits. */
int __real_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_clock_gettime(clockid_t id, struct timespec *t);

int
__wrap_clock_gettime(clockid_t id, struct timespec *t)
{
	int e = __real_clock_gettime(id, t);

	t->tv_sec += fake.seconds;
	return e;
}

struct client {
	pid_t pid;
};

/* In a test whatever cannot fail must not fail. */
#define MUST(expr) must(expr)
static void
must(enum sg_err e)
{
	if (e != SG_OK) {
		(void)fprintf(stderr, "fake: %s\n", sg_note(e));
		abort();
	}
}

static long serial = 4711;

static void
name_set(X509_NAME *n, const char *cn)
{
	assert(X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8,
	    (const unsigned char *)cn, -1, -1, 0) == 1);
}

static void
cert_make(struct pkey *k, const char *cn, struct buf *out)
{
	X509 *x = X509_new();
	EVP_PKEY *key = pkey_evp(k);
	uint8_t *der = NULL;
	int n;

	assert(X509_set_version(x, 2) == 1);
	assert(ASN1_INTEGER_set(X509_get_serialNumber(x), serial++) == 1);
	name_set(X509_get_issuer_name(x), "Issuer");
	name_set(X509_get_subject_name(x), cn);
	assert(ASN1_TIME_set_string_X509(X509_getm_notBefore(x),
	    "20260102030405Z") == 1);
	assert(ASN1_TIME_set_string_X509(X509_getm_notAfter(x),
	    "20520304050607Z") == 1);
	assert(X509_set_pubkey(x, key) == 1);
	assert(X509_sign(x, key, EVP_sha256()) > 0);
	n = i2d_X509(x, &der);
	assert(n > 0);
	MUST(buf_set(out, bytes_of(der, (size_t)n)));
	OPENSSL_free(der);
	EVP_PKEY_free(key);
	X509_free(x);
}

static void
key_set(struct key_object *o, struct pkey *k, const char *name,
    enum object_key_type type)
{
	uint8_t d[DIGEST_MAX];

	MUST(str_dup(&o->name, name));
	MUST(pkey_spki(k, &o->spki));
	MUST(digest_of(DIGEST_SHA1, buf_bytes(&o->spki), d));
	memcpy(o->id, d, sizeof(o->id));
	o->type = type;
	o->provider = KSP_PASSPORT;
}

static void
cert_set(struct cert_object *c, enum cert_kind kind, struct pkey *k,
    const char *label, const char *provider, const char *key)
{
	const struct key_object *o = objects_key(&fake.objects, key);

	*c = (struct cert_object) { .kind = kind };
	cert_make(k, label, &c->der);
	MUST(str_dup(&c->label, label));
	MUST(str_dup(&c->provider, provider));
	MUST(str_dup(&c->key, key));
	if (o != NULL)
		memcpy(c->id, o->id, sizeof(c->id));
}

static void
objects_fill(struct objects *o)
{
	o->keys = calloc(FAKE_ROOM, sizeof(*o->keys));
	o->certs = calloc(FAKE_ROOM, sizeof(*o->certs));
	assert(o->keys != NULL && o->certs != NULL);
	key_set(&o->keys[o->key_count++], fake.rsa, "rsa", OBJECT_RSA2048);
	key_set(&o->keys[o->key_count++], fake.ec, "ec", OBJECT_P256);
	cert_set(&o->certs[o->cert_count++], CERT_PERSONAL, fake.rsa,
	    "alice", PROVIDER_PASSPORT, "rsa");
	cert_set(&o->certs[o->cert_count++], CERT_PERSONAL, fake.ec,
	    "Certificate for PIV Authentication", PROVIDER_PASSPORT, "ec");
	cert_set(&o->certs[o->cert_count++], CERT_PERSONAL, fake.rsa,
	    "elsewhere", "Microsoft Software Key Storage Provider", "other");
	/* Of a card, which its own module shows. */
	key_set(&o->keys[o->key_count], fake.ec, "badge", OBJECT_P256);
	o->keys[o->key_count++].provider = KSP_SMARTCARD;
	cert_set(&o->certs[o->cert_count++], CERT_PERSONAL, fake.ec,
	    "on a card", PROVIDER_SMARTCARD, "badge");
	cert_set(&o->certs[o->cert_count++], CERT_INTERMEDIATE, fake.ec,
	    "Issuing CA", "", "");
	o->generation = 1;
}

void
fake_make(void)
{
	MUST(pkey_new_rsa(&fake.rsa, 2048));
	MUST(pkey_new_p256(&fake.ec));
	objects_fill(&fake.objects);
	fake_reset();
}

void
fake_reset(void)
{
	uint64_t generation = fake.objects.generation;

	objects_done(&fake.objects);
	fake = (struct fake) { .rsa = fake.rsa, .ec = fake.ec,
		.state = CONTAINER_READY, .tries_limit = 5, .created = 1,
		.seconds = fake.seconds };
	objects_fill(&fake.objects);
	fake.objects.generation = generation + 1;
}

void
fake_free(void)
{
	objects_done(&fake.objects);
	pkey_free(fake.rsa);
	pkey_free(fake.ec);
}

void
fake_cert_add(const char *label)
{
	struct objects *o = &fake.objects;

	memmove(o->certs + 1, o->certs, o->cert_count * sizeof(*o->certs));
	cert_set(&o->certs[0], CERT_PERSONAL, fake.rsa, label,
	    PROVIDER_PASSPORT, "rsa");
	o->cert_count++;
	o->generation++;
}

void
fake_cert_remove_first(void)
{
	struct objects *o = &fake.objects;
	struct objects gone = { .certs = calloc(1, sizeof(*o->certs)),
		.cert_count = 1 };

	assert(gone.certs != NULL);
	gone.certs[0] = o->certs[0];
	objects_done(&gone);
	o->cert_count--;
	memmove(o->certs, o->certs + 1, o->cert_count * sizeof(*o->certs));
	o->generation++;
}

enum sg_err
client_open(struct client **out, const char *path)
{
	(void)path;
	fake.asked.opens++;
	if (fake.down)
		return sg_fail(SG_EIO, "nobody listens");
	if ((*out = calloc(1, sizeof(**out))) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	(*out)->pid = getpid();
	return SG_OK;
}

void
client_free(struct client *c)
{
	fake.asked.frees += c != NULL;
	free(c);
}

static enum sg_err
called(struct client *c)
{
	bool broken = fake.broken;

	if (c->pid != getpid())
		return sg_fail(SG_EIO, "of another process");
	fake.broken = false;
	if (fake.hangs)
		return sg_fail(SG_ETIMEOUT, "too late");
	if (broken || fake.down)
		return sg_fail(SG_EIO, "nobody answers");
	return SG_OK;
}

enum sg_err
client_glance(struct client *c, struct status *out)
{
	fake.asked.glances++;
	SG_TRY(called(c));
	*out = (struct status) { .state = fake.state, .uid = geteuid(),
		.tries_used = fake.tries_used,
		.tries_limit = fake.tries_limit, .tries_known = !fake.tries_unknown,
		.generation = fake.objects.generation,
		.created = fake.created, .card_as = fake.card_as,
		.card_generation = fake.card_key != NULL ? 7 : 3 };
	if (fake.state == CONTAINER_READY && fake.open)
		out->state = CONTAINER_OPEN;
	SG_TRY(str_dup(&out->trouble, ""));
	return str_dup(&out->tpm, "");
}

static enum sg_err
key_copy(const struct key_object *from, struct key_object *to)
{
	*to = (struct key_object) { .type = from->type,
		.provider = from->provider };
	memcpy(to->id, from->id, sizeof(to->id));
	SG_TRY(str_dup(&to->name, from->name));
	return buf_set(&to->spki, buf_bytes(&from->spki));
}

static enum sg_err
cert_copy(const struct cert_object *from, struct cert_object *to)
{
	*to = (struct cert_object) { .kind = from->kind };
	memcpy(to->id, from->id, sizeof(to->id));
	SG_TRY(buf_set(&to->der, buf_bytes(&from->der)));
	SG_TRY(str_dup(&to->label, from->label));
	SG_TRY(str_dup(&to->provider, from->provider));
	return str_dup(&to->key, from->key);
}

enum sg_err
client_objects(struct client *c, struct objects *out)
{
	const struct objects *o = &fake.objects;

	fake.asked.objects++;
	SG_TRY(called(c));
	*out = (struct objects) { .generation = o->generation,
		.keys = calloc(o->key_count, sizeof(*o->keys)),
		.certs = calloc(o->cert_count, sizeof(*o->certs)) };
	assert(out->keys != NULL && out->certs != NULL);
	for (; out->key_count < o->key_count; out->key_count++)
		SG_TRY(key_copy(&o->keys[out->key_count],
		    &out->keys[out->key_count]));
	for (; out->cert_count < o->cert_count; out->cert_count++)
		SG_TRY(cert_copy(&o->certs[out->cert_count],
		    &out->certs[out->cert_count]));
	return SG_OK;
}

enum sg_err
client_session_login(struct client *c, const struct secret *pin,
    uint32_t *tries_left)
{
	SG_TRY(called(c));
	fake.asked.session_logins++;
	*tries_left = 2;
	if (!bytes_eq(secret_bytes(pin), bytes_str(FAKE_SESSION_PIN)))
		return sg_fail(SG_EPIN, "wrong");
	fake.open = true;
	return SG_OK;
}

/* The certificate of the key that the test names is in 9A. */
static enum sg_err
fake_card(struct card_keys *k)
{
	const struct objects *o = &fake.objects;
	struct card_key *key = &k->v[0];

	for (size_t i = 0; i < o->cert_count && k->n == 0; i++) {
		const struct cert_object *c = &o->certs[i];

		if (fake.card_key == NULL || strcmp(c->key, fake.card_key) != 0)
			continue;
		k->n = 1;
		key->ref = CARD_AUTHENTICATION;
		SG_TRY(str_dup(&key->key, c->key));
		SG_TRY(str_dup(&key->label, c->label));
		SG_TRY(buf_set(&key->cert, buf_bytes(&c->der)));
	}
	return SG_OK;
}

enum sg_err
client_card_status(struct client *c, struct card_status *out)
{
	SG_TRY(called(c));
	*out = (struct card_status) { .slot = fake.card_slot };
	return fake_card(&out->keys);
}

enum sg_err
client_login(struct client *c, const struct secret *pin, uint32_t *tries_left)
{
	fake.asked.logins++;
	SG_TRY(called(c));
	if (fake.tries_used >= fake.tries_limit)
		return sg_fail(SG_EBLOCKED, "blocked");
	if (!bytes_eq(secret_bytes(pin), bytes_str(FAKE_PIN))) {
		*tries_left = fake.tries_limit - ++fake.tries_used;
		return sg_fail(SG_EPIN, "wrong");
	}
	fake.tries_used = 0;
	fake.open = true;
	return SG_OK;
}

enum sg_err
client_login_begin(struct client *c, uint8_t ticket[CLIENT_TICKET_LEN])
{
	SG_TRY(called(c));
	memset(ticket, 't', CLIENT_TICKET_LEN);
	return SG_OK;
}

enum sg_err
client_logout(struct client *c)
{
	fake.asked.logouts++;
	SG_TRY(called(c));
	fake.open = false;
	return SG_OK;
}

static enum sg_err
ec_use(struct bytes in, struct buf *out)
{
	struct signer s = pkey_signer(fake.ec);
	auto_done(buf) der = { 0 };
	const uint8_t *p;
	uint8_t *at;
	ECDSA_SIG *sig;

	SG_TRY(s.ops->sign(s.ctx, SIGN_ECDSA, DIGEST_SHA256, in, &der));
	p = der.p;
	sig = d2i_ECDSA_SIG(NULL, &p, (long)der.n);
	assert(sig != NULL);
	SG_TRY(buf_extend(out, 64, &at));
	assert(BN_bn2binpad(ECDSA_SIG_get0_r(sig), at, 32) == 32);
	assert(BN_bn2binpad(ECDSA_SIG_get0_s(sig), at + 32, 32) == 32);
	ECDSA_SIG_free(sig);
	return SG_OK;
}

enum sg_err
client_key_use(struct client *c, const char *key, struct bytes in,
    struct buf *out)
{
	struct signer s = pkey_signer(fake.rsa);

	fake.asked.uses++;
	SG_TRY(called(c));
	if (fake.use_fails != SG_OK)
		return sg_fail(fake.use_fails, "as you like it");
	if (fake.state == CONTAINER_NONE)
		return sg_fail(SG_ENOENT, "no container");
	if (!fake.open)
		return sg_fail(SG_ELOGIN, "closed");
	if (strcmp(key, "ec") == 0) {
		assert(in.n == 32);
		return ec_use(in, out);
	}
	assert(strcmp(key, "rsa") == 0 && in.n == 256);
	return s.ops->decrypt(s.ctx, DECRYPT_RSA_RAW, in, out);
}

/* A key that nobody has a private half of. */
static void
key_push(const char *name, enum object_key_type type)
{
	struct objects *o = &fake.objects;
	struct pkey *k = NULL;

	assert(o->key_count < FAKE_ROOM);
	MUST(type == OBJECT_P256 ? pkey_new_p256(&k)
				 : pkey_new_rsa(&k, 2048));
	key_set(&o->keys[o->key_count++], k, name, type);
	pkey_free(k);
	o->generation++;
}

enum sg_err
client_key_make(struct client *c, const char *name, enum object_key_type type,
    enum provider provider)
{
	assert(provider == KSP_PASSPORT);
	SG_TRY(called(c));
	if (!fake.open)
		return sg_fail(SG_ELOGIN, "closed");
	if (strchr(name, ' ') != NULL)
		return sg_fail(SG_EARG, "no such names");
	if (objects_key(&fake.objects, name) != NULL)
		return sg_fail(SG_EEXIST, "there is one");
	key_push(name, type);
	return SG_OK;
}

enum sg_err
client_key_remove(struct client *c, const char *name)
{
	struct objects *o = &fake.objects;
	size_t i = 0;

	SG_TRY(called(c));
	if (!fake.open)
		return sg_fail(SG_ELOGIN, "closed");
	for (size_t j = 0; j < o->cert_count; j++)
		if (strcmp(o->certs[j].key, name) == 0)
			return sg_fail(SG_EBUSY, "it has a certificate");
	while (i < o->key_count && strcmp(o->keys[i].name, name) != 0)
		i++;
	if (i == o->key_count)
		return sg_fail(SG_ENOENT, "no such key");
	objects_drop_key(o, i);
	o->generation++;
	return SG_OK;
}

enum sg_err
client_certs_add(struct client *c, const struct cert_ask *asks, size_t count,
    const char *request_done)
{
	struct objects *o = &fake.objects;
	struct cert_object *to = &o->certs[o->cert_count];
	const struct key_object *k = objects_key(o, asks->key);

	assert(count == 1 && request_done == NULL && k != NULL);
	assert(o->cert_count < FAKE_ROOM);
	SG_TRY(called(c));
	if (!fake.open)
		return sg_fail(SG_ELOGIN, "closed");
	*to = (struct cert_object) { .kind = asks->kind };
	MUST(buf_set(&to->der, asks->der));
	MUST(str_dup(&to->label, asks->label));
	MUST(str_dup(&to->provider, asks->provider));
	MUST(str_dup(&to->key, asks->key));
	memcpy(to->id, k->id, sizeof(to->id));
	o->cert_count++;
	o->generation++;
	return SG_OK;
}

enum sg_err
client_cert_remove(struct client *c, struct bytes der)
{
	struct objects *o = &fake.objects;
	size_t i = 0;

	SG_TRY(called(c));
	while (i < o->cert_count &&
	    !bytes_eq(buf_bytes(&o->certs[i].der), der))
		i++;
	if (i == o->cert_count)
		return sg_fail(SG_ENOENT, "no such certificate");
	objects_drop_cert(o, i);
	o->generation++;
	return SG_OK;
}

void
fake_cert_made(const char *cn, struct buf *out)
{
	cert_make(fake.rsa, cn, out);
}
