/* SPDX-License-Identifier: BSD-2-Clause */
#include "front.h"

static void
fill(struct ca_account *a, const char *name, const char *sid,
    const char *upn)
{
	OK(str_dup(&a->name, name));
	if (sid != NULL)
		OK(str_dup(&a->identity.sid, sid));
	if (upn != NULL)
		OK(str_dup(&a->identity.upn, upn));
}

static enum sg_err
add(struct place *p, const char *name, const char *sid, const char *upn,
    const char *group)
{
	auto_done(ca_account) a = { 0 };

	fill(&a, name, sid, upn);
	if (group != NULL)
		OK(texts_add(&a.groups, group));
	return ca_account_add(p->store, &a, &p->act);
}

static void
an_account_is_found_by_its_names(void **state)
{
	struct place *p = *state;
	const char *names[] = { "CORP\\Alice", "corp\\alice",
		"ALICE@corp.example" };

	OK(add(p, "CORP\\Alice", DOMAIN "-1", "alice@Corp.example",
	    "Domain Users"));
	for (size_t i = 0; i < 3; i++) {
		auto_done(ca_account) a = { 0 };

		OK(ca_account_find(&a, p->store, names[i]));
		assert_string_equal(a.name, "CORP\\Alice");
		assert_string_equal(a.identity.upn, "alice@Corp.example");
		assert_string_equal(a.groups.v[0], "DU");
	}
	assert_int_equal(place_number(p, "SELECT count(*) FROM audit WHERE"
	    " what = 'account add' AND who = 'olga'"), 1);
}

static void
names_are_one_account_s_only(void **state)
{
	struct place *p = *state;

	OK(add(p, "CORP\\alice", DOMAIN "-1", "alice@corp.example", NULL));
	FAILS(SG_EEXIST, add(p, "corp\\ALICE", DOMAIN "-2", NULL, NULL));
	FAILS(SG_EEXIST, add(p, "CORP\\b", DOMAIN "-1", NULL, NULL));
	FAILS(SG_EEXIST, add(p, "CORP\\b", DOMAIN "-2",
	    "Alice@corp.example", NULL));
	/* Nor is anybody's name another's UPN. */
	FAILS(SG_EEXIST, add(p, "alice@corp.example", DOMAIN "-2", NULL,
	    NULL));
	OK(ca_account_remove(p->store, "alice@corp.example", &p->act));
	FAILS(SG_ENOENT, ca_account_remove(p->store, "CORP\\alice",
	    &p->act));
	OK(add(p, "alice@corp.example", DOMAIN "-2", NULL, NULL));
	FAILS(SG_EEXIST, add(p, "CORP\\alice", DOMAIN "-1",
	    "alice@corp.example", NULL));
}

static void
what_is_no_account_is_refused(void **state)
{
	struct place *p = *state;

	FAILS_SAYING(SG_EARG, "needs a SID",
	    add(p, "CORP\\a", NULL, NULL, NULL));
	FAILS(SG_EARG, add(p, "CORP\\a", "S-nonsense", NULL, NULL));
	FAILS(SG_EARG, add(p, "", DOMAIN "-1", NULL, NULL));
	FAILS(SG_EARG, add(p, "a\"b", DOMAIN "-1", NULL, NULL));
	FAILS(SG_EARG, add(p, "a\nb", DOMAIN "-1", NULL, NULL));
	FAILS(SG_EARG, add(p, "CORP\\a", DOMAIN "-1", "noat", NULL));
	FAILS(SG_EARG, add(p, "CORP\\a", DOMAIN "-1", NULL, "Nonsense"));
	/* Of no domain, so nobody knows which users "DU" are. */
	FAILS(SG_EARG, add(p, "CORP\\a", "S-1-12-1-2-3", NULL, "DU"));
	assert_int_equal(place_number(p, "SELECT count(*) FROM accounts"),
	    0);
}

