/* SPDX-License-Identifier: BSD-2-Clause */

/* Messages that nobody should send, to both ends. */

#include "scep_world.h"

#include "../cms_maker.h"
#include "proto/scep_attrs.h"

static const struct scep_rules rules = { .sha1 = true };

/* --- messages put together by hand --- */

struct made {
	struct signed_extra v[SIGNED_EXTRAS_MAX];
	struct buf value[SIGNED_EXTRAS_MAX];
	size_t n;
};

static void
made_done(struct made *m)
{
	for (size_t i = 0; i < m->n; i++)
		buf_done(&m->value[i]);
}

static void
put(struct made *m, enum scep_attr which, uint8_t tag, struct bytes x)
{
	OK(der_put(&m->value[m->n], tag, x));
	m->v[m->n].oid = scep_attr_oids[which];
	m->v[m->n].value = buf_bytes(&m->value[m->n]);
	m->n++;
}

static void
put_text(struct made *m, enum scep_attr which, const char *text)
{
	put(m, which, DER_PRINTABLE, bytes_str(text));
}

/* What a PKCSReq says, unless another type is given. */
static void
put_usual(struct made *m, const char *type)
{
	put_text(m, SCEP_ATTR_TYPE, type);
	put_text(m, SCEP_ATTR_TRANSACTION, WORLD_TRANSACTION);
	put(m, SCEP_ATTR_SENDER, DER_OCTETS, bytes_str(WORLD_NONCE));
}

static void
sign_as(struct buf *out, const struct cert *cert, struct pkey *key,
    const struct made *m, struct bytes content)
{
	const struct signed_plan p = { .content = content,
		.empty = content.n == 0, .cert = cert,
		.signer = pkey_signer(key), .key_name = true, .extra = m->v,
		.extra_count = m->n };

	out->n = 0;
	OK(signed_write(out, &p));
}

static void
seal(struct buf *out, const struct world *w, struct bytes plain)
{
	out->n = 0;
	OK(enveloped_write(out, plain, CIPHER_AES128_CBC, w->ra_cert));
}

/* Reads a message with these attributes and that content. */
static enum sg_err
read_made(struct scep_request **r, const struct world *w,
    const struct made *m, struct bytes content)
{
	auto_done(buf) der = { 0 };

	sign_as(&der, w->self, w->key, m, content);
	return scep_request_read(r, buf_bytes(&der), &rules);
}

/* --- requests: the outside --- */

static void
attributes_that_are_wrong_end_it(void **state)
{
	static const struct {
		enum scep_attr which;
		uint8_t tag;
		const char *text;
		enum sg_err e;
	} rows[] = {
		{ SCEP_ATTR_TRANSACTION, DER_OCTETS, "T", SG_EFORMAT },
		{ SCEP_ATTR_TRANSACTION, DER_PRINTABLE, "", SG_EFORMAT },
		{ SCEP_ATTR_TRANSACTION, DER_PRINTABLE, "a\nb", SG_EFORMAT },
		{ SCEP_ATTR_TRANSACTION, DER_PRINTABLE, "a\x7f", SG_EFORMAT },
		{ SCEP_ATTR_TRANSACTION, DER_UTF8_STRING, "\xc3\xa4",
		    SG_EFORMAT },
		{ SCEP_ATTR_TYPE, DER_INTEGER, "\x13", SG_EFORMAT },
		{ SCEP_ATTR_TYPE, DER_PRINTABLE, "-19", SG_EFORMAT },
		{ SCEP_ATTR_TYPE, DER_PRINTABLE, "x", SG_EFORMAT },
		{ SCEP_ATTR_TYPE, DER_PRINTABLE, "00019", SG_EFORMAT },
		{ SCEP_ATTR_SENDER, DER_PRINTABLE, "0123456789abcdef",
		    SG_EFORMAT },
	};
	struct world *w = *state;
	auto_done(buf) content = { 0 };

	seal(&content, w, buf_bytes(&w->csr));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		auto_free(scep_request) r = NULL;
		auto_done(made) m = { 0 };

		if (rows[i].which != SCEP_ATTR_TRANSACTION)
			put_text(&m, SCEP_ATTR_TRANSACTION, "T");
		put(&m, rows[i].which, rows[i].tag, bytes_str(rows[i].text));
		FAILS(rows[i].e, read_made(&r, w, &m, buf_bytes(&content)));
	}
}

