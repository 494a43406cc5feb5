/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/ocsp.h"

#include "pki/ocsp_oid.h"

/* AlgorithmIdentifiers of digests, without their parameters. */
static const struct {
	enum digest hash;
	uint8_t n;
	uint8_t oid[9];
} hashes[] = {
	{ DIGEST_SHA1, 5, { 0x2b, 0x0e, 0x03, 0x02, 0x1a } },
	{ DIGEST_SHA256, 9, { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
	    0x01 } },
	{ DIGEST_SHA384, 9, { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
	    0x02 } },
	{ DIGEST_SHA512, 9, { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
	    0x03 } },
};

/* Parameters are NULL or absent; some have something else, all the same. */
static void
get_hash(struct ocsp_id *id, struct reader *r)
{
	struct reader in = reader_of(der_get(r, DER_SEQUENCE));
	struct bytes oid = der_get(&in, DER_OID);

	if (in.left.n > 0)
		(void)der_get_whole(&in);
	if (!reader_end(&in))
		reader_fail(r);
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		if (!bytes_eq(oid, bytes_of(hashes[i].oid, hashes[i].n)))
			continue;
		id->known_hash = true;
		id->hash = hashes[i].hash;
	}
}

static void
get_id(struct ocsp_id *id, struct reader *r)
{
	struct reader in;
	bool negative;

	id->der = der_get_whole(r);
	in = reader_of(id->der);
	in = reader_of(der_get(&in, DER_SEQUENCE));
	get_hash(id, &in);
	id->name_hash = der_get(&in, DER_OCTETS);
	id->key_hash = der_get(&in, DER_OCTETS);
	id->serial = der_get_integer(&in, &negative);
	if (negative)
		id->serial = (struct bytes) { 0 };
	if (!reader_end(&in) || id->serial.n > OCSP_SERIAL_MAX)
		reader_fail(r);
}

static void
get_nonce(struct ocsp_request *q, struct reader *value)
{
	struct bytes x = der_get(value, DER_OCTETS);

	/* Twice the same extension leaves open which one is meant. */
	if (x.n == 0 || x.n > OCSP_NONCE_MAX || q->nonce.n > 0)
		reader_fail(value);
	q->nonce = x;
}

/* Extensions of the request, or (q NULL) of one certificate: none of those is
 * known here. */
static void
get_extension(struct ocsp_request *q, struct reader *r)
{
	struct reader in = reader_of(der_get(r, DER_SEQUENCE)), value;
	struct bytes oid = der_get(&in, DER_OID), flag = { 0 };
	bool critical;

	if (der_next_is(&in, DER_BOOLEAN))
		flag = der_get(&in, DER_BOOLEAN);
	critical = flag.n == 1 && flag.p[0] == 0xff;
	value = reader_of(der_get(&in, DER_OCTETS));
	if (!reader_end(&in) || flag.n > 1 || (flag.n == 1 && !critical))
		reader_fail(r);
	if (q != NULL && bytes_eq(oid, ocsp_oid_nonce)) {
		get_nonce(q, &value);
		if (!reader_end(&value))
			reader_fail(r);
	} else if (q != NULL && bytes_eq(oid, ocsp_oid_preferred)) {
		q->preferred = value.left;
	} else if (critical && !bytes_eq(oid, ocsp_oid_response)) {
		reader_fail(r);
	}
}

static void
get_extensions(struct ocsp_request *q, struct reader *r, uint8_t tag)
{
	struct reader in;

	if (!der_next_is(r, tag))
		return;
	in = reader_of(der_get(r, tag));
	struct reader list = reader_of(der_get(&in, DER_SEQUENCE));
	while (!list.failed && list.left.n > 0)
		get_extension(q, &list);
	if (list.failed || !reader_end(&in))
		reader_fail(r);
}

/* SG_ELIMIT is told apart: the caller may have meant well. */
static enum sg_err
get_list(struct ocsp_request *q, struct reader *r)
{
	struct reader list = reader_of(der_get(r, DER_SEQUENCE));

	while (!list.failed && list.left.n > 0) {
		struct reader one = reader_of(der_get(&list, DER_SEQUENCE));

		if (q->count == OCSP_IDS_MAX)
			return sg_fail(SG_ELIMIT,
			    "OCSP: more than %d certificates", OCSP_IDS_MAX);
		get_id(&q->id[q->count++], &one);
		get_extensions(NULL, &one, DER_EXPLICIT(0));
		if (!reader_end(&one))
			reader_fail(&list);
	}
	if (list.failed || q->count == 0)
		reader_fail(r);
	return SG_OK;
}

static enum sg_err
get_request(struct ocsp_request *q, struct reader *r)
{
	struct reader in = reader_of(der_get(r, DER_SEQUENCE));

	/* DER leaves the default out, but not everybody does. */
	if (der_next_is(&in, DER_EXPLICIT(0))) {
		struct reader v = reader_of(der_get(&in, DER_EXPLICIT(0)));

		if (der_get_u64(&v) != 0 || !reader_end(&v))
			reader_fail(&in);
	}
	if (der_next_is(&in, DER_EXPLICIT(1)))	/* who asks */
		(void)der_get(&in, DER_EXPLICIT(1));
	SG_TRY(get_list(q, &in));
	get_extensions(q, &in, DER_EXPLICIT(2));
	if (!reader_end(&in))
		reader_fail(r);
	return SG_OK;
}

enum sg_err
ocsp_request_parse(struct ocsp_request *out, struct bytes der)
{
	struct reader r = reader_of(der), in;
	struct ocsp_request q = { 0 };

	if (der.n > OCSP_REQUEST_MAX)
		return sg_fail(SG_ELIMIT, "OCSP: %zu bytes", der.n);
	in = reader_of(der_get(&r, DER_SEQUENCE));
	SG_TRY(get_request(&q, &in));
	if (der_next_is(&in, DER_EXPLICIT(0)))	/* signature */
		(void)der_get(&in, DER_EXPLICIT(0));
	if (!reader_end(&in) || !reader_end(&r))
		return sg_fail(SG_EFORMAT, "OCSP: not a request");
	*out = q;
	return SG_OK;
}

const struct sig_alg *
ocsp_preferred(const struct ocsp_request *q, enum key_kind kind)
{
	struct reader r = reader_of(q->preferred);

	r = reader_of(der_get(&r, DER_SEQUENCE));
	while (!r.failed && r.left.n > 0) {
		struct reader one = reader_of(der_get(&r, DER_SEQUENCE));
		const struct sig_alg *a = sig_alg_find(der_get_whole(&one));

		if (a != NULL && a->kind == kind)
			return a;
	}
	return sig_alg_of(kind, DIGEST_SHA256);
}