static enum sg_err
find_owner(struct place *p, struct ca_account *a, const char *sid,
    const char *upn)
{
	auto_done(identity) id = { 0 };

	if (sid != NULL)
		OK(str_dup(&id.sid, sid));
	if (upn != NULL)
		OK(str_dup(&id.upn, upn));
	ca_account_done(a);
	return ca_account_of(a, p->store, &id);
}

static void
a_certificate_s_owner_is_found_by_its_sid(void **state)
{
	struct place *p = *state;
	auto_done(ca_account) a = { 0 };

	OK(add(p, "CORP\\alice", DOMAIN "-1", "alice@corp.example", NULL));
	OK(add(p, "CORP\\host", DOMAIN "-2", NULL, NULL));
	OK(find_owner(p, &a, DOMAIN "-1", "ALICE@corp.example"));
	OK(find_owner(p, &a, NULL, "alice@corp.example"));
	OK(find_owner(p, &a, DOMAIN "-2", NULL));
	assert_string_equal(a.name, "CORP\\host");
	FAILS(SG_EVERIFY, find_owner(p, &a, DOMAIN "-2",
	    "alice@corp.example"));
	FAILS(SG_EVERIFY, find_owner(p, &a, DOMAIN "-1",
	    "bob@corp.example"));
	FAILS(SG_ENOENT, find_owner(p, &a, DOMAIN "-3",
	    "alice@corp.example"));
	FAILS(SG_ENOENT, find_owner(p, &a, NULL, NULL));
}

static bool
may(struct place *p, const char *name, const char *sddl)
{
	auto_done(ca_account) a = { 0 };
	auto_done(sd) s = { 0 };
	bool yes;

	OK(sddl_parse(&s, sddl));
	OK(ca_account_find(&a, p->store, name));
	OK(ca_account_may(&yes, &a, &s, ACCESS_ENROLL));
	return yes;
}

#define ENROLL ";;CR;" GUID_ENROLL ";;"

static void
rights_are_those_of_all_groups(void **state)
{
	struct place *p = *state;
	const char *a = "CORP\\alice", *e = "CORP\\eve";

	OK(add(p, a, DOMAIN "-1", NULL, DOMAIN "-513"));
	OK(add(p, e, DOMAIN "-2", NULL, "S-1-5-21-9-9-9-77"));
	assert_true(may(p, a, "D:(OA" ENROLL "DU)"));
	assert_true(may(p, a, "D:(OA" ENROLL DOMAIN "-513)"));
	assert_true(may(p, a, "D:(OA" ENROLL DOMAIN "-1)"));
	assert_true(may(p, a, "D:(OA" ENROLL "AU)"));
	assert_true(may(p, a, "D:(OA" ENROLL "S-1-1-0)"));
	assert_true(may(p, e, "D:(OA" ENROLL "S-1-5-21-9-9-9-77)"));
	assert_false(may(p, e, "D:(OA" ENROLL "DU)"));
	assert_false(may(p, a, "D:(OA" ENROLL DOMAIN "-2)"));
	/* Another domain's users are not this one's. */
	assert_false(may(p, a, "D:(OA" ENROLL "S-1-5-21-9-9-9-513)"));
	assert_false(may(p, a, "D:(OD" ENROLL "DU)(OA" ENROLL "AU)"));
	/* AutoEnroll and Read are other rights. */
	assert_false(may(p, a, "D:(OA;;CR;" GUID_AUTOENROLL ";;AU)"));
	assert_false(may(p, a, "D:(A;;LCRPLORC;;;AU)"));
	/* No list is no right, unlike to access_granted(). */
	assert_false(may(p, a, "O:DA"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_PLACE(an_account_is_found_by_its_names),
		IN_A_PLACE(names_are_one_account_s_only),
		IN_A_PLACE(what_is_no_account_is_refused),
		IN_A_PLACE(a_certificate_s_owner_is_found_by_its_sid),
		IN_A_PLACE(rights_are_those_of_all_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
