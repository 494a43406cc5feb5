/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "ipc/desk.h"
#include "ipc/objects_wire.h"
#include "ipc/verbs.h"

static struct bytes
body(const struct secret *frame)
{
	return bytes_of(frame->p + MESSAGE_LENGTH_SIZE,
	    frame->n - MESSAGE_LENGTH_SIZE);
}

/* Fields of every letter, so that each verb's format is exercised. */
static void
fill(struct message *m, const char *format)
{
	for (size_t i = 0; format[i] != '\0'; i++) {
		m->f[i] = field_s("text");
		if (format[i] == 'u')
			m->f[i] = field_u(0x0102030405060708 + i);
		if (format[i] == 'f')
			m->f[i] = field_u(1);
	}
}

static void
same_fields(const struct message *a, const struct message *b,
    const char *format)
{
	for (size_t i = 0; format[i] != '\0'; i++) {
		if (format[i] == 'u' || format[i] == 'f')
			assert_true(a->f[i].u == b->f[i].u);
		else
			assert_true(bytes_eq(a->f[i].b, b->f[i].b));
	}
}

static void
round_trips(const struct verb_table *t, const struct verb_info *v)
{
	auto_done(secret) out = { 0 };
	struct message m = { .verb = v, .sequence = 7 }, back;

	fill(&m, v->request);
	OK(message_write_request(&m, &out));
	OK(message_read_request(t, body(&out), &back));
	assert_ptr_equal(back.verb, v);
	assert_int_equal(back.sequence, 7);
	same_fields(&m, &back, v->request);
	fill(&m, v->reply);
	OK(message_write_reply(&m, &out));
	OK(message_read_reply(t, body(&out), &back));
	same_fields(&m, &back, v->reply);
}

static void
every_verb_round_trips(void **state)
{
	(void)state;
	for (size_t i = 0; i < daemon_verbs.count; i++)
		round_trips(&daemon_verbs, &daemon_verbs.verbs[i]);
	for (size_t i = 0; i < desk_verbs.count; i++)
		round_trips(&desk_verbs, &desk_verbs.verbs[i]);
}

static void
cut_short(const struct verb_table *t, const struct verb_info *v, bool reply)
{
	auto_done(secret) out = { 0 };
	struct message m = { .verb = v }, back;

	fill(&m, reply ? v->reply : v->request);
	OK(reply ? message_write_reply(&m, &out)
		 : message_write_request(&m, &out));
	for (size_t n = 0; n + MESSAGE_LENGTH_SIZE < out.n; n++) {
		struct bytes part = bytes_of(body(&out).p, n);

		FAILS(SG_EFORMAT, reply ? message_read_reply(t, part, &back)
		    : message_read_request(t, part, &back));
	}
}

static void
every_verb_cut_short_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < daemon_verbs.count; i++)
		cut_short(&daemon_verbs, &daemon_verbs.verbs[i], false);
	for (size_t i = 0; i < desk_verbs.count; i++) {
		cut_short(&desk_verbs, &desk_verbs.verbs[i], false);
		cut_short(&desk_verbs, &desk_verbs.verbs[i], true);
	}
}

static void
a_table_limits_its_fields_both_ways(void **state)
{
	static uint8_t large[DESK_OCSP_MAX + 1];
	const struct verb_info *v = verb_of(&desk_verbs, DESK_OCSP);
	auto_done(secret) out = { 0 };
	auto_done(buf) frame = { 0 };
	struct message m = { .verb = v }, back;

	(void)state;
	m.f[0] = field_b(bytes_of(large, DESK_OCSP_MAX));
	OK(message_write_request(&m, &out));
	OK(message_read_request(&desk_verbs, body(&out), &back));
	m.f[0] = field_b(bytes_of(large, DESK_OCSP_MAX + 1));
	FAILS(SG_ELIMIT, message_write_request(&m, &out));
	OK(buf_add_u16(&frame, DESK_OCSP));
	OK(buf_add_u32(&frame, 1));
	OK(buf_add_block(&frame, bytes_of(large, DESK_OCSP_MAX + 1)));
	FAILS(SG_ELIMIT, message_read_request(&desk_verbs,
	    buf_bytes(&frame), &back));
}

