/* SPDX-License-Identifier: BSD-2-Clause */

/* Records of enrollments, which read back as they were written. */

#include <stdlib.h>

#include "enroll/enrollment.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	auto_done(buf) a = { 0 }, b = { 0 };
	auto_done(enrollment) e, again;

	enrollment_init(&e);
	enrollment_init(&again);
	if (enrollment_read(&e, bytes_of(p, n)) != SG_OK)
		return 0;
	if (enrollment_write(&a, &e) != SG_OK ||
	    enrollment_read(&again, buf_bytes(&a)) != SG_OK ||
	    enrollment_write(&b, &again) != SG_OK ||
	    !bytes_eq(buf_bytes(&a), buf_bytes(&b)))
		abort();
	return 0;
}
