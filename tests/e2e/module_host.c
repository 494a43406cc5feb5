/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * A program that loads the PKCS#11 module, against a real daemon:
 *
 *	module_host MODULE life		nothing is left behind by loading it
 *	module_host MODULE fork		a child has no part in a login
 *	module_host MODULE guest	openssl.cnf is not read by us; it must
 *					activate the provider "legacy"
 *	module_host MODULE later	a certificate comes by the command $COME
 *					and goes by $GO
 *	module_host MODULE lock		a login is ended by the command $END
 *	module_host MODULE time		microseconds to the first signature
 *
 * The PIN comes from $LAB_PIN.
 */

#include <dirent.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CRYPTOKI_GNU
#include <p11-kit/pkcs11.h>

#define MUST(expected, expr)                                               \
	do {                                                               \
		unsigned long got = (unsigned long)(expr);                 \
		if (got != (unsigned long)(expected)) {                    \
			(void)fprintf(stderr, "%d: %s: 0x%lx\n", __LINE__, \
			    #expr, got);                                   \
			exit(1);                                           \
		}                                                          \
	} while (0)

static struct ck_function_list *p11;

static void *
load(const char *path)
{
	void *dl = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	CK_C_GetFunctionList get = NULL;

	if (dl == NULL) {
		(void)fprintf(stderr, "%s\n", dlerror());
		exit(1);
	}
	*(void **)&get = dlsym(dl, "C_GetFunctionList");
	MUST(true, get != NULL);
	MUST(CKR_OK, get(&p11));
	return dl;
}

static int
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	MUST(true, d != NULL);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n;
}

static unsigned long
list(ck_object_class_t class, ck_session_handle_t *s, ck_object_handle_t *o)
{
	struct ck_attribute t = { CKA_CLASS, &class, sizeof(class) };
	ck_slot_id_t slot;
	unsigned long n = 1;

	MUST(CKR_OK, p11->C_GetSlotList(1, &slot, &n));
	MUST(1, n);
	MUST(CKR_OK, p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL,
	    s));
	MUST(CKR_OK, p11->C_FindObjectsInit(*s, &t, 1));
	MUST(CKR_OK, p11->C_FindObjects(*s, o, 1, &n));
	MUST(CKR_OK, p11->C_FindObjectsFinal(*s));
	return n;
}

static ck_mechanism_type_t
mechanism(ck_session_handle_t s, ck_object_handle_t key)
{
	ck_key_type_t type = 0;
	struct ck_attribute t = { CKA_KEY_TYPE, &type, sizeof(type) };

	/* Of a key that is none the signature tells. */
	(void)p11->C_GetAttributeValue(s, key, &t, 1);
	return type == CKK_EC ? CKM_ECDSA_SHA256 : CKM_SHA256_RSA_PKCS;
}

static ck_rv_t
sign(ck_session_handle_t s, ck_object_handle_t key)
{
	struct ck_mechanism m = { mechanism(s, key), NULL, 0 };
	unsigned char out[256], in[] = "message";
	unsigned long n = sizeof(out);
	ck_rv_t rv = p11->C_SignInit(s, &m, key);

	return rv != CKR_OK ? rv : p11->C_Sign(s, in, sizeof(in), out, &n);
}

static void
login(ck_session_handle_t s)
{
	char pin[128];

	(void)snprintf(pin, sizeof(pin), "%s", getenv("LAB_PIN"));
	MUST(CKR_OK, p11->C_Login(s, CKU_USER, (unsigned char *)pin,
	    strlen(pin)));
}

static void
life(const char *path)
{
	int before = descriptors();
	void *dl = load(path);

	for (int i = 0; i < 3; i++) {
		ck_session_handle_t s;
		ck_object_handle_t key;

		MUST(CKR_OK, p11->C_Initialize(NULL));
		MUST(1, list(CKO_CERTIFICATE, &s, &key));
		login(s);
		MUST(1, list(CKO_PRIVATE_KEY, &s, &key));
		MUST(CKR_OK, sign(s, key));
		MUST(CKR_OK, p11->C_Finalize(NULL));
		MUST(before, descriptors());
	}
	MUST(0, dlclose(dl));
}

/* The child gets the parent's memory and descriptors, but not its login. */
static void
child(ck_session_handle_t parents, ck_object_handle_t key)
{
	ck_session_handle_t s;
	ck_object_handle_t o;

	MUST(CKR_CRYPTOKI_NOT_INITIALIZED, sign(parents, key));
	MUST(CKR_OK, p11->C_Initialize(NULL));
	MUST(1, list(CKO_PUBLIC_KEY, &s, &o));
	MUST(0, list(CKO_PRIVATE_KEY, &s, &o));
	login(s);
	MUST(1, list(CKO_PRIVATE_KEY, &s, &o));
	MUST(CKR_OK, sign(s, o));
	MUST(CKR_OK, p11->C_Finalize(NULL));
	exit(0);
}

static void
forks(const char *path)
{
	ck_session_handle_t s;
	ck_object_handle_t key;
	pid_t pid;
	int status;

	(void)load(path);
	MUST(CKR_OK, p11->C_Initialize(NULL));
	MUST(1, list(CKO_PUBLIC_KEY, &s, &key));
	login(s);
	MUST(1, list(CKO_PRIVATE_KEY, &s, &key));
	if ((pid = fork()) == 0)
		child(s, key);
	MUST(pid, waitpid(pid, &status, 0));
	MUST(0, status);
	MUST(CKR_OK, sign(s, key));
	MUST(CKR_OK, p11->C_Finalize(NULL));
}

