/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/texts.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/asn1.h>

void
texts_done(struct texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->v[i]);
	free(t->v);
	*t = (struct texts) { 0 };
}

enum sg_err
texts_add(struct texts *t, const char *s)
{
	char **v = reallocarray(t->v, t->n + 1, sizeof(*v));

	if (v == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	t->v = v;
	SG_TRY(str_dup(&t->v[t->n], s));
	t->n++;
	return SG_OK;
}

enum sg_err
texts_add_bytes(struct texts *t, struct bytes x)
{
	char **v = reallocarray(t->v, t->n + 1, sizeof(*v));

	if (v == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	t->v = v;
	SG_TRY(str_from_bytes(&t->v[t->n], x));
	t->n++;
	return SG_OK;
}

enum sg_err
texts_add_all(struct texts *t, const struct texts *from)
{
	for (size_t i = 0; i < from->n; i++)
		SG_TRY(texts_add(t, from->v[i]));
	return SG_OK;
}

bool
texts_has(const struct texts *t, const char *s)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->v[i], s) == 0)
			return true;
	return false;
}

bool
text_plain(const char *s)
{
	const uint8_t *p = (const uint8_t *)s;

	for (size_t n = strlen(s); n > 0;) {
		unsigned long c;
		int k = UTF8_getc(p, n > INT_MAX ? INT_MAX : (int)n, &c);

		if (k <= 0 || c < 0x20 || (c >= 0x7f && c < 0xa0) ||
		    c > 0x10ffff)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

enum sg_err
texts_join(char **out, const struct texts *t)
{
	auto_done(buf) b = { 0 };

	for (size_t i = 0; i < t->n; i++)
		SG_TRY(buf_printf(&b, "%s%s", i > 0 ? ", " : "", t->v[i]));
	return str_from_bytes(out, buf_bytes(&b));
}