static void
a_descriptor_is_announced(void **state)
{
	const struct verb_info *v = verb_of(&desk_verbs, DESK_FILE);
	auto_done(secret) out = { 0 };
	struct message m = { .verb = v }, back;

	(void)state;
	fill(&m, v->reply);
	assert_true(message_brings_fd(&m));
	OK(message_write_reply(&m, &out));
	OK(message_read_reply(&desk_verbs, body(&out), &back));
	assert_true(message_brings_fd(&back));
	/* Behind verb, sequence, error, detail and an empty note. */
	out.p[MESSAGE_LENGTH_SIZE + MESSAGE_OVERHEAD] = 0;
	OK(message_read_reply(&desk_verbs, body(&out), &back));
	assert_false(message_brings_fd(&back));
	out.p[MESSAGE_LENGTH_SIZE + MESSAGE_OVERHEAD] = 2;
	FAILS(SG_EFORMAT, message_read_reply(&desk_verbs, body(&out),
	    &back));
}

/* Whoever adds a line says what it needs and who looks at it. */
static void
every_request_names_its_evidence(void **state)
{
	(void)state;
	for (size_t i = 0; i < desk_verbs.count; i++) {
		const struct desk_rule *r = desk_rule(&desk_verbs.verbs[i]);

		assert_true(r->evidence[0] != '\0');
		assert_true(r->verifier[0] != '\0');
		assert_ptr_equal(verb_of(&desk_verbs,
		    desk_verbs.verbs[i].number), &desk_verbs.verbs[i]);
	}
}

static void
a_tail_is_refused(void **state)
{
	struct message m;

	(void)state;
	FAILS_SAYING(SG_EFORMAT, "1 bytes too many", message_read_request(&daemon_verbs, 
	    bytes_of("\0\x07\0\0\0\1x", 7), &m));
}

static void
an_unknown_verb_is_named(void **state)
{
	struct message m;

	(void)state;
	FAILS_SAYING(SG_EUNSUPPORTED, "unknown verb 999",
	    message_read_request(&daemon_verbs, bytes_of("\x03\xe7\0\0\0\1", 6), &m));
	assert_int_equal(m.sequence, 1);
}

static void
an_error_carries_note_and_detail_only(void **state)
{
	auto_done(secret) out = { 0 };
	struct message m = { .verb = verb_find(VERB_LOGIN_BEGIN),
		.error = SG_EPIN, .detail = 3, .note = bytes_str("wrong") },
		back;

	(void)state;
	m.f[0] = field_s("secret that must not travel");
	OK(message_write_reply(&m, &out));
	OK(message_read_reply(&daemon_verbs, body(&out), &back));
	assert_int_equal(back.error, SG_EPIN);
	assert_int_equal(back.detail, 3);
	assert_true(bytes_eq(back.note, bytes_str("wrong")));
	assert_int_equal(back.f[0].b.n, 0);
	assert_null(memmem(out.p, out.n, "secret", 6));
}

static void
a_text_with_a_nul_is_refused(void **state)
{
	auto_done(secret) out = { 0 };
	struct message m = { .verb = verb_find(VERB_KEY_REMOVE) }, back;

	(void)state;
	m.f[0] = field_b(bytes_of("a\0b", 3));
	OK(message_write_request(&m, &out));
	FAILS(SG_EFORMAT, message_read_request(&daemon_verbs, body(&out), &back));
}

