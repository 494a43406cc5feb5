/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

#include "ca/template_cache.h"

static void
a_template_is_as_it_is_now(void **state)
{
	struct place *p = *state;
	auto_free(template_cache) c = NULL;
	const struct template *t, *same;
	auto_done(template) changed;
	const struct template *one[] = { &changed };

	OK(template_cache_new(&c, p->store));
	OK(template_cache_published(&t, c, "smartcardlogon"));
	assert_string_equal(t->cn, "SmartcardLogon");
	OK(template_cache_published(&same, c, "Smartcard Logon"));
	assert_ptr_equal(t, same);
	FAILS_SAYING(SG_ENOENT, "0x80094800",
	    template_cache_published(&t, c, "CAExchange"));
	FAILS(SG_ENOENT, template_cache_published(&t, c, "none such"));

	template_init(&changed);
	OK(ca_template_get(&changed, p->store, "SmartcardLogon"));
	changed.validity = 5 * DAY;
	OK(ca_template_put(p->store, one, 1, true));
	OK(template_cache_published(&t, c, "SmartcardLogon"));
	assert_true(t->validity == 5 * DAY);
	OK(ca_template_withdraw(p->store, "SmartcardLogon"));
	FAILS(SG_ENOENT, template_cache_published(&t, c, "SmartcardLogon"));
}

static void
all_of_them_are_there(void **state)
{
	struct place *p = *state;
	auto_free(template_cache) c = NULL;
	auto_done(ca_templates) read = { 0 };
	const struct ca_templates *kept;

	OK(ca_template_list(&read, p->store));
	OK(template_cache_new(&c, p->store));
	OK(template_cache_list(&kept, c));
	assert_int_equal(kept->n, read.n);
	for (size_t i = 0; i < read.n; i++) {
		assert_string_equal(kept->v[i].t.cn, read.v[i].t.cn);
		assert_int_equal(kept->v[i].published, read.v[i].published);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_A_PLACE(a_template_is_as_it_is_now),
		IN_A_PLACE(all_of_them_are_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