static void
a_transaction_is_there_once_and_not_endless(void **state)
{
	struct world *w = *state;
	auto_done(buf) content = { 0 };
	auto_free(scep_request) r = NULL;
	char text[SCEP_TRANSACTION_MAX + 2];
	uint8_t nonce[SCEP_NONCE_MAX + 1] = { 0 };
	auto_done(made) none = { 0 }, twice = { 0 }, most = { 0 };
	auto_done(made) more = { 0 }, wide = { 0 };

	seal(&content, w, buf_bytes(&w->csr));
	put_text(&none, SCEP_ATTR_TYPE, "19");
	FAILS_SAYING(SG_EFORMAT, "transactionID: missing",
	    read_made(&r, w, &none, buf_bytes(&content)));
	put_usual(&twice, "19");
	put_text(&twice, SCEP_ATTR_TRANSACTION, "another");
	FAILS_SAYING(SG_EFORMAT, "twice",
	    read_made(&r, w, &twice, buf_bytes(&content)));
	memset(text, 'x', sizeof(text));
	text[SCEP_TRANSACTION_MAX + 1] = '\0';
	put_text(&more, SCEP_ATTR_TRANSACTION, text);
	FAILS(SG_ELIMIT, read_made(&r, w, &more, buf_bytes(&content)));
	put_text(&wide, SCEP_ATTR_TRANSACTION, "T");
	put(&wide, SCEP_ATTR_SENDER, DER_OCTETS,
	    bytes_of(nonce, sizeof(nonce)));
	FAILS(SG_ELIMIT, read_made(&r, w, &wide, buf_bytes(&content)));
	text[SCEP_TRANSACTION_MAX] = '\0';
	put_text(&most, SCEP_ATTR_TRANSACTION, text);
	put_text(&most, SCEP_ATTR_TYPE, "19");
	put(&most, SCEP_ATTR_SENDER, DER_OCTETS,
	    bytes_of(nonce, SCEP_NONCE_MAX));
	OK(read_made(&r, w, &most, buf_bytes(&content)));
}

/* They can be answered, and are. */
static void
unknown_types_get_an_answer(void **state)
{
	static const char *const types[] = { "0", "3", "16", "23", "999" };
	struct world *w = *state;
	auto_done(buf) content = { 0 };

	seal(&content, w, buf_bytes(&w->csr));
	for (size_t i = 0; i < 5; i++) {
		auto_free(scep_request) r = NULL;
		auto_done(made) m = { 0 };
		auto_done(scep_content) c = { 0 };

		put_usual(&m, types[i]);
		OK(read_made(&r, w, &m, buf_bytes(&content)));
		assert_int_equal(r->wrong, SCEP_BAD_REQUEST);
		assert_non_null(strstr(r->why, "messageType"));
		FAILS(SG_EARG, scep_request_open(&c, r, &w->opener));
	}
}

static void
wrong_layers_get_an_answer(void **state)
{
	struct world *w = *state;
	auto_done(buf) content = { 0 }, bag = { 0 };
	const struct cert *one[] = { w->self };
	struct bytes layers[4];

	seal(&content, w, buf_bytes(&w->csr));
	OK(signed_bag(&bag, one, 1, (struct bytes) { 0 }));
	layers[0] = buf_bytes(&w->csr);			/* not sealed */
	layers[1] = buf_bytes(&bag);			/* signed again */
	layers[2] = bytes_of(content.p, content.n - 1);
	layers[3] = (struct bytes) { 0 };		/* nothing */
	for (size_t i = 0; i < 4; i++) {
		auto_free(scep_request) r = NULL;
		auto_done(made) m = { 0 };

		put_usual(&m, "19");
		OK(read_made(&r, w, &m, layers[i]));
		assert_int_equal(r->wrong, SCEP_BAD_REQUEST);
		assert_non_null(strstr(r->why, "EnvelopedData"));
	}
}

static void
several_signers_or_none_are_refused(void **state)
{
	struct world *w = *state;
	struct maker m[2] = {
		{ .key = w->key, .cert = w->self, .flags = CMS_NOCERTS },
		{ .key = w->key, .cert = w->self, .flags = CMS_NOCERTS } };
	auto_done(buf) der = { 0 }, bag = { 0 };
	auto_free(scep_request) r = NULL;
	const struct cert *one[] = { w->self };

	maker_sign(&der, buf_bytes(&w->csr), NULL, m, 2, 0);
	FAILS_SAYING(SG_EFORMAT, "2 signers",
	    scep_request_read(&r, buf_bytes(&der), &rules));
	OK(signed_bag(&bag, one, 1, (struct bytes) { 0 }));
	FAILS(SG_EFORMAT, scep_request_read(&r, buf_bytes(&bag), &rules));
	maker_sign(&der, buf_bytes(&w->csr), "1.3.6.1.5.5.7.12.2", m, 1, 0);
	FAILS(SG_EFORMAT, scep_request_read(&r, buf_bytes(&der), &rules));
}

