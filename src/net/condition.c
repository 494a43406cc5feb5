/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/condition.h"

#include <string.h>

#include "net/date.h"

/* One of the list is "etag"; weak ones are as good for GET. */
static bool
etag_listed(const char *list, const char *etag)
{
	size_t n = strlen(etag);

	if (strcmp(list, "*") == 0)
		return true;
	while (*list != '\0') {
		list += strspn(list, " \t,");
		if (strncmp(list, "W/", 2) == 0)
			list += 2;
		if (*list == '"' && strncmp(list + 1, etag, n) == 0 &&
		    list[1 + n] == '"')
			return true;
		list += strcspn(list, ",");
	}
	return false;
}

bool
http_unchanged(const char *if_none_match, const char *if_modified_since,
    const char *etag, int64_t modified)
{
	int64_t since;

	if (if_none_match != NULL)
		return *etag != '\0' && etag_listed(if_none_match, etag);
	if (if_modified_since == NULL || modified == 0 ||
	    http_date_parse(&since, if_modified_since) != SG_OK)
		return false;
	return modified <= since;
}
