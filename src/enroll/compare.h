/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_ENROLL_COMPARE_H
#define SG_ENROLL_COMPARE_H

#include "pki/cert.h"
#include "pki/csr.h"

/*
 * Is the certificate what was asked for, and good for signing in?  Appends
 * sentences: to objections what should keep a person from using it, to notes
 * what he should know.  wanted may be NULL.
 */
enum sg_err compare(const struct cert *got, const struct csr *wanted,
    struct texts *notes, struct texts *objections);

#endif
