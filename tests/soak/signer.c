/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * A client that signs and signs, and does not give up:
 *
 *	signer MODULE KEY COUNT [PAUSE_MS]
 *
 * signs COUNT times (0: until SIGTERM) with the key of that label, and checks
 * each signature.  What is refused is tried again, with a login where one is
 * asked for.  At the end it says in one line what happened; it fails if
 * something was not healed within two seconds, or was signed wrongly.
 * The PIN comes from $LAB_PIN.
 */

#include <dlfcn.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CRYPTOKI_GNU
#include <p11-kit/pkcs11.h>

#define HEAL_MS		2000
#define RETRY_MS	20
#define SIGNATURE_MAX	512

static struct ck_function_list *p11;
static volatile sig_atomic_t stop;

struct work {
	const char *label;
	ck_session_handle_t session;
	ck_object_handle_t key;
	EVP_PKEY *public;
	bool rsa;
	unsigned long done, refused, logins, unhealed, wrong;
	long worst_ms;
	ck_rv_t last;
};

static void
on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static long
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

static void
pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	(void)nanosleep(&t, NULL);
}

static void
die(const char *what, unsigned long rv)
{
	(void)fprintf(stderr, "signer: %s: 0x%lx\n", what, rv);
	exit(2);
}

static void
load(const char *path)
{
	void *dl = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	CK_C_GetFunctionList get = NULL;

	if (dl == NULL) {
		(void)fprintf(stderr, "%s\n", dlerror());
		exit(2);
	}
	*(void **)&get = dlsym(dl, "C_GetFunctionList");
	if (get == NULL || get(&p11) != CKR_OK)
		die("C_GetFunctionList", 0);
}

static ck_rv_t
find(struct work *w, ck_object_class_t class, ck_object_handle_t *out)
{
	struct ck_attribute t[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_LABEL, (void *)(uintptr_t)w->label, strlen(w->label) },
	};
	unsigned long n = 0;
	ck_rv_t rv = p11->C_FindObjectsInit(w->session, t, 2);

	if (rv == CKR_OK) {
		rv = p11->C_FindObjects(w->session, out, 1, &n);
		(void)p11->C_FindObjectsFinal(w->session);
	}
	return rv == CKR_OK && n == 0 ? CKR_KEY_HANDLE_INVALID : rv;
}

static ck_rv_t
learn(struct work *w)
{
	unsigned char der[1024];
	const unsigned char *p = der;
	struct ck_attribute a = { CKA_PUBLIC_KEY_INFO, der, sizeof(der) };
	ck_object_handle_t o;
	ck_rv_t rv = find(w, CKO_PUBLIC_KEY, &o);

	if (rv != CKR_OK)
		return rv;
	rv = p11->C_GetAttributeValue(w->session, o, &a, 1);
	if (rv != CKR_OK)
		return rv;
	w->public = d2i_PUBKEY(NULL, &p, (long)a.value_len);
	if (w->public == NULL)
		die("the public key", 0);
	w->rsa = EVP_PKEY_is_a(w->public, "RSA") == 1;
	return CKR_OK;
}

/* From nothing, or from whatever is left of the last time. */
static ck_rv_t
get_ready(struct work *w)
{
	const char *pin = getenv("LAB_PIN");
	unsigned long n = 1;
	ck_slot_id_t slot;
	ck_rv_t rv;

	if (w->session == 0) {
		if ((rv = p11->C_GetSlotList(1, &slot, &n)) != CKR_OK)
			return rv;
		if (n == 0)
			return CKR_TOKEN_NOT_PRESENT;
		rv = p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL,
		    &w->session);
		if (rv != CKR_OK)
			return rv;
	}
	if (w->public == NULL && (rv = learn(w)) != CKR_OK)
		return rv;
	rv = p11->C_Login(w->session, CKU_USER,
	    (unsigned char *)(uintptr_t)pin, strlen(pin));
	if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LOCKED)
		die("the right PIN is refused", rv);
	if (rv == CKR_OK)
		w->logins++;
	if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
		return rv;
	return find(w, CKO_PRIVATE_KEY, &w->key);
}

