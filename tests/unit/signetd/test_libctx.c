/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <openssl/evp.h>

void *tss2_context(void);
void *other_context(void);

static void
tss2_gets_the_same_context_each_time_and_it_works(void **state)
{
	OSSL_LIB_CTX *c = tss2_context();
	EVP_MD *md;

	(void)state;
	assert_non_null(c);
	assert_ptr_equal(tss2_context(), c);
	/* Freeing it was passed over. */
	md = EVP_MD_fetch(c, "SHA256", NULL);
	assert_non_null(md);
	EVP_MD_free(md);
}

static void
nobody_else_gets_that_one(void **state)
{
	OSSL_LIB_CTX *own = OSSL_LIB_CTX_new();

	(void)state;
	assert_non_null(own);
	assert_ptr_not_equal(own, tss2_context());
	assert_non_null(other_context());
	assert_ptr_not_equal(other_context(), tss2_context());
	OSSL_LIB_CTX_free(own);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    tss2_gets_the_same_context_each_time_and_it_works),
		cmocka_unit_test(nobody_else_gets_that_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
