/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_IPC_DESK_H
#define SG_IPC_DESK_H

/*
 * All that web may ask of the signer, signet-ca's two processes: desk.def as a
 * table.  Nothing in it is a path, a key or a certificate's serial number.
 */

#include "ipc/message.h"

enum desk_verb {
#define DESK(name, number, request, request_max, reply, reply_max, when, \
    again, evidence, verifier, what) DESK_##name = number,
#include "ipc/desk.def"
#undef DESK
};

enum desk_again { DESK_ONCE, DESK_AGAIN };

/* What the table says beyond struct verb_info. */
struct desk_rule {
	enum desk_again again;
	const char *evidence;
	const char *verifier;
};

extern const struct verb_table desk_verbs;
/* Of one of desk_verbs. */
const struct desk_rule *desk_rule(const struct verb_info *v);

#define DESK_NAME_MAX	32	/* characters */
#define DESK_FILE_MAX	65536	/* bytes of what is no descriptor */
#define DESK_OCSP_MAX	16384	/* bytes of a request */
#define DESK_TAG_MAX	64	/* characters */
#define DESK_TEMPLATE_MAX 64	/* bytes of a name */
#define DESK_MESSAGE_MAX 65536	/* bytes of a request for a certificate */
#define DESK_SCEP_MAX	65536	/* bytes of a pkiMessage */

/* Fields of the replies, by place. */
enum desk_file_field { DESK_FILE_FD, DESK_FILE_BYTES, DESK_FILE_MODIFIED,
	DESK_FILE_EXPIRES, DESK_FILE_TAG };
enum desk_ocsp_field { DESK_OCSP_ANSWER, DESK_OCSP_EXPIRES };
/* Of SUBMIT, and of RETRIEVE: MS-WCCE's numbers; the SHA-256 of the PKCS#10 in
 * hexadecimal; the certificates if it was issued, else nothing. */
enum desk_outcome_field { DESK_OUTCOME_DISPOSITION, DESK_OUTCOME_REQUEST,
	DESK_OUTCOME_STATUS, DESK_OUTCOME_WORDS, DESK_OUTCOME_SHA256,
	DESK_OUTCOME_CERTS };
enum desk_scep_field { DESK_SCEP_MESSAGE, DESK_SCEP_HOLD };
/* What SCEP's clients may ask without a message, and what they get. */
enum desk_scep_ask { DESK_SCEP_CAPS, DESK_SCEP_CERT, DESK_SCEP_NEXT };
enum desk_scep_body { DESK_SCEP_BODY_CAPS, DESK_SCEP_BODY_CERT,
	DESK_SCEP_BODY_CERTS, DESK_SCEP_BODY_NEXT };
enum desk_scep_ca_field { DESK_SCEP_CA_BODY, DESK_SCEP_CA_KIND };
enum desk_status_field { DESK_STATUS_LIST_ENDS, DESK_STATUS_WRITABLE,
	DESK_STATUS_METRICS };

/* Web has so many connections at most, each with one request. */
#define DESK_CONNECTIONS 32

#endif
