/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/urls.h"

#include <ctype.h>
#include <string.h>

#include "base/conf.h"

static const struct {
	const char *text;
	enum ca_url_word word;
} words[] = {
	{ "%4", CA_URL_CERT },
	{ "<CertificateName>", CA_URL_CERT },
	{ "%8", CA_URL_CRL },
	{ "<CRLNameSuffix>", CA_URL_CRL },
};

/* The word that p begins with, and its length; 0 when there is none. */
static enum ca_url_word
word_at(const char *p, size_t *n)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		*n = strlen(words[i].text);
		if (strncmp(p, words[i].text, *n) != 0)
			continue;
		if (*p == '%' && isxdigit((unsigned char)p[*n]))
			continue;
		return words[i].word;
	}
	*n = 1;
	return 0;
}

static bool
plain(const char *p)
{
	unsigned char c = (unsigned char)*p;

	if (c == '%')
		return isxdigit((unsigned char)p[1]) &&
		    isxdigit((unsigned char)p[2]);
	return c > 0x20 && c < 0x7f && c != '<' && c != '>';
}

enum sg_err
ca_url_check(const char *url)
{
	size_t n;

	if (strstr(url, "://") == NULL || strlen(url) > CONF_LINE_MAX / 2)
		return sg_fail(SG_EARG, "'%.80s' is not a URL", url);
	for (const char *p = url; *p != '\0'; p += n) {
		if (word_at(p, &n) != 0 || plain(p))
			continue;
		if (*p == '%' || *p == '<')
			return sg_fail(SG_EARG, "'%.80s': of the words that"
			    " change, %%4 (<CertificateName>) and %%8"
			    " (<CRLNameSuffix>) are known", url);
		return sg_fail(SG_EARG, "'%.80s' is not a URL", url);
	}
	return SG_OK;
}

bool
ca_url_has(const char *url, enum ca_url_word w)
{
	size_t n;

	for (const char *p = url; *p != '\0'; p += n)
		if (word_at(p, &n) == w)
			return true;
	return false;
}

static enum sg_err
expand(struct buf *out, const char *url, const struct ca_version *v)
{
	char suffix[CA_SUFFIX_MAX];
	size_t n;

	for (const char *p = url; *p != '\0'; p += n) {
		enum ca_url_word w = word_at(p, &n);

		if (w == 0) {
			SG_TRY(buf_add(out, p, n));
			continue;
		}
		ca_suffix(suffix, w == CA_URL_CRL ? v->key : v->index);
		SG_TRY(buf_add_str(out, suffix));
	}
	return buf_terminate(out);
}

enum sg_err
ca_urls_expand(struct texts *out, const struct texts *urls,
    const struct ca_version *v)
{
	for (size_t i = 0; i < urls->n; i++) {
		auto_done(buf) url = { 0 };

		SG_TRY(ca_url_check(urls->v[i]));
		SG_TRY(expand(&url, urls->v[i], v));
		SG_TRY(texts_add(out, (const char *)url.p));
	}
	return SG_OK;
}
