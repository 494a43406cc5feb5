/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_TEMPLATE_CACHE_H
#define SG_CA_TEMPLATE_CACHE_H

/* A CA's templates in memory, read again when one has changed in its folder. */

#include "ca/template_store.h"

struct template_cache;
/* Borrows the store, and reads nothing yet. */
enum sg_err template_cache_new(struct template_cache **out,
    const struct ca_store *s);
void template_cache_free(struct template_cache *c);
SG_AUTO_FREE(template_cache)

/* All there are, and ca_template_published().  What is given is good until the
 * next call of either. */
enum sg_err template_cache_list(const struct ca_templates **out,
    struct template_cache *c);
enum sg_err template_cache_published(const struct template **out,
    struct template_cache *c, const char *name);

#endif
