/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/period.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;	/* the plural */
	int64_t seconds;
} units[] = {
	{ "Years", (int64_t)365 * 86400 },
	{ "Months", (int64_t)30 * 86400 },
	{ "Weeks", (int64_t)7 * 86400 },
	{ "Days", 86400 },
	{ "Hours", 3600 },
	{ "Minutes", 60 },
	{ "Seconds", 1 },
};
#define UNITS_LEN (sizeof(units) / sizeof(units[0]))

enum sg_err
period_print(char **out, int64_t seconds)
{
	size_t i = 0;

	if (seconds == 0)
		return str_dup(out, "0 Days");
	while (seconds % units[i].seconds != 0)
		i++;
	return str_printf(out, "%lld %s",
	    (long long)(seconds / units[i].seconds), units[i].name);
}

enum sg_err
period_parse(int64_t *out, const char *text)
{
	char *unit;
	long long n = strtoll(text, &unit, 10);
	size_t len;

	while (*unit == ' ')
		unit++;
	len = strlen(unit);
	for (size_t i = 0; i < UNITS_LEN && unit != text && len > 0; i++) {
		size_t plural = strlen(units[i].name);

		if (strncasecmp(units[i].name, unit, len) != 0 ||
		    (len != plural && len != plural - 1))
			continue;
		if (n < 0 || n > PERIOD_MAX / units[i].seconds)
			break;
		*out = n * units[i].seconds;
		return SG_OK;
	}
	return sg_fail(SG_EARG, "'%.40s' is not a period like '1 year' or"
	    " '6 weeks'", text);
}
