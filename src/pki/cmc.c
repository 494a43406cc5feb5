/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/cmc.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "pki/der.h"
#include "pki/texts.h"

#define SET 0x31

/* id-cmc-regInfo, 1.3.6.1.5.5.7.7.18 */
static const uint8_t reg_info[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x07,
	0x12 };

/* TaggedAttribute */
static void
get_control(struct cmc *c, struct reader *r)
{
	struct reader in = reader_of(der_get(r, DER_SEQUENCE)), set;
	struct bytes oid, x;

	(void)der_get_u64(&in);		/* bodyPartID */
	oid = der_get(&in, DER_OID);
	set = reader_of(der_get(&in, SET));
	if (!reader_end(&in)) {
		reader_fail(r);
	} else if (bytes_eq(oid, bytes_of(reg_info, sizeof(reg_info)))) {
		x = der_get(&set, DER_OCTETS);
		if (!reader_end(&set) || c->reg_info.n > 0)
			reader_fail(r);
		c->reg_info = x;
	}
}

static void
get_controls(struct cmc *c, struct reader *r)
{
	struct reader list = reader_of(der_get(r, DER_SEQUENCE));

	while (!list.failed && list.left.n > 0)
		get_control(c, &list);
	if (list.failed)
		reader_fail(r);
}

/* TaggedRequest: [0] TaggedCertificationRequest. */
static void
get_request(struct cmc *c, struct reader *r)
{
	struct reader list = reader_of(der_get(r, DER_SEQUENCE)), in;

	in = reader_of(der_get(&list, DER_EXPLICIT(0)));
	(void)der_get_u64(&in);		/* bodyPartID */
	c->request = der_get_whole(&in);
	if (!reader_end(&in) || !reader_end(&list))
		reader_fail(r);
}

enum sg_err
cmc_parse(struct cmc *out, struct bytes der)
{
	struct reader r = reader_of(der), in;
	struct cmc c = { 0 };

	in = reader_of(der_get(&r, DER_SEQUENCE));
	get_controls(&c, &in);
	get_request(&c, &in);
	(void)der_get(&in, DER_SEQUENCE);	/* messages in it */
	(void)der_get(&in, DER_SEQUENCE);
	if (!reader_end(&in) || !reader_end(&r))
		return sg_fail(SG_EFORMAT,
		    "not a PKIData with one PKCS#10 request");
	*out = c;
	return SG_OK;
}

static enum sg_err
decode(char **out, struct bytes x)
{
	auto_done(buf) b = { 0 };
	auto_str text = NULL;

	for (size_t i = 0; i < x.n; i++) {
		char hex[3] = "";

		if (x.p[i] == '%' && i + 2 < x.n)
			memcpy(hex, x.p + i + 1, 2);
		if (hex[0] != '\0' && hex_decode(&b, hex) == SG_OK)
			i += 2;
		else
			SG_TRY(buf_add_u8(&b, x.p[i]));
	}
	SG_TRY(str_from_bytes(&text, buf_bytes(&b)));
	if (!text_plain(text))
		return sg_fail(SG_EFORMAT, "a value is no plain text");
	*out = text;
	text = NULL;
	return SG_OK;
}

/* The part before a character, or all; moves behind it. */
static struct bytes
part(struct bytes *x, char end)
{
	const uint8_t *at = x->n > 0 ? memchr(x->p, end, x->n) : NULL;
	struct bytes first = *x;

	if (at == NULL) {
		*x = (struct bytes) { 0 };
		return first;
	}
	first.n = (size_t)(at - x->p);
	*x = bytes_of(at + 1, x->n - first.n - 1);
	return first;
}

enum sg_err
cmc_pair(char **out, const struct cmc *c, const char *name)
{
	struct bytes left = c->reg_info;
	auto_str found = NULL;

	while (left.n > 0) {
		struct bytes value = part(&left, '&'), n = part(&value, '=');

		if (n.n != strlen(name) ||
		    strncasecmp((const char *)n.p, name, n.n) != 0)
			continue;
		if (found != NULL)
			return sg_fail(SG_EFORMAT, "'%s' is there twice",
			    name);
		SG_TRY(decode(&found, value));
	}
	*out = found;
	found = NULL;
	return SG_OK;
}