static void
a_huge_frame_is_refused_both_ways(void **state)
{
	auto_done(secret) out = { 0 };
	auto_done(buf) big = { 0 };
	struct message m = { .verb = verb_find(VERB_CERT_REMOVE) };
	uint8_t *at;
	size_t n;

	(void)state;
	OK(buf_extend(&big, MESSAGE_FRAME_MAX, &at));
	m.f[0] = field_b(buf_bytes(&big));
	FAILS(SG_ELIMIT, message_write_request(&m, &out));
	FAILS(SG_ELIMIT,
	    message_length(&daemon_verbs, (const uint8_t *)"\xff\xff\xff\xff", &n));
}

static void
objects_round_trip(void **state)
{
	auto_done(buf) b = { 0 };
	auto_done(buf) again = { 0 };
	struct objects o = { .generation = 9 }, back = { 0 };
	struct key_object *k;
	struct cert_object *c;
	struct request_object *q;
	struct reader r;

	(void)state;
	OK(objects_grow(&o.keys, &o.key_count, sizeof(*k), &k));
	OK(str_dup(&k->name, "default"));
	k->type = OBJECT_P256;
	k->provider = KSP_SOFTWARE;
	OK(buf_add_str(&k->spki, "spki"));
	OK(objects_grow(&o.keys, &o.key_count, sizeof(*k), &k));
	OK(str_dup(&k->name, "badge"));
	k->type = OBJECT_RSA4096;
	k->provider = KSP_SMARTCARD;
	OK(buf_add_str(&k->spki, "spki"));
	OK(str_dup(&k->token, "a card"));
	OK(str_dup(&k->serial, "0815"));
	OK(buf_add_str(&k->token_id, "\1"));
	OK(objects_grow(&o.certs, &o.cert_count, sizeof(*c), &c));
	c->kind = CERT_PERSONAL;
	OK(buf_add_str(&c->der, "der"));
	OK(str_dup(&c->label, "label"));
	OK(str_dup(&c->provider, PROVIDER_PASSPORT));
	OK(str_dup(&c->key, "default"));
	OK(objects_grow(&o.requests, &o.request_count, sizeof(*q), &q));
	OK(str_dup(&q->name, "r"));
	OK(str_dup(&q->key, "default"));
	OK(objects_write(&b, &o));
	r = reader_of(buf_bytes(&b));
	OK(objects_read(&r, &back));
	OK(reader_finish(&r, "objects"));
	assert_non_null(objects_key(&back, "default"));
	assert_null(objects_key(&back, "other"));
	assert_string_equal(objects_key(&back, "badge")->serial, "0815");
	assert_int_equal(objects_key(&back, "badge")->provider, KSP_SMARTCARD);
	OK(objects_write(&again, &back));
	assert_true(bytes_eq(buf_bytes(&b), buf_bytes(&again)));
	objects_drop_cert(&back, 0);
	objects_drop_key(&back, 0);
	objects_drop_request(&back, 0);
	objects_done(&back);
	objects_done(&o);
}

static void
objects_have_a_limit(void **state)
{
	struct objects o = { 0 };
	struct request_object *q;

	(void)state;
	for (int i = 0; i < OBJECT_COUNT_MAX; i++)
		OK(objects_grow(&o.requests, &o.request_count, sizeof(*q),
		    &q));
	FAILS(SG_ELIMIT, objects_grow(&o.requests, &o.request_count,
	    sizeof(*q), &q));
	objects_done(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verb_round_trips),
		cmocka_unit_test(every_verb_cut_short_is_refused),
		cmocka_unit_test(a_table_limits_its_fields_both_ways),
		cmocka_unit_test(a_descriptor_is_announced),
		cmocka_unit_test(every_request_names_its_evidence),
		cmocka_unit_test(a_tail_is_refused),
		cmocka_unit_test(an_unknown_verb_is_named),
		cmocka_unit_test(an_error_carries_note_and_detail_only),
		cmocka_unit_test(a_text_with_a_nul_is_refused),
		cmocka_unit_test(a_huge_frame_is_refused_both_ways),
		cmocka_unit_test(objects_round_trip),
		cmocka_unit_test(objects_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
