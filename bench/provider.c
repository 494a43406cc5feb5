/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * A program that signs through an OpenSSL provider with a key in a PEM file:
 *
 *	provider NAME KEY fresh N	N times a process of its own: load the
 *					provider and the key, sign once
 *	provider NAME KEY warm N	N signatures after that
 *
 * The key's password comes from $BENCH_PIN.
 */

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"

#define MUST(expr) must((expr) > 0, #expr)
#define QUERY_LEN 64

enum step { PROVIDER, KEY, SIGNED, STEPS };

static void
must(int ok, const char *what)
{
	if (ok)
		return;
	ERR_print_errors_fp(stderr);
	die("%s", what);
}

static int
pin(char *buf, int size, int writing, void *arg)
{
	(void)writing, (void)arg;
	return snprintf(buf, (size_t)size, "%s", getenv("BENCH_PIN"));
}

static EVP_PKEY *
key_load(OSSL_LIB_CTX *lib, const char *query, const char *path)
{
	UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(pin, 0);
	OSSL_STORE_CTX *store = OSSL_STORE_open_ex(path, lib, query, ui, NULL,
	    NULL, NULL, NULL);
	EVP_PKEY *key = NULL;

	must(store != NULL, path);
	while (key == NULL && !OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (info != NULL &&
		    OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			key = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	must(key != NULL, path);
	(void)OSSL_STORE_close(store);
	UI_destroy_method(ui);
	return key;
}

static EVP_PKEY_CTX *
signing(OSSL_LIB_CTX *lib, const char *query, EVP_PKEY *key)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(lib, key, query);

	must(c != NULL, "EVP_PKEY_CTX_new_from_pkey");
	MUST(EVP_PKEY_sign_init(c));
	if (EVP_PKEY_is_a(key, "RSA"))
		MUST(EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING));
	MUST(EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()));
	return c;
}

static void
sign(OSSL_LIB_CTX *lib, const char *query, EVP_PKEY *key)
{
	static const unsigned char digest[] =
	    "a digest of thirty-two bytes....";
	EVP_PKEY_CTX *c = signing(lib, query, key);
	unsigned char out[512];
	size_t n = sizeof(out);

	MUST(EVP_PKEY_sign(c, out, &n, digest, 32));
	EVP_PKEY_CTX_free(c);
}

static void
providers_load(OSSL_LIB_CTX *lib, const char *name)
{
	must(OSSL_PROVIDER_load(lib, name) != NULL, name);
	must(OSSL_PROVIDER_load(lib, "default") != NULL, "default");
}

struct signer {
	OSSL_LIB_CTX *lib;
	EVP_PKEY *key;
	char query[QUERY_LEN];
	double step[STEPS];
};

static void
first_signature(struct signer *s, const char *name, const char *path)
{
	double t[STEPS + 1];

	(void)snprintf(s->query, sizeof(s->query), "?provider=%s", name);
	t[PROVIDER] = now_us();
	s->lib = OSSL_LIB_CTX_new();
	providers_load(s->lib, name);
	t[KEY] = now_us();
	s->key = key_load(s->lib, s->query, path);
	t[SIGNED] = now_us();
	sign(s->lib, s->query, s->key);
	t[STEPS] = now_us();
	for (int i = 0; i < STEPS; i++)
		s->step[i] = t[i + 1] - t[i];
}

static void
first_of_a_process(void *arg, double *step)
{
	const char **what = arg;
	struct signer s = { 0 };

	first_signature(&s, what[0], what[1]);
	memcpy(step, s.step, sizeof(s.step));
	EVP_PKEY_free(s.key);
	OSSL_LIB_CTX_free(s.lib);
}

static void
warm(const char *name, const char *path, long n)
{
	struct signer s = { 0 };
	struct samples calls = { 0 };
	double start, own;

	first_signature(&s, name, path);
	own = cpu_us(0);
	start = now_us();
	for (long i = 0; i < n; i++) {
		double t = now_us();

		sign(s.lib, s.query, s.key);
		samples_add(&calls, now_us() - t);
	}
	report_calls(&calls, now_us() - start, cpu_us(0) - own, 0);
	samples_done(&calls);
	EVP_PKEY_free(s.key);
	OSSL_LIB_CTX_free(s.lib);
}

int
main(int argc, char **argv)
{
	static const char *steps[] = { "load", "key", "sign" };
	const char *what[2];

	if (argc != 5)
		die("usage: provider NAME KEY fresh|warm N");
	what[0] = argv[1];
	what[1] = argv[2];
	if (strcmp(argv[3], "fresh") == 0)
		fresh_processes(atol(argv[4]), steps, STEPS,
		    first_of_a_process, what);
	else
		warm(what[0], what[1], atol(argv[4]));
	return 0;
}
