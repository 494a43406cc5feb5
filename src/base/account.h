/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_BASE_ACCOUNT_H
#define SG_BASE_ACCOUNT_H

/* Accounts of this machine, for daemons. */

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The user id of an account; *found is false when there is none of that name.
 * A child asks, so that the libraries which a lookup loads (nsswitch.conf) stay
 * out of this process: they are a megabyte of it for as long as it lives.
 * For a process of one thread.  SG_EIO when there is no child, or it fails.
 */
enum sg_err account_find(const char *name, bool *found, uint32_t *uid);

#endif
