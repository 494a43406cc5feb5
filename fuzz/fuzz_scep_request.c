/* SPDX-License-Identifier: BSD-2-Clause */

/* Requests: the whole message, its envelope, or what is sealed in it. */

#include "scep_world.h"

#define DEPTHS	3	/* message, envelope, inside */

static const enum scep_type types[] = { SCEP_PKCS_REQ, SCEP_RENEWAL_REQ,
	SCEP_CERT_POLL, SCEP_GET_CERT };

static void
open_it(const struct scep_request *r, struct fuzz_world *w)
{
	auto_done(scep_content) c = { 0 };
	auto_done(buf) reply = { 0 };
	struct scep_reply p = { .status = SCEP_FAILURE, .fail = r->wrong,
		.fail_text = r->why,
		.nonce = (const uint8_t *)"0123456789abcdef" };

	if (r->wrong == SCEP_NO_FAIL) {
		SG_IGNORE(scep_request_open(&c, r, &w->opener));
		return;
	}
	if (r->key != NULL && r->transaction_der.n > 0)
		MUST(scep_reply_write(&reply, &p, r, &w->ra));
}

static void
try_message(struct bytes in, struct fuzz_world *w, bool sha1)
{
	const struct scep_rules rules = { .sha1 = sha1 };
	auto_free(scep_request) r = NULL;

	if (scep_request_read(&r, in, &rules) == SG_OK)
		open_it(r, w);
}

/* As if a signature around it held. */
static void
try_envelope(struct bytes in, struct fuzz_world *w, enum scep_type type)
{
	struct scep_request r = { .type = type, .signer = w->client,
		.wrong = SCEP_NO_FAIL };

	if (enveloped_parse(&r.envelope, in) == SG_OK)
		open_it(&r, w);
	enveloped_done(&r.envelope);
}

static void
try_inside(struct bytes in, struct fuzz_world *w, enum scep_type type)
{
	auto_done(buf) m = { 0 };

	MUST(enveloped_write(&m, in, CIPHER_AES128_CBC, w->ra_cert));
	try_envelope(buf_bytes(&m), w, type);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct fuzz_world *w = fuzz_world();
	uint8_t first;
	struct bytes in = fuzz_cut(&first, p, n);
	enum scep_type type = types[first / DEPTHS % 4];

	if (first % DEPTHS == 0)
		try_message(in, w, (first & 0x80) == 0);
	else if (first % DEPTHS == 1)
		try_envelope(in, w, type);
	else
		try_inside(in, w, type);
	return 0;
}
