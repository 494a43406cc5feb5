/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_RDPHOST_DELEGATED_H
#define SG_RDPHOST_DELEGATED_H

/*
 * Smart card credentials as a client delegates them: TSCredentials,
 * TSSmartCardCreds, TSCspDataDetail ([MS-CSSP] 2.2.1.2).
 */

#include "base/secret.h"

#define DELEGATED_MAX		4096	/* bytes of TSCredentials */
#define DELEGATED_TEXT_MAX	512	/* bytes of a name, UTF-16 */
#define DELEGATED_PIN_MAX	255	/* bytes, UTF-8 */

enum delegated_kind { DELEGATED_PASSWORD = 1, DELEGATED_SMART_CARD = 2,
	DELEGATED_REMOTE_GUARD = 6 };

/* What is optional and was not sent is NULL.  For other kinds than smart cards
 * nothing but the kind is kept. */
struct delegated {
	enum delegated_kind kind;
	struct secret pin;	/* UTF-8 */
	char *card;
	char *reader;
	char *container;
	char *provider;
	char *user;
	char *domain;
};
void delegated_done(struct delegated *d);

/* Pure.  SG_EFORMAT for what is not DER of that type, SG_ELIMIT,
 * SG_EUNSUPPORTED for other kinds of credentials than the three. */
enum sg_err delegated_read(struct delegated *out, struct bytes der);

/* True for bytes that have TSCredentials' shape, and nothing behind it. */
bool delegated_seems(struct bytes x);

#endif
