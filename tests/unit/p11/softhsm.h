/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_SOFTHSM_H
#define SG_TEST_SOFTHSM_H

/* A SoftHSM of the test's own, with two tokens: "hsm" and "other". */

#include "../test.h"

#define MODULE "module-path=/usr/lib/softhsm/libsofthsm2.so"
#define HSM "pkcs11:token=hsm?" MODULE
#define KEY(label) "pkcs11:token=hsm;object=" label "?" MODULE
#define SOFTHSM_PIN "4321"

/* For a group of tests; the state becomes the folder. */
int softhsm_setup(void **state);
int softhsm_teardown(void **state);

#endif
