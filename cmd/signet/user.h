/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_USER_H
#define SIGNET_USER_H

#include <stdint.h>

#include "base/err.h"

/* The user of that name or number; the caller for NULL.  SG_EARG. */
enum sg_err user_id(uint32_t *out, const char *name);

#endif
