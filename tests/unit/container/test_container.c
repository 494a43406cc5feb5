/* SPDX-License-Identifier: BSD-2-Clause */

/* The container file, with keys that a TPM made. */

#include "../tpm/swtpm.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "container/store.h"
#include "crypto/digest.h"
#include "crypto/pkey.h"
#include "gesture/recovery.h"
#include "ipc/objects_wire.h"
#include "tpm/free_key.h"
#include "tpm/sealed.h"

static struct fixture *fixture;
static struct buf file;		/* a good one */

/* A key of the TPM as container_add_key takes it. */
static enum sg_err
add_key(struct container *c, const struct vault *v, const char *name,
    enum provider provider)
{
	auto_done(key_object) record = { .type = OBJECT_P256,
		.provider = provider, .created = 7 };
	auto_done(key_blob) blob = { 0 };

	OK(str_dup(&record.name, name));
	OK(str_dup(&record.token, ""));
	OK(str_dup(&record.serial, ""));
	if (provider == KSP_PLATFORM) {
		OK(tpm_free_key_make(fixture->t, v->srk_name, TPM_KEY_P256,
		    &blob.tpm));
		OK(tpm_free_key_spki(&blob.tpm, &record.spki));
	} else {
		OK(tpm_key_make(fixture->t, v, TPM_KEY_P256, &blob.tpm));
		OK(tpm_key_spki(&blob.tpm, v, &record.spki));
	}
	return container_add_key(c, &record, &blob);
}

static int
make_file(void **state)
{
	auto_done(container) c = { .phase = CONTAINER_LIVE, .uid = 1000,
		.lock = CONTAINER_BY_TPM, .created = 5 };

	if (fixture_setup(state) != 0)
		return 1;
	fixture = *state;
	c.vault = fixture->v;
	c.cost = pin_cost_default();
	OK(add_key(&c, &c.vault, "default", KSP_PASSPORT));
	OK(container_write(&c, &file));
	return 0;
}

static int
drop_file(void **state)
{
	buf_done(&file);
	return fixture_teardown(state);
}

/* The file with one byte changed and the checksum made good again. */
static void
forged(struct buf *out, size_t at, uint8_t value)
{
	uint8_t sum[SHA256_LEN];

	OK(buf_set(out, buf_bytes(&file)));
	out->p[at] = value;
	out->n -= sizeof(sum);
	OK(sha256(buf_bytes(out), sum));
	OK(buf_add(out, sum, sizeof(sum)));
}

static void
a_file_reads_back_as_written(void **state)
{
	auto_done(container) c = { 0 };
	auto_done(buf) again = { 0 };

	(void)state;
	OK(container_read(buf_bytes(&file), "f", &c));
	assert_int_equal(c.uid, 1000);
	assert_int_equal(c.objects.key_count, 1);
	assert_string_equal(c.objects.keys[0].name, "default");
	OK(container_write(&c, &again));
	assert_true(bytes_eq(buf_bytes(&file), buf_bytes(&again)));
}

static void
every_cut_is_refused_by_name(void **state)
{
	auto_done(container) c = { 0 };

	(void)state;
	for (size_t n = 0; n < file.n; n++)
		FAILS_SAYING(SG_EFORMAT, "some/file:",
		    container_read(bytes_of(file.p, n), "some/file", &c));
}

static void
every_changed_byte_is_refused(void **state)
{
	auto_done(container) c = { 0 };
	auto_done(buf) b = { 0 };

	(void)state;
	OK(buf_set(&b, buf_bytes(&file)));
	for (size_t i = 0; i < b.n; i++) {
		b.p[i] ^= 0x40;
		FAILS(SG_EFORMAT, container_read(buf_bytes(&b), "f", &c));
		b.p[i] ^= 0x40;
	}
}

/* A right checksum is no proof: it has no key. What the vault does not open
 * must not pass as one of its keys. */
static void
a_forged_vault_or_key_is_refused(void **state)
{
	/* Past magic, version, phase, uid, time, what opens it: the vault's
	 * id; its PIN handle; its limit of tries; its recovery key. */
	static const size_t vault[] = { 24, 24 + 16 + 3, 24 + 16 + 9,
		24 + 16 + 10 + 34 };
	auto_done(container) c = { 0 };
	auto_done(buf) b = { 0 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		forged(&b, vault[i], (uint8_t)(file.p[vault[i]] ^ 1));
		FAILS_SAYING(SG_EFORMAT, "f:",
		    container_read(buf_bytes(&b), "f", &c));
	}
}

static void
a_later_version_is_told_as_such(void **state)
{
	auto_done(container) c = { 0 };
	auto_done(buf) b = { 0 };

	(void)state;
	forged(&b, 9, 3);
	FAILS_SAYING(SG_EUNSUPPORTED, "version 3",
	    container_read(buf_bytes(&b), "f", &c));
}

