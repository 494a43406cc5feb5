/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * tss2 makes an OpenSSL library context, with all its providers, for every
 * hash that it computes: six of them, some 4 ms, for one signature.  A program
 * comes before its libraries when the linker looks a function up, so this one
 * answers tss2's calls with the process's default context, which signetd itself
 * uses, and passes on everybody else's.
 */

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* As <openssl/crypto.h> has them. */
typedef struct ossl_lib_ctx_st OSSL_LIB_CTX;
OSSL_LIB_CTX *OSSL_LIB_CTX_new(void);
OSSL_LIB_CTX *OSSL_LIB_CTX_get0_global_default(void);
void OSSL_LIB_CTX_free(OSSL_LIB_CTX *c);

static OSSL_LIB_CTX *(*real_new)(void);
static void (*real_free)(OSSL_LIB_CTX *);
static OSSL_LIB_CTX *kept;
static struct { uintptr_t from, to; } tss2;	/* its code */
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* ISO C has no cast from an object's address to a function's. */
static void
look_up(const char *name, void *out)
{
	void *f = dlsym(RTLD_NEXT, name);

	memcpy(out, &f, sizeof(f));
}

static int
find_tss2(struct dl_phdr_info *lib, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	if (strstr(lib->dlpi_name, "libtss2-esys") == NULL)
		return 0;
	for (int i = 0; i < lib->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &lib->dlpi_phdr[i];

		if (part->p_type == PT_LOAD && (part->p_flags & PF_X) != 0) {
			tss2.from = lib->dlpi_addr + part->p_vaddr;
			tss2.to = tss2.from + part->p_memsz;
		}
	}
	return 1;
}

static void
prepare(void)
{
	look_up("OSSL_LIB_CTX_new", &real_new);
	look_up("OSSL_LIB_CTX_free", &real_free);
	(void)dl_iterate_phdr(find_tss2, NULL);
	kept = OSSL_LIB_CTX_get0_global_default();
}

static bool
is_tss2(const void *caller)
{
	return (uintptr_t)caller >= tss2.from && (uintptr_t)caller < tss2.to;
}

__attribute__((visibility("default"))) OSSL_LIB_CTX *
OSSL_LIB_CTX_new(void)
{
	(void)pthread_once(&once, prepare);
	if (is_tss2(__builtin_return_address(0)))
		return kept;
	return real_new != NULL ? real_new() : NULL;
}

__attribute__((visibility("default"))) void
OSSL_LIB_CTX_free(OSSL_LIB_CTX *c)
{
	(void)pthread_once(&once, prepare);
	if (c != kept && real_free != NULL)
		real_free(c);
}
