/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_DESCRIBE_H
#define SIGNET_DESCRIBE_H

/* What stands in certificates, requests and lists, for people and, by the same
 * walk, for programs. */

#include "pki/crl.h"
#include "pki/csr.h"
#include "proto/certreq.h"
#include "proto/json.h"

/* Where a description goes: to json when it is not NULL, else to stdout. */
struct sink {
	struct json_out *json;
};

/* One field, under its label or its JSON name; NULL and "" are left out. */
void sink_text(struct sink *s, const char *label, const char *name,
    const char *value);
void sink_time(struct sink *s, const char *label, const char *name,
    int64_t unix_seconds);

/* The members of an object that is open in json, or lines of text. */
enum sg_err describe_cert(struct sink *s, const struct cert *c);
enum sg_err describe_csr(struct sink *s, const struct csr *r);
enum sg_err describe_crl(struct sink *s, const struct crl *l);
enum sg_err describe_certreq(struct sink *s, const struct certreq *r);

#endif