/* Written by Signet 0.1: two keys, a certificate with its chain, a request. */
static void
old_file(struct buf *out)
{
	auto_str path = NULL;

	OK(str_printf(&path, "%s/tests/vectors/container/"
	    "version-1.container", getenv("SIGNET_SRC")));
	OK(file_read(out, path, CONTAINER_FILE_MAX));
	assert_int_equal(out->p[9], 1);
}

static void
a_file_of_the_first_version_is_read_and_written_anew(void **state)
{
	auto_done(container) c = { 0 };
	auto_done(container) again = { 0 };
	auto_done(buf) old = { 0 };
	auto_done(buf) fresh = { 0 };

	(void)state;
	old_file(&old);
	OK(container_read(buf_bytes(&old), "f", &c));
	assert_int_equal(c.lock, CONTAINER_BY_TPM);
	assert_int_equal(c.objects.key_count, 2);
	assert_int_equal(c.objects.cert_count, 3);
	assert_int_equal(c.objects.request_count, 1);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(c.objects.keys[i].provider, KSP_PASSPORT);
	assert_int_equal(c.root.public.n, 0);
	OK(container_write(&c, &fresh));
	assert_int_equal(fresh.p[9], 2);
	OK(container_read(buf_bytes(&fresh), "f", &again));
	assert_string_equal(again.objects.keys[1].name,
	    c.objects.keys[1].name);
	for (size_t n = 0; n < old.n; n++)
		FAILS(SG_EFORMAT, container_read(bytes_of(old.p, n), "f",
		    &again));
}

/* Every provider's key, in one file. */
static void
keys_of_every_provider_lie_in_one_file(void **state)
{
	auto_done(container) c = { 0 };
	auto_done(container) back = { 0 };
	auto_done(key_object) soft = { .provider = KSP_SOFTWARE,
		.type = OBJECT_P256 };
	auto_done(key_object) card = { .provider = KSP_SMARTCARD,
		.type = OBJECT_P256 };
	auto_done(key_blob) sealed = { 0 }, none = { 0 };
	auto_done(secret) root = { 0 };
	auto_free(pkey) k = NULL;
	auto_done(buf) b = { 0 }, again = { 0 };

	(void)state;
	OK(container_read(buf_bytes(&file), "f", &c));
	OK(add_key(&c, &c.vault, "box", KSP_PLATFORM));
	secret_number(&root, 3);
	OK(tpm_seal(fixture->t, &c.vault, &root, &c.root));
	OK(pkey_new_p256(&k));
	OK(str_dup(&soft.name, "soft"));
	OK(str_dup(&soft.token, ""));
	OK(str_dup(&soft.serial, ""));
	OK(pkey_spki(k, &soft.spki));
	FAILS(SG_EFORMAT, container_add_key(&c, &soft, &none));
	OK(buf_add_str(&sealed.sealed, "more than the overhead of sealing"));
	OK(container_add_key(&c, &soft, &sealed));
	OK(str_dup(&card.name, "card"));
	OK(str_dup(&card.token, "badge"));
	OK(str_dup(&card.serial, "0815"));
	OK(buf_add_str(&card.token_id, "\1"));
	OK(pkey_spki(k, &card.spki));
	OK(container_add_key(&c, &card, &none));
	OK(container_write(&c, &b));
	OK(container_read(buf_bytes(&b), "f", &back));
	assert_int_equal(back.objects.key_count, 4);
	OK(container_write(&back, &again));
	assert_true(bytes_eq(buf_bytes(&b), buf_bytes(&again)));
	container_drop_key(&back, 1);
	assert_string_equal(back.objects.keys[1].name, "soft");
	assert_int_equal(back.blobs[1].sealed.n, 33);
}

/* A key that asks for nothing must not pass as one behind the gesture, nor the
 * other way. */
static void
a_key_of_another_provider_is_refused(void **state)
{
	auto_done(container) c = { 0 };
	auto_done(container) back = { 0 };
	auto_done(buf) b = { 0 };

	(void)state;
	OK(container_read(buf_bytes(&file), "f", &c));
	c.objects.keys[0].provider = KSP_PLATFORM;
	OK(container_write(&c, &b));
	FAILS(SG_EFORMAT, container_read(buf_bytes(&b), "f", &back));
	c.objects.keys[0].provider = KSP_PASSPORT;
	OK(add_key(&c, &c.vault, "box", KSP_PLATFORM));
	c.objects.keys[1].provider = KSP_PASSPORT;
	OK(container_write(&c, &b));
	FAILS(SG_EFORMAT, container_read(buf_bytes(&b), "f", &back));
}

