/* SPDX-License-Identifier: BSD-2-Clause */
#include "../pki/fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "enroll/enrollment_store.h"

struct place {
	char folder[64];
	struct enrollment_store store;
	struct authority ca;
};

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	(void)snprintf(p->folder, sizeof(p->folder),
	    "/tmp/signet-test-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	OK(enrollment_store_open(&p->store, p->folder));
	fixture_ca(&p->ca, "CN=CA", 0, NULL);
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;
	char command[96];

	(void)snprintf(command, sizeof(command), "rm -rf %s", p->folder);
	assert_int_equal(system(command), 0);
	enrollment_store_done(&p->store);
	authority_done(&p->ca);
	free(p);
	return 0;
}

static void
make(struct enrollment *e, const struct place *p, const char *name)
{
	enrollment_init(e);
	OK(str_dup(&e->profile.name, name));
	OK(scep_profile_set(&e->profile, "url", "http://ca/"));
	OK(scep_profile_set(&e->profile, "upn", "alice@corp.example"));
	e->state = ENROLLMENT_SENT;
	e->caps = SCEP_CAPS_ALL;
	OK(certs_copy(&e->ca, p->ca.cert));
	memcpy(e->anchor, p->ca.cert->sha256, SHA256_LEN);
	OK(str_dup(&e->key, "the key"));
	e->key_fresh = true;
	OK(str_dup(&e->transaction, "0123"));
	memcpy(e->nonce, "0123456789abcdef", SCEP_NONCE_LEN);
	OK(buf_add_str(&e->csr, "csr"));
	OK(buf_add_str(&e->message, "message"));
	OK(buf_add_str(&e->signer, "signer"));
	OK(secret_set(&e->transport, "pem", 3));
	e->renewal = true;
	memset(e->old, 7, sizeof(e->old));
	e->changed = NOW;
	e->polls = 3;
	OK(str_dup(&e->why, "no reason"));
	OK(str_dup(&e->label, "badge"));
}

static void
a_record_reads_back_as_it_was(void **state)
{
	struct place *p = *state;
	auto_done(enrollment) e, back;
	auto_done(buf) a = { 0 }, b = { 0 };

	enrollment_init(&back);
	make(&e, p, "office");
	OK(enrollment_write(&a, &e));
	OK(enrollment_read(&back, buf_bytes(&a)));
	OK(enrollment_write(&b, &back));
	assert_true(bytes_eq(buf_bytes(&a), buf_bytes(&b)));
	assert_string_equal(back.key, "the key");
	assert_true(back.key_fresh);
	assert_int_equal(back.transport.n, 3);
	assert_string_equal(back.why, "no reason");
	assert_string_equal(back.label, "badge");
}

static void
a_record_that_was_cut_anywhere_is_refused(void **state)
{
	struct place *p = *state;
	auto_done(enrollment) e;
	auto_done(buf) a = { 0 };

	make(&e, p, "office");
	OK(enrollment_write(&a, &e));
	for (size_t n = 0; n < a.n; n++) {
		auto_done(enrollment) back;

		enrollment_init(&back);
		assert_true(enrollment_read(&back, bytes_of(a.p, n)) != SG_OK);
	}
	OK(buf_add_u8(&a, 0));
	{
		auto_done(enrollment) back;

		enrollment_init(&back);
		FAILS(SG_EFORMAT, enrollment_read(&back, buf_bytes(&a)));
	}
}

static void
a_record_with_any_byte_changed_is_read_or_refused(void **state)
{
	struct place *p = *state;
	auto_done(enrollment) e;
	auto_done(buf) a = { 0 };

	make(&e, p, "office");
	OK(enrollment_write(&a, &e));
	for (size_t i = 0; i < a.n; i++) {
		auto_done(enrollment) back;

		enrollment_init(&back);
		a.p[i] ^= 0xff;
		SG_IGNORE(enrollment_read(&back, buf_bytes(&a)));
		a.p[i] ^= 0xff;
	}
}

