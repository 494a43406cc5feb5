/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * A program that signs through a PKCS#11 module, any one:
 *
 *	pkcs11 MODULE fresh rsa2048|p256 N	N times a process of its own:
 *						load, find, log in, sign once
 *	pkcs11 MODULE warm rsa2048|p256 N [DAEMON]
 *						N signatures after one login;
 *						the daemon's number, to know
 *						what it worked meanwhile
 *	pkcs11 MODULE list			initialise, list, read
 *	pkcs11 MODULE step rsa2048|p256		lists; after a line logs in;
 *						after each other line signs as
 *						often as it says; a line of its
 *						own after each
 *
 * The PIN comes from $BENCH_PIN.
 */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CRYPTOKI_GNU
#include <p11-kit/pkcs11.h>

#include "measure.h"

#define MUST(expr) must((expr), #expr)
#define SLOTS_MAX 16
#define OBJECTS_MAX 64
#define VALUE_MAX 8192

enum step { LOADED, INITIALIZED, FOUND, LOGGED_IN, SIGNED, STEPS };

static struct ck_function_list *p11;

static void
must(ck_rv_t rv, const char *what)
{
	if (rv != CKR_OK)
		die("0x%lx: %s", rv, what);
}

static void
load(const char *path)
{
	void *dl = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	CK_C_GetFunctionList get = NULL;

	if (dl == NULL)
		die("%s", dlerror());
	*(void **)&get = dlsym(dl, "C_GetFunctionList");
	if (get == NULL)
		die("%s is no PKCS#11 module", path);
	MUST(get(&p11));
}

static void
initialize(void)
{
	struct ck_c_initialize_args os = { .flags = CKF_OS_LOCKING_OK };

	MUST(p11->C_Initialize(&os));
}

/* The first token that has a PIN; some modules show an empty one as well. */
static ck_session_handle_t
session_open(void)
{
	ck_slot_id_t slots[SLOTS_MAX];
	unsigned long n = SLOTS_MAX;
	ck_session_handle_t s;

	MUST(p11->C_GetSlotList(1, slots, &n));
	for (unsigned long i = 0; i < n; i++) {
		struct ck_token_info info;

		MUST(p11->C_GetTokenInfo(slots[i], &info));
		if ((info.flags & CKF_USER_PIN_INITIALIZED) == 0)
			continue;
		MUST(p11->C_OpenSession(slots[i], CKF_SERIAL_SESSION, NULL,
		    NULL, &s));
		return s;
	}
	die("no token has a PIN");
}

static unsigned long
search(ck_session_handle_t s, struct ck_attribute *t, unsigned long fields,
    ck_object_handle_t *out)
{
	unsigned long n;

	MUST(p11->C_FindObjectsInit(s, t, fields));
	MUST(p11->C_FindObjects(s, out, OBJECTS_MAX, &n));
	MUST(p11->C_FindObjectsFinal(s));
	return n;
}

static ck_object_handle_t
key_find(ck_session_handle_t s, ck_object_class_t class, const char *type)
{
	ck_key_type_t kind = strcmp(type, "rsa2048") == 0 ? CKK_RSA : CKK_EC;
	struct ck_attribute t[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &kind, sizeof(kind) },
	};
	ck_object_handle_t found[OBJECTS_MAX];

	if (search(s, t, 2, found) == 0)
		die("the module shows no key of type %s", type);
	return found[0];
}

static void
login(ck_session_handle_t s)
{
	char pin[64];

	(void)snprintf(pin, sizeof(pin), "%s", getenv("BENCH_PIN"));
	MUST(p11->C_Login(s, CKU_USER, (unsigned char *)pin, strlen(pin)));
}

/* What RSA signs is a DigestInfo of SHA-256, and ECDSA the digest alone. */
static void
sign(ck_session_handle_t s, ck_object_handle_t key, const char *type)
{
	static unsigned char info[] = "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01"
	    "\x65\x03\x04\x02\x01\x05\x00\x04\x20" "a digest of thirty-two bytes....";
	int rsa = strcmp(type, "rsa2048") == 0;
	struct ck_mechanism m = { rsa ? CKM_RSA_PKCS : CKM_ECDSA, NULL, 0 };
	unsigned char out[256];
	unsigned long n = sizeof(out);

	MUST(p11->C_SignInit(s, &m, key));
	MUST(p11->C_Sign(s, rsa ? info : info + 19, rsa ? 51 : 32, out, &n));
	if (n != (rsa ? 256 : 64))
		die("a signature of %lu bytes", n);
}

