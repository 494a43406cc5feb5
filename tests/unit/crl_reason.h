/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_CRL_REASON_H
#define SG_TEST_CRL_REASON_H

#include <strings.h>

#include "pki/crl.h"

/* Why it is on the list, or -1. */
static inline int
crl_reason_of(const struct crl *l, const char *serial)
{
	for (size_t i = 0; i < l->content.count; i++)
		if (strcasecmp(l->content.entries[i].serial, serial) == 0)
			return (int)l->content.entries[i].reason;
	return -1;
}

#endif