static void
run(const char *variable)
{
	char command[1024];

	(void)snprintf(command, sizeof(command),
	    "unset LD_PRELOAD; bash -c '%s'", getenv(variable));
	MUST(0, system(command));
}

static void
later(const char *path)
{
	ck_object_class_t class = CKO_CERTIFICATE;
	struct ck_attribute t = { CKA_CLASS, &class, sizeof(class) },
		label = { CKA_LABEL, NULL, 0 };
	ck_session_handle_t s;
	ck_object_handle_t o, two[3];
	unsigned long n;

	(void)load(path);
	MUST(CKR_OK, p11->C_Initialize(NULL));
	MUST(1, list(class, &s, &o));
	MUST(CKR_OK, p11->C_FindObjectsInit(s, &t, 1));
	run("COME");
	/* What was being listed is listed to its end. */
	MUST(CKR_OK, p11->C_FindObjects(s, two, 3, &n));
	MUST(1, n);
	MUST(o, two[0]);
	MUST(CKR_OK, p11->C_FindObjectsFinal(s));
	MUST(CKR_OK, p11->C_FindObjectsInit(s, &t, 1));
	MUST(CKR_OK, p11->C_FindObjects(s, two, 3, &n));
	MUST(2, n);
	run("GO");
	MUST(CKR_OK, p11->C_FindObjectsFinal(s));
	MUST(1, list(class, &s, &two[2]));
	MUST(o, two[2]);
	MUST(CKR_OK, p11->C_GetAttributeValue(s, o, &label, 1));
	MUST(CKR_OK, p11->C_Finalize(NULL));
}

static ck_state_t
state(ck_session_handle_t s)
{
	struct ck_session_info info;

	MUST(CKR_OK, p11->C_GetSessionInfo(s, &info));
	return info.state;
}

static void
lock(const char *path)
{
	ck_session_handle_t s;
	ck_object_handle_t key;

	(void)load(path);
	MUST(CKR_OK, p11->C_Initialize(NULL));
	MUST(1, list(CKO_PUBLIC_KEY, &s, &key));
	login(s);
	MUST(1, list(CKO_PRIVATE_KEY, &s, &key));
	MUST(CKR_OK, sign(s, key));
	run("END");
	MUST(CKR_USER_NOT_LOGGED_IN, sign(s, key));
	MUST(CKS_RO_PUBLIC_SESSION, state(s));
	login(s);
	MUST(CKR_OK, sign(s, key));
	run("END");
	MUST(CKS_RO_PUBLIC_SESSION, state(s));
	login(s);
	MUST(CKS_RO_USER_FUNCTIONS, state(s));
	MUST(CKR_OK, p11->C_Finalize(NULL));
}

static bool
mapped(const char *library)
{
	char line[4096];
	FILE *f = fopen("/proc/self/maps", "r");
	bool found = false;

	MUST(true, f != NULL);
	while (fgets(line, sizeof(line), f) != NULL)
		found = found || strstr(line, library) != NULL;
	(void)fclose(f);
	return found;
}

static void
guest(const char *path)
{
	ck_session_handle_t s;
	ck_object_handle_t key;

	(void)load(path);
	MUST(CKR_OK, p11->C_Initialize(NULL));
	MUST(1, list(CKO_CERTIFICATE, &s, &key));
	login(s);
	MUST(1, list(CKO_PRIVATE_KEY, &s, &key));
	MUST(CKR_OK, sign(s, key));
	MUST(CKR_OK, p11->C_Finalize(NULL));
	MUST(true, mapped("libcrypto.so"));
	MUST(false, mapped("legacy.so"));
}

static long
microseconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

static void
times(const char *path)
{
	ck_session_handle_t s;
	ck_object_handle_t o;
	long t[5];

	t[0] = microseconds();
	(void)load(path);
	t[1] = microseconds();
	MUST(CKR_OK, p11->C_Initialize(NULL));
	t[2] = microseconds();
	MUST(1, list(CKO_PUBLIC_KEY, &s, &o));
	t[3] = microseconds();
	login(s);
	MUST(1, list(CKO_PRIVATE_KEY, &s, &o));
	t[4] = microseconds();
	MUST(CKR_OK, sign(s, o));
	(void)printf("load %ld initialize %ld list %ld login %ld sign %ld\n",
	    t[1] - t[0], t[2] - t[1], t[3] - t[2], t[4] - t[3],
	    microseconds() - t[4]);
	MUST(CKR_OK, p11->C_Finalize(NULL));
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[2], "life") == 0)
		life(argv[1]);
	else if (argc == 3 && strcmp(argv[2], "fork") == 0)
		forks(argv[1]);
	else if (argc == 3 && strcmp(argv[2], "guest") == 0)
		guest(argv[1]);
	else if (argc == 3 && strcmp(argv[2], "later") == 0)
		later(argv[1]);
	else if (argc == 3 && strcmp(argv[2], "lock") == 0)
		lock(argv[1]);
	else if (argc == 3 && strcmp(argv[2], "time") == 0)
		times(argv[1]);
	else
		return 2;
	return 0;
}
