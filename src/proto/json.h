/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PROTO_JSON_H
#define SG_PROTO_JSON_H

/*
 * Writing JSON (RFC 8259).  The first failure sticks, every later call does
 * nothing, so that a writer is a list of members and one question at the end,
 * json_print() or json_text().
 */

#include <stdio.h>

#include "base/bytes.h"

#define JSON_DEPTH_MAX 16	/* objects and arrays inside each other */

struct json_out;

/* An empty document; its first call is json_put_object or json_put_array
 * without a name, which is the whole document. */
enum sg_err json_out_new(struct json_out **out);
void json_out_free(struct json_out *j);
SG_AUTO_FREE(json_out)

/*
 * Each adds a member to what is open: with its name to an object, with the
 * name NULL to an array.  Strings are copied; bytes that are not UTF-8 become
 * '?'; a NULL string becomes null.
 */
/* And open it. */
void json_put_object(struct json_out *j, const char *name);
void json_put_array(struct json_out *j, const char *name);
void json_close(struct json_out *j);	/* closes what was opened last */
void json_put_str(struct json_out *j, const char *name, const char *value);
void json_put_num(struct json_out *j, const char *name, long long value);
void json_put_bool(struct json_out *j, const char *name, bool value);
/* Lower-case hexadecimal. */
void json_put_hex(struct json_out *j, const char *name, struct bytes value);
/* Unix seconds as "2026-01-31T12:00:00Z". */
void json_put_time(struct json_out *j, const char *name, long long value);

/* The document with indentation and a final line end.  Fails with what stuck,
 * with SG_EINTERNAL while something is open, with SG_EIO. */
enum sg_err json_print(const struct json_out *j, FILE *f);
/* The same in memory of its own. */
enum sg_err json_text(const struct json_out *j, char **out);

#endif