static void
a_state_without_what_it_needs_is_refused(void **state)
{
	struct place *p = *state;
	auto_done(enrollment) e, back;
	auto_done(buf) a = { 0 }, b = { 0 };

	enrollment_init(&back);
	make(&e, p, "office");
	memset(e.anchor, 0, sizeof(e.anchor));
	OK(enrollment_write(&a, &e));
	FAILS_SAYING(SG_EFORMAT, "lacks", enrollment_read(&back,
	    buf_bytes(&a)));
	e.state = ENROLLMENT_RECEIVED;
	OK(enrollment_write(&b, &e));
	FAILS_SAYING(SG_EFORMAT, "lacks", enrollment_read(&back,
	    buf_bytes(&b)));
}

static void
what_is_saved_is_found_by_its_name(void **state)
{
	struct place *p = *state;
	auto_done(enrollment) e, back;
	struct stat st;
	char command[96];

	enrollment_init(&back);
	make(&e, p, "../../etc/passwd");
	OK(enrollment_save(&p->store, &e));
	OK(enrollment_load(&back, &p->store, "../../etc/passwd"));
	assert_string_equal(back.profile.name, "../../etc/passwd");
	FAILS_SAYING(SG_ENOENT, "'other'", enrollment_load(&back, &p->store,
	    "other"));
	(void)snprintf(command, sizeof(command),
	    "test $(find %s -name '*.enrollment' -perm 600 | wc -l) = 1",
	    p->folder);
	assert_int_equal(system(command), 0);
	assert_int_equal(stat(p->folder, &st), 0);
	OK(enrollment_remove(&p->store, "../../etc/passwd"));
	FAILS(SG_ENOENT, enrollment_load(&back, &p->store,
	    "../../etc/passwd"));
}

static void
all_are_listed_and_a_broken_one_hides_no_other(void **state)
{
	struct place *p = *state;
	auto_done(enrollments) l = { 0 };
	auto_str path = NULL;

	for (int i = 0; i < 3; i++) {
		static const char *const names[] = { "c", "a", "b" };
		auto_done(enrollment) e;

		make(&e, p, names[i]);
		OK(enrollment_save(&p->store, &e));
	}
	OK(str_printf(&path, "%s/00.enrollment", p->folder));
	OK(file_create(path, bytes_str("nonsense"), 0600));
	OK(enrollments_load(&l, &p->store));
	assert_int_equal(l.n, 3);
	assert_string_equal(l.v[0].profile.name, "a");
	assert_string_equal(l.v[2].profile.name, "c");
	assert_int_equal(l.broken.n, 1);
	assert_non_null(strstr(l.broken.v[0], "00.enrollment"));
}

static void
one_at_a_time_changes_something(void **state)
{
	struct place *p = *state;
	auto_done(enrollment_store) other = { .lock = -1 };

	OK(enrollment_store_lock(&p->store));
	OK(enrollment_store_open(&other, p->folder));
	FAILS_SAYING(SG_EBUSY, "another", enrollment_store_lock(&other));
	enrollment_store_done(&p->store);
	OK(enrollment_store_open(&p->store, p->folder));
	OK(enrollment_store_lock(&other));
}

static void
it_is_due_when_so_many_percent_are_left(void **state)
{
	struct cert c = { .not_before = 1000000, .not_after = 2000000 };

	(void)state;
	assert_int_equal(enrollment_due(&c, 20), 1800000);
	assert_int_equal(enrollment_due(&c, 1), 1990000);
	assert_int_equal(enrollment_due(&c, 99), 1010000);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_record_reads_back_as_it_was),
		CASE(a_record_that_was_cut_anywhere_is_refused),
		CASE(a_record_with_any_byte_changed_is_read_or_refused),
		CASE(a_state_without_what_it_needs_is_refused),
		CASE(what_is_saved_is_found_by_its_name),
		CASE(all_are_listed_and_a_broken_one_hides_no_other),
		CASE(one_at_a_time_changes_something),
		cmocka_unit_test(it_is_due_when_so_many_percent_are_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