static void
the_signers_certificate_must_be_there(void **state)
{
	struct world *w = *state;
	struct maker m = { .key = w->key, .cert = w->self,
		.flags = CMS_NOCERTS };
	auto_done(buf) der = { 0 }, content = { 0 };
	auto_free(scep_request) r = NULL;

	seal(&content, w, buf_bytes(&w->csr));
	maker_sign(&der, buf_bytes(&content), NULL, &m, 1, CMS_NOCERTS);
	/* It has no transactionID either; the first thing is said. */
	FAILS(SG_EFORMAT, scep_request_read(&r, buf_bytes(&der), &rules));
}

/* Whose certificate it is that goes along, is not whose key has signed. */
static void
a_stranger_s_signature_gets_an_answer(void **state)
{
	struct world *w = *state;
	auto_done(buf) der = { 0 }, content = { 0 };
	auto_free(scep_request) r = NULL;
	auto_done(made) m = { 0 };
	uint8_t *at;

	put_usual(&m, "19");
	seal(&content, w, buf_bytes(&w->csr));
	sign_as(&der, w->self, w->key, &m, buf_bytes(&content));
	/* The signature is what the message ends with. */
	at = der.p + der.n - 40;
	*at ^= 1;
	OK(scep_request_read(&r, buf_bytes(&der), &rules));
	assert_int_equal(r->wrong, SCEP_BAD_MESSAGE_CHECK);
	assert_non_null(strstr(r->why, "signature"));
}

/* Whatever byte is changed, what opens is what was sent; the self-signed
 * certificate alone is not looked at. */
static void
a_changed_byte_changes_nothing_unseen(void **state)
{
	struct world *w = *state;
	auto_done(buf) der = { 0 };
	struct scep_ask a = world_ask(w, SCEP_PKCS_REQ);

	OK(scep_ask_write(&der, &a));
	for (size_t i = 0; i < der.n; i += 3) {
		auto_free(scep_request) r = NULL;
		auto_done(scep_content) c = { 0 };
		enum sg_err e;

		der.p[i] ^= 0x20;
		e = scep_request_read(&r, buf_bytes(&der), &rules);
		der.p[i] ^= 0x20;
		if (e != SG_OK || r->wrong != SCEP_NO_FAIL)
			continue;
		OK(scep_request_open(&c, r, &w->opener));
		assert_string_equal(r->transaction, WORLD_TRANSACTION);
		assert_true(bytes_eq(buf_bytes(&c.csr->der),
		    buf_bytes(&w->csr)));
	}
}

static void
sizes_are_limits(void **state)
{
	struct world *w = *state;
	auto_done(buf) huge = { 0 }, der = { 0 }, content = { 0 };
	auto_free(scep_request) r = NULL;
	auto_done(made) m = { 0 };
	const struct cert *along[SCEP_CERTS_MAX];
	struct signed_plan p;
	uint8_t *at;

	OK(buf_extend(&huge, SCEP_MAX + 1, &at));
	FAILS(SG_ELIMIT, scep_request_read(&r, buf_bytes(&huge), &rules));
	put_usual(&m, "19");
	seal(&content, w, buf_bytes(&w->csr));
	for (size_t i = 0; i < SCEP_CERTS_MAX; i++)
		along[i] = w->self;
	p = (struct signed_plan) { .content = buf_bytes(&content),
		.cert = w->self, .signer = pkey_signer(w->key), .extra = m.v,
		.extra_count = m.n, .along = along,
		.along_count = SCEP_CERTS_MAX };
	OK(signed_write(&der, &p));
	FAILS(SG_ELIMIT, scep_request_read(&r, buf_bytes(&der), &rules));
	der.n = 0;
	p.along_count = SCEP_CERTS_MAX - 1;
	OK(signed_write(&der, &p));
	OK(scep_request_read(&r, buf_bytes(&der), &rules));
}

