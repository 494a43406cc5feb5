/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_SWTPM_H
#define SG_TEST_SWTPM_H

/* A software TPM of the test's own, and what most tests of a vault need. */

#include <sys/types.h>

#include "../test.h"

#include "crypto/pkey.h"
#include "tpm/context.h"
#include "tpm/key.h"

struct swtpm {
	char folder[64];
	char tcti[128];
	pid_t pid;
};

void swtpm_start(struct swtpm *s);	/* in a fresh folder */
void swtpm_stop(struct swtpm *s);	/* and removes the folder */
void swtpm_kill(struct swtpm *s);	/* SIGKILL: a power cut */
void swtpm_run(struct swtpm *s);	/* again, on the state that is there */

/* One software TPM, one vault with a PIN, one key. */
struct fixture {
	struct swtpm swtpm;
	struct tpm *t;
	struct pkey *recovery;
	struct vault v;
	struct secret pin;	/* the right one */
	struct secret wrong;
	struct secret login;	/* empty until somebody logs in */
	struct tpm_key key;	/* P-256 */
};

/* For cmocka_unit_test_setup_teardown; tries is the pin_limit. */
#define TRIES 5
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* The connection again, after the TPM was reset by force. */
void fixture_reset(struct fixture *f);
/* The connection again, the TPM runs on. */
void fixture_reconnect(struct fixture *f);

/* 32 bytes that n determines. */
void secret_number(struct secret *out, unsigned n);

/* Signs a digest with the key; what tpm_key_use says. */
enum sg_err fixture_sign(struct fixture *f, const struct secret *login);

/* The same bytes as a signer. */
static inline struct signer
fixture_signer(struct fixture *f)
{
	return pkey_signer(f->recovery);
}

#endif
