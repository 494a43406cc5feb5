/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_IPC_PROVIDER_H
#define SG_IPC_PROVIDER_H

/*
 * The key storage providers: who holds a private key and uses it.  The names
 * are Windows' own, which certificates' records, requests and INF files carry.
 */

#include "base/err.h"

#include <stdbool.h>

#define PROVIDER_PASSPORT  "Microsoft Passport Key Storage Provider"
#define PROVIDER_SOFTWARE  "Microsoft Software Key Storage Provider"
#define PROVIDER_SMARTCARD "Microsoft Smart Card Key Storage Provider"
#define PROVIDER_PLATFORM  "Microsoft Platform Crypto Provider"

/* Numbers of the wire and of container files. */
enum provider {
	KSP_PASSPORT = 1,	/* the TPM, behind the gesture */
	KSP_SOFTWARE,		/* encrypted at rest, behind the gesture */
	KSP_SMARTCARD,		/* a PKCS#11 token of the person's session */
	KSP_PLATFORM,		/* the TPM, without a gesture */
	KSP_END
};

/* The provider's name; "" for what is none. */
const char *provider_name(enum provider p);
/* The word of command lines and JSON: passport, software, smartcard,
 * platform. */
const char *provider_word(enum provider p);

/* By word or by name, without case; SG_EARG lists the words. */
enum sg_err provider_parse(enum provider *out, const char *s);

/* signetd has the private half, or what only this machine's TPM makes one of;
 * otherwise a token has it. */
bool provider_in_container(enum provider p);
/* A key of it is used only by processes that opened the container. */
bool provider_wants_gesture(enum provider p);

#endif
