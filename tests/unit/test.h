/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_H
#define SG_TEST_H

/* What every cmocka program needs, in the order cmocka wants it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"

/* Fails the test with the note when an expression is an error. */
#define OK(expr)                                                       \
	do {                                                           \
		enum sg_err ok_err = (expr);                           \
		if (ok_err != SG_OK)                                   \
			fail_msg("%s: %s", #expr, sg_note(ok_err));    \
	} while (0)

/* Fails unless the expression is that very error. */
#define FAILS(code, expr)                                              \
	do {                                                           \
		enum sg_err fails_err = (expr);                        \
		if (fails_err != (code))                               \
			fail_msg("%s: is %s (%s), expected %s", #expr, \
			    sg_err_name(fails_err), sg_note(fails_err), \
			    sg_err_name(code));                        \
	} while (0)

/* The same, and the note holds the text. */
#define FAILS_SAYING(code, text, expr)                                 \
	do {                                                           \
		FAILS(code, expr);                                     \
		if (strstr(sg_note(code), (text)) == NULL)             \
			fail_msg("%s: the note \"%s\" lacks \"%s\"",   \
			    #expr, sg_note(code), (text));             \
	} while (0)

#endif