static ck_rv_t
sign(struct work *w, unsigned char *in, size_t in_n, unsigned char *out,
    unsigned long *n)
{
	struct ck_mechanism m = {
		w->rsa ? CKM_SHA256_RSA_PKCS : CKM_ECDSA_SHA256, NULL, 0 };
	ck_rv_t rv = p11->C_SignInit(w->session, &m, w->key);

	return rv != CKR_OK ? rv : p11->C_Sign(w->session, in, in_n, out, n);
}

/* PKCS#11 has r and s side by side, OpenSSL a SEQUENCE of them. */
static int
to_der(const unsigned char *rs, unsigned long n, unsigned char *out)
{
	ECDSA_SIG *s = ECDSA_SIG_new();
	int half = (int)n / 2, len;

	if (s == NULL || ECDSA_SIG_set0(s, BN_bin2bn(rs, half, NULL),
	    BN_bin2bn(rs + half, half, NULL)) != 1)
		die("out of memory", 0);
	len = i2d_ECDSA_SIG(s, &out);
	ECDSA_SIG_free(s);
	return len;
}

static bool
holds(const struct work *w, const unsigned char *in, size_t in_n,
    const unsigned char *sig, unsigned long n)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	unsigned char der[SIGNATURE_MAX];
	bool good;

	if (!w->rsa) {
		n = (unsigned long)to_der(sig, n, der);
		sig = der;
	}
	good = EVP_DigestVerifyInit(c, NULL, EVP_sha256(), NULL,
	    w->public) == 1 &&
	    EVP_DigestVerify(c, sig, n, in, in_n) == 1;
	EVP_MD_CTX_free(c);
	return good;
}

/* One signature, until it is there or two seconds have passed. */
static void
once(struct work *w)
{
	unsigned char in[64], out[SIGNATURE_MAX];
	int in_n = snprintf((char *)in, sizeof(in), "message %lu", w->done);
	long start = now_ms(), took;
	unsigned long n = 0;
	bool first = true, late = false;
	ck_rv_t rv;

	for (;;) {
		n = sizeof(out);
		rv = sign(w, in, (size_t)in_n, out, &n);
		took = now_ms() - start;
		if (rv == CKR_OK || stop)
			break;
		w->refused += first;
		first = false;
		w->last = rv;
		if (took > HEAL_MS && !late) {
			late = true;
			w->unhealed++;
			(void)fprintf(stderr, "signer: not healed after %ld "
			    "ms: 0x%lx\n", took, rv);
		}
		rv = get_ready(w);
		if (rv != CKR_OK)
			pause_ms(RETRY_MS);
	}
	if (rv != CKR_OK)
		return;
	w->done++;
	if (!first && took > w->worst_ms)
		w->worst_ms = took;
	if (!holds(w, in, (size_t)in_n, out, n))
		w->wrong++;
}

int
main(int argc, char **argv)
{
	struct sigaction act = { .sa_handler = on_term };
	struct work w = { 0 };
	unsigned long count, pause;
	ck_rv_t rv;

	if (argc < 4 || argc > 5 || getenv("LAB_PIN") == NULL)
		return 2;
	(void)sigaction(SIGTERM, &act, NULL);
	w.label = argv[2];
	count = strtoul(argv[3], NULL, 10);
	pause = argc == 5 ? strtoul(argv[4], NULL, 10) : 0;
	load(argv[1]);
	if ((rv = p11->C_Initialize(NULL)) != CKR_OK)
		die("C_Initialize", rv);
	if ((rv = get_ready(&w)) != CKR_OK)
		die("the first login", rv);
	while (!stop && (count == 0 || w.done < count)) {
		once(&w);
		if (pause > 0)
			pause_ms((long)pause);
	}
	(void)p11->C_Finalize(NULL);
	EVP_PKEY_free(w.public);
	(void)printf("signed %lu refused %lu logins %lu worst_ms %ld last "
	    "0x%lx unhealed %lu wrong %lu\n", w.done, w.refused, w.logins,
	    w.worst_ms, w.last, w.unhealed, w.wrong);
	return w.unhealed == 0 && w.wrong == 0 ? 0 : 1;
}