static void
every_cut_is_refused(void **state)
{
	struct world *w = *state;
	auto_done(buf) der = { 0 };
	struct scep_ask a = world_ask(w, SCEP_PKCS_REQ);
	auto_free(scep_request) r = NULL;

	OK(scep_ask_write(&der, &a));
	for (size_t n = 0; n < der.n; n++)
		FAILS(SG_EFORMAT, scep_request_read(&r, bytes_of(der.p, n),
		    &rules));
	OK(buf_add_u8(&der, 0));
	FAILS(SG_EFORMAT, scep_request_read(&r, buf_bytes(&der), &rules));
}

/* --- requests: the inside --- */

/* A signer before the RA's that counts private operations. */
struct counter {
	struct signer_ops ops;
	struct signer real;
	unsigned n;
};

static enum sg_err
counted_decrypt(void *ctx, enum decrypt_scheme scheme, struct bytes in,
    struct buf *out)
{
	struct counter *c = ctx;

	c->n++;
	return c->real.ops->decrypt(c->real.ctx, scheme, in, out);
}

/* Everything that is sealed and is not what it should be: one private
 * operation, one code and one note. */
static void
stays_shut(const struct world *w, const struct made *m, struct bytes content)
{
	static char note[SG_NOTE_MAX];
	struct counter k = { .real = pkey_signer(w->ra_key) };
	struct scep_ra ra = { w->ra_cert, { &k.ops, &k } };
	struct scep_opener o = w->opener;
	auto_free(scep_request) r = NULL;
	auto_done(scep_content) c = { 0 };

	k.ops.decrypt = counted_decrypt;
	o.ra = &ra;
	OK(read_made(&r, w, m, content));
	assert_int_equal(r->wrong, SCEP_NO_FAIL);
	FAILS(SG_EVERIFY, scep_request_open(&c, r, &o));
	if (note[0] == '\0')
		memcpy(note, sg_note(SG_EVERIFY), strlen(sg_note(SG_EVERIFY)));
	assert_string_equal(sg_note(SG_EVERIFY), note);
	assert_int_equal(k.n, 1);
	assert_null(c.csr);
}

static void
whatever_is_wrong_inside_looks_the_same(void **state)
{
	struct world *w = *state;
	auto_done(buf) content = { 0 }, csr = { 0 };
	auto_done(made) m = { 0 }, poll = { 0 }, get = { 0 };

	put_usual(&m, "19");
	put_usual(&poll, "20");
	put_usual(&get, "21");
	seal(&content, w, bytes_str("no request at all"));
	stays_shut(w, &m, buf_bytes(&content));
	stays_shut(w, &poll, buf_bytes(&content));
	stays_shut(w, &get, buf_bytes(&content));
	seal(&content, w, (struct bytes) { 0 });
	stays_shut(w, &m, buf_bytes(&content));
	/* The type says another thing than what is inside. */
	seal(&content, w, buf_bytes(&w->csr));
	stays_shut(w, &get, buf_bytes(&content));
	/* A request whose own signature does not hold. */
	OK(buf_set(&csr, buf_bytes(&w->csr)));
	csr.p[csr.n - 20] ^= 1;
	seal(&content, w, buf_bytes(&csr));
	stays_shut(w, &m, buf_bytes(&content));
	OK(buf_set(&csr, buf_bytes(&w->csr)));
	OK(buf_add_u8(&csr, 0));
	seal(&content, w, buf_bytes(&csr));
	stays_shut(w, &m, buf_bytes(&content));
}

/* A stolen envelope, changed where its padding or its key would tell. */
static void
probes_of_a_stolen_envelope_look_the_same(void **state)
{
	struct world *w = *state;
	auto_done(buf) content = { 0 };
	auto_done(made) m = { 0 };
	struct enveloped e;
	size_t key, sealed;

	put_usual(&m, "19");
	seal(&content, w, buf_bytes(&w->csr));
	OK(enveloped_parse(&e, buf_bytes(&content)));
	key = (size_t)(e.to[0].key.p - content.p);
	sealed = (size_t)(e.sealed.p - content.p);
	/* The sealed key. */
	for (size_t i = 0; i < 256; i += 51) {
		content.p[key + i] ^= 1;
		stays_shut(w, &m, buf_bytes(&content));
		content.p[key + i] ^= 1;
	}
	/* The last two blocks, which is where a padding is guessed. */
	for (size_t i = e.sealed.n - 32; i < e.sealed.n; i++) {
		content.p[sealed + i] ^= 1;
		stays_shut(w, &m, buf_bytes(&content));
		content.p[sealed + i] ^= 1;
	}
	/* The first block, by the vector in front of it. */
	content.p[e.iv.p - content.p] ^= 1;
	stays_shut(w, &m, buf_bytes(&content));
	enveloped_done(&e);
}

