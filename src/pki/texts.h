/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_TEXTS_H
#define SG_PKI_TEXTS_H

/* A list of strings of its own; zero-initialise. */

#include "base/bytes.h"

struct texts {
	char **v;
	size_t n;
};
void texts_done(struct texts *t);

enum sg_err texts_add(struct texts *t, const char *s);
/* SG_EFORMAT when there is a NUL among them. */
enum sg_err texts_add_bytes(struct texts *t, struct bytes x);
/* Appends copies of all of from. */
enum sg_err texts_add_all(struct texts *t, const struct texts *from);
bool texts_has(const struct texts *t, const char *s);
/* UTF-8 without control characters: nothing that a terminal would follow. */
bool text_plain(const char *s);
/* "a, b, c" in memory of its own. */
enum sg_err texts_join(char **out, const struct texts *t);

#endif