static void
a_lock_without_a_tpm_has_no_tpm_keys(void **state)
{
	auto_done(container) c = { 0 };
	auto_done(container) back = { 0 };
	auto_done(buf) b = { 0 };
	auto_done(secret) auth = { 0 }, code = { 0 };

	(void)state;
	OK(container_read(buf_bytes(&file), "f", &c));
	secret_number(&auth, 9);
	OK(recovery_code_new(&code));
	c.lock = CONTAINER_BY_SECRET;
	c.secret.limit = 5;
	OK(lock_make(&c.secret, bytes_of(c.salt, sizeof(c.salt)), &auth,
	    &code));
	OK(container_write(&c, &b));
	FAILS_SAYING(SG_EFORMAT, "is a TPM's",
	    container_read(buf_bytes(&b), "f", &back));
	container_drop_key(&c, 0);
	OK(container_write(&c, &b));
	OK(container_read(buf_bytes(&b), "f", &back));
	assert_int_equal(container_tries(&back), 5);
	c.secret.limit = 0;
	OK(container_write(&c, &b));
	FAILS(SG_EFORMAT, container_read(buf_bytes(&b), "f", &back));
}

static void
an_unknown_phase_is_refused(void **state)
{
	auto_done(container) c = { 0 };
	auto_done(buf) b = { 0 };

	(void)state;
	forged(&b, 10, 9);
	FAILS(SG_EFORMAT, container_read(buf_bytes(&b), "f", &c));
}

/* Another container's key, put into this one's file by a hand that makes the
 * checksum good: its policy names another vault. */
static void
a_key_of_another_vault_is_refused(void **state)
{
	auto_done(container) c = { 0 };
	struct vault v;

	(void)state;
	OK(container_read(buf_bytes(&file), "f", &c));
	OK(vault_plan(fixture->t, fixture_signer(fixture), TRIES, &v));
	FAILS(SG_EFORMAT, add_key(&c, &v, "second", KSP_PASSPORT));
	assert_int_equal(c.objects.key_count, 1);
	assert_int_equal(c.blob_count, 1);
}

static void
names_are_checked(void **state)
{
	char long_name[OBJECT_NAME_MAX + 2];

	(void)state;
	OK(container_name_check("S-1-5-21/{a}/alice@corp.example", "n"));
	FAILS(SG_EARG, container_name_check("", "n"));
	FAILS(SG_EARG, container_name_check("a b", "n"));
	FAILS(SG_EARG, container_name_check("a\n", "n"));
	memset(long_name, 'a', sizeof(long_name));
	long_name[OBJECT_NAME_MAX + 1] = '\0';
	FAILS(SG_EARG, container_name_check(long_name, "n"));
}

static void
the_store_tells_users_apart(void **state)
{
	char folder[] = "/tmp/signet-test-XXXXXX";
	auto_done(container) c = { 0 };
	auto_str path = NULL;
	auto_str other = NULL;
	auto_str stray = NULL;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(folder));
	OK(container_read(buf_bytes(&file), "f", &c));
	OK(store_create(folder, &c));
	FAILS(SG_EEXIST, store_create(folder, &c));
	OK(str_printf(&path, "%s/1000.container", folder));
	OK(str_printf(&other, "%s/1001.container", folder));
	OK(str_printf(&stray, "%s/1000.container.new-abc", folder));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	FAILS(SG_ENOENT, store_load(folder, 1001, &c));
	assert_int_equal(link(path, other), 0);
	FAILS_SAYING(SG_EVERIFY, "1001.container: it is the container of "
	    "user 1000", store_load(folder, 1001, &c));
	OK(file_replace(stray, bytes_str("half"), 0600));
	OK(store_open(folder));
	assert_int_equal(access(stray, F_OK), -1);
	OK(store_load(folder, 1000, &c));
	OK(store_remove(folder, 1000));
	OK(store_remove(folder, 1001));
	assert_int_equal(rmdir(folder), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_reads_back_as_written),
		cmocka_unit_test(every_cut_is_refused_by_name),
		cmocka_unit_test(every_changed_byte_is_refused),
		cmocka_unit_test(a_forged_vault_or_key_is_refused),
		cmocka_unit_test(a_later_version_is_told_as_such),
		cmocka_unit_test(
		    a_file_of_the_first_version_is_read_and_written_anew),
		cmocka_unit_test(keys_of_every_provider_lie_in_one_file),
		cmocka_unit_test(a_key_of_another_provider_is_refused),
		cmocka_unit_test(a_lock_without_a_tpm_has_no_tpm_keys),
		cmocka_unit_test(an_unknown_phase_is_refused),
		cmocka_unit_test(a_key_of_another_vault_is_refused),
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(the_store_tells_users_apart),
	};

	return cmocka_run_group_tests(tests, make_file, drop_file);
}