/* EncryptedContentInfo with bytes dropped at the end of its contents, and
 * others added. */
static void
put_contents(struct buf *out, struct reader *from, size_t drop, size_t add)
{
	struct reader in = reader_of(der_get(from, DER_SEQUENCE));
	auto_done(buf) c = { 0 };
	struct bytes sealed;
	size_t at;
	uint8_t *fresh;

	OK(buf_add_bytes(&c, der_get_whole(&in)));
	OK(buf_add_bytes(&c, der_get_whole(&in)));
	sealed = der_get(&in, DER_CONTEXT(0));
	at = c.n;
	OK(buf_add(&c, sealed.p, sealed.n - drop));
	OK(buf_extend(&c, add, &fresh));
	OK(der_wrap(&c, at, DER_CONTEXT(0)));
	OK(der_put(out, DER_SEQUENCE, buf_bytes(&c)));
}

/* The same envelope with other contents. */
static void
reseal(struct buf *out, struct bytes envelope, size_t drop, size_t add)
{
	struct reader r = reader_of(envelope), in, v;
	size_t from;

	in = reader_of(der_get(&r, DER_SEQUENCE));
	OK(buf_add_bytes(out, der_get_whole(&in)));
	v = reader_of(der_get(&in, DER_EXPLICIT(0)));
	v = reader_of(der_get(&v, DER_SEQUENCE));
	from = out->n;
	OK(buf_add_bytes(out, der_get_whole(&v)));
	OK(buf_add_bytes(out, der_get_whole(&v)));
	put_contents(out, &v, drop, add);
	OK(der_wrap(out, from, DER_SEQUENCE));
	OK(der_wrap(out, from, DER_EXPLICIT(0)));
	OK(der_wrap(out, 0, DER_SEQUENCE));
}

/* Blocks left out, or behind the end. */
static void
cut_and_pasted_blocks_look_the_same(void **state)
{
	static const struct {
		size_t drop, add;
	} rows[] = { { 16, 0 }, { 32, 0 }, { 0, 16 }, { 16, 32 },
		{ 16, 16 } };
	struct world *w = *state;
	auto_done(made) m = { 0 };

	put_usual(&m, "19");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		auto_done(buf) content = { 0 }, other = { 0 };

		seal(&content, w, buf_bytes(&w->csr));
		reseal(&other, buf_bytes(&content), rows[i].drop,
		    rows[i].add);
		stays_shut(w, &m, buf_bytes(&other));
	}
}

/* No private operation is spent on it: anybody can count bytes. */
static void
what_is_no_number_of_blocks_stays_shut(void **state)
{
	struct world *w = *state;
	auto_done(made) m = { 0 };

	put_usual(&m, "19");
	for (size_t drop = 1; drop < 16; drop += 7) {
		auto_done(buf) content = { 0 }, other = { 0 };
		auto_free(scep_request) r = NULL;
		auto_done(scep_content) c = { 0 };

		seal(&content, w, buf_bytes(&w->csr));
		reseal(&other, buf_bytes(&content), drop, 0);
		OK(read_made(&r, w, &m, buf_bytes(&other)));
		FAILS(SG_EVERIFY, scep_request_open(&c, r, &w->opener));
	}
}

static void
what_is_sealed_to_others_is_told(void **state)
{
	struct world *w = *state;
	auto_done(buf) content = { 0 };
	auto_done(made) m = { 0 };
	auto_free(scep_request) r = NULL;
	auto_done(scep_content) c = { 0 };

	put_usual(&m, "19");
	OK(enveloped_write(&content, buf_bytes(&w->csr), CIPHER_AES128_CBC,
	    w->self));
	OK(read_made(&r, w, &m, buf_bytes(&content)));
	FAILS(SG_ENOENT, scep_request_open(&c, r, &w->opener));
}

