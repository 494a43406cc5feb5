/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri",
	"Sat" };
static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

enum sg_err
http_date_print(char out[HTTP_DATE_LEN], int64_t t)
{
	time_t tt = t;
	struct tm tm;

	if (gmtime_r(&tt, &tm) == NULL || tm.tm_year < -900 ||
	    tm.tm_year > 9999 - 1900)
		return sg_fail(SG_EARG, "%lld is no date", (long long)t);
	(void)snprintf(out, HTTP_DATE_LEN,
	    "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday],
	    tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour,
	    tm.tm_min, tm.tm_sec);
	return SG_OK;
}

/* Whatever reads as a date must print as the same text. */
enum sg_err
http_date_parse(int64_t *out, const char *text)
{
	struct tm tm = { 0 };
	char month[4] = "", again[HTTP_DATE_LEN];
	int64_t t;

	if (strlen(text) != HTTP_DATE_LEN - 1 ||
	    sscanf(text + 5, "%2d %3s %4d %2d:%2d:%2d GMT", &tm.tm_mday,
	    month, &tm.tm_year, &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return sg_fail(SG_EFORMAT, "not an HTTP date");
	tm.tm_year -= 1900;
	while (tm.tm_mon < 11 && strcmp(months[tm.tm_mon], month) != 0)
		tm.tm_mon++;
	t = timegm(&tm);
	if (http_date_print(again, t) != SG_OK || strcmp(again, text) != 0)
		return sg_fail(SG_EFORMAT, "not an HTTP date");
	*out = t;
	return SG_OK;
}