/* --- fresh --- */

struct fresh {
	const char *path, *type;
};

static void
first_signature(void *arg, double *step)
{
	const struct fresh *f = arg;
	double t[STEPS + 1];
	ck_session_handle_t s;

	t[LOADED] = now_us();
	load(f->path);
	t[INITIALIZED] = now_us();
	initialize();
	t[FOUND] = now_us();
	s = session_open();
	(void)key_find(s, CKO_PUBLIC_KEY, f->type);
	t[LOGGED_IN] = now_us();
	login(s);
	t[SIGNED] = now_us();
	sign(s, key_find(s, CKO_PRIVATE_KEY, f->type), f->type);
	t[STEPS] = now_us();
	for (int i = 0; i < STEPS; i++)
		step[i] = t[i + 1] - t[i];
	MUST(p11->C_Finalize(NULL));
}

static void
fresh(const char *path, const char *type, long n)
{
	static const char *names[] = { "load", "initialize", "find", "login",
		"sign" };
	struct fresh f = { path, type };

	fresh_processes(n, names, STEPS, first_signature, &f);
}

/* --- warm --- */

static void
warm(const char *path, const char *type, long n, pid_t daemon)
{
	double start, own, other;
	struct samples calls = { 0 };
	ck_session_handle_t s;
	ck_object_handle_t key;

	load(path);
	initialize();
	s = session_open();
	login(s);
	key = key_find(s, CKO_PRIVATE_KEY, type);
	sign(s, key, type);
	other = daemon != 0 ? cpu_us(daemon) : 0;
	own = cpu_us(0);
	start = now_us();
	for (long i = 0; i < n; i++) {
		double t = now_us();

		sign(s, key, type);
		samples_add(&calls, now_us() - t);
	}
	report_calls(&calls, now_us() - start, cpu_us(0) - own,
	    daemon != 0 ? cpu_us(daemon) - other : 0);
	samples_done(&calls);
	MUST(p11->C_Finalize(NULL));
}

/* --- list, step --- */

static unsigned long
read_value(ck_session_handle_t s, ck_object_handle_t o)
{
	static unsigned char value[VALUE_MAX];
	struct ck_attribute a[] = {
		{ CKA_ID, value, sizeof(value) },
		{ CKA_LABEL, value, sizeof(value) },
		{ CKA_VALUE, value, sizeof(value) },
	};

	/* Public keys have no CKA_VALUE. */
	(void)p11->C_GetAttributeValue(s, o, a, 3);
	return a[0].value_len;
}

static void
list(const char *path)
{
	ck_object_handle_t found[OBJECTS_MAX];
	ck_session_handle_t s;
	unsigned long n;

	load(path);
	initialize();
	s = session_open();
	n = search(s, NULL, 0, found);
	for (unsigned long i = 0; i < n; i++)
		(void)read_value(s, found[i]);
	(void)printf("objects=%lu\n", n);
	MUST(p11->C_Finalize(NULL));
}

static void
done(const char *what)
{
	(void)printf("%s\n", what);
	(void)fflush(stdout);
}

static void
step(const char *path, const char *type)
{
	ck_session_handle_t s;
	ck_object_handle_t key;
	char line[16];

	load(path);
	initialize();
	s = session_open();
	(void)key_find(s, CKO_PUBLIC_KEY, type);
	done("listed");
	if (fgets(line, sizeof(line), stdin) == NULL)
		die("no line");
	login(s);
	done("logged-in");
	while (fgets(line, sizeof(line), stdin) != NULL) {
		key = key_find(s, CKO_PRIVATE_KEY, type);
		for (long n = atol(line); n > 0; n--)
			sign(s, key, type);
		done("signed");
	}
	MUST(p11->C_Finalize(NULL));
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[2], "list") == 0)
		list(argv[1]);
	else if (argc == 4 && strcmp(argv[2], "step") == 0)
		step(argv[1], argv[3]);
	else if (argc == 5 && strcmp(argv[2], "fresh") == 0)
		fresh(argv[1], argv[3], atol(argv[4]));
	else if (argc >= 5 && strcmp(argv[2], "warm") == 0)
		warm(argv[1], argv[3], atol(argv[4]),
		    argc > 5 ? (pid_t)atol(argv[5]) : 0);
	else
		die("usage: pkcs11 MODULE fresh|warm|list|step ...");
	return 0;
}