/* The RA before, or a pair of them as NDES has: whichever it is sealed to. */
static void
an_older_ra_opens_too(void **state)
{
	struct world *w = *state;
	auto_free(pkey) k = NULL;
	auto_free(cert) cert = NULL;
	struct scep_ra both[2];
	auto_done(scep_opener) o = { 0 };
	struct scep_ask a = world_ask(w, SCEP_PKCS_REQ);
	auto_free(scep_request) r = NULL;
	auto_done(scep_content) c = { 0 };

	OK(pkey_new_rsa(&k, 2048));
	world_ra(&cert, "CN=New RA", k, 0, &w->ca);
	both[0] = (struct scep_ra) { cert, pkey_signer(k) };
	both[1] = w->ra;
	OK(scep_opener_init(&o, both, 2));
	r = world_read(&a);
	OK(scep_request_open(&c, r, &o));
	assert_non_null(c.csr);
}

/* The key's own trouble is no message's fault. */
static enum sg_err
locked(void *ctx, enum decrypt_scheme scheme, struct bytes in, struct buf *out)
{
	(void)ctx;
	(void)scheme;
	(void)in;
	(void)out;
	return sg_fail(SG_ELOGIN, "the token is locked");
}

static void
a_locked_key_is_trouble_of_its_own(void **state)
{
	struct world *w = *state;
	struct signer_ops ops = { .decrypt = locked };
	struct scep_ra ra = { w->ra_cert, { &ops, NULL } };
	struct scep_opener o = w->opener;
	struct scep_ask a = world_ask(w, SCEP_PKCS_REQ);
	auto_free(scep_request) r = world_read(&a);
	auto_done(scep_content) c = { 0 };

	o.ra = &ra;
	FAILS_SAYING(SG_ELOGIN, "locked", scep_request_open(&c, r, &o));
}

/* --- answers --- */

static void
put_answer(struct made *m, const char *status)
{
	put_text(m, SCEP_ATTR_TYPE, "3");
	put_text(m, SCEP_ATTR_STATUS, status);
	put_text(m, SCEP_ATTR_TRANSACTION, WORLD_TRANSACTION);
	put(m, SCEP_ATTR_RECIPIENT, DER_OCTETS, bytes_str(WORLD_NONCE));
}

static enum sg_err
take_answer(const struct world *w, struct bytes der)
{
	struct certs from;
	struct scep_expect e = world_expect(w, &from);
	auto_done(scep_answer) a = { 0 };

	return scep_answer_read(&a, der, &e);
}

static void
only_the_ca_s_own_signature_counts(void **state)
{
	struct world *w = *state;
	auto_done(buf) der = { 0 };
	auto_done(made) m = { 0 };

	put_answer(&m, "3");
	sign_as(&der, w->self, w->key, &m, (struct bytes) { 0 });
	FAILS_SAYING(SG_EVERIFY, "nobody whose certificate",
	    take_answer(w, buf_bytes(&der)));
	sign_as(&der, w->ra_cert, w->ra_key, &m, (struct bytes) { 0 });
	OK(take_answer(w, buf_bytes(&der)));
	der.p[der.n - 5] ^= 1;
	FAILS_SAYING(SG_EVERIFY, "CN=RA", take_answer(w, buf_bytes(&der)));
}

static void
answers_to_other_questions_are_refused(void **state)
{
	static const struct {
		const char *type, *status, *transaction, *nonce, *says;
		enum sg_err e;
	} rows[] = {
		{ "19", "3", WORLD_TRANSACTION, WORLD_NONCE, "no answer",
		    SG_EFORMAT },
		{ "3", "3", "another", WORLD_NONCE, "transaction",
		    SG_EVERIFY },
		{ "3", "3", WORLD_TRANSACTION, "fedcba9876543210",
		    "senderNonce", SG_EVERIFY },
		{ "3", "3", WORLD_TRANSACTION, NULL, "senderNonce",
		    SG_EVERIFY },
		{ "3", "1", WORLD_TRANSACTION, WORLD_NONCE, "pkiStatus",
		    SG_EFORMAT },
		{ "3", NULL, WORLD_TRANSACTION, WORLD_NONCE, "pkiStatus",
		    SG_EFORMAT },
		{ "3", "0", WORLD_TRANSACTION, WORLD_NONCE,
		    "without content", SG_EFORMAT },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		auto_done(buf) der = { 0 };
		auto_done(made) m = { 0 };

		put_text(&m, SCEP_ATTR_TYPE, rows[i].type);
		if (rows[i].status != NULL)
			put_text(&m, SCEP_ATTR_STATUS, rows[i].status);
		put_text(&m, SCEP_ATTR_TRANSACTION, rows[i].transaction);
		if (rows[i].nonce != NULL)
			put(&m, SCEP_ATTR_RECIPIENT, DER_OCTETS,
			    bytes_str(rows[i].nonce));
		sign_as(&der, w->ra_cert, w->ra_key, &m,
		    (struct bytes) { 0 });
		FAILS_SAYING(rows[i].e, rows[i].says,
		    take_answer(w, buf_bytes(&der)));
	}
}

