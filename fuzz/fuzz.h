/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_FUZZ_H
#define SG_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's entry; returns 0.  A finding is a crash or a sanitizer report. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#endif
