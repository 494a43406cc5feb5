/* SPDX-License-Identifier: BSD-2-Clause */

/* Answers: the whole message, its content, or what is sealed in it. */

#include "proto/scep_attrs.h"
#include "proto/scep_print.h"
#include "scep_world.h"

#define DEPTHS	3	/* message, content, inside */

static void
read_it(struct bytes m, struct fuzz_world *w)
{
	const struct certs from = { &w->ra_cert, 1 };
	const struct scep_expect e = { .transaction = "T-1",
		.nonce = (const uint8_t *)"0123456789abcdef", .from = &from,
		.cert = w->client, .signer = pkey_signer(w->client_key),
		.sha1 = true };
	auto_done(scep_answer) a = { 0 };

	auto_done(inspection) i = { 0 };

	SG_IGNORE(scep_answer_read(&a, m, &e));
	SG_IGNORE(scep_inspect(&i, m));
}

static struct signed_extra
extra(enum scep_attr which, const char *der, size_t n)
{
	return (struct signed_extra) { scep_attr_oids[which],
		bytes_of(der, n) };
}

static void
try_content(struct bytes in, struct fuzz_world *w)
{
	const struct signed_extra attrs[] = {
		extra(SCEP_ATTR_TYPE, "\x13\x01\x33", 3),
		extra(SCEP_ATTR_STATUS, "\x13\x01\x30", 3),
		extra(SCEP_ATTR_TRANSACTION, "\x13\x03T-1", 5),
		extra(SCEP_ATTR_RECIPIENT, "\x04\x10" "0123456789abcdef", 18),
	};
	const struct signed_plan plan = { .content = in, .cert = w->ra_cert,
		.signer = w->ra.signer, .key_name = true, .extra = attrs,
		.extra_count = 4 };
	auto_done(buf) m = { 0 };

	MUST(signed_write(&m, &plan));
	read_it(buf_bytes(&m), w);
}

static void
try_inside(struct bytes in, struct fuzz_world *w)
{
	auto_done(buf) m = { 0 };

	MUST(enveloped_write(&m, in, CIPHER_DES3_CBC, w->client));
	try_content(buf_bytes(&m), w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct fuzz_world *w = fuzz_world();
	uint8_t first;
	struct bytes in = fuzz_cut(&first, p, n);

	if (first % DEPTHS == 0)
		read_it(in, w);
	else if (first % DEPTHS == 1)
		try_content(in, w);
	else
		try_inside(in, w);
	return 0;
}
