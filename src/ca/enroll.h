/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_ENROLL_H
#define SG_CA_ENROLL_H

/*
 * The engine's front: a request as it came from somewhere becomes an outcome.
 * Everything that the outcome rests on is verified in here; nothing that the
 * bytes, or whoever brought them, assert is believed.
 *
 *   what came				whose certificate it will be
 *   signed by the old certificate's key	that certificate's names
 *   signed by agents, with a requestername	that account's, if the template
 *					wants agents' signatures
 *   a caller, authenticated by others	the caller's account's; from the
 *					request where the template says so
 *   none of these			denied
 */

#include "ca/submit.h"
#include "ca/template_cache.h"
#include "crypto/verifier.h"

/* Who the carrier proved to be; the process that calls this has verified it
 * itself. */
struct ca_caller {
	const char *account;	/* name or UPN */
	enum ca_evidence_kind by;
};

/* What many requests share. */
struct ca_kept {
	struct template_cache *templates;
	struct verifier *verifier;
};

struct ca_submission {
	struct bytes message;	/* PKCS#10 or SignedData, DER or PEM */
	const char *template;	/* asked for beside it, or NULL */
	const struct ca_caller *caller;	/* NULL: nobody was authenticated */
	int64_t now;		/* Unix seconds */
	const struct ca_kept *kept;	/* NULL: it is the only one */
};

/*
 * What became of it.  A denial is an outcome with its number, not an error;
 * errors are those of memory, keys and store.
 *
 * Kept, with a number and an audit record, is what somebody with an account or
 * a certificate of ours has asked for; out->request is 0 for all else, so that
 * strangers fill no disk.  The template's security descriptor is asked for
 * whoever asks: the caller, the old certificate's owner, each agent.
 *
 * Submitting what was issued or waits a second time yields the same outcome;
 * the same request with other signatures is denied.
 */
enum sg_err ca_submit_signed(struct ca_outcome *out, const struct ca_store *s,
    const struct ca_issuer *i, const struct ca_submission *m);

/*
 * What became of a request by now, for who can show the same request:
 * request_sha256 is of the PKCS#10's DER.  SG_ENOENT, the same for a number
 * that is not there and for another's.
 */
enum sg_err ca_retrieve(struct ca_outcome *out, const struct ca_store *s,
    int64_t request, const uint8_t request_sha256[SHA256_LEN]);

#endif
