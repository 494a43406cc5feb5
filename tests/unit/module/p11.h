/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_P11_H
#define TEST_P11_H

/* The module as a host sees it: through its list of functions. */

#include "../test.h"

#include <unistd.h>

#include "fake_client.h"

#define CRYPTOKI_GNU
#include <p11-kit/pkcs11.h>

#define SLOT 1UL

/* Both sides as numbers that a person can look up. */
#define RV(expected, expr)                                                 \
	do {                                                               \
		unsigned long rv_got = (expr), rv_want = (expected);       \
		if (rv_got != rv_want)                                     \
			fail_msg("%s: 0x%lx, expected 0x%lx", #expr,       \
			    rv_got, rv_want);                              \
	} while (0)

extern struct ck_function_list *p11;

/* Group and test fixtures: keys once, a fresh module for each case. */
int group_start(void **state);
int group_end(void **state);
int case_start(void **state);		/* initialized, nothing open */
int case_end(void **state);

ck_session_handle_t session_open(void);
/* A session in which FAKE_PIN was entered. */
ck_session_handle_t session_login(void);
ck_rv_t login(ck_session_handle_t s, const char *pin);
/* How many objects fit; the handles of the first ones go to out. */
unsigned long find(ck_session_handle_t s, struct ck_attribute *templ,
    unsigned long count, ck_object_handle_t *out, unsigned long room);
/* The only object of the class with that label. */
ck_object_handle_t find_one(ck_session_handle_t s, ck_object_class_t class,
    const char *label);
struct bytes attribute(ck_session_handle_t s, ck_object_handle_t o,
    ck_attribute_type_t type);	/* good until the next call */

#endif
