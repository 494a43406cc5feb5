/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/url.h"

#include <string.h>
#include <strings.h>

/* Where the host begins, or NULL. */
static const char *
authority(const char *url)
{
	if (strncasecmp(url, "http://", 7) == 0)
		return url + 7;
	if (strncasecmp(url, "https://", 8) == 0)
		return url + 8;
	return NULL;
}

size_t
url_origin_len(const char *url)
{
	const char *host = authority(url);

	if (host == NULL)
		return strcspn(url, "/?#");
	return (size_t)(host - url) + strcspn(host, "/?#");
}

static bool
character(char c)
{
	return c > 0x20 && c < 0x7f && strchr("\"<>\\^`{|}", c) == NULL;
}

enum sg_err
url_check(const char *url)
{
	const char *host = authority(url);
	size_t n;

	if (strlen(url) > URL_MAX)
		return sg_fail(SG_EARG, "the URL is longer than %d bytes",
		    URL_MAX);
	for (const char *c = url; *c != '\0'; c++)
		if (!character(*c))
			return sg_fail(SG_EARG, "the URL holds what no URL"
			    " holds (at its character %zu)",
			    (size_t)(c - url) + 1);
	if (host == NULL)
		return sg_fail(SG_EARG, "'%.200s' is no URL: it begins with"
		    " http:// or https://", url);
	n = strcspn(host, "/?#");
	if (memchr(host, '@', n) != NULL)
		return sg_fail(SG_EARG, "the URL holds a user name or"
		    " password, where anybody reads it");
	if (n == 0 || *host == ':')
		return sg_fail(SG_EARG, "the URL '%.200s' names no host", url);
	if (strchr(host, '#') != NULL)
		return sg_fail(SG_EARG, "the URL '%.200s' has a fragment ('#'),"
		    " which no server sees", url);
	return SG_OK;
}

enum sg_err
url_with_query(struct buf *out, const char *base, const char *query)
{
	SG_TRY(buf_add_str(out, base));
	SG_TRY(buf_add_str(out, strchr(base, '?') != NULL ? "&" : "?"));
	return buf_add_str(out, query);
}

static bool
unreserved(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~", c) != NULL);
}

enum sg_err
url_escape(struct buf *out, struct bytes text)
{
	for (size_t i = 0; i < text.n; i++)
		SG_TRY(unreserved(text.p[i])
		    ? buf_add_u8(out, text.p[i])
		    : buf_printf(out, "%%%02X", text.p[i]));
	return SG_OK;
}
