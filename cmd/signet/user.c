/* SPDX-License-Identifier: BSD-2-Clause */
#include "user.h"

#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "base/text.h"

enum sg_err
user_id(uint32_t *out, const char *name)
{
	const struct passwd *pw;
	long long v;

	if (name == NULL) {
		*out = (uint32_t)geteuid();
		return SG_OK;
	}
	if ((pw = getpwnam(name)) != NULL) {
		*out = (uint32_t)pw->pw_uid;
		return SG_OK;
	}
	if (number_parse(&v, name, 0, UINT32_MAX - 1, "user") != SG_OK)
		return sg_fail(SG_EARG, "there is no user '%s'", name);
	*out = (uint32_t)v;
	return SG_OK;
}
