/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_SCHEMA_H
#define SG_CA_SCHEMA_H

#include "db/db.h"

/* The tables of a CA, see docs/ca.md. */
extern const struct db_schema ca_schema;

/* certificates.state; the reason and the time are in revocations. */
enum ca_state {
	CA_VALID = 0,
	CA_REVOKED = 1,
	CA_HELD = 2,		/* for the time being */
};

#endif
