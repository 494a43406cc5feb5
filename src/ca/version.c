/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/version.h"

#include <stdio.h>
#include <string.h>

#include "pki/der.h"

#define OID_VERSION	"1.3.6.1.4.1.311.21.1"
#define OID_PREVIOUS	"1.3.6.1.4.1.311.21.2"
#define KEY_SHIFT	16
#define SHA1_LEN	20

void
ca_suffix(char out[CA_SUFFIX_MAX], unsigned number)
{
	out[0] = '\0';
	if (number > 0)
		(void)snprintf(out, CA_SUFFIX_MAX, "(%u)", number);
}

static enum sg_err
previous_add(struct extensions *x, const struct cert *previous)
{
	auto_done(buf) der = { 0 };
	uint8_t hash[DIGEST_MAX];

	SG_TRY(digest_of(DIGEST_SHA1, buf_bytes(&previous->der), hash));
	SG_TRY(der_put(&der, DER_OCTETS, bytes_of(hash, SHA1_LEN)));
	return extensions_add_raw(x, OID_PREVIOUS, false, buf_bytes(&der));
}

enum sg_err
ca_version_add(struct extensions *x, const struct ca_version *v,
    const struct cert *previous)
{
	auto_done(buf) der = { 0 };

	SG_TRY(der_put_u64(&der, v->index | (uint64_t)v->key << KEY_SHIFT));
	SG_TRY(extensions_add_raw(x, OID_VERSION, false, buf_bytes(&der)));
	return previous != NULL ? previous_add(x, previous) : SG_OK;
}

static const struct raw_ext *
raw_find(const struct extensions *x, const char *oid)
{
	for (size_t i = 0; i < x->raw_count; i++)
		if (strcmp(x->raw[i].oid, oid) == 0)
			return &x->raw[i];
	return NULL;
}

enum sg_err
ca_version_read(struct ca_version *out, bool *there,
    const struct extensions *x)
{
	const struct raw_ext *e = raw_find(x, OID_VERSION);
	struct reader r;
	uint64_t v;

	*there = e != NULL;
	if (e == NULL)
		return SG_OK;
	r = reader_of(buf_bytes(&e->der));
	v = der_get_u64(&r);
	SG_TRY(reader_finish(&r, "the CA version"));
	if (v > UINT32_MAX)
		return sg_fail(SG_EFORMAT, "the CA version is out of range");
	*out = (struct ca_version) { v & 0xffff, (unsigned)(v >> KEY_SHIFT) };
	return SG_OK;
}

enum sg_err
ca_version_copy(struct extensions *to, const struct extensions *from)
{
	const struct raw_ext *p = raw_find(from, OID_PREVIOUS);
	struct ca_version v;
	struct reader r;
	bool there;

	SG_TRY(ca_version_read(&v, &there, from));
	if (!there)
		return SG_OK;
	SG_TRY(ca_version_add(to, &v, NULL));
	if (p == NULL)
		return SG_OK;
	r = reader_of(buf_bytes(&p->der));
	if (der_get(&r, DER_OCTETS).n != SHA1_LEN || !reader_end(&r))
		return sg_fail(SG_EFORMAT,
		    "the previous CA certificate's hash is none");
	return extensions_add_raw(to, OID_PREVIOUS, false,
	    buf_bytes(&p->der));
}