static void
certificates_for_somebody_else_are_refused(void **state)
{
	struct world *w = *state;
	auto_done(buf) der = { 0 }, bag = { 0 }, content = { 0 };
	auto_done(made) m = { 0 };
	const struct cert *one[] = { w->issued };

	put_answer(&m, "0");
	OK(signed_bag(&bag, one, 1, (struct bytes) { 0 }));
	OK(enveloped_write(&content, buf_bytes(&bag), CIPHER_AES128_CBC,
	    w->ra_cert));
	sign_as(&der, w->ra_cert, w->ra_key, &m, buf_bytes(&content));
	FAILS_SAYING(SG_EVERIFY, "somebody else",
	    take_answer(w, buf_bytes(&der)));
	/* Sealed to us, and empty. */
	bag.n = content.n = 0;
	OK(signed_bag(&bag, NULL, 0, (struct bytes) { 0 }));
	OK(enveloped_write(&content, buf_bytes(&bag), CIPHER_AES128_CBC,
	    w->self));
	sign_as(&der, w->ra_cert, w->ra_key, &m, buf_bytes(&content));
	FAILS_SAYING(SG_EFORMAT, "neither certificate nor list",
	    take_answer(w, buf_bytes(&der)));
}

/* A reason that would write on a terminal, or is no text. */
static void
reasons_are_made_plain(void **state)
{
	struct world *w = *state;
	struct certs from;
	struct scep_expect e = world_expect(w, &from);
	static const struct {
		const char *text, *want;
	} rows[] = { { "a\x1b[2Jb\r\n", "a [2Jb  " }, { "\xff\xfe", NULL },
		{ "h\xc3\xb6 \xc2\x9b" "2J\xc2\xa7", "h\xc3\xb6   2J\xc2\xa7" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		auto_done(buf) der = { 0 };
		auto_done(made) m = { 0 };
		auto_done(scep_answer) a = { 0 };

		put_answer(&m, "2");
		put_text(&m, SCEP_ATTR_FAIL, "12");
		put(&m, SCEP_ATTR_FAIL_TEXT, DER_UTF8_STRING,
		    bytes_str(rows[i].text));
		sign_as(&der, w->ra_cert, w->ra_key, &m,
		    (struct bytes) { 0 });
		OK(scep_answer_read(&a, buf_bytes(&der), &e));
		assert_string_equal(scep_fail_name(a.fail), "tryLater");
		if (rows[i].want != NULL)
			assert_string_equal(a.fail_text, rows[i].want);
		else
			assert_null(a.fail_text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_that_are_wrong_end_it),
		cmocka_unit_test(a_transaction_is_there_once_and_not_endless),
		cmocka_unit_test(unknown_types_get_an_answer),
		cmocka_unit_test(wrong_layers_get_an_answer),
		cmocka_unit_test(several_signers_or_none_are_refused),
		cmocka_unit_test(the_signers_certificate_must_be_there),
		cmocka_unit_test(a_stranger_s_signature_gets_an_answer),
		cmocka_unit_test(a_changed_byte_changes_nothing_unseen),
		cmocka_unit_test(sizes_are_limits),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(whatever_is_wrong_inside_looks_the_same),
		cmocka_unit_test(probes_of_a_stolen_envelope_look_the_same),
		cmocka_unit_test(cut_and_pasted_blocks_look_the_same),
		cmocka_unit_test(what_is_no_number_of_blocks_stays_shut),
		cmocka_unit_test(what_is_sealed_to_others_is_told),
		cmocka_unit_test(an_older_ra_opens_too),
		cmocka_unit_test(a_locked_key_is_trouble_of_its_own),
		cmocka_unit_test(only_the_ca_s_own_signature_counts),
		cmocka_unit_test(answers_to_other_questions_are_refused),
		cmocka_unit_test(certificates_for_somebody_else_are_refused),
		cmocka_unit_test(reasons_are_made_plain),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
