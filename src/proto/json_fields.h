/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PROTO_JSON_FIELDS_H
#define SG_PROTO_JSON_FIELDS_H

#include "pki/print.h"
#include "proto/json.h"

/* Adds each field to the object that is open in j, under its key; the values
 * of a list as an array. */
void json_put_fields(struct json_out *j, const struct fields *f);

#endif
